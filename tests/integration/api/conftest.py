"""The API as one process runs it, with a real broker and a real database, spoken to over a socket."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx
import pytest

from services.api.bootstrap import serve
from services.api.settings import ApiSettings
from shared.broker import Broker
from shared.messages import JobCancelled, JobSubmitted
from shared.mongo import Database, connect
from shared.topology import COMMANDS, EVENTS, work_queue
from tests.unit.api.builders import bearer
from tests.waiting import eventually

STOP_SECONDS = 5.0
SUBMITTED = work_queue("test.job.submitted", COMMANDS, JobSubmitted.TYPE)
CANCELLED = work_queue("test.job.cancelled", EVENTS, JobCancelled.TYPE)


@dataclass
class Running:
    """A served API and the way to end it."""

    client: httpx.AsyncClient
    stop: asyncio.Event
    task: asyncio.Task[None]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def serving(settings: ApiSettings) -> AsyncIterator[Running]:
    """Serve until the block is left; then the process must end by itself."""
    stop = asyncio.Event()
    task = asyncio.create_task(serve(settings, stop))
    url = f"http://127.0.0.1:{settings.http_port}"
    async with httpx.AsyncClient(base_url=url, headers=bearer(), timeout=20.0) as client:

        async def alive() -> httpx.Response | None:
            if task.done():
                task.result()
            with contextlib.suppress(httpx.TransportError):
                return await client.get("/healthz")
            return None

        _: httpx.Response = await eventually(alive)
        yield Running(client, stop, task)
        stop.set()
        await asyncio.wait_for(task, STOP_SECONDS)


async def until_ready(running: Running, *, broker: bool = False) -> None:
    """Return once it says so itself, and that the broker is there when asked for."""

    async def ready() -> dict[str, bool]:
        answer: dict[str, bool] = (await running.client.get("/readyz")).json()
        assert answer["ready"]
        assert answer["broker"] or not broker
        return answer

    _: dict[str, bool] = await eventually(ready)


@pytest.fixture
def settings(amqp_url: str, mongo_url: str, mongo_database: str) -> Callable[..., ApiSettings]:
    def build(**changes: object) -> ApiSettings:
        return ApiSettings.model_validate(
            {
                "jwt_secret": "a-secret-of-tests-that-is-long-enough",
                "amqp_url": amqp_url,
                "mongo_url": mongo_url,
                "mongo_database": mongo_database,
                "http_host": "127.0.0.1",
                "http_port": free_port(),
                "user_requests_per_minute": 0,
                "user_collecting_requests_per_minute": 0,
                **changes,
            }
        )

    return build


@pytest.fixture
async def api(settings: Callable[..., ApiSettings]) -> AsyncIterator[Running]:
    async with serving(settings()) as running:
        await until_ready(running, broker=True)
        yield running


@pytest.fixture
async def database(mongo_url: str, mongo_database: str) -> AsyncIterator[Database]:
    async with connect(mongo_url, mongo_database, app="test") as database:
        yield database


@pytest.fixture
async def broker(amqp_url: str) -> AsyncIterator[Broker]:
    """A client of the same broker, with queues that get what the API publishes."""
    async with Broker(amqp_url, "test", queues=(SUBMITTED, CANCELLED)) as broker:
        await broker.wait_connected()
        yield broker
