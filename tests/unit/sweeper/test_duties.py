"""Each duty does what its time has come for, and nothing before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from services.sweeper.expiry import (
    EXPIRED,
    HEALS_BEFORE_GIVING_UP,
    TAKES_BEFORE_GIVING_UP,
    Expiry,
    duration_text,
)
from services.sweeper.healing import UNHEALABLE, Healing
from services.sweeper.outbox import ANNOUNCE_AFTER_SECONDS, Outbox
from services.sweeper.retention import PERIOD_SECONDS, Retention
from services.sweeper.settings import SweeperSettings
from shared.blocks import Block
from shared.errors import BrokerUnavailableError
from shared.ids import product_key
from shared.jobs import ItemStatus
from shared.messages import (
    CollectItem,
    ItemsFinished,
    JobCancelled,
    JobCompleted,
    JobExpanded,
    JobFailed,
    JobPaused,
    JobResumed,
    JobSubmitted,
)
from shared.mongo import Document
from shared.topology import collect_key
from tests.builders import HOME, asin, job_document
from tests.fakes import FakeBroker, FakeClock
from tests.unit.sweeper.fakes import MemorySweeperRepository

OTHER = "amazon.de"
SETTINGS = SweeperSettings(
    unsent_after_seconds=2,
    resend_after_seconds=60,
    pending_limit_seconds=1_800,
    stalled_after_seconds=60,
    stalled_limit_seconds=21_600,
    heal_items=5,
    retention_days=30,
)


class Room:
    """A sweeper's surroundings; `seconds` on its clock pass at once."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.broker = FakeBroker()
        self.repository = MemorySweeperRepository(self.clock)
        self.outbox = Outbox(self.repository, self.broker, SETTINGS)
        self.healing = Healing(self.repository, self.broker, SETTINGS)
        self.expiry = Expiry(self.repository, self.broker, SETTINGS)
        self.retention = Retention(self.repository, SETTINGS, self.clock)

    def ago(self, seconds: float) -> datetime:
        return self.clock.now() - timedelta(seconds=seconds)

    def job(self, *, age: float = 0.0, **changes: Any) -> Document:
        """Nobody touched it for `age` seconds."""
        job = job_document(**{"queued_at": self.ago(age), "updated_at": self.ago(age), **changes})
        self.repository.jobs[job["_id"]] = job
        return job

    def running(self, total: int | None, fed: int = 0, *, age: float = 100.0, run: int = 1, **changes: Any) -> Document:
        """A running job; the items of a later run are those of the first in reverse."""
        of_run = {"run": run, "run_items": None if run == 1 else total}
        job = self.job(age=age, status="PROCESSING", total_items=total, fed=fed, **of_run, **changes)
        seqs = list(range(total or 0))
        places = seqs if run == 1 else seqs[::-1]
        pairs = {place: (seq, product_key(HOME, asin(seq))) for place, seq in enumerate(places)}
        self.repository.keys[job["_id"], run] = pairs
        return job

    def sent(self) -> list[str]:
        """Types of what was published since the last look."""
        types = [message.type for message in self.broker.published]
        self.broker.published.clear()
        return types

    def commands(self) -> list[CollectItem]:
        return [CollectItem.model_validate_json(m.body) for m in self.broker.of(CollectItem.TYPE)]

    def pass_by(self, seconds: float) -> None:
        self.clock.time += seconds


@pytest.fixture
def room() -> Room:
    return Room()


async def test_job_is_sent_once_it_is_old_enough(room: Room) -> None:
    job = room.job()
    await room.outbox.sweep()
    assert room.sent() == []
    room.pass_by(2.1)
    await room.outbox.sweep()
    [message] = room.broker.published
    assert JobSubmitted.model_validate_json(message.body) == JobSubmitted(job_id=job["_id"])
    assert room.sent() == [JobSubmitted.TYPE]
    await room.outbox.sweep()
    assert room.sent() == []


async def test_job_stays_unsent_while_the_broker_is_away(room: Room) -> None:
    job = room.job(age=10)
    room.broker.down = True
    with pytest.raises(BrokerUnavailableError):
        await room.outbox.sweep()
    assert job["submitted_at"] is None


