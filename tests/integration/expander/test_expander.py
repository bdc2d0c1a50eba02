"""A job becomes items and commands, window by window, and waits when its user has enough jobs running."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest

from services.aggregator.queues import JOB_EXPANDED
from services.collector.queues import collect_queue
from services.expander.admission import Admission
from services.expander.admission_repository import AdmissionRepository
from services.expander.choosing import Choosing
from services.expander.chosen_repository import ChosenRepository
from services.expander.expansion import Expansion
from services.expander.feeder import Feeder
from services.expander.feedloop import FeedLoop
from services.expander.handlers import Expander
from services.expander.lines import READ_AT_ONCE, Lines
from services.expander.queues import JOB_NEWS, JOB_SUBMITTED
from services.expander.repository import ExpanderRepository
from shared.amazon.addresses import search_url
from shared.amazon.pages import Listing
from shared.clock import SystemClock
from shared.errors import PermanentError, RetryableError
from shared.failures import FailurePolicy, safety_queues
from shared.ids import product_key
from shared.job_events import ended, progressed
from shared.messages import CollectItem, JobCompleted, JobExpanded, JobFailed, JobProgressed, JobSubmitted, Message
from shared.mongo import Database, Document
from shared.outgoing import command
from shared.source import Wanted
from shared.topology import DEAD_LETTERS
from shared.worker import Worker
from tests.builders import HOME, asin, job_document
from tests.fakes import FakeSource
from tests.integration.shared.conftest import OpenBroker, cable, database, open_broker, rabbit
from tests.integration.shared.rabbit import Rabbit
from tests.waiting import eventually

__all__ = ["cable", "database", "open_broker", "rabbit"]

QUEUE = collect_queue(HOME)
QUEUES = (*safety_queues(), JOB_SUBMITTED, JOB_NEWS, JOB_EXPANDED, QUEUE)
WINDOW = 10
AT_ONCE = 4


class Expanding:
    """Expanders, wired as in their bootstrap but for the source, and what the other services would do."""

    def __init__(self, database: Database, opened: OpenBroker, rabbit: Rabbit) -> None:
        self.database = database
        self.rabbit = rabbit
        self.source = FakeSource()
        self._opened = opened

    @asynccontextmanager
    async def expander(self, *, user_limit: int = 5, max_attempts: int = 1) -> AsyncIterator[None]:
        broker = await self._opened(*QUEUES)
        repository = ExpanderRepository(self.database)
        await repository.create_indexes()
        failures = FailurePolicy(broker, max_attempts=max_attempts)
        feeder = Feeder(repository, broker, lambda *_: WINDOW, SystemClock())
        expansion = Expansion(repository, self.source, SystemClock(), 400)
        choosing = Choosing(ChosenRepository(self.database), SystemClock())
        admission = Admission(AdmissionRepository(self.database), user_limit)
        lines = Lines(AT_ONCE, SystemClock())
        expander = Expander(repository, broker, expansion, choosing, feeder, failures.final, admission, lines=lines)
        loop = FeedLoop(expander, 0.1)
        submitted = Worker(
            broker,
            JOB_SUBMITTED,
            [JobSubmitted],
            expander.handle_job_submitted,
            failures,
            prefetch=lines.held,
            concurrency=lines.held,
        )
        kinds: list[type[Message]] = [JobExpanded, JobProgressed, JobCompleted, JobFailed]
        news = Worker(broker, JOB_NEWS, kinds, loop.handle, failures, batch_items=100)
        tasks = [asyncio.create_task(work) for work in (submitted.run(), news.run(), loop.run())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def submit(self, keys: Sequence[str] = (), **changes: Any) -> str:
        job = job_document(**changes)
        await self.database["jobs"].insert_one(job)
        for n, first in enumerate(range(0, len(keys or []), 1_000)):
            source = {
                "_id": f"{job['_id']}:{n}",
                "job_id": job["_id"],
                "n": n,
                "keys": (keys or [])[first : first + 1_000],
            }
            await self.database["sources"].insert_one(source)
        await self.send(job["_id"])
        return str(job["_id"])

    async def send(self, job_id: str) -> None:
        broker = await self._opened(*QUEUES)
        await broker.publish([command(JobSubmitted(job_id=job_id))])

    async def search(self, keyword: str, max_results: int, marketplace: str = HOME, **changes: Any) -> str:
        request = {"keyword": keyword, "marketplace": marketplace, "max_results": max_results}
        return await self.submit(type="KEYWORD", request=request, **changes)

    async def progress(self, job_id: str, finished: int) -> None:
        """So many items are finished: what the aggregator writes, then tells."""
        done = {"progress": finished, "success_count": finished}
        await self._write(job_id, done)
        broker = await self._opened(*QUEUES)
        await broker.publish([progressed(await self.stored(job_id))])

    async def complete(self, job_id: str) -> None:
        job = await self.stored(job_id)
        done = {"status": "COMPLETED", "progress": job["total_items"], "success_count": job["total_items"]}
        await self._write(job_id, done)
        broker = await self._opened(*QUEUES)
        await broker.publish([ended(await self.stored(job_id))])

    async def _write(self, job_id: str, values: Document) -> None:
        await self.database["jobs"].update_one({"_id": job_id}, {"$set": values, "$inc": {"rev": 1}})

    async def stored(self, job_id: str) -> Document:
        job = await self.database["jobs"].find_one({"_id": job_id})
        assert job is not None
        return job

    async def until(self, job_id: str, **expected: object) -> Document:
        async def as_expected() -> Document:
            job = await self.stored(job_id)
            assert {name: job[name] for name in expected} == expected
            return job

        return await eventually(as_expected)

    async def handed_out(self) -> list[CollectItem]:
        return [CollectItem.model_validate_json(m.body) for m in await self.rabbit.take_all(QUEUE)]


@pytest.fixture
def expanding(database: Database, open_broker: OpenBroker, rabbit: Rabbit) -> Expanding:
    return Expanding(database, open_broker, rabbit)


def keys(count: int) -> list[str]:
    return [product_key(HOME, asin(number)) for number in range(count)]


def page(first: int, count: int, next_url: str | None = None) -> Listing:
    return Listing(asins=tuple(asin(n) for n in range(first, first + count)), next_url=next_url)


async def test_list_is_handed_out_window_by_window(expanding: Expanding) -> None:
    job = await expanding.submit(keys(1_050))
    handed: list[CollectItem] = []
    async with expanding.expander():
        await expanding.until(job, status="PROCESSING", total_items=1_050, fed=WINDOW)
        for done in (4, 10, 1_045):
            fed = min(1_050, done + WINDOW)
            await expanding.progress(job, done)
            await expanding.until(job, fed=fed)
        handed = await expanding.handed_out()
    assert [(item.seq, item.asin) for item in handed] == [(seq, asin(seq)) for seq in range(1_050)]
    assert {(item.job_id, item.run, item.marketplace) for item in handed} == {(job, 1, HOME)}
    expanded = await expanding.rabbit.take(JOB_EXPANDED)
    assert expanded is not None
    assert JobExpanded.model_validate_json(expanded.body).total_items == 1_050


async def test_job_submitted_twice_is_expanded_once(expanding: Expanding) -> None:
    job = await expanding.submit(keys(25))
    await expanding.send(job)
    async with expanding.expander(), expanding.expander():
        await expanding.until(job, total_items=25, fed=WINDOW)
        await expanding.send(job)

        async def heard() -> bool:
            return await expanding.rabbit.ready(JOB_SUBMITTED) == 0

        assert await eventually(heard)
    assert await expanding.database["items"].count_documents({}) == 1
    assert [item.seq for item in await expanding.handed_out()] == list(range(WINDOW))


async def test_search_is_paged_through_once_for_each_page(expanding: Expanding) -> None:
    first, second, third = (
        search_url(HOME, "tea"),
        "https://www.amazon.co.jp/s?k=tea&page=2",
        "https://www.amazon.co.jp/s?k=tea&page=3",
    )
    expanding.source.pages = {first: page(0, 20, second), second: page(15, 20, third), third: page(35, 20)}
    job = await expanding.search("tea", 50)
    async with expanding.expander():
        await expanding.until(job, total_items=50, fed=WINDOW)
    chunks = await expanding.database["items"].find({"job_id": job}).sort("first").to_list(None)
    assert [key for chunk in chunks for key in chunk["keys"]] == keys(50)
    assert [(chunk["first"], chunk["last"]) for chunk in chunks] == [(0, 19), (20, 34), (35, 49)]
    assert expanding.source.asked == [first, second, third]


async def test_search_goes_on_where_a_dead_expander_stood(expanding: Expanding) -> None:
    first, second = search_url(HOME, "tea"), "https://www.amazon.co.jp/s?k=tea&page=2"
    expanding.source.pages = {first: page(0, 5, second), second: RetryableError("not now", retry_after=0.5)}
    job = await expanding.search("tea", 50)
    async with expanding.expander(max_attempts=3):
        await eventually(lambda: expanding.source.asked == [first, second])
        expanding.source.pages[second] = page(5, 5)
        await expanding.until(job, total_items=10)
    assert expanding.source.asked == [first, second, second]


class Faltering(FakeSource):
    """Every page is refused for a moment when it is asked for first, and those in `never` always."""

    never: tuple[str, ...] = ()

    async def listing(self, url: str, marketplace: str, wanted: Wanted) -> Listing:
        listing = await super().listing(url, marketplace, wanted)
        if self.asked.count(url) == 1 or url in self.never:
            raise RetryableError("connection lost", retry_after=0.5)
        return listing


async def test_attempts_start_anew_with_each_page_that_was_read(expanding: Expanding) -> None:
    urls = [search_url(HOME, "tea"), *(f"https://www.amazon.co.jp/s?k=tea&page={n}" for n in (2, 3))]
    expanding.source = source = Faltering()
    source.pages = {
        url: page(2 * n, 2, after) for n, (url, after) in enumerate(zip(urls, [*urls[1:], None], strict=True))
    }
    source.never = (urls[2],)
    job = await expanding.search("tea", 50)
    async with expanding.expander(max_attempts=2):
        await expanding.until(job, status="FAILED", error_message="connection lost")
    assert source.asked == [url for url in urls for _ in range(2)]
    assert (await expanding.stored(job))["expansion"]["pages"] == 2


async def test_search_refused_at_once_fails_its_job_alone(expanding: Expanding) -> None:
    expanding.source.pages = {search_url(HOME, "tea"): PermanentError("no such page", code="not_found")}
    job, other = await expanding.search("tea", 50), await expanding.submit(keys(3))
    async with expanding.expander():
        await expanding.until(job, status="FAILED", error_message="no such page", announced=True)
        await expanding.until(other, status="PROCESSING", fed=3)
    assert await expanding.rabbit.ready(DEAD_LETTERS) == 0


async def test_search_refused_at_a_later_page_keeps_what_it_found(expanding: Expanding) -> None:
    first, second = search_url(HOME, "tea"), "https://www.amazon.co.jp/s?k=tea&page=2"
    expanding.source.pages = {first: page(0, 5, second), second: PermanentError("no such page")}
    job = await expanding.search("tea", 50)
    async with expanding.expander():
        await expanding.until(job, status="PROCESSING", total_items=5, fed=5)


async def test_cancelled_search_is_not_paged_on(expanding: Expanding) -> None:
    urls = [search_url(HOME, "tea"), *(f"https://www.amazon.co.jp/s?k=tea&page={n}" for n in range(2, 30))]
    expanding.source.pages = {url: page(2 * n, 2, after) for n, (url, after) in enumerate(pairwise(urls))}
    expanding.source.turn.clear()
    job = await expanding.search("tea", 50)
    async with expanding.expander():
        await expanding.until(job, status="PROCESSING")
        await expanding.database["jobs"].update_one({"_id": job}, {"$set": {"status": "CANCELLED"}})
        expanding.source.turn.set()

        async def given_up() -> bool:
            return await expanding.rabbit.ready(JOB_SUBMITTED) == 0

        other = await expanding.submit(keys(1))
        await expanding.until(other, total_items=1)
        assert await eventually(given_up)
    assert len(expanding.source.asked) <= 1
    assert (await expanding.stored(job))["total_items"] is None


class SlowPlace(FakeSource):
    """Does not answer for one marketplace."""

    def __init__(self, marketplace: str) -> None:
        super().__init__()
        self._slow = marketplace
        self.held = 0
        self.answers = asyncio.Event()

    async def listing(self, url: str, marketplace: str, wanted: Wanted) -> Listing:
        if marketplace == self._slow:
            self.held += 1
            try:
                await self.answers.wait()
            finally:
                self.held -= 1
        return await super().listing(url, marketplace, wanted)


SLOW, QUICK = "amazon.com.au", "amazon.de"


@pytest.fixture
def slow(expanding: Expanding) -> SlowPlace:
    source = SlowPlace(SLOW)
    source.pages = {search_url(SLOW, "tea"): page(0, 2), search_url(QUICK, "tea"): page(0, 2)}
    expanding.source = source
    return source


async def submit_slow(expanding: Expanding, source: SlowPlace, count: int) -> list[str]:
    """Searches of several users on the slow marketplace, of which as many as may are being asked for."""
    jobs = [await expanding.search("tea", 50, SLOW, user_id=f"user-{number % 4}") for number in range(count)]
    for job in jobs:
        await expanding.until(job, status="PROCESSING")
    await eventually(lambda: source.held == READ_AT_ONCE)
    return jobs


async def test_slow_marketplace_holds_up_neither_lists_nor_listings_of_another(
    expanding: Expanding, slow: SlowPlace
) -> None:
    async with expanding.expander():
        stuck = await submit_slow(expanding, slow, 3 * AT_ONCE)
        listed = await expanding.submit(["amazon.ca:" + asin(1)], user_id="eve")
        found = await expanding.search("tea", 50, QUICK, user_id="eve")
        product = {"url": f"https://www.{SLOW}/dp/{asin(3)}", "max_results": 1}
        single = await expanding.submit(type="URL", request=product, user_id="eve")
        await expanding.until(listed, status="PROCESSING", total_items=1)
        await expanding.until(found, status="PROCESSING", total_items=2)
        await expanding.until(single, status="PROCESSING", total_items=1)
        await expanding.until(stuck[-1], total_items=None, status_reason=f"waits for other listings of {SLOW}")
        slow.answers.set()
        for job in stuck:
            await expanding.until(job, total_items=2, status_reason=None)
    # Only those that were done and not yet acknowledged when the expander ended.
    assert await expanding.rabbit.ready(JOB_SUBMITTED) <= READ_AT_ONCE


@pytest.mark.parametrize("status", ["CANCELLED", "PAUSED"])
async def test_listings_that_are_stopped_leave_the_line_to_others(
    expanding: Expanding, slow: SlowPlace, status: str
) -> None:
    async with expanding.expander():
        stuck = await submit_slow(expanding, slow, 2 * READ_AT_ONCE)
        await expanding.database["jobs"].update_many({"_id": {"$in": stuck}}, {"$set": {"status": status}})
        await eventually(lambda: slow.held == 0)
        slow.answers.set()
        other = await expanding.search("tea", 50, SLOW, user_id="eve")
        await expanding.until(other, total_items=2)
    assert slow.asked == [search_url(SLOW, "tea")]


async def test_stop_returns_the_listings_in_hand(expanding: Expanding, slow: SlowPlace) -> None:
    async with expanding.expander():
        stuck = await submit_slow(expanding, slow, 2 * READ_AT_ONCE)
        listed = await expanding.submit(keys(1), user_id="eve")
        await expanding.until(listed, total_items=1)

    async def returned() -> bool:
        # Perhaps the list as well, stopped before it was acknowledged.
        return len(stuck) <= await expanding.rabbit.ready(JOB_SUBMITTED) <= len(stuck) + 1

    assert await eventually(returned)
    slow.answers.set()
    async with expanding.expander():
        for job in stuck:
            await expanding.until(job, total_items=2)


async def test_job_beyond_the_users_limit_waits_for_its_turn(expanding: Expanding) -> None:
    async with expanding.expander():
        jobs = [await expanding.submit(keys(2)) for _ in range(5)]
        for job in jobs:
            await expanding.until(job, status="PROCESSING")
        sixth, seventh = await expanding.submit(keys(2)), await expanding.submit(keys(2))
        for waiting in (sixth, seventh):
            await expanding.until(
                waiting, status="PENDING", status_reason="waits for one of your 5 running jobs to end"
            )
        other = await expanding.submit(keys(2), user_id="bob")
        await expanding.until(other, status="PROCESSING")

        await expanding.complete(jobs[3])
        await expanding.until(sixth, status="PROCESSING", status_reason=None)
        assert (await expanding.stored(seventh))["status"] == "PENDING"
        await expanding.complete(jobs[0])
        await expanding.until(seventh, status="PROCESSING")


async def test_another_feeder_takes_over_from_a_dead_one(expanding: Expanding) -> None:
    """The broker feeds news to one at a time."""
    job = await expanding.submit(keys(100))
    async with expanding.expander():
        async with expanding.expander():
            await expanding.until(job, fed=WINDOW)
        await expanding.progress(job, 5)
        await expanding.until(job, fed=WINDOW + 5)
    assert [item.seq for item in await expanding.handed_out()] == list(range(WINDOW + 5))
