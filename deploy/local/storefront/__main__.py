"""Command line of the sample storefront: ``python -m deploy.local.storefront --help``."""

import argparse
from pathlib import Path

from deploy.local.storefront.pages import World
from deploy.local.storefront.requestlog import RequestLog
from deploy.local.storefront.server import open_listener, serve

_LEVELS = ("debug", "info", "warning", "error", "critical")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local.storefront",
        description="A sample Amazon: generated products, searches and bestsellers, faults on demand.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=0, help="port to listen on, 0 for a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--pages", type=Path, metavar="DIR", help="folder of saved pages, served by the ASIN in the name"
    )
    parser.add_argument(
        "--page-bytes", type=_count, default=60_000, metavar="N", help="least size of a page (default: %(default)s)"
    )
    parser.add_argument("--products", type=_count, metavar="N", help="products in each list (default: 60 to 400)")
    parser.add_argument("--seed", type=int, default=0, help="another seed is another world (default: %(default)s)")
    parser.add_argument("--request-log", type=Path, metavar="FILE", help="keep the request log there, over restarts")
    parser.add_argument("--log-level", choices=_LEVELS, default="warning", help="(default: %(default)s)")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is less than 0")
    return number


def main() -> None:
    """Parses the options and serves until told to stop."""
    parser = _parser()
    options = parser.parse_args()
    if options.pages is not None and not options.pages.is_dir():
        parser.error(f"--pages: there is no folder {options.pages}")
    world = World(options.page_bytes, options.products, options.seed, options.pages)
    serve(world, open_listener(options.host, options.port), RequestLog(path=options.request_log), options.log_level)


if __name__ == "__main__":
    main()
