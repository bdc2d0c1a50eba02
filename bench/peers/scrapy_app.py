"""Scrapy with parsel, set up as its documentation advises for throughput: pages of products into MongoDB.

Reads jobs from standard input, a line with the shop's address and the products' codes each; says so when one is stored.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import scrapy
from bson import Decimal128
from pymongo import MongoClient
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.http import HtmlResponse
from scrapy.utils.defer import deferred_f_from_coro_f
from scrapy.utils.log import configure_logging
from scrapy.utils.reactor import install_reactor
from twisted.internet.task import react

LOOP = "uvloop.Loop"
REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
SETTINGS = {
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": False,
    "ROBOTSTXT_OBEY": False,
    "SCHEDULER_PRIORITY_QUEUE": "scrapy.pqueues.DownloaderAwarePriorityQueue",
    "REACTOR_THREADPOOL_MAXSIZE": 20,
    "LOG_LEVEL": "WARNING",
    "COOKIES_ENABLED": False,
    "RETRY_ENABLED": False,
    "REDIRECT_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "TWISTED_REACTOR": REACTOR,
    "ASYNCIO_EVENT_LOOP": LOOP,
    "ITEM_PIPELINES": {"bench.peers.scrapy_app.MongoPipeline": 300},
}
PRICE = (
    "#corePriceDisplay_desktop_feature_div .priceToPay .a-offscreen, "
    "#corePriceDisplay_desktop_feature_div .aok-offscreen, #corePrice_feature_div .a-price .a-offscreen, "
    "#corePrice_desktop .apexPriceToPay .a-offscreen"
)
LIST_PRICE = (
    "#corePriceDisplay_desktop_feature_div .basisPrice .a-price .a-offscreen, "
    "#corePrice_desktop .a-price[data-a-strike] .a-offscreen"
)
ROWS = "#prodDetails tr, #detailBullets_feature_div li"
INITIAL = re.compile(r"'colorImages': \{ 'initial': (\[.*\])\},\n")
SCALED = re.compile(r"\._[^/]*_(?=\.\w+$)")
PARENT = re.compile(r'"parentAsin" : "(B[0-9A-Z]{9})"')
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
WEIGHT = re.compile(r"(\d+(?:\.\d+)?)\s*(k|K|キロ)?(?:g|グラム)")
SIZE = re.compile(r"\d+(?:\.\d+)?(?: x \d+(?:\.\d+)?){1,2}")
RANK = re.compile(r"(\d[\d,]*)位")


class Products(scrapy.Spider):
    name = "products"

    def __init__(self, shop: str, asins: list[str]) -> None:
        super().__init__()
        self._urls = {asin: f"{shop}/dp/{asin}" for asin in asins}

    async def start(self) -> AsyncIterator[scrapy.Request]:
        for asin, url in self._urls.items():
            yield scrapy.Request(url, cb_kwargs={"asin": asin})

    def parse(self, response: HtmlResponse, asin: str) -> Iterator[dict[str, Any]]:
        yield {"_id": f"amazon.co.jp:{asin}", "asin": asin, **fields(response)}


class MongoPipeline:
    def open_spider(self) -> None:
        self._client: MongoClient[dict[str, Any]] = MongoClient(os.environ["MONGO_URL"])
        self._products = self._client["peers"]["products"]

    def close_spider(self) -> None:
        self._client.close()

    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        self._products.insert_one(item)
        return item


def fields(page: Any) -> dict[str, Any]:
    """What Asinflow reads off a page, read by selectors."""
    rows = dict(details(page))
    script = page.css("#imageBlock_feature_div script::text").get("")
    price, listed = money(text(page, PRICE)), money(text(page, LIST_PRICE))
    return {
        "title": text(page, "#productTitle::text"),
        "parent_asin": page.css("#twister_feature_div script::text").re_first(PARENT),
        "price": price,
        "currency": "JPY" if price else None,
        "list_price": listed,
        "brand": (text(page, "a#bylineInfo::text") or "").removesuffix("のストアを表示").removeprefix("ブランド: "),
        "author": text(page, "#bylineInfo .author a::text"),
        "rating": decimal(page.css("#acrPopover::attr(title)").re_first(r"(\d\.\d)$")),
        "review_count": whole(text(page, "#acrCustomerReviewText::text")),
        "images": pictures(page, script),
        "features": texts(page, "#feature-bullets li:not(.aok-hidden) span.a-list-item::text"),
        "categories": texts(page, "#wayfinding-breadcrumbs_feature_div li a::text"),
        "weight_g": grams(rows.get("商品の重量") or rows.get("梱包サイズ")),
        "dimensions_mm": millimetres(rows.get("製品サイズ") or rows.get("梱包サイズ")),
        "availability": text(page, "#availability span::text"),
        "seller": text(page, "#sellerProfileTriggerId::text") or text(page, "#merchant-info::text"),
        "variation": dict(choices(page)),
        "description": " ".join(texts(page, "#productDescription ::text")),
        "aplus_images": page.css("#aplus img::attr(src)").getall(),
        "bestseller_ranks": [whole(place) for value in rows.values() for place in RANK.findall(value)],
    }


def text(page: Any, selector: str) -> str | None:
    """The first text that is not blank."""
    found = page.css(selector if "::" in selector else f"{selector.replace(',', '::text,')}::text")
    return next((stripped for each in found.getall() if (stripped := each.strip())), None)


def texts(page: Any, selector: str) -> list[str]:
    return [stripped for each in page.css(selector).getall() if (stripped := each.strip())]


def details(page: Any) -> Iterator[tuple[str, str]]:
    for row in page.css(ROWS):
        label, *values = (part.strip() for part in row.css("::text").getall() if part.strip())
        yield re.split(r"[\s:]", label)[0], " ".join(values)


def choices(page: Any) -> Iterator[tuple[str, str]]:
    for row in page.css(".inline-twister-row"):
        name = row.attrib["id"].removeprefix("inline-twister-row-")
        yield name, (text(row, ".inline-twister-dim-title-value::text") or "")


def pictures(page: Any, script: str) -> list[str]:
    """Those of the gallery's script, else the main one at its largest and the others by their thumbnails."""
    found = INITIAL.search(script)
    if found:
        return [each["hiRes"] for each in json.loads(found[1])]
    sizes = json.loads(page.css("#landingImage::attr(data-a-dynamic-image)").get("{}"))
    largest = max(sizes, key=lambda address: sizes[address][0] * sizes[address][1])
    return [largest, *(SCALED.sub("", each) for each in page.css("#altImages li img::attr(src)").getall()[1:])]


def money(printed: str | None) -> Decimal128 | None:
    return decimal((printed or "").strip("￥¥円 ").replace(",", "") or None)


def decimal(number: str | None) -> Decimal128 | None:
    found = NUMBER.search(number or "")
    return Decimal128(Decimal(found[0].replace(",", ""))) if found else None


def grams(printed: str | None) -> float | None:
    found = WEIGHT.search(printed or "")
    return float(found[1]) * (1000 if found[2] else 1) if found else None


def millimetres(printed: str | None) -> list[float] | None:
    found = SIZE.search(printed or "")
    return [float(length) * 10 for length in found[0].split(" x ")] if found else None


def whole(number: str | None) -> int | None:
    found = NUMBER.search(number or "")
    return int(found[0].replace(",", "")) if found else None


@deferred_f_from_coro_f
async def main(_reactor: object) -> None:
    configure_logging({"LOG_LEVEL": "WARNING"})
    runner = AsyncCrawlerRunner(SETTINGS)
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        shop, *asins = line.split()
        await runner.crawl(Products, shop=shop, asins=asins)
        print("done", flush=True)


if __name__ == "__main__":
    install_reactor(REACTOR, LOOP)
    react(main)
