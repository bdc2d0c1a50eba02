"""Exchange rates: the order of sources, what is believed, how long it is kept, and that nobody waits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
import respx
from pydantic import ValidationError

from shared.profit import Rate
from shared.rates import BUNDLED, ExchangeRates, RateSettings, RateStoreError

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FRANKFURTER = "https://frankfurter.test/v2/rate/JPY/KRW"
OPEN_ER = "https://open-er.test/v6/latest/JPY"


class StillClock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds


class BrokenStore:
    """A store whose database is away."""

    async def get_rate(self, base: str) -> Rate | None:
        raise RateStoreError(f"no database for {base}")

    async def upsert_rate(self, rate: Rate) -> None:
        raise RateStoreError(f"no database for {rate.base}")


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def fetched(rate: Rate) -> datetime:
    return rate.fetched_at or EPOCH


class MemoryRateStore:
    """Implements `shared.rates.RateStore` without a database."""

    def __init__(self, *rates: Rate) -> None:
        self._rates = {rate.base: rate for rate in rates}

    async def get_rate(self, base: str) -> Rate | None:
        return self._rates.get(base)

    async def upsert_rate(self, rate: Rate) -> None:
        self._rates[rate.base] = rate


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def store() -> MemoryRateStore:
    return MemoryRateStore()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


@pytest.fixture
def web() -> Any:
    with respx.mock(assert_all_called=False) as router:
        yield router


def rates_of(client: httpx.AsyncClient, store: Any, clock: StillClock, **changes: Any) -> ExchangeRates:
    known = {"frankfurter_url": "https://frankfurter.test/", "open_er_api_url": "https://open-er.test"}
    return ExchangeRates(client, store, RateSettings.model_validate({**known, **changes}), clock)


def frankfurter(**changes: Any) -> httpx.Response:
    return httpx.Response(200, json={"date": "2026-11-20", "base": "JPY", "quote": "KRW", "rate": 9.3127, **changes})


def open_er(**changes: Any) -> httpx.Response:
    answer = {
        "result": "success",
        "provider": "https://www.exchangerate-api.com",
        "time_last_update_unix": int(NOW.timestamp()) - 3600,
        "base_code": "JPY",
        "rates": {"JPY": 1, "USD": 0.0064, "KRW": 9.298765},
    }
    return httpx.Response(200, json={**answer, **changes})


def stored(hours_ago: float, value: str = "9.1", days_old: int = 0) -> Rate:
    return Rate(
        base="JPY",
        value=Decimal(value),
        as_of=NOW.date() - timedelta(days=days_old),
        source="open.er-api",
        fetched_at=NOW - timedelta(hours=hours_ago),
    )


async def background(rates: ExchangeRates) -> None:
    """Ask for the current rates and let the refresh end that this started, if it did."""
    rates.current()
    async with asyncio.timeout(5):
        if rates._task is not None:
            await rates._task


async def test_frankfurter_is_asked_first(
    web: respx.MockRouter, client: httpx.AsyncClient, store: MemoryRateStore, clock: StillClock
) -> None:
    web.get(FRANKFURTER).mock(return_value=frankfurter())
    second = web.get(OPEN_ER).mock(return_value=open_er())

    found = await rates_of(client, store, clock).refresh()

    expected = Rate(
        base="JPY", value=Decimal("9.3127"), as_of=date(2026, 11, 20), source="frankfurter", fetched_at=NOW, stale=False
    )
    assert found == {"JPY": expected}
    assert not second.called
    assert await store.get_rate("JPY") == expected


@pytest.mark.parametrize(
    "failure",
    [
        httpx.Response(500),
        httpx.Response(301, headers={"Location": "https://elsewhere.test/"}),
        httpx.Response(200, content=b"<html>busy</html>"),
        httpx.Response(200, content=b"[" * 50_000),
        httpx.Response(200, content=frankfurter().content + b" " * 100_000),
        httpx.Response(200, json=[]),
        httpx.ConnectError("no route"),
        httpx.ReadTimeout("slow"),
        frankfurter(base="USD"),
        frankfurter(quote="USD"),
        frankfurter(rate=None),
        frankfurter(rate=0),
        frankfurter(rate=-9.3),
        frankfurter(rate=0.0107),
        frankfurter(rate=931.27),
        frankfurter(rate=1e300),
        httpx.Response(200, content=b'{"date": "2026-11-20", "base": "JPY", "quote": "KRW", "rate": NaN}'),
        frankfurter(date="2026-11-22"),
        frankfurter(date="2026-11-12"),
        frankfurter(date="soon"),
    ],
)
async def test_open_er_answers_when_frankfurter_fails(
    web: respx.MockRouter, client: httpx.AsyncClient, store: MemoryRateStore, clock: StillClock, failure: Any
) -> None:
    web.get(FRANKFURTER).mock(side_effect=[failure])
    web.get(OPEN_ER).mock(return_value=open_er())

    found = (await rates_of(client, store, clock).refresh())["JPY"]

    assert (found.value, found.as_of, found.source) == (Decimal("9.298765"), date(2026, 11, 20), "open.er-api")
    assert found.stale is False


@pytest.mark.parametrize(
    "failure",
    [
        httpx.Response(429),
        open_er(result="error"),
        open_er(base_code="USD"),
        open_er(rates={"USD": 0.0064}),
        open_er(time_last_update_unix=-1),
        open_er(time_last_update_unix=10**30),
    ],
)
async def test_last_stored_rate_serves_when_both_fail(
    web: respx.MockRouter, client: httpx.AsyncClient, clock: StillClock, failure: httpx.Response
) -> None:
    web.get(FRANKFURTER).mock(return_value=httpx.Response(503))
    web.get(OPEN_ER).mock(return_value=failure)
    last = stored(hours_ago=30, days_old=2)

    assert await rates_of(client, MemoryRateStore(last), clock).refresh() == {"JPY": last}


async def test_stored_rate_over_a_week_old_is_marked(
    web: respx.MockRouter, client: httpx.AsyncClient, clock: StillClock
) -> None:
    web.get(FRANKFURTER).mock(return_value=httpx.Response(503))
    web.get(OPEN_ER).mock(return_value=httpx.Response(503))

    ages = {
        days: (await rates_of(client, MemoryRateStore(stored(200, days_old=days)), clock).refresh())["JPY"].stale
        for days in (7, 8)
    }

    assert ages == {7: False, 8: True}


async def test_bundled_rate_is_the_last_resort(
    web: respx.MockRouter, client: httpx.AsyncClient, store: MemoryRateStore, clock: StillClock
) -> None:
    web.get(FRANKFURTER).mock(return_value=httpx.Response(503))
    web.get(OPEN_ER).mock(return_value=httpx.Response(503))

    assert await rates_of(client, store, clock).refresh() == {"JPY": BUNDLED}
    assert BUNDLED.stale is True


async def test_rate_stored_within_the_hour_saves_the_request(
    web: respx.MockRouter, client: httpx.AsyncClient, clock: StillClock
) -> None:
    asked = web.get(FRANKFURTER).mock(return_value=frankfurter())
    rates = rates_of(client, MemoryRateStore(stored(hours_ago=0.75)), clock)

    assert (await rates.refresh())["JPY"].value == Decimal("9.1")
    assert not asked.called

    clock.passed = 14 * 60
    await background(rates)
    assert not asked.called

    clock.passed = 15 * 60
    await background(rates)
    assert asked.call_count == 1


async def test_rate_stored_by_a_wrong_clock_is_passed_over(
    web: respx.MockRouter, client: httpx.AsyncClient, clock: StillClock
) -> None:
    web.get(FRANKFURTER).mock(return_value=frankfurter())

    found = await rates_of(client, MemoryRateStore(stored(hours_ago=-1)), clock).refresh()

    assert found["JPY"].source == "frankfurter"


async def test_rate_is_kept_for_an_hour(
    web: respx.MockRouter, client: httpx.AsyncClient, store: MemoryRateStore, clock: StillClock
) -> None:
    asked = web.get(FRANKFURTER).mock(side_effect=[frankfurter(), frankfurter(rate=9.4)])
    rates = rates_of(client, store, clock)
    await background(rates)

    clock.passed = 3599
    await background(rates)
    assert (rates.current()["JPY"].value, asked.call_count) == (Decimal("9.3127"), 1)

    clock.passed = 3600
    assert rates.current()["JPY"].value == Decimal("9.3127")
    await background(rates)
    assert (rates.current()["JPY"].value, asked.call_count) == (Decimal("9.4"), 2)


async def test_current_answers_while_the_service_hangs(
    web: respx.MockRouter, client: httpx.AsyncClient, store: MemoryRateStore, clock: StillClock
) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    async def hang(_request: httpx.Request) -> httpx.Response:
        asked.set()
        await answer.wait()
        return frankfurter()

    web.get(FRANKFURTER).mock(side_effect=hang)
    async with rates_of(client, store, clock) as rates, asyncio.timeout(5):
        await asked.wait()
        assert rates.current() == {"JPY": BUNDLED}
        answer.set()
        assert (await rates.refresh())["JPY"].source == "frankfurter"


async def test_service_that_hangs_is_given_up(
    web: respx.MockRouter, client: httpx.AsyncClient, store: MemoryRateStore, clock: StillClock
) -> None:
    async def hang(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    web.get(FRANKFURTER).mock(side_effect=hang)
    web.get(OPEN_ER).mock(return_value=open_er())

    async with asyncio.timeout(5):
        found = await rates_of(client, store, clock, timeout_seconds=0.01).refresh()

    assert found["JPY"].source == "open.er-api"


async def test_many_who_ask_cause_one_request(
    web: respx.MockRouter, client: httpx.AsyncClient, store: MemoryRateStore, clock: StillClock
) -> None:
    asked = web.get(FRANKFURTER).mock(return_value=frankfurter())
    rates = rates_of(client, store, clock)

    for _ in range(10):
        rates.current()
    await asyncio.gather(*(rates.refresh() for _ in range(10)))

    assert asked.call_count == 1


async def test_waiter_who_gives_up_does_not_stop_the_others(
    web: respx.MockRouter, client: httpx.AsyncClient, store: MemoryRateStore, clock: StillClock
) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    async def hang(_request: httpx.Request) -> httpx.Response:
        asked.set()
        await answer.wait()
        return frankfurter()

    web.get(FRANKFURTER).mock(side_effect=hang)
    rates = rates_of(client, store, clock)
    impatient, patient = asyncio.create_task(rates.refresh()), asyncio.create_task(rates.refresh())
    await asked.wait()
    impatient.cancel()
    answer.set()

    assert (await patient)["JPY"].source == "frankfurter"
    assert impatient.cancelled()


async def test_failures_are_retried_ever_less_often(
    web: respx.MockRouter, client: httpx.AsyncClient, store: MemoryRateStore, clock: StillClock
) -> None:
    asked = web.get(FRANKFURTER).mock(return_value=httpx.Response(503))
    web.get(OPEN_ER).mock(return_value=httpx.Response(503))
    rates = rates_of(client, store, clock)
    await background(rates)

    for calls, pause in enumerate((60, 120, 240, 480, 960, 1920, 3600, 3600), start=1):
        clock.passed += pause - 1
        await background(rates)
        assert asked.call_count == calls
        clock.passed += 1
        await background(rates)
        assert asked.call_count == calls + 1


async def test_success_ends_the_row_of_failures(
    web: respx.MockRouter, client: httpx.AsyncClient, store: MemoryRateStore, clock: StillClock
) -> None:
    down = httpx.Response(503)
    asked = web.get(FRANKFURTER).mock(side_effect=[down, down, frankfurter(), down, down])
    web.get(OPEN_ER).mock(return_value=down)
    rates = rates_of(client, store, clock)

    for seconds in (0, 60, 120, 3600, 60):
        clock.passed += seconds
        await background(rates)

    assert asked.call_count == 5


async def test_store_that_is_away_does_no_harm(
    web: respx.MockRouter, client: httpx.AsyncClient, clock: StillClock
) -> None:
    web.get(FRANKFURTER).mock(return_value=frankfurter())

    assert (await rates_of(client, BrokenStore(), clock).refresh())["JPY"].source == "frankfurter"


async def test_service_without_address_is_not_asked(
    web: respx.MockRouter, client: httpx.AsyncClient, store: MemoryRateStore, clock: StillClock
) -> None:
    web.get(OPEN_ER).mock(return_value=open_er())

    found = await rates_of(client, store, clock, frankfurter_url="").refresh()

    assert found["JPY"].source == "open.er-api"


async def test_each_configured_currency_has_its_rate(
    web: respx.MockRouter, client: httpx.AsyncClient, store: MemoryRateStore, clock: StillClock
) -> None:
    web.get(FRANKFURTER).mock(return_value=frankfurter())
    web.get("https://frankfurter.test/v2/rate/USD/KRW").mock(return_value=frankfurter(base="USD", rate=1400))
    web.get("https://frankfurter.test/v2/rate/EUR/KRW").mock(return_value=httpx.Response(404))
    web.get("https://open-er.test/v6/latest/EUR").mock(return_value=httpx.Response(404))

    found = await rates_of(client, store, clock, currencies=("USD", "EUR")).refresh()

    assert {base: rate.value for base, rate in found.items()} == {"JPY": Decimal("9.3127"), "USD": Decimal(1400)}


async def test_digits_are_read_exactly(
    web: respx.MockRouter, client: httpx.AsyncClient, store: MemoryRateStore, clock: StillClock
) -> None:
    body = b'{"date":"2026-11-20","base":"JPY","quote":"KRW","rate":9.31270000123456789}'
    web.get(FRANKFURTER).mock(return_value=httpx.Response(200, content=body))

    found = (await rates_of(client, store, clock).refresh())["JPY"]

    assert found.value == Decimal("9.31270000")
    assert Rate.model_validate(json.loads(found.model_dump_json())) == found


async def test_leaving_ends_the_refresh_under_way(
    web: respx.MockRouter, client: httpx.AsyncClient, store: MemoryRateStore, clock: StillClock
) -> None:
    asked = asyncio.Event()

    async def hang(_request: httpx.Request) -> httpx.Response:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    web.get(FRANKFURTER).mock(side_effect=hang)
    async with asyncio.timeout(5):
        async with rates_of(client, store, clock):
            await asked.wait()

    assert [task for task in asyncio.all_tasks() if task.get_name() == "exchange-rates"] == []


def test_currency_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationError, match="no rate is known for 'XAU'; known are JPY"):
        RateSettings(currencies=("XAU",))


def test_yen_is_always_among_the_currencies() -> None:
    assert RateSettings(currencies=("USD", "USD")).currencies == ("JPY", "USD")
