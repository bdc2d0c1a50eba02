"""Three RabbitMQ nodes: the one that leads a queue may be killed, and nothing stops or is lost."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from deploy.local import commands, rabbitctl
from deploy.local.errors import LocalError
from deploy.local.folder import RunFolder
from shared.broker import CONFIRM_SECONDS, Broker
from shared.errors import BrokerUnavailableError
from shared.intake import Intake
from shared.outgoing import command
from shared.patience import until_back
from shared.topology import COMMANDS, work_queue
from tests.builders import collect
from tests.conftest import unavailable
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(180)

NODES = ("rabbitmq", "rabbitmq-2", "rabbitmq-3")
KEY = "a.key"
QUEUE = work_queue("a.queue", COMMANDS, KEY)
# What raises an alarm, and what lifts it.
ALARMS = {
    "memory": (("set_vm_memory_high_watermark", "0"), ("set_vm_memory_high_watermark", "absolute", "1GB")),
    "disk": (("set_disk_free_limit", "100000GB"), ("set_disk_free_limit", "50MB")),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunFolder]:
    folder = RunFolder(tmp_path_factory.mktemp("cluster"))
    settings = {"BROKER_NODES": "3", "ASINFLOW_AMQP_URL": ""}
    try:
        commands.up(
            folder, settings=settings, only=("rabbitmq",), durable=False, while_pid=os.getpid(), say=lambda _: None
        )
    except LocalError as error:
        unavailable(str(error))
    yield folder
    commands.down(folder, say=lambda _: None)


def identities(folder: RunFolder) -> dict[str, str]:
    """The program behind each node name."""
    return {json.loads((folder.data / name / "node.json").read_text()): name for name in NODES}


def running(folder: RunFolder, asked: str = "rabbitmq") -> set[str]:
    """The programs whose nodes belong to the cluster now, as the node `asked` sees it."""
    told = json.loads(rabbitctl.run(folder, "cluster_status", "--formatter", "json", node=asked))
    return {identities(folder)[node] for node in told["running_nodes"]}


def leader(folder: RunFolder, asked: str = "rabbitmq") -> str:
    """The program whose node leads the queue, as the node `asked` sees it."""
    told = rabbitctl.run(folder, "list_queues", "name", "leader", "--formatter", "json", node=asked)
    [node] = [queue["leader"] for queue in json.loads(told) if queue["name"] == QUEUE.name]
    return identities(folder)[node]


class Traffic:
    """One message after the other into the queue and out of it, each end with a connection that comes back."""

    def __init__(self, sender: Broker, intake: Intake) -> None:
        self._sender, self._intake = sender, intake
        self.sent = 0
        self.taken: set[str] = set()

    async def send(self) -> None:
        while True:
            async for attempt in until_back():
                with attempt:
                    await self._sender.publish([command(collect(self.sent), key=KEY, message_id=f"m-{self.sent}")])
            self.sent += 1

    async def take(self) -> None:
        while True:
            for delivery in await self._intake.batch(10, 0.01):
                self.taken.add(delivery.message_id)
                delivery.done()

    @property
    def lost(self) -> set[str]:
        return {f"m-{number}" for number in range(self.sent)} - self.taken


@asynccontextmanager
async def traffic(folder: RunFolder) -> AsyncIterator[Traffic]:
    url = commands.endpoints(folder)["AMQP_URL"]
    async with Broker(url, "sender", queues=[QUEUE]) as sender, Broker(url, "taker", queues=[QUEUE]) as taker:
        flowing = Traffic(sender, Intake(taker, QUEUE, 50))
        taking = asyncio.create_task(flowing.take())
        sending = asyncio.create_task(flowing.send())
        yield flowing
        sending.cancel()
        await eventually(lambda: not flowing.lost, 60.0)
        taking.cancel()


async def test_three_nodes_become_one_cluster(folder: RunFolder) -> None:
    assert running(folder) == set(NODES)
    assert commands.endpoints(folder)["AMQP_URL"].count("amqp://") == 3


async def test_queue_outlives_the_node_that_leads_it(folder: RunFolder) -> None:
    async with traffic(folder) as flowing:
        await eventually(lambda: len(flowing.taken) > 20, 30.0)
        struck = leader(folder)
        os.kill(int((folder.pids / struck).read_text()), signal.SIGKILL)
        before, other = flowing.sent, next(name for name in NODES if name != struck)
        await eventually(lambda: flowing.sent > before + 20, 60.0)
        assert leader(folder, other) != struck
        await eventually(lambda: running(folder, other) == set(NODES), 60.0)
        before = len(flowing.taken)
        await eventually(lambda: len(flowing.taken) > before + 20, 30.0)
    assert flowing.lost == set()


def left(folder: RunFolder) -> int:
    """Messages in the queue, those in somebody's hand included."""
    told = rabbitctl.run(folder, "list_queues", "name", "messages", "--formatter", "json")
    return sum(queue["messages"] for queue in json.loads(told) if queue["name"] == QUEUE.name)


@contextmanager
def alarm(folder: RunFolder, kind: str) -> Iterator[None]:
    raised, lifted = ALARMS[kind]
    rabbitctl.run(folder, *raised)
    try:
        yield
    finally:
        rabbitctl.run(folder, *lifted)


async def first_refusal(broker: Broker) -> tuple[str, float]:
    """What it said and how long it took; an alarm of one node reaches the others of a cluster a moment later."""
    async with asyncio.timeout(30.0):
        while True:
            began = time.monotonic()
            try:
                await broker.publish([command(collect(100), key=KEY)])
            except BrokerUnavailableError as error:
                return error.message, time.monotonic() - began


@pytest.mark.parametrize("kind", ALARMS)
async def test_broker_out_of_memory_or_disk_refuses_and_still_hands_out(folder: RunFolder, kind: str) -> None:
    """Whoever publishes is told soon; what waits is worked off, which is how an alarm of memory ends."""
    url = commands.endpoints(folder)["AMQP_URL"]
    async with Broker(url, "both", queues=[QUEUE]) as broker:
        await broker.wait_connected()
        await broker.publish([command(collect(seq), key=KEY) for seq in range(100)])
        with alarm(folder, kind):
            told, seconds = await first_refusal(broker)
            assert "out of memory or disk" in told
            assert seconds < CONFIRM_SECONDS / 2
            assert (broker.connected, await broker.usable()) == (True, False)
            taking = asyncio.create_task(Traffic(broker, Intake(broker, QUEUE, 50)).take())
            await eventually(lambda: left(folder) == 0, 30.0)
        await eventually(broker.usable, 30.0)
        await broker.publish([command(collect(101), key=KEY)])
        taking.cancel()