async def test_pause_that_was_not_told_is_told_until_the_broker_has_it(room: Room) -> None:
    news = [{"rev": 1, "step": "pause"}, {"rev": 2, "step": "resume"}]
    job = room.job(submitted_at=room.clock.now(), rev=2, news=news, news_at=room.ago(ANNOUNCE_AFTER_SECONDS - 1))
    await room.outbox.sweep()
    assert room.sent() == []
    room.pass_by(1.1)
    room.broker.down = True
    with pytest.raises(BrokerUnavailableError):
        await room.outbox.sweep()
    room.broker.down = False
    await room.outbox.sweep()
    assert (room.sent(), "news_at" in job) == ([JobPaused.TYPE, JobResumed.TYPE], False)
    await room.outbox.sweep()
    assert room.sent() == []


async def test_job_nobody_started_is_sent_again_each_minute(room: Room) -> None:
    room.job(age=59, submitted_at=room.ago(59))
    await room.outbox.sweep()
    assert room.sent() == []
    for _ in range(3):
        room.pass_by(61)
        await room.outbox.sweep()
        await room.outbox.sweep()
        assert room.sent() == [JobSubmitted.TYPE]


@pytest.mark.parametrize(
    ("status", "told"),
    [("COMPLETED", JobCompleted.TYPE), ("FAILED", JobFailed.TYPE), ("CANCELLED", JobCancelled.TYPE)],
)
async def test_end_nobody_heard_of_is_told_again(room: Room, status: str, told: str) -> None:
    job = room.job(status=status, completed_at=room.clock.now())
    await room.outbox.sweep()
    assert room.sent() == []
    room.pass_by(ANNOUNCE_AFTER_SECONDS + 0.1)
    await room.outbox.sweep()
    assert room.sent() == [told]
    assert job["announced"]
    await room.outbox.sweep()
    assert room.sent() == []


async def test_items_handed_out_and_not_counted_are_sent_again(room: Room) -> None:
    job = room.running(20, fed=10, ledger=bytes([0b1111_0001]), progress=5)
    room.repository.end(job["_id"], 1, 1)
    room.repository.end(job["_id"], 1, 2, status=ItemStatus.FAILED)
    await room.healing.sweep()
    [fact] = room.broker.of(ItemsFinished.TYPE)
    assert ItemsFinished.model_validate_json(fact.body) == ItemsFinished(job_id=job["_id"], succeeded=(1,), failed=(2,))
    assert [command.seq for command in room.commands()] == [3, 8, 9]
    assert [message.key for message in room.broker.of(CollectItem.TYPE)] == [collect_key(HOME)] * 3
    assert len(room.broker.of(JobExpanded.TYPE)) == 1


async def test_items_of_a_later_run_are_healed_by_their_seq(room: Room) -> None:
    """Places 0 to 2 of the run are items 9, 8 and 7."""
    job = room.running(10, fed=3, run=2)
    room.repository.end(job["_id"], 2, 8)
    room.repository.end(job["_id"], 1, 9)
    await room.healing.sweep()
    assert {(command.run, command.seq, command.asin) for command in room.commands()} == {
        (2, 9, asin(9)),
        (2, 7, asin(7)),
    }
    [fact] = room.broker.of(ItemsFinished.TYPE)
    assert ItemsFinished.model_validate_json(fact.body) == ItemsFinished(job_id=job["_id"], run=2, succeeded=(8,))


def of_two_marketplaces(room: Room, total: int, **changes: Any) -> Document:
    """A running job of which every second item is of another marketplace."""
    job = room.running(total, **{"marketplaces": [HOME, OTHER], **changes})
    pairs = {n: (n, product_key(OTHER if n % 2 else HOME, asin(n))) for n in range(total)}
    room.repository.keys[job["_id"], 1] = pairs
    return job


