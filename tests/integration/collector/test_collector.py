"""Every item gets one outcome and its fact, whatever is delivered twice, fails, or is stopped in between."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.collector import jobstates
from services.collector.bootstrap import build
from services.collector.repository import CollectorRepository
from services.collector.settings import CollectorSettings
from shared import failures as reasons
from shared.amazon.identifiers import Item
from shared.amazon.pages import Product
from shared.errors import AsinflowError, BlockedError, DatabaseUnavailableError, PermanentError, RetryableError
from shared.ids import user_product_key
from shared.intake import ATTEMPT_HEADER
from shared.jobs import ItemStatus
from shared.messages import ItemsFinished, ProductsNoted
from shared.mongo import Database, Document
from shared.topology import DEAD_LETTERS, EVENTS, retry_queue, work_queue
from tests.builders import HOME, NOW, asin
from tests.cable import Cable
from tests.fakes import FakeSource
from tests.integration.collector.conftest import QUEUE, Collecting
from tests.waiting import eventually


def counted(facts: Iterable[ItemsFinished], of: str) -> Counter[int]:
    """How often each item was told to have `succeeded` or `failed`."""
    return Counter(seq for fact in facts for seq in getattr(fact, of))


def answers(source: FakeSource, **by_asin: Exception) -> FakeSource:
    """All products are there but those given by ASIN, which fail."""

    async def product(item: Item) -> Product:
        if item.asin in by_asin:
            raise by_asin[item.asin]
        return Product(asin=item.asin, title=f"Product {item.asin}")

    source.products = product
    return source


async def test_item_becomes_product_outcome_and_fact(collecting: Collecting) -> None:
    job, source = await collecting.job(user_id="ann"), FakeSource()
    async with collecting.collector(source) as collector:
        await collecting.send(job, 7)
        outcomes = await collecting.outcomes(1)
        await collecting.all_done(collector)
    assert (outcomes[7]["_id"], outcomes[7]["status"], outcomes[7]["origin"]) == (f"{job}:1:7", "succeeded", "fetched")
    product = await collecting.database["products"].find_one({"_id": f"ann:{HOME}:{asin(7)}"})
    assert product is not None
    assert (product["title"], product["job_id"]) == (f"Product {asin(7)}", job)
    [fact] = await collecting.facts()
    assert (fact.job_id, fact.run, fact.succeeded, fact.failed) == (job, 1, (7,), ())


async def test_item_that_waits_long_for_its_turn_is_collected(
    collecting: Collecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a slow pace an item waits longer than a job that nothing is known to need is remembered."""
    monkeypatch.setattr(jobstates, "FORGET_SECONDS", 0.3)
    job, source = await collecting.job(), FakeSource()
    source.turn.clear()
    async with collecting.collector(source) as collector:
        await collecting.send(job, 1)
        await eventually(lambda: collector.pipelines[0]._in_hand)
        waited = time.monotonic() + 3 * jobstates.FORGET_SECONDS
        await eventually(lambda: time.monotonic() > waited)
        source.turn.set()
        outcomes = await collecting.outcomes(1)
    assert outcomes[1]["status"] == "succeeded"


async def test_duplicate_deliveries_give_one_outcome(collecting: Collecting) -> None:
    """Together, while the first is under way, and long after; every time the stored outcome is told."""
    job, source = await collecting.job(), FakeSource()
    source.turn.clear()
    await collecting.send(job, *range(5), *range(5))
    async with collecting.collector(source) as collector:
        await collecting.send(job, *range(5))
        await eventually(lambda: collector.pipelines[0]._in_hand)
        source.turn.set()
        outcomes = await collecting.outcomes(5)
        await collecting.all_done(collector)
        await collecting.send(job, *range(5))
        await collecting.all_done(collector)
    assert {outcome["status"] for outcome in outcomes.values()} == {"succeeded"}
    facts = await collecting.facts()
    assert set(counted(facts, "succeeded")) == set(range(5))
    assert not counted(facts, "failed")
    assert Counter(source.asked) == dict.fromkeys(map(asin, range(5)), 1)


