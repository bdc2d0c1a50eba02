"""The least that collecting could cost: one loop that fetches a page and parses it, with neither broker nor database.

    python -m bench.collecting.bare

Reads jobs from standard input, a line with the shop's address and the products' codes each; says so when one is done.
"""

from __future__ import annotations

import sys

import httpx
import uvloop

from bench.services import MARKETPLACE
from shared.amazon.addresses import product_url
from shared.amazon.identifiers import Item
from shared.amazon.pages import parse
from shared.bodies import ACCEPT_ENCODING

HEADERS = {"Accept": "text/html,application/xhtml+xml", "Accept-Encoding": ACCEPT_ENCODING}


async def main() -> None:
    print("ready", flush=True)
    async with httpx.AsyncClient(headers=HEADERS, trust_env=False) as client:
        for line in sys.stdin:
            shop, *asins = line.split()
            for asin in asins:
                await collect(client, shop, asin)
            print("done", flush=True)


async def collect(client: httpx.AsyncClient, shop: str, asin: str) -> None:
    answer = await client.get(f"{shop}/dp/{asin}")
    url = product_url(Item(asin=asin, marketplace=MARKETPLACE))
    page = parse(answer.content, url=url, content_type=answer.headers["content-type"])
    if page.product is None or page.advice != "ok":
        raise ValueError(f"{asin}: no product but {page.reason}")


if __name__ == "__main__":
    uvloop.run(main())
