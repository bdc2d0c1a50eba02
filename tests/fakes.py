"""Stand-ins for what lies outside: time, the broker, the stored counts, and where products come from."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta

from services.aggregator.counting import Change, JobCount
from shared.amazon.identifiers import Item
from shared.amazon.pages import Listing, Product
from shared.broker import Broker
from shared.errors import BrokerUnavailableError, NoLongerWantedError, UnroutableError
from shared.intake import Delivery
from shared.outgoing import Outgoing
from shared.source import Wanted

EPOCH = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


async def settle(rounds: int = 20) -> None:
    """Let every task run that can."""
    for _ in range(rounds):
        await asyncio.sleep(0)


class FakeClock:
    """Time that stands still until it is moved; sleepers wake in the order of their moments."""

    def __init__(self, at: float = 1_000.0) -> None:
        self.time = at
        self._number = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=self.time)

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # Asking for no sleep at all takes a moment, too: who asks again and again gets on.
        heapq.heappush(self._sleepers, (self.time + max(0.00005, seconds), next(self._number), future))
        await future

    async def advance(self, seconds: float) -> None:
        """Move on by `seconds`, through every moment at which somebody wakes up."""
        await settle()
        end = self.time + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            moment, _, future = heapq.heappop(self._sleepers)
            self.time = max(self.time, moment)
            if not future.done():
                future.set_result(None)
            await settle()
        self.time = end


class FakeBroker(Broker):
    """Keeps what is published; can be down, and can lack a queue for some routing keys."""

    def __init__(self) -> None:
        super().__init__("amqp://nowhere/", "test")
        self.published: list[Outgoing] = []
        self.down = False
        self.without_queue: set[str] = set()

    @property
    def connected(self) -> bool:
        return not self.down

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        await asyncio.sleep(0)
        if self.down:
            raise BrokerUnavailableError("RabbitMQ is not connected")
        for message in messages:
            if message.key in self.without_queue and message.mandatory:
                raise UnroutableError(f"no queue takes {message.key!r}")
        self.published.extend(messages)

    def of(self, message_type: str) -> list[Outgoing]:
        return [message for message in self.published if message.type == message_type]


class FakeSource:
    """Answers made by the test, in its turn; notes what was asked for."""

    def __init__(self) -> None:
        self.products: Callable[[Item], Awaitable[Product]] = self._plain
        self.pages: dict[str, Listing | Exception] = {}
        self.asked: list[str] = []
        self.turn = asyncio.Event()
        self.turn.set()

    async def product(self, item: Item, wanted: Wanted) -> Product:
        await self.turn.wait()
        if not wanted():
            raise NoLongerWantedError("its job has ended")
        self.asked.append(item.asin)
        return await self.products(item)

    async def listing(self, url: str, marketplace: str, wanted: Wanted) -> Listing:
        await self.turn.wait()
        if not wanted():
            raise NoLongerWantedError("its job has ended")
        self.asked.append(url)
        page = self.pages[url]
        if isinstance(page, Exception):
            raise page
        return page

    @staticmethod
    async def _plain(item: Item) -> Product:
        await asyncio.sleep(0)
        return Product(asin=item.asin, title=f"Product {item.asin}")


class FakeChannel:
    """Where a delivery's acknowledgement ends up."""

    def __init__(self) -> None:
        self.closed = False
        self.finished: list[int] = []

    def finish(self, tag: int) -> None:
        self.finished.append(tag)

    def acknowledged(self, delivery: Delivery) -> bool:
        return delivery.tag in self.finished


class MemoryCountStore:
    """Counts of jobs with compare-and-swap on `rev`; each call lets others run in between."""

    def __init__(self, *counts: JobCount) -> None:
        self.counts = {count.job_id: count for count in counts}
        self.swaps = 0
        self.reads = 0

    async def find_counts(self, job_ids: Collection[str]) -> dict[str, JobCount]:
        await asyncio.sleep(0)
        self.reads += len(job_ids)
        return {job_id: self.counts[job_id] for job_id in job_ids if job_id in self.counts}

    async def swap(self, changes: Sequence[Change]) -> set[str]:
        await asyncio.sleep(0)
        fitting = [change for change in changes if self.counts[change.job_id].rev == change.before.rev]
        self.swaps += len(fitting)
        self.counts |= {change.job_id: change.after for change in fitting}
        return {change.job_id for change in changes} - {change.job_id for change in fitting}