async def test_two_collectors_agree_on_what_is_stored(collecting: Collecting) -> None:
    """One finds the product gone while the other gets it: both tell what was stored first."""
    job = await collecting.job()
    gone, there = FakeSource(), FakeSource()
    answers(gone, **{asin(seq): PermanentError("no such page", code="not_found") for seq in range(20)})
    gone.turn.clear()
    there.turn.clear()
    settings = {"prefetch": 20, "concurrency": 20}
    async with collecting.collector(gone, **settings) as first:
        await collecting.send(job, *range(20))
        await eventually(lambda: len(first.pipelines[0]._in_hand) == 20)
        async with collecting.collector(there, **settings) as second:
            await collecting.send(job, *range(20))
            await eventually(lambda: len(second.pipelines[0]._in_hand) + len(first.pipelines[0]._in_hand) == 40)
            gone.turn.set()
            there.turn.set()
            outcomes = await collecting.outcomes(20)
            await collecting.all_done(first)
            await collecting.all_done(second)
    facts = await collecting.facts()
    told = {"succeeded": set(counted(facts, "succeeded")), "failed": set(counted(facts, "failed"))}
    assert told["succeeded"] & told["failed"] == set()
    for seq, outcome in outcomes.items():
        assert seq in told[outcome["status"]]


async def test_fresh_observation_is_used_again_for_other_users(collecting: Collecting) -> None:
    first, second = FakeSource(), FakeSource()
    ann = await collecting.job(user_id="ann")
    bob = await collecting.job(user_id="bob", settings={"auto_analyze": False, "max_age_seconds": 60})
    async with collecting.collector(first) as collector:
        await collecting.send(ann, 1)
        await collecting.outcomes(1)
        await collecting.all_done(collector)
    async with collecting.collector(second):
        await collecting.send(bob, 1)
        outcome = await eventually(lambda: collecting.database["outcomes"].find_one({"job_id": bob}))
    assert (outcome["origin"], second.asked) == ("reused", [])
    users = {p["user_id"] async for p in collecting.database["products"].find()}
    assert users == {"ann", "bob"}


