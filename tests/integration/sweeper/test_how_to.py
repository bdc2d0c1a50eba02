"""The examples of docs/how-to work as they stand: a receiver of webhooks, and a subscriber."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from shared.ids import new_id
from shared.topology import Queue
from tests.integration.api.conftest import free_port
from tests.integration.shared.conftest import OpenBroker
from tests.integration.sweeper.conftest import Sweeping
from tests.integration.sweeper.receiver import Receiver
from tests.integration.sweeper.test_webhooks import SECRET, Hooks, completed
from tests.pages import DOCS, saved
from tests.waiting import eventually

SECONDS = 30.0


@dataclass
class Example:
    """A program of a page, while it runs."""

    process: asyncio.subprocess.Process

    async def line(self) -> str:
        assert self.process.stdout is not None
        return (await asyncio.wait_for(self.process.stdout.readline(), SECONDS)).decode().strip()


@asynccontextmanager
async def running(page: str, name: str, folder: Path, *arguments: str, **environment: str) -> AsyncIterator[Example]:
    (folder / name).write_text(saved((DOCS / "how-to" / page).read_text())[name])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(folder / name), *arguments),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Example(process)
    finally:
        process.terminate()
        await process.wait()


async def test_receiver_takes_what_is_signed_once(sweeping: Sweeping, open_broker: OpenBroker, tmp_path: Path) -> None:
    port = free_port()
    hooks = Hooks(sweeping, Receiver(f"http://127.0.0.1:{port}"), open_broker)
    await hooks.webhook()
    async with running("webhooks.md", "receiver.py", tmp_path, str(port), WEBHOOK_SECRET=SECRET) as example:

        async def forged() -> int:
            async with httpx.AsyncClient() as client:
                headers = {"webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
                return (await client.post(hooks.receiver.url, content=b"{}", headers=headers)).status_code

        async def listening() -> int:
            try:
                return await forged()
            except httpx.TransportError as error:
                raise AssertionError("not yet") from error

        assert await eventually(listening, SECONDS) == 400
        async with sweeping.sweeper(**hooks.trusted):
            await hooks.tell(completed("a-job"))
            [delivery] = await hooks.deliveries("delivered")
            assert delivery["log"][-1]["status"] == 204
            assert await example.line() == "job.completed a-job"
            again = {"state": "pending", "next_at": delivery["created_at"]}
            await sweeping.database["deliveries"].update_one({"_id": delivery["_id"]}, {"$set": again})
            await hooks.tell(completed("another"))
            await hooks.deliveries("delivered", 2)
        assert await example.line() == "job.completed another"


async def test_subscriber_gets_its_own_users_events(
    sweeping: Sweeping, open_broker: OpenBroker, tmp_path: Path, amqp_url: str
) -> None:
    hooks = Hooks(sweeping, Receiver("http://127.0.0.1:1"), open_broker)
    queue = f"ab.{new_id()}"
    access = {"AMQP_URL": amqp_url, "USER_ID": "a.b", "QUEUE": queue}
    async with sweeping.sweeper():
        await hooks.tell(completed("declares-the-exchange", "nobody"))
        async with running("amqp.md", "subscriber.py", tmp_path, **access) as example:
            assert await example.line() == "subscribed"
            await hooks.tell(completed("of-another", "ann"), completed("a-job", "a.b"))
            assert await example.line() == "job.completed a-job"
    await sweeping.rabbit.delete(Queue(queue, ()))
