"""The life of jobs in one process: the real stores and handlers, messages in the hands of the test.

A message is delivered when the test says so, as often as it says so, and never when it says so; a collector is the
rules of the real one around outcomes that the test chooses.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.aggregator.handlers import Aggregator
from services.aggregator.repository import AggregatorRepository
from services.api.courier import Courier
from services.api.handlers import JobHandlers
from services.api.life_repository import MongoLifeStore
from services.api.lifecycle import LifeCycle
from services.api.repository import ensure_indexes
from services.collector.jobstates import is_late, wants
from services.collector.repository import CollectorRepository
from services.expander.admission import Admission
from services.expander.admission_repository import AdmissionRepository
from services.expander.choosing import Choosing
from services.expander.chosen_repository import ChosenRepository
from services.expander.expansion import Expansion
from services.expander.feeder import Feeder
from services.expander.handlers import Expander
from services.expander.lines import Lines
from services.expander.repository import ExpanderRepository
from services.sweeper.healing import Healing
from services.sweeper.repository import SweeperRepository
from services.sweeper.settings import SweeperSettings
from shared.errors import BrokerUnavailableError
from shared.ids import outcome_id, product_key
from shared.items import finished
from shared.job_events import submission
from shared.jobs import ItemStatus
from shared.messages import MESSAGES, CollectItem, ItemsFinished, JobEvent, JobExpanded, JobSubmitted, Message
from shared.mongo import Database, Document
from shared.outgoing import Outgoing, event
from tests.builders import HOME, NOW, asin, received
from tests.fakes import FakeBroker, FakeClock, FakeSource
from tests.unit.api.builders import new_job

USER = "ann"
LIMIT = 3
WINDOW = 4


class Wire(FakeBroker):
    """What was published and not delivered yet; it can break after some messages."""

    def __init__(self) -> None:
        super().__init__()
        self.breaks_after: int | None = None

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        for message in messages:
            if self.breaks_after == 0:
                self.breaks_after = None
                raise BrokerUnavailableError("the test has cut the wire")
            if self.breaks_after is not None:
                self.breaks_after -= 1
            await super().publish([message])

    def waiting(self, *kinds: type[Message]) -> list[Outgoing]:
        return [message for message in self.published if isinstance(read(message), kinds)]


def read(message: Outgoing) -> Message:
    return MESSAGES[message.type].model_validate_json(message.body)


class SilentTeller:
    """Publishes ends as the real teller does, and no progress: the test has the expander look by itself."""

    def __init__(self, repository: AggregatorRepository) -> None:
        self._repository = repository

    async def counted(self, news: Any) -> bool:
        return True

    async def ended(self, counts: Any) -> None:
        await self._repository.mark_announced(counts)


@dataclass
class InHand:
    """An item whose request was sent: whatever becomes of its job, its outcome comes."""

    command: CollectItem


@dataclass
class World:
    database: Database
    wire: Wire = field(default_factory=Wire)
    in_hand: list[InHand] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = FakeClock()
        self.store = MongoLifeStore(self.database)
        self.handlers = JobHandlers(self.store, self.wire)
        self.life = LifeCycle(self.store, Courier(self.wire))
        expander = ExpanderRepository(self.database)
        feeder = Feeder(expander, self.wire, lambda *_: WINDOW, clock)
        expansion = Expansion(expander, FakeSource(), clock, 10)
        choosing = Choosing(ChosenRepository(self.database), clock)
        admission = Admission(AdmissionRepository(self.database), LIMIT)
        self.expander = Expander(
            expander, self.wire, expansion, choosing, feeder, lambda *_: False, admission, lines=Lines(4, clock)
        )
        counts = AggregatorRepository(self.database)
        self.aggregator = Aggregator(counts, SilentTeller(counts), clock)
        self.states = CollectorRepository(self.database)
        self.sweeper = SweeperRepository(self.database)
        self.healing = Healing(self.sweeper, self.wire, SweeperSettings())

    async def prepare(self) -> None:
        await ensure_indexes(self.database)
        await self.sweeper.create_indexes(3600)

    async def submit(self, items: int, *, mixed: bool = False) -> str:
        """A job of so many items; when `mixed`, those with odd numbers are of another marketplace."""
        homes = (HOME, "amazon.de") if mixed else (HOME, HOME)
        keys = [product_key(homes[number % 2], asin(number)) for number in range(items)]
        new = new_job(user_id=USER, request={"count": items})
        await self.store.insert_sources(new.id, keys)
        assert await self.handlers.create(new, items)
        return new.id

    async def deliver(self, message: Outgoing, *, again: bool = False) -> None:
        """To whoever it is for; with `again` it stays on its way. One that cannot be handled now stays as well."""
        told = read(message)
        try:
            await self._handle(told)
        except BrokerUnavailableError:
            return
        if not again:
            self.wire.published.remove(message)

    def _handle(self, told: Message) -> Awaitable[None]:
        match told:
            case JobSubmitted():
                return self.expander.handle_job_submitted([received(told)])
            case ItemsFinished():
                return self.aggregator.handle_items_finished([received(told)])
            case JobExpanded():
                return self._expanded(told)
            case JobEvent():
                return self.expander.handle_job_news([received(told)])
            case CollectItem():
                return self._take(told)
            case _:
                raise AssertionError(told)

    async def _expanded(self, told: JobExpanded) -> None:
        await self.aggregator.handle_job_expanded([received(told)])
        await self.expander.handle_job_news([received(told)])

    async def _take(self, command: CollectItem) -> None:
        state = (await self.states.find_job_states([command.job_id])).get(command.job_id)
        if state is None or is_late(state, command.run):
            return
        known = await self.states.find_statuses([outcome_id(command.job_id, command.run, command.seq)])
        if known:
            await self._tell(command, *known.values())
        elif wants(state, command.run, command.rev):
            self.in_hand.append(InHand(command))

    async def finish(self, item: InHand, status: ItemStatus, code: str = "timeout") -> None:
        """The answer to a request has come."""
        command = item.command
        error = {"code": code, "message": "", "retryable": True} if status == ItemStatus.FAILED else None
        document: Document = {
            "_id": outcome_id(command.job_id, command.run, command.seq),
            **{name: getattr(command, name) for name in ("job_id", "run", "seq", "marketplace", "asin")},
            "status": str(status),
            "attempts": 1,
            "error": error,
            "processed_at": NOW,
        }
        stored = await self.states.insert_outcomes([document])
        try:
            await self._tell(command, stored.get(document["_id"], status))
        except BrokerUnavailableError:
            return
        self.in_hand.remove(item)

    async def _tell(self, command: CollectItem, status: ItemStatus) -> None:
        fact = finished(command.job_id, command.run, {command.seq: status})
        await self.wire.publish([event(fact, mandatory=True)])

    async def heal(self) -> None:
        """What the sweeper does once enough time has passed: send unstarted jobs again, and what running ones lost."""
        try:
            async for job in self.database["jobs"].find({"status": {"$in": ["PENDING", "PROCESSING"]}}, {"ledger": 0}):
                if job["status"] == "PENDING":
                    await self.wire.publish([submission(job)])
                else:
                    await self.healing._heal(job)
        except BrokerUnavailableError:
            return

    async def feed(self) -> None:
        try:
            await self.expander.feed_all()
        except BrokerUnavailableError:
            return

    async def drain(self) -> None:
        """Until nothing is on its way: every job has then ended, or is paused."""
        self.wire.breaks_after = None
        for _ in range(60):
            while self.wire.published or self.in_hand:
                for message in list(self.wire.published):
                    await self.deliver(message)
                for item in list(self.in_hand):
                    await self.finish(item, ItemStatus.SUCCEEDED)
            if not await self.database["jobs"].count_documents({"status": {"$in": ["PENDING", "PROCESSING"]}}):
                return
            await self.feed()
            await self.heal()
        raise AssertionError("jobs do not come to their end")
