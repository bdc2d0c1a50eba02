"""Items are handed out in one window per marketplace: published first, then the cursor moves."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime

import pytest

from services.expander.feeder import PARKED_SECONDS, STALE_SECONDS, Feeder
from services.expander.windows import LEAST, STILL_SECONDS
from shared.blocks import Block
from shared.errors import BrokerUnavailableError, DatabaseUnavailableError
from shared.messages import CollectItem
from shared.mongo import Document
from shared.topology import collect_key
from tests.builders import HOME, asin, job_document
from tests.fakes import FakeBroker, FakeClock
from tests.unit.expander.fakes import MemoryExpanderRepository

WINDOW = 10
OTHER = "amazon.de"


class Feeding:
    """Running jobs, whose items are stored in chunks of 7, and their feeder."""

    def __init__(self) -> None:
        self.repository = MemoryExpanderRepository()
        self.broker = FakeBroker()
        self.clock = FakeClock()
        self.feeder = self.another()

    def another(self) -> Feeder:
        return Feeder(self.repository, self.broker, lambda *_: WINDOW, self.clock)

    def job(self, total: int = 25, marketplaces: tuple[str, ...] = (HOME,), **changes: object) -> Document:
        """Its items take turns between `marketplaces`."""
        job = job_document(**{"status": "PROCESSING", "total_items": total, **changes})
        self.repository.jobs[job["_id"]] = job
        keys = [f"{marketplaces[seq % len(marketplaces)]}:{asin(seq)}" for seq in range(total)]
        for first in range(0, total, 7):
            self.repository.items[job["_id"], job["run"], first] = keys[first : first + 7]
        return job

    async def feed(self, job: Document, **changes: object) -> int:
        """What is handed out once the job is known to stand like this."""
        job.update(changes)
        return await self.feeder.feed([dict(job)])

    def block(self, marketplace: str, *, trying: bool = False) -> None:
        self.repository.blocks[marketplace] = Block(marketplace, datetime.now(UTC), 60.0, "captcha", trying)

    async def look_for(self, seconds: float) -> None:
        """Looks, one soon after the other, for so long."""
        for _ in range(math.ceil(seconds / STALE_SECONDS)):
            self.clock.time += STALE_SECONDS
            await self.feeder.look()

    @property
    def commands(self) -> list[CollectItem]:
        return [CollectItem.model_validate_json(message.body) for message in self.broker.of(CollectItem.TYPE)]

    def handed_out(self) -> Counter[str]:
        """How many items of each job were, since the last look."""
        found = Counter(command.job_id for command in self.commands)
        self.broker.published.clear()
        return found


@pytest.fixture
def feeding() -> Feeding:
    return Feeding()


async def test_window_by_window_every_item_is_handed_out(feeding: Feeding) -> None:
    job = feeding.job()
    counts = [await feeding.feed(job, progress=progress) for progress in (0, 0, 10, 20)]
    assert counts == [10, 0, 10, 5]
    assert [(command.seq, command.asin) for command in feeding.commands] == [(seq, asin(seq)) for seq in range(25)]
    assert job["fed"] == 25
    assert await feeding.feed(job, progress=25) == 0


async def test_items_of_a_retry_keep_their_seqs(feeding: Feeding) -> None:
    job = feeding.job(total=3, run=2, run_items=3)
    feeding.repository.seqs[job["_id"], 2, 0] = [4, 9, 17]
    await feeding.feed(job)
    assert [(command.run, command.seq) for command in feeding.commands] == [(2, 4), (2, 9), (2, 17)]


@pytest.mark.parametrize("changes", [{"status": "CANCELLED"}, {"status": "PENDING"}, {"total_items": None}])
async def test_job_that_does_not_run_is_not_fed(feeding: Feeding, changes: Document) -> None:
    job = feeding.job()
    job.update(changes)
    assert await feeding.feed(job) == 0
    assert feeding.commands == []


async def test_cursor_stays_when_publishing_fails(feeding: Feeding) -> None:
    job = feeding.job()
    feeding.broker.down = True
    with pytest.raises(BrokerUnavailableError):
        await feeding.feed(job)
    assert job["fed"] == 0


async def hand_out_without_database(feeding: Feeding, job: Document) -> None:
    """A window is published, and the cursor stays."""
    feeding.repository.fail_next["move_cursor"] = DatabaseUnavailableError("gone")
    with pytest.raises(DatabaseUnavailableError):
        await feeding.feed(job)
    assert (job["fed"], len(feeding.commands)) == (0, WINDOW)


@pytest.mark.parametrize("marketplaces", [(HOME,), (HOME, OTHER)])
async def test_window_published_before_a_crash_is_repeated(feeding: Feeding, marketplaces: tuple[str, ...]) -> None:
    job = feeding.job(marketplaces=marketplaces)
    await hand_out_without_database(feeding, job)
    await feeding.another().look()
    ids = [message.message_id for message in feeding.broker.published]
    assert ids[:WINDOW] == ids[WINDOW : 2 * WINDOW]
    assert job["fed"] == max(command.seq for command in feeding.commands) + 1


@pytest.mark.parametrize("marketplaces", [(HOME,), (HOME, OTHER)])
async def test_window_published_without_the_database_is_not_repeated(
    feeding: Feeding, marketplaces: tuple[str, ...]
) -> None:
    job = feeding.job(marketplaces=marketplaces)
    await hand_out_without_database(feeding, job)
    await feeding.feed(job)
    seqs = [command.seq for command in feeding.commands]
    assert len(seqs) == len(set(seqs)) == WINDOW * len(marketplaces)
    assert job["fed"] == max(seqs) + 1


@pytest.mark.parametrize("changes", [{"pauses": 1}, {"run": 2}], ids=["pause", "new run"])
async def test_window_published_before_a_pause_or_a_new_run_is_repeated(feeding: Feeding, changes: Document) -> None:
    """Collectors may have dropped it."""
    job = feeding.job()
    await hand_out_without_database(feeding, job)
    await feeding.feed(job, **changes)
    assert len(feeding.commands) == 2 * WINDOW


async def test_window_kept_although_the_answer_was_lost_is_not_repeated(feeding: Feeding) -> None:
    job = feeding.job()
    await hand_out_without_database(feeding, job)
    await feeding.feed(job, fed=WINDOW, progress=WINDOW)
    assert [command.seq for command in feeding.commands] == list(range(2 * WINDOW))


async def test_slower_of_two_feeders_does_not_move_the_cursor(feeding: Feeding) -> None:
    job = feeding.job()
    slower = feeding.another()
    await slower.look()
    feeding.repository.jobs[job["_id"]]["progress"] = 10
    await feeding.feeder.look()
    assert job["fed"] == 20
    await slower.feed([{**job, "fed": 10, "progress": 10}])
    assert job["fed"] == 20
    feeding.broker.published.clear()
    await slower.look()
    assert feeding.commands == []


async def test_feeder_appointed_again_looks_at_everything_first(feeding: Feeding) -> None:
    job, second = feeding.job(), feeding.job()
    await feeding.feeder.look()
    job.update(fed=25, progress=25)  # by another feeder meanwhile
    feeding.broker.published.clear()
    feeding.clock.time += STALE_SECONDS + 1
    await feeding.feed(second)
    assert feeding.handed_out() == {second["_id"]: 5}


async def test_jobs_of_one_marketplace_share_its_window(feeding: Feeding) -> None:
    first, second = feeding.job(), feeding.job()
    await feeding.feeder.look()
    assert feeding.handed_out() == {first["_id"]: 5, second["_id"]: 5}
    assert await feeding.feed(first, progress=4) == 4


async def test_window_stays_the_same_however_many_jobs_run(feeding: Feeding) -> None:
    for _ in range(50):
        feeding.job()
    await feeding.feeder.look()
    assert feeding.handed_out().total() == WINDOW


async def test_newcomer_has_the_next_places(feeding: Feeding) -> None:
    large = feeding.job(total=1_000)
    await feeding.feed(large)
    small = feeding.job()
    await feeding.feeder.look()
    feeding.handed_out()
    await feeding.feed(large, progress=5)
    shares = feeding.handed_out()
    assert shares[small["_id"]] >= 3


async def test_changed_priority_counts_from_the_next_window_on(feeding: Feeding) -> None:
    jobs = [feeding.job(total=2_000, fed=100, progress=100) for _ in range(2)]
    await feeding.feeder.look()
    assert feeding.handed_out() == {job["_id"]: 5 for job in jobs}
    jobs[0].update(priority="high", progress=105)
    jobs[1].update(priority="low", progress=105)
    await feeding.feeder.look()
    assert feeding.handed_out() == {jobs[0]["_id"]: 9, jobs[1]["_id"]: 1}


async def test_ended_job_makes_room_at_once(feeding: Feeding) -> None:
    first, second = feeding.job(), feeding.job()
    await feeding.feeder.look()
    assert await feeding.feed(first, status="CANCELLED") == 5
    assert second["fed"] == 10


async def test_items_that_wait_to_be_tried_again_take_no_place(feeding: Feeding) -> None:
    job = feeding.job()
    await feeding.feed(job)
    feeding.repository.parked[job["_id"], HOME] = 6
    assert await feeding.feed(job) == 6


async def test_window_follows_what_is_finished_a_second(feeding: Feeding) -> None:
    known: list[float | None] = []

    def window_of(_: str, __: float, per_second: float | None) -> int:
        known.append(per_second)
        return WINDOW

    feeder = Feeder(feeding.repository, feeding.broker, window_of, feeding.clock)
    job = feeding.job(total=1_000)
    await feeder.look()
    for _ in range(2):
        feeding.clock.time += 0.5
        job["progress"] = job["fed"]
        await feeder.look()
    assert (known[0], known[-1]) == (None, WINDOW / 0.5)


async def test_items_that_wait_are_counted_now_and_then(feeding: Feeding) -> None:
    job = feeding.job(total=100)
    await feeding.feed(job)
    assert await feeding.feed(job) == 0
    feeding.repository.parked[job["_id"], HOME] = 6
    assert await feeding.feed(job) == 0
    feeding.clock.time += PARKED_SECONDS
    assert await feeding.feed(job) == 6


async def test_job_that_stands_still_does_not_hold_the_window_for_ever(feeding: Feeding) -> None:
    lost = feeding.job(total=100)
    await feeding.feeder.look()
    bystander = feeding.job(user_id="eve")
    await feeding.look_for(STILL_SECONDS)
    assert feeding.handed_out() == {lost["_id"]: WINDOW}
    await feeding.look_for(10)
    assert feeding.handed_out() == {bystander["_id"]: WINDOW}
    await feeding.feed(bystander, progress=WINDOW)
    assert feeding.handed_out() == {bystander["_id"]: WINDOW}


async def test_job_that_goes_on_counts_as_before_with_all_it_has_in_flight(feeding: Feeding) -> None:
    late = feeding.job(total=100)
    await feeding.feeder.look()
    other = feeding.job(total=100)
    await feeding.look_for(STILL_SECONDS + 10)
    feeding.handed_out()
    assert await feeding.feed(late, progress=1) == 0
    assert await feeding.feed(other, progress=WINDOW) == 0
    assert await feeding.feed(late, progress=WINDOW) == WINDOW
    assert feeding.handed_out().keys() == {late["_id"], other["_id"]}


async def test_while_nobody_collects_each_job_is_handed_out_one_window_at_most(feeding: Feeding) -> None:
    jobs = [feeding.job(total=100) for _ in range(3)]
    await feeding.look_for(20 * STILL_SECONDS)
    assert all(count <= WINDOW for count in feeding.handed_out().values())
    assert all(job["fed"] <= WINDOW for job in jobs)


async def test_job_all_of_whose_items_wait_for_another_try_is_not_stuck(feeding: Feeding) -> None:
    job = feeding.job(total=10 * WINDOW)
    feeding.repository.parked[job["_id"], HOME] = 10 * WINDOW
    await feeding.look_for(2 * STILL_SECONDS)
    assert job["fed"] == 10 * WINDOW


async def test_time_in_which_a_marketplace_is_blocked_makes_no_job_stuck(feeding: Feeding) -> None:
    job = feeding.job(total=100)
    await feeding.feed(job)
    other = feeding.job(total=100)
    feeding.block(HOME)
    await feeding.look_for(10 * STILL_SECONDS)
    del feeding.repository.blocks[HOME]
    feeding.broker.published.clear()
    await feeding.feeder.look()
    assert (feeding.commands, job["fed"] + other["fed"]) == ([], WINDOW)


async def test_slower_pace_is_waited_for_longer(feeding: Feeding) -> None:
    feeding.repository.slowed[HOME] = 8.0
    feeding.job(total=100)
    await feeding.feeder.look()
    bystander = feeding.job()
    await feeding.look_for(STILL_SECONDS + 2 * WINDOW * 8.0)
    assert bystander["fed"] == 0
    await feeding.look_for(10)
    assert bystander["fed"] == WINDOW


async def test_job_of_several_marketplaces_is_stuck_where_nothing_of_it_comes(feeding: Feeding) -> None:
    job = feeding.job(total=400, marketplaces=(HOME, OTHER))
    await feeding.feeder.look()
    bystander = feeding.job()
    for _ in range(10):
        feeding.repository.end(job, *(c.seq for c in feeding.commands if c.marketplace == OTHER))
        await feeding.look_for(STALE_SECONDS)
    handed = Counter(command.marketplace for command in feeding.commands if command.job_id == job["_id"])
    assert handed[HOME] == WINDOW < handed[OTHER]
    assert bystander["fed"] == WINDOW


async def test_marketplaces_have_windows_of_their_own(feeding: Feeding) -> None:
    jobs = [feeding.job(), feeding.job(marketplaces=(OTHER,))]
    await feeding.feeder.look()
    assert feeding.handed_out() == {job["_id"]: WINDOW for job in jobs}


async def test_blocked_marketplace_is_not_fed_and_holds_up_no_other(feeding: Feeding) -> None:
    feeding.block(HOME)
    feeding.job()
    other = feeding.job(marketplaces=(OTHER,))
    await feeding.feeder.look()
    assert feeding.handed_out() == {other["_id"]: WINDOW}


async def test_marketplace_that_is_being_tried_gets_just_enough(feeding: Feeding) -> None:
    feeding.block(HOME, trying=True)
    job = feeding.job()
    await feeding.feeder.look()
    assert feeding.handed_out() == {job["_id"]: LEAST}


async def test_marketplace_nobody_serves_holds_up_no_other(feeding: Feeding) -> None:
    feeding.broker.without_queue.add(collect_key(OTHER))
    feeding.job(marketplaces=(OTHER,))
    job = feeding.job()
    await feeding.feeder.look()
    assert feeding.handed_out() == {job["_id"]: WINDOW}


async def test_items_of_several_marketplaces_are_handed_out_side_by_side(feeding: Feeding) -> None:
    job = feeding.job(total=60, marketplaces=(HOME, OTHER))
    await feeding.feeder.look()
    assert Counter(command.marketplace for command in feeding.commands) == {HOME: WINDOW, OTHER: WINDOW}
    assert job["fed"] == 2 * WINDOW
    feeding.repository.end(job, *range(0, 20, 2))  # those of the first marketplace
    feeding.broker.published.clear()
    await feeding.feed(job, progress=10)
    assert [command.seq for command in feeding.commands] == list(range(20, 40, 2))


async def test_blocked_marketplace_holds_up_none_of_the_jobs_others(feeding: Feeding) -> None:
    feeding.block(HOME)
    job = feeding.job(total=60, marketplaces=(HOME, OTHER))
    for done in range(0, 30, 10):
        await feeding.feeder.look()
        feeding.repository.end(job, *range(1, 60, 2))
        job["progress"] = done
    assert [command.seq for command in feeding.commands] == list(range(1, 60, 2))
    del feeding.repository.blocks[HOME]
    feeding.broker.published.clear()
    await feeding.feeder.look()
    assert [command.seq for command in feeding.commands] == list(range(0, 20, 2))


async def test_next_feeder_knows_what_is_in_flight_of_several_marketplaces(feeding: Feeding) -> None:
    job = feeding.job(total=60, marketplaces=(HOME, OTHER))
    await feeding.feeder.look()
    feeding.repository.end(job, 1, 3, 5, 7)
    job["ledger"] = bytes([0b1010_1010])
    feeding.broker.published.clear()
    await feeding.another().look()
    assert [command.seq for command in feeding.commands] == [21, 23, 25, 27]


async def test_every_item_of_several_marketplaces_is_handed_out_once(feeding: Feeding) -> None:
    job = feeding.job(total=60, marketplaces=(HOME, OTHER, OTHER))
    for _ in range(10):
        await feeding.feeder.look()
        feeding.repository.end(job, *(command.seq for command in feeding.commands))
        job["progress"] = len(feeding.commands)
    assert sorted(command.seq for command in feeding.commands) == list(range(60))
    assert job["fed"] == 60
