"""The Creators API as a source: the real library, a stand-in of the interface, the pace in a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal
from itertools import pairwise

import pytest
from pydantic import SecretStr

from shared.amazon.addresses import search_url
from shared.amazon.identifiers import Item
from shared.amazon.pages import Product
from shared.errors import BlockedError, NoLongerWantedError, PermanentError, RetryableError
from shared.mongo import connect
from shared.settings import FetchSettings
from shared.source import Source
from shared.sources import open_source
from tests.builders import HOME, asin
from tests.integration.creators.stand_in import CREDENTIALS, StandIn, serving

pytest.importorskip("amazon_creatorsapi", reason="the extra amazon-api is not installed")


@pytest.fixture
def api() -> Iterator[StandIn]:
    with serving() as stand_in:
        yield stand_in


class Opener:
    """Opens the configured source as a service does, with some settings of the test's own."""

    def __init__(self, api: StandIn, mongo_url: str, database: str) -> None:
        self._api = api
        self._mongo_url = mongo_url
        self._database = database

    def __call__(self, **changes: object) -> AbstractAsyncContextManager[Source]:
        values: dict[str, object] = {
            "sources": ((HOME, "creators"),),
            "creators_fe_id": CREDENTIALS[0],
            "creators_fe_secret": SecretStr(CREDENTIALS[1]),
            "creators_fe_version": "3.3",
            "creators_tags": ((HOME, "mine-22"),),
            "creators_url": self._api.url,
            "creators_token_url": f"{self._api.url}/token",
            "creators_interval_seconds": 0.4,
            "user_agent": "Me/1 (me@example.com)",
        }
        return self._open(FetchSettings(**{**values, **changes}))  # type: ignore[arg-type]

    @asynccontextmanager
    async def _open(self, settings: FetchSettings) -> AsyncIterator[Source]:
        async with (
            connect(self._mongo_url, self._database, app="test") as database,
            open_source(settings, database) as source,
        ):
            yield source


@pytest.fixture
def opened(api: StandIn, mongo_url: str, mongo_database: str) -> Opener:
    return Opener(api, mongo_url, mongo_database)


async def product(source: Source, number: int) -> Product:
    return await source.product(Item(asin(number), HOME), lambda: True)


async def products(source: Source, *numbers: int) -> list[Product | BaseException]:
    return await asyncio.gather(*(product(source, number) for number in numbers), return_exceptions=True)


async def test_products_come_in_calls_of_ten_at_the_pace(opened: Opener, api: StandIn) -> None:
    async with opened() as source:
        found = await products(source, *range(25))
    assert [each.asin for each in found if isinstance(each, Product)] == [asin(number) for number in range(25)]
    assert [len(call.body["itemIds"]) for call in api.calls] == [10, 10, 5]
    # What the way of a call, its connection included, adds or takes.
    assert all(later.at - earlier.at >= 0.2 for earlier, later in pairwise(api.calls))


async def test_product_is_read_off_the_answer(opened: Opener) -> None:
    async with opened() as source:
        found = await product(source, 1)
    assert (found.price, found.currency, found.title) == (Decimal(4980), "JPY", "走る人形 赤")


async def test_processes_share_one_pace(opened: Opener, api: StandIn) -> None:
    async with opened() as one, opened() as other:
        await asyncio.gather(*(products(source, *range(10)) for source in (one, other, one, other)))
    assert all(later.at - earlier.at >= 0.2 for earlier, later in pairwise(api.calls))


async def test_each_item_has_its_own_outcome(opened: Opener, api: StandIn) -> None:
    api.missing = {asin(2)}
    async with opened() as source:
        good, gone = await products(source, 1, 2)
    assert isinstance(good, Product)
    assert isinstance(gone, PermanentError)
    assert gone.code == "not_found"


async def test_nothing_is_sent_when_nobody_wants_it(opened: Opener, api: StandIn) -> None:
    async with opened() as source:
        with pytest.raises(NoLongerWantedError):
            await source.product(Item(asin(1), HOME), lambda: False)
    assert api.calls == []


