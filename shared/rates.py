"""Exchange rates to KRW: fetched in the background, kept an hour, answered at once whatever the network does.

The order is a rate stored within the hour by any process, Frankfurter, open.er-api, the last stored, the bundled one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, Literal, Protocol, Self
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from shared.clock import Clock, SystemClock
from shared.errors import AsinflowError
from shared.log import get_logger
from shared.profit.models import Rate

log = get_logger(__name__)

# Read off Frankfurter; what there is before the first answer ever.
BUNDLED = Rate(base="JPY", value=Decimal("8.6317"), as_of=date(2026, 8, 29), source="bundled", stale=True)

# KRW for one unit that are taken for real: about a third to three times the values of 2026.
PLAUSIBLE: Mapping[str, tuple[Decimal, Decimal]] = MappingProxyType(
    {
        base: (Decimal(low), Decimal(high))
        for base, low, high in (
            ("JPY", 3, 27),
            ("USD", 450, 4300),
            ("EUR", 550, 5000),
            ("GBP", 600, 6000),
            ("SEK", 50, 450),
            ("PLN", 130, 1200),
            ("CAD", 330, 3100),
            ("MXN", 25, 250),
            ("BRL", 80, 800),
            ("INR", 5, 50),
            ("AUD", 300, 3000),
            ("SGD", 350, 3300),
            ("AED", 120, 1200),
            ("SAR", 120, 1200),
            ("TRY", 8, 110),
            ("EGP", 8, 100),
            ("CNY", 65, 620),
        )
    }
)

# Weekends and the long holidays of the source's banks fit in; beyond, the source has stopped.
STALE_AFTER = timedelta(days=7)
CLOCK_SKEW = timedelta(minutes=5)
FIRST_RETRY_SECONDS = 60.0
MAX_BODY_BYTES = 100_000
_PLACES = Decimal("1e-8")


class RateStoreError(AsinflowError):
    """The store of rates cannot be reached; the implementation wraps its driver's errors in this."""

    code = "rate_store"


class RateResponseError(AsinflowError):
    """A service answered with something that is no believable rate."""

    code = "rate_response"


class RateStore(Protocol):
    """Where the last fetched rate of each currency is kept, shared by all processes. Methods raise RateStoreError."""

    async def get_rate(self, base: str) -> Rate | None:
        """The rate of `base` to KRW stored last, or None."""

    async def upsert_rate(self, rate: Rate) -> None:
        """Keep `rate` as the last of its base; the latest write wins."""


