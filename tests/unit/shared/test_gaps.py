"""What a page lacks that nearly all others have is told with its product."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from shared.amazon.identifiers import Item
from shared.amazon.pages import Page
from shared.bodies import Packed
from shared.creators.items import NOT_CARRIED, product_of
from shared.fetch import Answer, Fetcher
from shared.html_source import HtmlSource
from shared.pace import Pace
from shared.pagesamples import PageSamples
from tests.builders import HOME
from tests.unit.amazon.html import page

ITEM = Item("B07WXL5YPW", HOME)


class Stubs:
    """One page, fetched at once, in which `unusual` fields are missing."""

    def __init__(self, *unusual: str) -> None:
        self.unusual = unusual

    async def get(self, url: str, *_: Any) -> Answer:
        body = page('<b id="priceblock_ourprice">￥1,290</b>')
        raw = body if isinstance(body, bytes) else body.encode()
        return Answer(url, 200, Packed(raw, "", len(raw)), "text/html", None, HOME)

    async def ease(self, _: str) -> None:
        return

    def offer(self, _: Answer, seen: Page, *__: Any) -> tuple[str, ...]:
        assert seen.product is not None
        return self.unusual


async def gaps(*unusual: str) -> dict[str, str]:
    stubs = Stubs(*unusual)
    with ThreadPoolExecutor(1) as executor:
        source = HtmlSource(cast(Fetcher, stubs), cast(Pace, stubs), executor, cast(PageSamples, stubs))
        return dict((await source.product(ITEM, lambda: True)).gaps)


async def test_field_that_nearly_all_pages_have_is_told_to_be_missing() -> None:
    assert await gaps("images", "categories") == {"images": "rule_drift", "categories": "rule_drift"}
    assert await gaps() == {}


def test_interface_says_what_it_never_tells() -> None:
    assert dict(product_of({"asin": ITEM.asin}).gaps) == dict.fromkeys(NOT_CARRIED, "not_from_source")
