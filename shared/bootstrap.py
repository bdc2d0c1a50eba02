"""What every worker process is built around: database, broker, health."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from shared.broker import Broker
from shared.errors import DatabaseUnavailableError
from shared.health import HealthApp, serve
from shared.mongo import Database, connect, ping
from shared.patience import until_back
from shared.settings import Settings
from shared.watch import watch


@asynccontextmanager
async def database_of(settings: Settings) -> AsyncIterator[Database]:
    url = settings.mongo_url.get_secret_value()
    async with connect(url, settings.mongo_database, app=settings.instance) as database:
        yield database


@asynccontextmanager
async def running(settings: Settings, database: Database, broker: Broker) -> AsyncIterator[None]:
    """Connect the broker and answer probes while the block runs; subscriptions are made before."""

    async def database_answers() -> bool:
        return await ping(database)

    app = HealthApp({"database": database_answers, "broker": broker.usable})
    async with broker, serve(app, settings.http_host, settings.http_port):
        measuring = asyncio.create_task(watch(database), name="watch")
        try:
            yield
        finally:
            measuring.cancel()


async def when_database_answers(action: Callable[[], Awaitable[None]]) -> None:
    """Do `action`, waiting for the database as long as it takes: without it there is nothing to do."""
    async for attempt in until_back(DatabaseUnavailableError):
        with attempt:
            await action()