class RateSettings(BaseModel):
    """Where rates come from and how long they are kept; an empty address switches its service off."""

    model_config = ConfigDict(frozen=True)

    frankfurter_url: str = Field(default="https://api.frankfurter.dev", description="Base address of Frankfurter")
    open_er_api_url: str = Field(default="https://open.er-api.com", description="Base address of open.er-api")
    currencies: tuple[str, ...] = Field(default=("JPY",), description="Currencies whose rate to KRW is kept")
    cache_seconds: float = Field(default=3600.0, ge=60, description="How long a rate is kept before it is asked anew")
    timeout_seconds: float = Field(default=5.0, gt=0, description="Longest time for one service to answer")

    @field_validator("currencies")
    @classmethod
    def with_the_yen(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [base for base in value if base not in PLAUSIBLE]:
            raise ValueError(f"no rate is known for {unknown[0]!r}; known are {', '.join(PLAUSIBLE)}")
        return tuple(dict.fromkeys(("JPY", *value)))


@dataclass(frozen=True, slots=True)
class Quote:
    """What a service says: KRW for one unit of the base, and of which day."""

    value: Decimal
    as_of: date


@dataclass(frozen=True, slots=True)
class Source:
    """One service: its name, its address for a base currency, and how its answer is read."""

    name: str
    url: Callable[[str], str]
    read: Callable[[bytes, str], Quote]


class _FrankfurterAnswer(BaseModel):
    date: date
    base: str
    quote: Literal["KRW"]
    rate: Decimal


class _OpenErAnswer(BaseModel):
    result: Literal["success"]
    base_code: str
    time_last_update_unix: Annotated[int, Field(ge=0, le=32_503_680_000)]
    rates: dict[str, Decimal]


def read_frankfurter(body: bytes, base: str) -> Quote:
    """Read `/v2/rate/{base}/KRW`: {"date": "2026-08-29", "base": "JPY", "quote": "KRW", "rate": 8.6317}."""
    answer = _FrankfurterAnswer.model_validate(_json(body))
    _require(answer.base == base, f"the answer is for {answer.base}")
    return Quote(answer.rate, answer.date)


def read_open_er(body: bytes, base: str) -> Quote:
    """Read `/v6/latest/{base}`: {"result": "success", "base_code": "JPY", "time_last_update_unix": …, "rates": {…}}."""
    answer = _OpenErAnswer.model_validate(_json(body))
    _require(answer.base_code == base, f"the answer is for {answer.base_code}")
    _require("KRW" in answer.rates, "the answer has no KRW")
    return Quote(answer.rates["KRW"], datetime.fromtimestamp(answer.time_last_update_unix, UTC).date())


def sources(settings: RateSettings) -> tuple[Source, ...]:
    """The services that are switched on, in the order they are asked."""
    offered = (
        (settings.frankfurter_url, "frankfurter", "/v2/rate/{}/KRW", read_frankfurter),
        (settings.open_er_api_url, "open.er-api", "/v6/latest/{}", read_open_er),
    )
    return tuple(Source(name, _address(url, path), read) for url, name, path, read in offered if url)


class ExchangeRates:
    """The rates of the configured currencies; `current` never waits. Use as an async context manager on the loop."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        store: RateStore,
        settings: RateSettings | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._client = client
        self._store = store
        self._settings = settings or RateSettings()
        self._clock = clock or SystemClock()
        self._sources = sources(self._settings)
        self._rates: dict[str, Rate] = {BUNDLED.base: BUNDLED}
        self._due = self._clock.monotonic()
        self._failures = 0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def current(self) -> Mapping[str, Rate]:
        """The best rate known of each currency, at once; starts a refresh in the background when one is due."""
        if self._clock.monotonic() >= self._due:
            self._start()
        today = self._clock.now().date()
        return {base: _aged(rate, today) for base, rate in self._rates.items()}

    async def refresh(self) -> Mapping[str, Rate]:
        """Wait for a refresh, the one under way if there is one, and return what is known then."""
        await asyncio.shield(self._start())
        return self.current()

    def _start(self) -> asyncio.Task[None]:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._refresh(), name="exchange-rates")
            self._task.add_done_callback(_report)
        return self._task

    async def _refresh(self) -> None:
        fresh = False
        try:
            fresh = all([await self._refresh_one(base) for base in self._settings.currencies])
        finally:
            self._failures = 0 if fresh else self._failures + 1
            self._due = self._clock.monotonic() + self._pause()

    def _pause(self) -> float:
        """Seconds to the next refresh: a minute after the first failure, doubling up to the usual time."""
        if not self._failures:
            return self._settings.cache_seconds - max(self._ages(), default=0.0)
        return min(self._settings.cache_seconds, FIRST_RETRY_SECONDS * 2.0 ** min(self._failures - 1, 20))

    def _ages(self) -> list[float]:
        now = self._clock.now()
        return [max(0.0, (now - _fetched(rate)).total_seconds()) for rate in self._rates.values()]

    async def _refresh_one(self, base: str) -> bool:
        """True when `base` has a rate fetched within the cache's time, by this process or another."""
        stored = await self._stored(base)
        if stored is not None:
            self._adopt(stored)
            if self._clock.now() - _fetched(stored) < timedelta(seconds=self._settings.cache_seconds):
                return True
        for source in self._sources:
            rate = await self._fetch(source, base)
            if rate is not None:
                self._adopt(rate)
                await self._keep(rate)
                return True
        return False

    def _adopt(self, rate: Rate) -> None:
        known = self._rates.get(rate.base)
        if known is None or _fetched(known) < _fetched(rate):
            self._rates[rate.base] = rate

    async def _fetch(self, source: Source, base: str) -> Rate | None:
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                body = await _get(self._client, source.url(base))
            return self._believed(source.read(body, base), source, base)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValidationError, RateResponseError) as error:
            log.warning("rate_not_fetched", source=source.name, base=base, error=f"{type(error).__name__}: {error}")
            return None

    def _believed(self, quoted: Quote, source: Source, base: str) -> Rate:
        low, high = PLAUSIBLE[base]
        now = self._clock.now()
        _require(low <= quoted.value <= high, f"{quoted.value} is not within {low} to {high}")
        # The day may already have turned where the source is.
        _require(quoted.as_of <= now.date() + timedelta(days=1), f"{quoted.as_of} is yet to come")
        _require(now.date() - quoted.as_of <= STALE_AFTER, f"{quoted.as_of} is too long ago")
        value = quoted.value.quantize(_PLACES)
        return Rate(base=base, value=value, as_of=quoted.as_of, source=source.name, fetched_at=now)

    async def _stored(self, base: str) -> Rate | None:
        try:
            rate = await self._store.get_rate(base)
        except RateStoreError as error:
            log.warning("rate_not_read", base=base, error=error.message)
            return None
        if rate is not None and _fetched(rate) > self._clock.now() + CLOCK_SKEW:
            # Written by a machine whose clock is wrong; believed, it would stay fresh until then.
            log.warning("rate_from_the_future", base=base, fetched_at=str(rate.fetched_at))
            return None
        return rate

    async def _keep(self, rate: Rate) -> None:
        try:
            await self._store.upsert_rate(rate)
        except RateStoreError as error:
            log.warning("rate_not_stored", base=rate.base, error=error.message)


async def _get(client: httpx.AsyncClient, url: str) -> bytes:
    headers = {"Accept": "application/json"}
    async with client.stream("GET", url, headers=headers, follow_redirects=False) as response:
        response.raise_for_status()
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            _require(len(body) <= MAX_BODY_BYTES, f"the answer is over {MAX_BODY_BYTES} bytes")
        return bytes(body)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise RateResponseError("the answer is not JSON") from error


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise RateResponseError(otherwise)


def _address(url: str, path: str) -> Callable[[str], str]:
    return lambda base: url.rstrip("/") + path.format(quote(base))


def _aged(rate: Rate, today: date) -> Rate:
    too_old = rate.as_of is None or today - rate.as_of > STALE_AFTER
    return rate.model_copy(update={"stale": True}) if too_old and not rate.stale else rate


def _fetched(rate: Rate) -> datetime:
    return rate.fetched_at or datetime.min.replace(tzinfo=UTC)


def _report(task: asyncio.Task[None]) -> None:
    """Log what a refresh did not expect; nobody may be waiting for it."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("rate_refresh_failed", exc_info=error)