async def test_what_was_not_handed_out_to_its_marketplace_is_not_healed(room: Room) -> None:
    """However many such items lie before those that were lost."""
    lanes = {"run": 1, "cursors": [[HOME, 2, 1], [OTHER, 40, 20]]}
    of_two_marketplaces(room, 50, fed=40, lanes=lanes, ledger=bytes([0b1010_1010] * 4), progress=16)
    await room.healing.sweep()
    assert [command.seq for command in room.commands()] == [0, 33, 35, 37, 39]


@pytest.mark.parametrize("lanes", [None, {"run": 0, "cursors": [[HOME, 1, 1], [OTHER, 1, 0]]}])
async def test_job_without_cursors_of_its_run_was_handed_out_evenly(room: Room, lanes: Document | None) -> None:
    of_two_marketplaces(room, 10, fed=4, lanes=lanes)
    await room.healing.sweep()
    assert [command.seq for command in room.commands()] == [0, 1, 2, 3]


@pytest.mark.parametrize(("run", "kept"), [(1, 0), (2, 30)], ids=["first run", "later run"])
async def test_job_whose_items_are_gone_fails_as_soon_as_that_is_found(room: Room, run: int, kept: int) -> None:
    gone = room.running(40, fed=10, run=run, progress=kept + 6, kept=kept, ledger=b"\x3f")
    other = room.running(3, fed=3)
    room.repository.keys[gone["_id"], run].clear()
    await room.healing.sweep()
    assert (gone["status"], gone["announced"], other["status"]) == ("FAILED", True, "PROCESSING")
    assert gone["error_message"].startswith(UNHEALABLE)
    assert [command.job_id for command in room.commands()] == [other["_id"]] * 3


async def test_item_that_is_gone_and_has_its_outcome_is_counted(room: Room) -> None:
    job = room.running(4, fed=3)
    room.repository.keys[job["_id"], 1].clear()
    room.repository.end(job["_id"], 1, 0, 1, 2)
    await room.healing.sweep()
    [fact] = room.broker.of(ItemsFinished.TYPE)
    assert ItemsFinished.model_validate_json(fact.body).succeeded == (0, 1, 2)
    assert (job["status"], room.commands()) == ("PROCESSING", [])


async def test_items_of_a_later_run_that_are_gone_and_were_counted_are_not_missed(room: Room) -> None:
    """The run has items 3, 2, 1 and 0: the first two were counted, and are gone since."""
    job = room.running(4, fed=4, run=2, progress=2, ledger=b"\x0c")
    for place in (0, 1):
        del room.repository.keys[job["_id"], 2][place]
    await room.healing.sweep()
    assert (job["status"], [command.seq for command in room.commands()]) == ("PROCESSING", [0, 1])


async def test_large_job_is_healed_in_parts(room: Room) -> None:
    room.running(100, fed=100)
    await room.healing.sweep()
    assert [command.seq for command in room.commands()] == list(range(5))


async def test_complete_job_only_needs_to_be_woken(room: Room) -> None:
    room.running(8, fed=8, ledger=b"\xff", progress=8)
    await room.healing.sweep()
    assert room.sent() == [JobExpanded.TYPE]


async def test_job_whose_total_is_unknown_is_submitted_again(room: Room) -> None:
    room.running(None)
    await room.healing.sweep()
    assert room.sent() == [JobSubmitted.TYPE]


@pytest.mark.parametrize("changes", [{"age": 59.0}, {"status": "PENDING"}, {"status": "COMPLETED"}])
async def test_only_stalled_jobs_are_healed(room: Room, changes: dict[str, Any]) -> None:
    room.job(**{"age": 1_000.0, "status": "PROCESSING", "total_items": 5, "fed": 5, **changes})
    await room.healing.sweep()
    assert room.sent() == []


async def test_slow_job_is_looked_into_ever_more_rarely(room: Room) -> None:
    room.running(5, fed=5)
    moments: list[float] = []
    for _ in range(8_000):
        await room.healing.sweep()
        if room.sent():
            moments.append(room.clock.time)
        room.pass_by(1.0)
    gaps = [after - before for before, after in pairwise(moments)]
    assert gaps == pytest.approx([60 * 2**n for n in (1, 2, 3, 4, 5, 5, 5)], abs=2)