class ForgetfulRepository(CollectorRepository):
    """Cannot store outcomes until it is told to."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.works = False

    async def insert_outcomes(self, documents: Sequence[Document]) -> dict[str, ItemStatus]:
        if not self.works:
            raise DatabaseUnavailableError("not now")
        return await super().insert_outcomes(documents)


async def test_changed_price_is_told_before_the_outcome_ends_its_item(collecting: Collecting) -> None:
    """With the outcome stored a repetition has nothing to tell any more: what is told only after it may get lost."""
    noted = work_queue("noted", EVENTS, ProductsNoted.TYPE)
    await collecting.rabbit.declare(noted)
    source, prices = FakeSource(), iter((Decimal(10), Decimal("9.5")))

    async def product(item: Item) -> Product:
        return Product(asin=item.asin, price=next(prices), currency="JPY")

    source.products = product
    job = await collecting.job(user_id="ann", settings={"auto_analyze": False, "max_age_seconds": 0})
    async with collecting.collector(source) as collector:
        await collecting.send(job, 1)
        await collecting.outcomes(1)
        await collecting.all_done(collector)
        repository = ForgetfulRepository(collecting.database)
        collector.recorder._repository = repository
        await collecting.database["jobs"].update_one({"_id": job}, {"$set": {"run": 2}, "$inc": {"rev": 1}})
        await collecting.send(job, 1, run=2)

        async def told() -> bool:
            return await collecting.rabbit.ready(noted) > 0

        await eventually(told)
        assert len(await collecting.outcomes(1)) == 1
        repository.works = True
        await collecting.all_done(collector)
    messages = [ProductsNoted.model_validate_json(each.body) for each in await collecting.rabbit.take_all(noted)]
    assert {(each.job_id, each.run, each.user_id) for each in messages} == {(job, 2, "ann")}
    [change] = messages[0].price_changes
    assert (change.asin, change.price, change.previous_price) == (asin(1), Decimal("9.5"), Decimal(10))


async def test_given_price_stays_and_alone_makes_a_product_profitable(collecting: Collecting) -> None:
    noted = work_queue("noted", EVENTS, ProductsNoted.TYPE)
    await collecting.rabbit.declare(noted)
    source = FakeSource()

    async def product(item: Item) -> Product:
        return Product(asin=item.asin, price=Decimal(1000), currency="JPY", title="玩具")

    source.products = product
    job = await collecting.job(user_id="ann", settings={"max_age_seconds": 0})
    async with collecting.collector(source) as collector:
        await collecting.send(job, 1, 2, 3)
        await collecting.outcomes(3)
        said = {1: {"selling_price_krw": 90_000, "category": "books"}, 2: {"selling_price_krw": 100}}
        for number, resale in said.items():
            key = user_product_key("ann", HOME, asin(number))
            await collecting.database["products"].update_one({"_id": key}, {"$set": {"resale": resale}})
        await collecting.database["jobs"].update_one({"_id": job}, {"$set": {"run": 2}, "$inc": {"rev": 1}})
        await collecting.send(job, 1, 2, 3, run=2)
        await collecting.outcomes(6)
        await collecting.all_done(collector)
    stored = {p["asin"]: p["analysis"] async for p in collecting.database["products"].find()}
    found = [(each["selling_price_krw"], each["is_profitable"]) for _, each in sorted(stored.items())]
    assert found == [(90_000, True), (100, False), (None, True)]
    assert stored[asin(1)]["category"] == "books"
    messages = [ProductsNoted.model_validate_json(each.body) for each in await collecting.rabbit.take_all(noted)]
    told = [(message.run, each.seq, each.selling_price_krw) for message in messages for each in message.profitable]
    assert told == [(2, 1, 90_000)]


async def test_job_without_analyses_leaves_those_that_still_hold(collecting: Collecting) -> None:
    source, prices = FakeSource(), {asin(1): 1000, asin(2): 1000}

    async def product(item: Item) -> Product:
        return Product(asin=item.asin, price=Decimal(prices[item.asin]), currency="JPY", title="玩具")

    source.products = product
    judged = await collecting.job(user_id="ann", settings={"max_age_seconds": 0})
    plain = await collecting.job(user_id="ann", settings={"max_age_seconds": 0, "auto_analyze": False})
    async with collecting.collector(source) as collector:
        await collecting.send(judged, 1, 2)
        await collecting.outcomes(2)
        prices[asin(2)] = 2000
        await collecting.send(plain, 1, 2)
        await collecting.outcomes(4)
        await collecting.all_done(collector)
    stored = {p["asin"]: p async for p in collecting.database["products"].find()}
    assert {each["job_id"] for each in stored.values()} == {plain}
    assert stored[asin(1)]["analysis"]["price"] == 1000
    assert stored[asin(2)]["analysis"] is None


async def test_old_observation_is_not_used_again(collecting: Collecting) -> None:
    source = FakeSource()
    old = {"_id": f"{HOME}:{asin(1)}", "page": {"title": "long ago"}, "observed_at": NOW.replace(year=2020)}
    await collecting.database["observations"].insert_one(old)
    job = await collecting.job(settings={"max_age_seconds": 60})
    async with collecting.collector(source):
        await collecting.send(job, 1)
        outcomes = await collecting.outcomes(1)
    assert (outcomes[1]["origin"], source.asked) == ("fetched", [asin(1)])


@pytest.mark.parametrize(
    "changes", [{"status": "CANCELLED"}, {"status": "FAILED"}, {"status": "COMPLETED"}, {"run": 2}]
)
async def test_items_of_an_ended_run_are_dropped_unfetched(collecting: Collecting, changes: dict[str, object]) -> None:
    source = FakeSource()
    job = await collecting.job(**{"settings": {"max_age_seconds": 60}, **changes})
    fresh = {"_id": f"{HOME}:{asin(3)}", "page": {"title": "just seen"}, "observed_at": datetime.now(UTC)}
    await collecting.database["observations"].insert_one(fresh)
    await collecting.send(job, *range(20))
    await collecting.send("no-such-job", 0)
    async with collecting.collector(source) as collector:
        await collecting.all_done(collector)
    assert source.asked == []
    assert await collecting.outcomes(0) == {}
    assert await collecting.facts() == []
    assert await collecting.rabbit.ready(QUEUE) == 0


async def test_job_cancelled_while_its_items_wait_sends_nothing(collecting: Collecting) -> None:
    source = FakeSource()
    source.turn.clear()
    job = await collecting.job()
    await collecting.send(job, *range(8))
    async with collecting.collector(source) as collector:
        await eventually(lambda: len(collector.pipelines[0]._in_hand) == 8)
        await collecting.database["jobs"].update_one({"_id": job}, {"$set": {"status": "CANCELLED"}})
        await eventually(lambda: not collector.states.wanted(job, 1))
        source.turn.set()
        await collecting.all_done(collector)
    assert (source.asked, await collecting.outcomes(0)) == ([], {})
    assert await collecting.rabbit.ready(QUEUE) == 0


async def test_block_delays_and_is_no_attempt(collecting: Collecting) -> None:
    source = answers(FakeSource(), **{asin(1): BlockedError("slow down", code="captcha", retry_after=200.0)})
    job = await collecting.job()
    async with collecting.collector(source, max_attempts=1) as collector:
        await collecting.send(job, 1, 2)
        await collecting.outcomes(1)
        await eventually(lambda: collecting.rabbit.ready(retry_queue(300)))
        await collecting.all_done(collector)
    [letter] = await collecting.rabbit.take_all(retry_queue(300))
    assert letter.headers[ATTEMPT_HEADER] == 1
    attempts = await collecting.database["attempts"].find_one({"_id": f"{job}:1:1"})
    assert attempts is not None
    assert (attempts["error"]["code"], attempts["error"]["retryable"]) == ("captcha", True)
    assert (attempts["attempts"], attempts["run"], attempts["marketplace"]) == (0, 1, HOME)
    assert (attempts["next_attempt_at"] - attempts["at"]).total_seconds() == 300


async def test_nothing_is_taken_while_a_marketplace_is_blocked(collecting: Collecting) -> None:
    """What is in hand goes to a retry queue; what comes waits in the queue, unheld, until the pause is over."""
    source, job = FakeSource(), await collecting.job()
    paces = collecting.database["pace"]
    hour = {"_id": HOME, "blocked_until": round((time.time() + 3_600) * 1e6), "next": 0, "blocks": 5, "open": True}
    await paces.insert_one(hour)
    async with collecting.collector(source) as collector:
        await eventually(lambda: collector.pipelines[0]._held)
        await collecting.send(job, *range(5))
        await eventually(lambda: _waiting(collecting, 5))
        assert collector.pipelines[0]._intake.unfinished == 0
        assert not collector.idle
        await paces.update_one({"_id": HOME}, {"$set": {"blocked_until": 0}})
        await eventually(lambda: collector.pipelines[0]._intake._prefetch == 1)
        await paces.update_one({"_id": HOME}, {"$set": {"open": False}})
        await collecting.outcomes(5)
        await eventually(lambda: collector.idle)


async def _waiting(collecting: Collecting, number: int) -> bool:
    return await collecting.rabbit.ready(QUEUE) == number


async def test_item_without_a_turn_is_given_back(collecting: Collecting) -> None:
    """The broker takes a message away from who holds it for half an hour, and counts that as a failure."""
    source, job = FakeSource(), await collecting.job()
    source.turn.clear()
    async with collecting.collector(source, hold_seconds=0.3) as collector:
        await collecting.send(job, 1)
        marked = await eventually(lambda: collecting.database["attempts"].find_one({"_id": f"{job}:1:1"}))
        assert (marked["error"]["code"], marked["attempts"]) == ("no_turn", 0)
        source.turn.set()
        outcomes = await collecting.outcomes(1)
        await collecting.all_done(collector)
    assert (outcomes[1]["status"], outcomes[1]["attempts"]) == ("succeeded", 1)


@pytest.mark.parametrize(
    ("error", "retryable"),
    [(RetryableError("no page in time", code="timeout"), True), (PermanentError("gone", code="not_found"), False)],
)
async def test_last_attempt_decides_the_outcome(collecting: Collecting, error: AsinflowError, retryable: bool) -> None:
    source = answers(FakeSource(), **{asin(1): error})
    job = await collecting.job()
    async with collecting.collector(source, max_attempts=1) as collector:
        await collecting.send(job, 1)
        outcomes = await collecting.outcomes(1)
        await collecting.all_done(collector)
    assert (outcomes[1]["status"], outcomes[1]["attempts"]) == ("failed", 1)
    assert outcomes[1]["error"] == {"code": error.code, "message": error.message, "retryable": retryable}
    assert await collecting.rabbit.ready(DEAD_LETTERS) == 0


async def test_failed_attempt_is_tried_again_from_the_retry_queue(collecting: Collecting) -> None:
    source = FakeSource()
    failures = [RetryableError("not now", code="timeout", retry_after=0.5)]

    async def product(item: Item) -> Product:
        if failures:
            raise failures.pop()
        return Product(asin=item.asin)

    source.products = product
    job = await collecting.job()
    async with collecting.collector(source):
        await collecting.send(job, 1)
        outcomes = await collecting.outcomes(1)
    assert (outcomes[1]["status"], outcomes[1]["attempts"]) == ("succeeded", 2)


async def test_bug_fails_its_item_alone_and_is_kept(collecting: Collecting) -> None:
    source = answers(FakeSource(), **{asin(3): ZeroDivisionError("a bug")})
    job = await collecting.job()
    await collecting.send(job, *range(6))
    async with collecting.collector(source, max_attempts=1) as collector:
        outcomes = await collecting.outcomes(6)
        await eventually(lambda: collecting.rabbit.ready(DEAD_LETTERS))
        await collecting.all_done(collector)
    assert {seq: outcome["status"] for seq, outcome in outcomes.items() if outcome["status"] == "failed"} == {
        3: "failed"
    }
    assert outcomes[3]["error"]["code"] == "internal_error"
    [letter] = await collecting.rabbit.take_all(DEAD_LETTERS)
    assert (letter.message_id, letter.headers[reasons.ERROR_CODE]) == (f"{job}:1:3", "bug")
    facts = await collecting.facts()
    assert set(counted(facts, "failed")) == {3}
    assert set(counted(facts, "succeeded")) == {0, 1, 2, 4, 5}


async def test_document_nobody_foresaw_spoils_no_other_item(collecting: Collecting) -> None:
    """An observation that cannot be read is its own product's misfortune."""
    source = FakeSource()
    job = await collecting.job(settings={"max_age_seconds": 60, "auto_analyze": False})
    await collecting.database["observations"].insert_one({"_id": f"{HOME}:{asin(2)}"})
    await collecting.send(job, *range(5))
    async with collecting.collector(source, max_attempts=1) as collector:
        outcomes = await collecting.outcomes(5)
        await collecting.all_done(collector)
    assert {seq for seq, outcome in outcomes.items() if outcome["status"] == "failed"} <= {2}


