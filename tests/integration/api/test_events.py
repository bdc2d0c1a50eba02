"""Live events over a real socket."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from services.api.settings import ApiSettings
from shared.broker import Broker
from shared.jobs import JobStatus
from shared.messages import JobProgressed
from shared.mongo import Database
from shared.outgoing import event
from tests.integration.api.conftest import Running, free_port, serving
from tests.unit.api.builders import NOW, asin
from tests.waiting import eventually

SECONDS = 10.0


class Reader:
    """Reads the frames of one stream."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self) -> tuple[str, dict[str, Any]] | None:
        """The next event and its data, comments left out; None at the end."""
        async with asyncio.timeout(SECONDS):
            name = ""
            async for line in self._lines:
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    return name, json.loads(line.removeprefix("data: "))
            return None


@contextlib.asynccontextmanager
async def stream(running: Running, job_id: str) -> AsyncIterator[Reader]:
    async with running.client.stream("GET", f"/v1/jobs/{job_id}/events") as response:
        assert response.status_code == 200
        yield Reader(response.aiter_lines())


async def submit(running: Running) -> str:
    answer = await running.client.post("/v1/jobs", json={"type": "BULK_ASIN", "asins": [asin(1), asin(2)]})
    return str(answer.json()["id"])


def progressed(job_id: str, rev: int) -> JobProgressed:
    return JobProgressed(
        job_id=job_id,
        user_id="ann",
        rev=rev,
        status=JobStatus.PENDING,
        total_items=2,
        progress=1,
        success_count=1,
        error_count=0,
        at=NOW,
    )


async def test_progress_and_end_reach_every_listener(api: Running, broker: Broker, database: Database) -> None:
    job_id = await submit(api)
    async with stream(api, job_id) as one, stream(api, job_id) as two:
        for reader in (one, two):
            first = await reader.next()
            assert first is not None
            assert (first[0], first[1]["id"]) == ("snapshot", job_id)
        await database["jobs"].update_one({"_id": job_id}, {"$set": {"rev": 1, "total_items": 2}})
        await broker.publish([event(progressed(job_id, rev=1))])
        for reader in (one, two):
            news = await reader.next()
            assert news is not None
            assert (news[0], news[1]["progress_percent"]) == ("progress", 50.0)
        await api.client.post(f"/v1/jobs/{job_id}/cancel")
        for reader in (one, two):
            last = await reader.next()
            assert last is not None
            assert (last[0], last[1]["status"]) == ("cancelled", "CANCELLED")
            assert await reader.next() is None


async def test_stream_goes_on_without_the_broker(settings: Callable[..., ApiSettings], database: Database) -> None:
    away = settings(amqp_url=f"amqp://guest:guest@127.0.0.1:{free_port()}/", event_poll_seconds=0.05)
    async with serving(away) as running:
        job_id = await submit(running)
        async with stream(running, job_id) as reader:
            await reader.next()
            await database["jobs"].update_one({"_id": job_id}, {"$set": {"rev": 1, "total_items": 2}})
            news = await reader.next()
            assert news is not None
            assert (news[0], news[1]["total_items"]) == ("progress", 2)
            await running.client.post(f"/v1/jobs/{job_id}/cancel")
            last = await reader.next()
            assert last is not None
            assert last[0] == "cancelled"
            assert await reader.next() is None


async def test_reader_that_leaves_is_forgotten(api: Running) -> None:
    job_id = await submit(api)
    async with stream(api, job_id) as reader:
        await reader.next()
        assert await open_streams(api) == 1

    async def none_open() -> bool:
        assert await open_streams(api) == 0
        return True

    done: bool = await eventually(none_open)
    assert done


async def open_streams(running: Running) -> float:
    lines = (await running.client.get("/metrics")).text.splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("asinflow_api_streams ")))


async def test_open_streams_do_not_hold_up_the_end(api: Running) -> None:
    job_id = await submit(api)
    async with stream(api, job_id) as reader:
        await reader.next()
        api.stop.set()
        assert await reader.next() is None
        await asyncio.wait_for(asyncio.shield(api.task), 3)