async def test_progress_makes_healing_patient_as_at_first(room: Room) -> None:
    job = room.running(5, fed=5, heals=5, healed_at=room.ago(200), age=100.0)
    await room.healing.sweep()
    assert JobExpanded.TYPE in room.sent()
    assert job["heals"] == 1


async def test_healing_waits_for_the_broker_without_counting(room: Room) -> None:
    job = room.running(5, fed=5)
    room.broker.down = True
    await room.healing.sweep()
    assert "heals" not in job
    room.broker.down = False
    await room.healing.sweep()
    assert job["heals"] == 1


async def test_marketplace_nobody_serves_holds_up_no_other_job(room: Room) -> None:
    room.broker.without_queue.add("item.collect.v1.amazon.de")
    job = room.running(2, fed=2)
    room.repository.keys[job["_id"], 1] = {n: (n, product_key("amazon.de", asin(n))) for n in range(2)}
    served = room.running(2, fed=2)
    await room.healing.sweep()
    assert {command.job_id for command in room.commands()} == {served["_id"]}


TAKEN = {"takes": TAKES_BEFORE_GIVING_UP, "takes_run": 1}


async def test_job_that_could_not_be_started_expires(room: Room) -> None:
    job, waiting = room.job(age=1_799, **TAKEN), room.job(age=9_999, status_reason="waits for others", **TAKEN)
    await room.expiry.sweep()
    assert job["status"] == "PENDING"
    room.pass_by(2)
    await room.expiry.sweep()
    assert (job["status"], job["error_message"], job["announced"]) == ("FAILED", EXPIRED, True)
    assert waiting["status"] == "PENDING"
    [told] = room.broker.of(JobFailed.TYPE)
    assert JobFailed.model_validate_json(told.body).reason == EXPIRED
    await room.expiry.sweep()
    assert len(room.broker.of(JobFailed.TYPE)) == 1


@pytest.mark.parametrize("takes", [{}, {"takes": TAKES_BEFORE_GIVING_UP - 1, "takes_run": 1}, {**TAKEN, "run": 2}])
async def test_job_that_nobody_could_take_never_expires(room: Room, takes: Document) -> None:
    """Broker, database or expanders were away, however long; then it was not the job that could not be started."""
    job = room.job(age=90_000, **takes)
    await room.expiry.sweep()
    assert job["status"] == "PENDING"
    await room.outbox.sweep()
    assert room.sent() == [JobSubmitted.TYPE]


async def test_job_expired_while_the_broker_is_away_is_told_later(room: Room) -> None:
    job = room.job(age=2_000, **TAKEN)
    room.broker.down = True
    with pytest.raises(BrokerUnavailableError):
        await room.expiry.sweep()
    assert (job["status"], job["announced"]) == ("FAILED", False)
    room.broker.down = False
    room.pass_by(ANNOUNCE_AFTER_SECONDS + 0.1)
    await room.outbox.sweep()
    assert room.sent() == [JobFailed.TYPE]


def block(marketplace: str, *, trying: bool = False) -> dict[str, Block]:
    return {marketplace: Block(marketplace, datetime.now(UTC), 900.0, "captcha", trying)}


@pytest.mark.parametrize("trying", [True, False])
@pytest.mark.parametrize("known", [True, False])
async def test_job_of_a_blocked_marketplace_is_delayed_and_never_expires(
    room: Room, *, trying: bool, known: bool
) -> None:
    job = room.running(5, fed=5, **({"marketplaces": [HOME]} if known else {}))
    for _ in range(HEALS_BEFORE_GIVING_UP):  # in vain, until we hear of the block
        await room.healing.sweep()
        room.pass_by(1_000)
    room.sent()
    room.repository.blocks = block(HOME, trying=trying)
    for _ in range(100):
        await room.healing.sweep()
        await room.expiry.sweep()
        room.pass_by(600)
    assert room.sent() == []
    room.repository.blocks = {}
    await room.expiry.sweep()
    assert job["status"] == "PROCESSING", "what was tried before the pause counts after it"
    room.pass_by(61)
    await room.healing.sweep()
    assert len(room.commands()) == 5