async def test_stopped_collector_finishes_what_it_sent_and_returns_the_rest(collecting: Collecting) -> None:
    source = FakeSource()
    sent, answer = asyncio.Event(), asyncio.Event()
    source.products = _answers_when(sent, answer)
    job = await collecting.job()
    async with collecting.collector(source, concurrency=2) as collector:
        await collecting.send(job, *range(10))
        await asyncio.wait_for(sent.wait(), 10.0)
        await eventually(lambda: len(source.asked) == 2 and collector.pipelines[0].idle is False)
        asyncio.get_running_loop().call_later(0.2, answer.set)
    outcomes = await collecting.outcomes(2)
    assert {asin(seq) for seq in outcomes} == set(source.asked)

    async def returned() -> bool:
        return await collecting.rabbit.ready(QUEUE) == 8

    assert await eventually(returned)
    assert sum(counted(await collecting.facts(), "succeeded").values()) == 2


def _answers_when(sent: asyncio.Event, answer: asyncio.Event) -> Callable[[Item], Awaitable[Product]]:
    async def product(item: Item) -> Product:
        sent.set()
        await answer.wait()
        return Product(asin=item.asin)

    return product


async def test_what_was_sent_when_the_connection_broke_is_not_fetched_again(
    collecting: Collecting, cable: Cable
) -> None:
    """Two pages were under way: they are stored. The others were not sent yet: they come again, asked for once."""
    source = FakeSource()
    sent, answer = asyncio.Event(), asyncio.Event()
    source.products = _answers_when(sent, answer)
    job = await collecting.job()
    async with collecting.collector(source, amqp_url=cable.url, concurrency=2) as collector:
        await collecting.send(job, *range(10))
        await eventually(lambda: len(source.asked) == 2)
        cable.cut()
        await eventually(lambda: collector.pipelines[0].idle)
        cable.mend()
        answer.set()
        await collecting.outcomes(10)
        await collecting.all_done(collector)
    assert sorted(source.asked) == [asin(seq) for seq in range(10)]
    assert set(counted(await collecting.facts(), "succeeded")) == set(range(10))


