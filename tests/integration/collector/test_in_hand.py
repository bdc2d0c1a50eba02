"""An item is fetched by one delivery at a time, until its outcome is stored; the others wait for it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from services.collector.bootstrap import Collector
from services.collector.inhand import InHand
from services.collector.repository import CollectorRepository
from shared.amazon.identifiers import Item
from shared.amazon.pages import Product
from shared.errors import DatabaseUnavailableError, RetryableError
from shared.jobs import ItemStatus
from shared.mongo import Database, Document
from tests.builders import asin
from tests.fakes import FakeSource
from tests.integration.collector.conftest import Collecting
from tests.waiting import eventually

ANEW = {"settings": {"auto_analyze": False, "max_age_seconds": 0}}


class ForgetfulRepository(CollectorRepository):
    """Cannot store outcomes until it is told to."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.works = False
        self.tried = 0

    async def insert_outcomes(self, documents: Sequence[Document]) -> dict[str, ItemStatus]:
        self.tried += 1
        if not self.works:
            raise DatabaseUnavailableError("not now")
        return await super().insert_outcomes(documents)


def waiting(in_hand: InHand) -> int:
    return sum(map(len, in_hand._others.values()))


async def all_wait(collector: Collector, number: int) -> None:
    await eventually(lambda: waiting(collector.recorder._in_hand) == number)


async def test_page_fetched_and_not_stored_yet_is_not_fetched_again(collecting: Collecting) -> None:
    """As after an outage in which a window was handed out again."""
    job, source = await collecting.job(**ANEW), FakeSource()
    async with collecting.collector(source) as collector:
        repository = ForgetfulRepository(collecting.database)
        collector.recorder._repository = repository
        await collecting.send(job, *range(20))
        await eventually(lambda: len(source.asked) == 20 and repository.tried > 0)
        await collecting.send(job, *range(20))
        await all_wait(collector, 20)
        repository.works = True
        await collecting.outcomes(20)
        await collecting.all_done(collector)
    assert Counter(source.asked) == dict.fromkeys(map(asin, range(20)), 1)


async def test_item_settled_while_it_was_looked_up_is_looked_up_again(collecting: Collecting) -> None:
    """The outcome was stored after it was looked for and before it was taken in hand."""
    job, source = await collecting.job(**ANEW), FakeSource()
    async with collecting.collector(source) as collector:
        pipeline = collector.pipelines[0]
        look_up, looked, go_on = pipeline._look_up, asyncio.Event(), asyncio.Event()
        source.turn.clear()
        await collecting.send(job, 1)
        await eventually(lambda: pipeline._in_hand)

        async def slow(*given: object) -> object:
            found = await look_up(*given)  # type: ignore[arg-type]
            looked.set()
            await go_on.wait()
            return found

        pipeline._look_up = slow  # type: ignore[method-assign, assignment]
        await collecting.send(job, 1)
        await asyncio.wait_for(looked.wait(), 10.0)
        source.turn.set()
        await collecting.outcomes(1)
        await eventually(lambda: not collector.recorder._in_hand._first)
        go_on.set()
        await collecting.all_done(collector)
    assert source.asked == [asin(1)]


async def test_duplicate_of_an_item_that_was_put_back_takes_its_turn(collecting: Collecting) -> None:
    """Whoever waited is not left waiting: the first try failed, the duplicate gets the page."""
    job, source = await collecting.job(**ANEW), FakeSource()
    errors: list[Exception] = [RetryableError("not now", code="timeout", retry_after=60.0)]

    async def product(item: Item) -> Product:
        if errors:
            raise errors.pop()
        return Product(asin=item.asin, title="there")

    source.products = product
    source.turn.clear()
    async with collecting.collector(source) as collector:
        await collecting.send(job, 1, 1)
        await all_wait(collector, 1)
        source.turn.set()
        outcomes = await collecting.outcomes(1)
        await collecting.all_done(collector)
    assert outcomes[1]["status"] == "succeeded"
    assert len(source.asked) == 2


@pytest.mark.parametrize("run", [1, 2])
async def test_other_items_and_runs_do_not_wait(collecting: Collecting, run: int) -> None:
    job, source = await collecting.job(**ANEW, run=run), FakeSource()
    source.turn.clear()
    async with collecting.collector(source) as collector:
        await collecting.send(job, 1, 2, run=run)
        await eventually(lambda: len(collector.pipelines[0]._in_hand) == 2)
        assert waiting(collector.recorder._in_hand) == 0
        source.turn.set()
        await collecting.outcomes(2)
        await collecting.all_done(collector)