async def test_block_of_another_marketplace_is_no_excuse(room: Room) -> None:
    job = room.running(5, fed=5, marketplaces=[HOME])
    room.repository.blocks = block("amazon.de")
    await room.healing.sweep()
    assert job["heals"] == 1
    assert len(room.commands()) == 5


@pytest.mark.parametrize(
    ("heals", "healed_ago", "expires"),
    [
        (HEALS_BEFORE_GIVING_UP, 100, True),
        (HEALS_BEFORE_GIVING_UP - 1, 100, False),
        (0, None, False),
        (9, 30_000, False),  # before its last progress
    ],
)
async def test_stalled_job_expires_only_after_attempts_to_go_on(
    room: Room, heals: int, healed_ago: float | None, expires: bool
) -> None:
    healed_at = None if healed_ago is None else room.ago(healed_ago)
    job = room.running(5, fed=5, age=22_000.0, heals=heals, healed_at=healed_at)
    await room.expiry.sweep()
    assert (job["status"] == "FAILED") is expires
    if expires:
        assert job["error_message"].startswith(f"{EXPIRED}: no progress for 6 h")


async def test_stalled_job_healed_in_vain_ends(room: Room) -> None:
    """As the leader's rounds go: first healing, then expiry."""
    job = room.running(5, fed=5)
    while job["status"] == "PROCESSING":
        await room.healing.sweep()
        await room.expiry.sweep()
        room.pass_by(30.0)
        assert room.clock.time < 30_000
    assert room.clock.time > 1_000 + 21_400  # the clock began at 1,000
    assert job["heals"] >= HEALS_BEFORE_GIVING_UP


async def test_job_that_moved_meanwhile_is_not_failed(room: Room) -> None:
    job = room.running(5, fed=5)
    assert await room.repository.fail(job["_id"], job["rev"] - 1, "late") is None
    assert job["status"] == "PROCESSING"


async def test_old_jobs_are_deleted_now_and_then(room: Room) -> None:
    days = 86_400.0
    old = room.job(status="COMPLETED", completed_at=room.ago(30.1 * days))
    room.job(status="COMPLETED", completed_at=room.ago(29.9 * days))
    room.job(status="PROCESSING", age=99 * days)
    await room.retention.sweep()
    assert old["_id"] not in room.repository.jobs
    assert (len(room.repository.jobs), room.repository.sources_deleted) == (2, 1)
    room.pass_by(PERIOD_SECONDS - 1)
    await room.retention.sweep()
    assert room.repository.sources_deleted == 1
    room.pass_by(2)
    await room.retention.sweep()
    assert room.repository.sources_deleted == 2


async def test_job_past_its_time_limit_fails_with_what_it_has(room: Room) -> None:
    late, early = (
        room.running(9, 9, age=0.0, progress=4, deadline_at=room.ago(seconds), settings={"time_limit_seconds": 5_400})
        for seconds in (1, -1)
    )
    await room.expiry.sweep()
    assert (late["status"], late["progress"], late["announced"]) == ("FAILED", 4, True)
    assert late["error_message"] == "Timeout: the job's time limit was reached: 90 min"
    assert (early["status"], room.sent()) == ("PROCESSING", [JobFailed.TYPE])


async def test_paused_job_never_expires(room: Room) -> None:
    job = room.job(age=10_000_000, status="PAUSED", deadline_at=room.ago(1), submitted_at=room.ago(1_000_000))
    for duty in (room.outbox, room.healing, room.expiry):
        await duty.sweep()
    assert (job["status"], room.sent()) == ("PAUSED", [])


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1, "1 s"), (90, "90 s"), (60, "1 min"), (5_400, "90 min"), (7_200, "2 h"), (9_000, "2.5 h")],
)
def test_time_limits_are_told_in_readable_units(seconds: int, text: str) -> None:
    assert duration_text(seconds) == text


async def test_deletions_are_finished_now_and_then(room: Room) -> None:
    for _ in range(3):
        await room.retention.sweep()
    assert room.repository.deletions_finished == 1
