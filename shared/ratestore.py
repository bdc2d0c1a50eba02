"""Exchange rates in MongoDB: the last fetched one of each currency, shared by all processes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx

from shared.clock import Clock
from shared.errors import DatabaseUnavailableError
from shared.mongo import Database, Document, database_errors
from shared.profit.models import Rate
from shared.rates import ExchangeRates, RateSettings, RateStoreError
from shared.settings import ProfitSettings


class MongoRateStore:
    """Implements `shared.rates.RateStore`; owns the collection `rates`."""

    def __init__(self, database: Database) -> None:
        self._rates = database["rates"]

    async def get_rate(self, base: str) -> Rate | None:
        try:
            with database_errors():
                document = await self._rates.find_one({"_id": base})
        except DatabaseUnavailableError as error:
            raise RateStoreError(error.message) from error
        return None if document is None else Rate.model_validate_json(document["rate"])

    async def upsert_rate(self, rate: Rate) -> None:
        fetched = rate.fetched_at or datetime(1970, 1, 1, tzinfo=UTC)
        # Kept as text: a rate is exact decimal digits, and only ever read whole.
        newer = {"$lte": [{"$ifNull": ["$fetched_at", fetched]}, fetched]}
        steps: list[Document] = [
            {"$set": {"newer": newer}},
            {
                "$set": {
                    "rate": {"$cond": ["$newer", {"$literal": rate.model_dump_json()}, "$rate"]},
                    "fetched_at": {"$cond": ["$newer", fetched, "$fetched_at"]},
                }
            },
            {"$unset": "newer"},
        ]
        try:
            with database_errors():
                await self._rates.update_one({"_id": rate.base}, steps, upsert=True)
        except DatabaseUnavailableError as error:
            raise RateStoreError(error.message) from error


@asynccontextmanager
async def exchange_rates(settings: ProfitSettings, database: Database, clock: Clock) -> AsyncIterator[ExchangeRates]:
    """The rates as the settings want them, kept in the database, with a connection of their own."""
    wanted = RateSettings(frankfurter_url=settings.frankfurter_url, open_er_api_url=settings.open_er_api_url)
    async with (
        httpx.AsyncClient(http2=True) as client,
        ExchangeRates(client, MongoRateStore(database), wanted, clock) as rates,
    ):
        yield rates