async def test_killed_collector_loses_nothing(collecting: Collecting, cable: Cable) -> None:
    """Cut off in the midst of fetching and writing; another one does what is left."""
    first, second = FakeSource(), FakeSource()
    job = await collecting.job()
    await collecting.send(job, *range(300))
    async with collecting.killed_collector(first, cable.url, batch_items=10):
        await eventually(lambda: len(first.asked) > 50)
        cable.cut()
    async with collecting.collector(second) as collector:
        await collecting.outcomes(300)
        await collecting.all_done(collector)
    assert set(counted(await collecting.facts(), "succeeded")) == set(range(300))
    assert await collecting.rabbit.ready(QUEUE) == 0


async def test_item_that_its_job_does_not_have_goes_to_the_failure_store(collecting: Collecting) -> None:
    source = FakeSource()
    job = await collecting.job(total_items=3)
    await collecting.send(job, 0, 1, 5000)
    async with collecting.collector(source) as collector:
        outcomes = await collecting.outcomes(2)
        await eventually(lambda: collecting.rabbit.ready(DEAD_LETTERS))
        await collecting.all_done(collector)
    assert set(outcomes) == {0, 1}
    [letter] = await collecting.rabbit.take_all(DEAD_LETTERS)
    assert (letter.message_id, letter.headers[reasons.ERROR_CODE]) == (f"{job}:1:5000", "impossible_item")


