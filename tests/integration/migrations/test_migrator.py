"""Migrations on a real database: fresh, repeated, two at once, interrupted anywhere, beside a running service."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from migrations.indexes import all_indexes
from migrations.migrator import LeaseLostError, Migrator, MigratorBusyError, NewerDatabaseError
from migrations.step import Phase, Step
from migrations.steps import STEPS
from services.api.product_repository import MongoProductStore
from services.api.products import HistoryQuery
from services.collector.repository import CollectorRepository
from services.collector.results import Observation
from shared.indexes import missing_indexes
from shared.lease import Lease
from shared.mongo import Database, Decimal128, Document, IndexModel
from tests.builders import HOME, NOW, asin
from tests.integration.shared.conftest import database

__all__ = ["database"]

PRICES = ("100", "90", "80")
OLD_INDEX, OLD_JOB_INDEX = "marketplace_1_asin_1_at_-1", "_id_1_rev_1"
CHANGED = (9, 1, 1)  # by each step, in what the first release left


def migrator(database: Database, *steps: Step, owner: str = "one", lease_seconds: float = 30.0) -> Migrator:
    return Migrator(database, steps or STEPS, all_indexes(), owner, lease_seconds)


async def run(one: Migrator, *, contract: bool = True) -> dict[str, int]:
    """The steps applied and what each changed."""
    plan = await one.run(contract=contract, patience_seconds=10.0)
    return {step.id: changed for step, changed in plan.steps}


def old_points(number: int) -> list[Document]:
    """The price history of a product as the first release kept it."""
    return [
        {
            "_id": f"{HOME}:{asin(number)}:{1_700_000_000_000 + minutes}",
            "marketplace": HOME,
            "asin": asin(number),
            "at": NOW + timedelta(minutes=minutes),
            "price": Decimal128(Decimal(price)),
            "currency": "JPY",
            "availability": "in_stock",
        }
        for minutes, price in enumerate(PRICES)
    ]


async def first_release(database: Database, products: int = 3) -> None:
    """A database as the first release left it."""
    for number in range(products):
        points = old_points(number)
        page = {name: points[-1][name] for name in ("price", "currency", "availability")}
        await database["price_history"].insert_many(points)
        await database["observations"].insert_one(
            {"_id": f"{HOME}:{asin(number)}", "page": page, "observed_at": points[-1]["at"]}
        )
    await database["price_history"].create_indexes([IndexModel([("marketplace", 1), ("asin", 1), ("at", -1)])])
    await database["jobs"].create_indexes([IndexModel([("_id", 1), ("rev", 1)])])


async def prices(database: Database, number: int) -> list[tuple[int, int]]:
    found = database["price_history"].find({"marketplace": HOME, "asin": asin(number)}).sort("n", 1)
    return [(point["n"], int(point["price"].to_decimal())) async for point in found]


MIGRATED = [(-2, 100), (-1, 90), (0, 80)]


async def test_fresh_database_gets_all_indexes_and_has_nothing_to_change(database: Database) -> None:
    plan = await migrator(database).run(contract=True, patience_seconds=1.0)
    assert sorted(plan.indexes) == sorted(
        f"{collection}.{model.document['name']}" for collection, models in all_indexes().items() for model in models
    )
    assert [changed for _, changed in plan.steps] == [0] * len(STEPS)
    assert await missing_indexes(database, all_indexes()) == []


async def test_first_release_is_brought_up_to_date_and_stays_so(database: Database) -> None:
    await first_release(database)
    assert tuple((await run(migrator(database))).values()) == CHANGED
    for number in range(3):
        assert await prices(database, number) == MIGRATED
        observation = await database["observations"].find_one({"_id": f"{HOME}:{asin(number)}"})
        assert observation is not None
        assert observation["point"]["previous_price"].to_decimal() == 90
    assert OLD_INDEX not in await database["price_history"].index_information()
    assert OLD_JOB_INDEX not in await database["jobs"].index_information()
    assert await run(migrator(database)) == {}
    assert await prices(database, 0) == MIGRATED


async def test_without_contracting_nothing_is_taken_away(database: Database) -> None:
    await first_release(database, products=1)
    assert await run(migrator(database), contract=False) == {}
    assert await database["price_history"].count_documents({"n": {"$exists": True}}) == 0
    assert OLD_INDEX in await database["price_history"].index_information()
    assert await missing_indexes(database, all_indexes()) == []


async def test_a_plan_tells_what_a_run_then_changes_and_changes_nothing(database: Database) -> None:
    await first_release(database)
    plan = await migrator(database).plan(contract=True)
    assert tuple(changed for _, changed in plan.steps) == CHANGED
    assert await migrator(database).plan(contract=True) == plan
    assert await migrator(database).run(contract=True, patience_seconds=1.0) == plan


async def test_states_tell_when_by_whom_and_how_much(database: Database) -> None:
    await first_release(database)
    before = await migrator(database).states()
    await run(migrator(database, owner="that one"))
    after = await migrator(database).states()
    assert [state.applied_at for state in before] == [None] * len(STEPS)
    assert [(state.id, state.applied_by, state.changed) for state in after] == [
        (step.id, "that one", changed) for step, changed in zip(STEPS, CHANGED, strict=True)
    ]
    assert all(state.applied_at is not None and state.applied_at.tzinfo is not None for state in after)


async def test_of_two_at_once_one_waits_and_finds_nothing_to_do(database: Database) -> None:
    await first_release(database)
    done = await asyncio.gather(run(migrator(database, owner="one")), run(migrator(database, owner="two")))
    assert sorted(map(len, done)) == [0, len(STEPS)]
    assert await prices(database, 2) == MIGRATED


async def test_who_waits_too_long_for_another_is_told(database: Database) -> None:
    assert await Lease(database, "migrations", "another", 30.0).hold()
    with pytest.raises(MigratorBusyError):
        await migrator(database).run(contract=True, patience_seconds=0.1)


async def test_a_step_may_run_twice_at_once(database: Database) -> None:
    """Two migrators think that they are alone, as after a pause longer than the lease."""
    await first_release(database, products=20)
    for step in STEPS:
        await asyncio.gather(step.apply(database), step.apply(database))
    for number in range(20):
        assert await prices(database, number) == MIGRATED


@pytest.mark.parametrize("writes", range(9))
async def test_a_crash_after_any_write_is_resumed(database: Database, writes: int) -> None:
    await first_release(database)
    with pytest.raises(ConnectionResetError):
        await STEPS[0].apply(_Dying(database, writes))  # type: ignore[arg-type]
    await run(migrator(database))
    assert [await prices(database, number) for number in range(3)] == [MIGRATED] * 3
    assert await database["observations"].count_documents({"point.n": 0}) == 3


class _Dying:
    """A database whose client dies before the write that follows so many."""

    def __init__(self, database: Database, writes: int) -> None:
        self._database = database
        self.writes = writes

    def __getitem__(self, name: str) -> Any:
        return _DyingCollection(self, self._database[name])


class _DyingCollection:
    def __init__(self, client: _Dying, collection: Any) -> None:
        self._client = client
        self._collection = collection

    def __getattr__(self, name: str) -> Any:
        if name in {"insert_many", "update_one", "delete_many"}:
            self._client.writes -= 1
            if self._client.writes < 0:
                raise ConnectionResetError
        return getattr(self._collection, name)


@pytest.mark.parametrize("removed", [1, 2])
async def test_a_removal_that_was_cut_short_is_finished(database: Database, removed: int) -> None:
    await first_release(database, products=1)
    await STEPS[0].apply(database)
    await database["price_history"].insert_many(old_points(0)[removed:])
    await run(migrator(database))
    assert await prices(database, 0) == MIGRATED


async def test_a_crash_before_the_date_was_noted_applies_the_step_again(database: Database) -> None:
    await database["migrations"].insert_one(
        {"_id": STEPS[0].id, "phase": "contract", "summary": "s", "by": "one that died", "changed": 1}
    )
    assert STEPS[0].id in await run(migrator(database))


async def test_whoever_lost_its_lease_stops(database: Database) -> None:
    going = asyncio.Event()

    async def long(_: Database) -> int:
        going.set()
        await asyncio.Event().wait()
        return 0

    step = Step("0000-long", Phase.EXPAND, "takes long", long, long)
    running = asyncio.create_task(run(migrator(database, step, lease_seconds=0.3)))
    await asyncio.wait_for(going.wait(), 10.0)
    until = {"$dateAdd": {"startDate": "$$NOW", "unit": "minute", "amount": 1}}
    await database["leases"].update_one({"_id": "migrations"}, [{"$set": {"owner": "another", "until": until}}])
    # Not wait_for: it would cancel the migrator, which is what the loss of the lease has to do.
    stopped, _ = await asyncio.wait({running}, timeout=10.0)
    assert stopped == {running}
    with pytest.raises(LeaseLostError):
        await running
    assert await database["migrations"].count_documents({}) == 0


@pytest.mark.parametrize(("phase", "refused"), [("contract", True), ("expand", False)])
async def test_an_older_release_refuses_only_what_was_contracted(database: Database, phase: str, refused: bool) -> None:
    newer = {"_id": "9999-later", "phase": phase, "summary": "later", "by": "someone", "changed": 0}
    await database["migrations"].insert_one({**newer, "applied_at": NOW})
    if refused:
        with pytest.raises(NewerDatabaseError, match="9999-later"):
            await run(migrator(database))
    else:
        await run(migrator(database))
    assert [state.known for state in await migrator(database).states()] == [*(True for _ in STEPS), False]


async def test_a_running_collector_and_the_api_go_on_while_the_database_is_migrated(database: Database) -> None:
    """The collector sees new prices all the while; no price is lost, none is doubled, no history breaks."""
    await first_release(database, products=20)
    collector, api = CollectorRepository(database), MongoProductStore(database)
    await collector.create_indexes()
    migrated = asyncio.Event()
    working = asyncio.create_task(_until(migrated, lambda step: _collect(collector, step)))
    reading = asyncio.create_task(_until(migrated, lambda step: _read(api, step)))
    await run(migrator(database))
    migrated.set()
    rounds, _ = await asyncio.gather(working, reading)
    await _collect(collector, rounds)
    for number in range(20):
        history = await prices(database, number)
        assert [n for n, _ in history] == list(range(-2, len(history) - 2))
        assert history[:3] == MIGRATED
        assert all(before != after for (_, before), (_, after) in pairwise(history[3:]))
        assert history[-1][1] == 1000 + rounds


async def test_a_product_that_a_collector_has_seen_since_keeps_its_newest_point(database: Database) -> None:
    await first_release(database, products=20)
    collector = CollectorRepository(database)
    await collector.create_indexes()
    await _collect(collector, 0)
    await run(migrator(database))
    assert await database["observations"].count_documents({"point.n": 1}) == 20
    await _collect(collector, 1)
    assert await prices(database, 7) == [*MIGRATED, (1, 1000), (2, 1001)]


async def _until(done: asyncio.Event, act: Callable[[int], Awaitable[None]]) -> int:
    """Act at least three times, and until `done`; returns how often."""
    times = 0
    while times < 3 or not done.is_set():
        await act(times)
        times += 1
    return times


async def _collect(collector: CollectorRepository, step: int) -> None:
    page = {"price": Decimal128(str(1000 + step)), "currency": "JPY", "availability": "in_stock"}
    seen = Observation(page, NOW + timedelta(hours=1, minutes=step))
    await collector.upsert_observations({f"{HOME}:{asin(number)}": seen for number in range(20)})


async def _read(api: MongoProductStore, step: int) -> None:
    found = await api.find_price_points(HOME, asin(step % 20), HistoryQuery(limit=5))
    assert all(isinstance(point["n"], int) for point in found)
