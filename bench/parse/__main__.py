"""`python -m bench.parse [PAGE --url URL]`: prints what reading a page costs.

    python -m bench.parse                # of a page of the sample storefront of 1.5 MB
    python -m bench.parse page.html --url https://www.amazon.co.jp/dp/B07WXL5YPW

Exits with 1 when reading every field takes over 1.5 times the bare parse.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.parse import part
from bench.parse.page import MOST_TIMES_BARE, ratio, render
from bench.parse.pages import URL, storefront_page
from bench.plots import Plots


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "page", nargs="?", type=Path, help="a saved product page; one of the sample storefront if absent"
    )
    parser.add_argument("--url", default=URL, help="the address it was saved from")
    given = parser.parse_args()
    body = given.page.read_bytes() if given.page else storefront_page(given.url)
    result = part.measured(body, given.url, part.RUNS, part.LOOP_SECONDS)
    print(render(result, Plots(Path(), "parse")))
    return int(ratio(result) > MOST_TIMES_BARE)


if __name__ == "__main__":
    sys.exit(main())