async def test_collector_until_empty_works_the_queue_off_and_ends(collecting: Collecting) -> None:
    job = await collecting.job()
    await collecting.send(job, *range(20))
    async with build(CollectorSettings(**collecting.settings), FakeSource()) as collector:
        await asyncio.wait_for(collector.run(asyncio.Event(), 2.0, 60.0, until_empty=True), 30.0)
        assert set(await collecting.outcomes(20)) == set(range(20))
        assert await collecting.rabbit.ready(QUEUE) == 0


async def test_collector_until_empty_finishes_what_it_sent_when_it_is_stopped(collecting: Collecting) -> None:
    sent, answer, stop = asyncio.Event(), asyncio.Event(), asyncio.Event()
    source = FakeSource()
    source.products = _answers_when(sent, answer)
    job = await collecting.job()
    await collecting.send(job, 0)
    async with build(CollectorSettings(**collecting.settings), source) as collector:
        running = asyncio.create_task(collector.run(stop, 10.0, 60.0, until_empty=True))
        await asyncio.wait_for(sent.wait(), 10.0)
        stop.set()
        asyncio.get_running_loop().call_later(0.2, answer.set)
        await asyncio.wait_for(running, 20.0)
    assert [outcome["status"] for outcome in (await collecting.outcomes(1)).values()] == ["succeeded"]
