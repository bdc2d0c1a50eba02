"""Several aggregators at once count exactly, and end a job once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from services.aggregator.counting import JobCount, News
from services.aggregator.handlers import CACHED_JOBS, Aggregator
from shared.errors import BrokerUnavailableError
from shared.jobs import JobStatus
from shared.messages import ItemsFinished, JobExpanded
from shared.worker import Received
from tests.builders import count, finished, received
from tests.fakes import MemoryCountStore


class RecordingTeller:
    def __init__(self) -> None:
        self.progress: list[JobCount] = []
        self.ends: list[JobCount] = []
        self.steps: list[int] = []
        self.down = False

    async def counted(self, news: Sequence[News]) -> bool:
        self.progress += [each.count for each in news]
        if not self.down:
            self.steps += [percent for each in news for percent in each.steps]
        return not self.down

    async def ended(self, counts: Sequence[JobCount]) -> None:
        if self.down:
            raise BrokerUnavailableError("down")
        self.ends += counts


def batch(*facts: ItemsFinished) -> list[Received[ItemsFinished]]:
    return [received(fact) for fact in facts]


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(1, 4), st.integers(0, 2**32))
def test_concurrent_aggregators_count_exactly(total: int, aggregators: int, seed: int) -> None:
    jitter = random.Random(seed)
    store, teller = MemoryCountStore(count(total)), RecordingTeller()
    good = [jitter.random() < 0.7 for _ in range(total)]
    seqs = [seq for seq in range(total) for _ in range(jitter.randint(1, 3))]
    jitter.shuffle(seqs)
    facts = [finished((s,)) if good[s] else finished((), (s,)) for s in seqs]

    async def work(aggregator: Aggregator, mine: list[ItemsFinished]) -> None:
        while mine:
            size = jitter.randint(1, 5)
            await aggregator.handle_items_finished(batch(*mine[:size]))
            del mine[:size]

    async def run() -> None:
        await asyncio.gather(*(work(Aggregator(store, teller), facts[i::aggregators]) for i in range(aggregators)))

    asyncio.run(run())
    job = store.counts["a-job"]
    assert (job.success_count, job.error_count) == (sum(good), total - sum(good))
    assert job.status == JobStatus.COMPLETED
    assert [end.rev for end in teller.ends] == [job.rev]


async def test_batch_of_facts_is_one_write_per_job() -> None:
    store = MemoryCountStore(count(100), count(100, job_id="another"))
    facts = [finished((seq,), job_id=job) for seq in range(50) for job in ("a-job", "another")]
    await Aggregator(store, RecordingTeller()).handle_items_finished(batch(*facts))
    assert store.swaps == 2
    assert [job.progress for job in store.counts.values()] == [50, 50]


async def test_job_that_another_has_changed_is_counted_anew_and_the_others_once() -> None:
    store, teller = MemoryCountStore(count(10), count(10, job_id="another")), RecordingTeller()
    aggregator = Aggregator(store, teller)
    await aggregator.handle_items_finished(batch(finished((0,)), finished((0,), job_id="another")))
    await Aggregator(store, teller).handle_items_finished(batch(finished((1,))))
    await aggregator.handle_items_finished(batch(finished((2,)), finished((1, 2), job_id="another")))
    assert [job.progress for job in store.counts.values()] == [3, 3]
    assert [(told.job_id, told.progress) for told in teller.progress[3:]] == [("another", 3), ("a-job", 3)]


async def test_job_in_hand_is_not_read_again() -> None:
    store = MemoryCountStore(count(100))
    aggregator = Aggregator(store, RecordingTeller())
    for seq in range(20):
        await aggregator.handle_items_finished(batch(finished((seq,))))
    assert (store.reads, store.swaps) == (1, 20)


async def test_repeated_facts_write_and_tell_nothing() -> None:
    store, teller = MemoryCountStore(count(10)), RecordingTeller()
    aggregator = Aggregator(store, teller)
    for _ in range(3):
        await aggregator.handle_items_finished(batch(finished((1,), (2,))))
    assert (store.swaps, len(teller.progress)) == (1, 1)


async def test_fact_of_a_later_run_is_counted_in_it() -> None:
    store = MemoryCountStore(count(10))
    aggregator = Aggregator(store, RecordingTeller())
    await aggregator.handle_items_finished(batch(finished((1,))))
    store.counts["a-job"] = count(10, run=2, rev=9)
    await aggregator.handle_items_finished(batch(finished((2,), run=2), finished((3,), run=1)))
    assert (store.counts["a-job"].run, store.counts["a-job"].progress) == (2, 1)


async def test_facts_of_a_deleted_job_are_dropped() -> None:
    teller = RecordingTeller()
    await Aggregator(MemoryCountStore(), teller).handle_items_finished(batch(finished((1,))))
    assert teller.progress == teller.ends == []


async def test_cancelled_job_is_not_completed() -> None:
    store, teller = MemoryCountStore(count(2)), RecordingTeller()
    aggregator = Aggregator(store, teller)
    await aggregator.handle_items_finished(batch(finished((0,))))
    store.counts["a-job"] = count(2, status=JobStatus.CANCELLED, rev=7, success_count=1, ledger=b"\1")
    await aggregator.handle_items_finished(batch(finished((1,))))
    assert (store.counts["a-job"].status, store.counts["a-job"].progress) == (JobStatus.CANCELLED, 2)
    assert teller.ends == []


async def test_job_expanded_to_nothing_is_completed_once() -> None:
    store, teller = MemoryCountStore(count(0)), RecordingTeller()
    aggregator = Aggregator(store, teller)
    for _ in range(2):
        await aggregator.handle_job_expanded([received(JobExpanded(job_id="a-job", total_items=0))])
    assert [end.status for end in teller.ends] == [JobStatus.COMPLETED]


async def test_job_expanded_to_some_items_waits_for_them() -> None:
    store, teller = MemoryCountStore(count(3)), RecordingTeller()
    await Aggregator(store, teller).handle_job_expanded([received(JobExpanded(job_id="a-job", total_items=3))])
    assert (store.swaps, teller.ends) == (0, [])


async def test_total_fixed_after_a_look_is_seen() -> None:
    store = MemoryCountStore(count(None))
    aggregator = Aggregator(store, RecordingTeller())
    await aggregator.handle_items_finished(batch(finished((0,))))
    store.counts["a-job"] = count(2, rev=5)
    await aggregator.handle_items_finished(batch(finished((0,))))
    assert store.counts["a-job"].progress == 1


async def test_jobs_kept_in_hand_are_bounded() -> None:
    jobs = [count(10, job_id=f"job-{number}") for number in range(CACHED_JOBS + 1)]
    store = MemoryCountStore(*jobs)
    aggregator = Aggregator(store, RecordingTeller())
    for _ in range(2):
        for job in jobs:
            await aggregator.handle_items_finished(batch(finished((0,), job_id=job.job_id)))
    assert store.reads > len(jobs)
    assert all(job.progress == 1 for job in store.counts.values())


async def test_job_read_while_its_items_were_chosen_is_read_again() -> None:
    """Else the first fact of a retried item would look like one that was counted in the run before."""
    store, teller = MemoryCountStore(count(2, run=2, error_count=2, ledger=b"\x03", choosing=True)), RecordingTeller()
    aggregator = Aggregator(store, teller)
    await aggregator.handle_job_expanded([received(JobExpanded(job_id="a-job", run=2, total_items=2))])
    store.counts["a-job"] = count(2, run=2, rev=2, run_items=2)
    await aggregator.handle_items_finished(batch(finished((0, 1), run=2)))
    assert (store.counts["a-job"].status, store.counts["a-job"].success_count) == (JobStatus.COMPLETED, 2)


async def test_steps_that_fell_into_an_outage_are_told_with_the_next_count() -> None:
    store, teller = MemoryCountStore(count(20)), RecordingTeller()
    aggregator = Aggregator(store, teller)
    await aggregator.handle_items_finished(batch(finished((0,))))
    teller.down = True
    await aggregator.handle_items_finished(batch(finished((1, 2))))
    teller.down = False
    await aggregator.handle_items_finished(batch(finished((3,))))
    assert teller.steps == [5, 10, 15, 20]


async def test_aggregator_that_takes_over_tells_no_step_less() -> None:
    store, teller = MemoryCountStore(count(20)), RecordingTeller()
    for seqs in ((0, 1), (2,), (3, 4, 5)):
        await Aggregator(store, teller).handle_items_finished(batch(finished(seqs)))
    assert sorted(set(teller.steps)) == [5, 10, 15, 20, 25, 30]