@pytest.mark.parametrize(
    ("version", "scope", "authorization"),
    [
        ("2.3", "creatorsapi/default", "Bearer token-1, Version 2.3"),
        ("3.3", "creatorsapi::default", "Bearer token-1"),
    ],
)
async def test_both_families_of_credentials_log_in(
    opened: Opener, api: StandIn, version: str, scope: str, authorization: str
) -> None:
    async with opened(creators_fe_version=version) as source:
        await product(source, 1)
    assert [asked["scope"] for asked in api.tokens] == [scope]
    headers = api.calls[0].headers
    assert headers["authorization"] == authorization
    assert (headers["x-marketplace"], headers["user-agent"]) == (f"www.{HOME}", "Me/1 (me@example.com)")
    assert api.calls[0].body["partnerTag"] == "mine-22"


async def test_throttled_call_pauses_the_marketplace(opened: Opener, api: StandIn) -> None:
    api.failures = [(429, {"type": "ThrottleException"}, {"Retry-After": "1"})]
    async with opened(block_pause_seconds=0.1) as source:
        with pytest.raises(BlockedError) as caught:
            await product(source, 1)
        await product(source, 1)
    assert caught.value.retry_after == pytest.approx(1.0, abs=0.1)
    assert api.calls[1].at - api.calls[0].at >= 0.9


async def test_failing_interface_is_tried_again_later(opened: Opener, api: StandIn) -> None:
    api.failures = [(503, {}, {"Retry-After": "7"})]
    async with opened() as source:
        with pytest.raises(RetryableError) as caught:
            await product(source, 1)
    assert (caught.value.code, caught.value.retry_after) == ("api_unavailable", 7.0)


async def test_wrong_credentials_are_final_and_stay_secret(
    opened: Opener, api: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(creators_fe_secret=SecretStr("not-it")) as source:
        with pytest.raises(PermanentError) as caught:
            await product(source, 1)
    assert caught.value.code == "api_credentials"
    assert api.calls == []
    assert "not-it" not in "".join(capsys.readouterr()) + caught.value.message


async def test_login_that_fails_is_tried_again_later(opened: Opener, api: StandIn) -> None:
    api.token_status = 503
    async with opened() as source:
        with pytest.raises(RetryableError) as caught:
            await product(source, 1)
        api.token_status = 200
        assert (await product(source, 1)).asin == asin(1)
    assert caught.value.code == "token_unavailable"


async def test_token_that_is_no_longer_taken_is_replaced(opened: Opener, api: StandIn) -> None:
    async with opened() as source:
        await product(source, 1)
        api.valid.clear()
        assert (await product(source, 2)).asin == asin(2)
    assert len(api.tokens) == 2
    assert [call.body["itemIds"] for call in api.calls] == [[asin(1)], [asin(2)], [asin(2)]]


async def test_interface_out_of_reach_is_tried_again_later(opened: Opener) -> None:
    async with opened(creators_url="http://127.0.0.1:1", connect_timeout_seconds=1.0) as source:
        with pytest.raises(RetryableError) as caught:
            await product(source, 1)
    assert caught.value.code == "connection"


async def test_search_is_paged_through(opened: Opener, api: StandIn) -> None:
    api.catalogue = [asin(number) for number in range(23)]
    url: str | None = search_url(HOME, "トミカ")
    found: list[str] = []
    async with opened(creators_interval_seconds=0.0) as source:
        while url is not None:
            listing = await source.listing(url, HOME, lambda: True)
            found.extend(listing.asins)
            url = listing.next_url
    assert found == api.catalogue
    assert [call.body["itemPage"] for call in api.calls] == [1, 2, 3]
    assert {call.body["keywords"] for call in api.calls} == {"トミカ"}


async def test_search_without_results_is_an_empty_listing(opened: Opener) -> None:
    async with opened() as source:
        listing = await source.listing(search_url(HOME, "nothing"), HOME, lambda: True)
    assert (listing.asins, listing.next_url) == ((), None)


async def test_unwanted_search_is_not_sent(opened: Opener, api: StandIn) -> None:
    async with opened() as source:
        with pytest.raises(NoLongerWantedError):
            await source.listing(search_url(HOME, "lego"), HOME, lambda: False)
    assert api.calls == []


async def test_ranking_lists_are_refused_with_the_reason(opened: Opener, api: StandIn) -> None:
    async with opened() as source:
        with pytest.raises(PermanentError) as caught:
            await source.listing(f"https://www.{HOME}/gp/bestsellers/toys", HOME, lambda: True)
    assert caught.value.code == "unsupported_by_source"
    assert "bestseller" in caught.value.message
    assert api.calls == []
