"""Product pages of real size, served from a process of its own whose CPU time counts for nobody.

    python -m bench.collecting.pages

Prints its address once it listens. Each line on standard input names the encoding of the answers from then on.
"""

from __future__ import annotations

import random
import socket
import statistics
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from bench.parse.pages import PAGE_BYTES, WIDGET
from deploy.local.ports import LOOPBACK
from deploy.local.storefront.asins import nth_asin
from deploy.local.storefront.facts import facts_for
from deploy.local.storefront.pagecache import Encoding, compressed
from deploy.local.storefront.render.product import render_product
from deploy.local.storefront.server import base_address

HOST = "amazon.co.jp"
# The layouts of the last years. Each is drawn for several products.
LAYOUTS = (
    "core-display-2025",
    "core-display-deal-2024",
    "core-price-2023",
    "core-table-2022",
    "twister-inline-2025",
    "accordion-2024",
    "low-stock-2025",
)
PAGES = 21
ENCODINGS = (Encoding.GZIP.value, Encoding.BROTLI.value)
# What differs from widget to widget on real pages, and keeps them from being compressed to nothing.
_IDS = (b"x1y2z3-a1b2c3-d4e5f6-a7b8c9", b"aaaaa", b"bbbb-cccc", b"/x")
_ID_BYTES = (18, 6, 32, 60)


def page_asin(number: int) -> str:
    """The product that page `number` shows."""
    return nth_asin(number + 1)


def real_size_page(number: int) -> bytes:
    """A page of 1.5 MB with as many tags and scripts to a kilobyte as real pages have; equal for equal numbers."""
    facts = facts_for(HOST, page_asin(number), layout=LAYOUTS[number % len(LAYOUTS)])
    body, chance = render_product(facts).encode(), random.Random(number)
    end = body.rfind(b"</body")
    widgets = [_widget(chance)]
    widgets += (_widget(chance) for _ in range((PAGE_BYTES - len(body)) // len(widgets[0]) - 1))
    return b"".join((body[:end], *widgets, body[end:]))


def _widget(chance: random.Random) -> bytes:
    made = WIDGET
    for name, size in zip(_IDS, _ID_BYTES, strict=True):
        made = made.replace(name, chance.randbytes(size).hex().encode())
    return made


class RealSizePages:
    """An ASGI application that answers every address with one of the pages, compressed beforehand."""

    def __init__(self) -> None:
        self._bodies = {encoding: bodies(encoding) for encoding in ENCODINGS}
        self.encoding = ENCODINGS[0]

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        body = self._bodies[self.encoding][page_for(scope["path"])]
        headers = {
            b"content-type": b"text/html;charset=UTF-8",
            b"content-encoding": self.encoding.encode(),
            b"content-length": str(len(body)).encode(),
        }
        await send({"type": "http.response.start", "status": 200, "headers": list(headers.items())})
        await send({"type": "http.response.body", "body": body})


def bodies(encoding: str) -> list[bytes]:
    """Every page as it is sent."""
    return [compressed(real_size_page(number), Encoding(encoding)) for number in range(PAGES)]


def sent_bytes(encoding: str) -> float:
    """Of a page, on average."""
    return statistics.fmean(len(body) for body in bodies(encoding))


def page_for(path: str) -> int:
    """The number of the page that answers `/dp/<asin>`."""
    return sum(path.rpartition("/")[2].encode()) % PAGES


def main() -> None:
    app, listener = RealSizePages(), socket.create_server((LOOPBACK, 0))
    threading.Thread(target=_obey, args=(app,), daemon=True).start()
    print(base_address(listener), flush=True)
    config = uvicorn.Config(app, ws="none", lifespan="off", access_log=False, log_level="warning")
    uvicorn.Server(config).run(sockets=[listener])


def _obey(app: RealSizePages) -> None:
    for line in sys.stdin:
        app.encoding = line.strip()
        print(app.encoding, flush=True)


if __name__ == "__main__":
    main()
