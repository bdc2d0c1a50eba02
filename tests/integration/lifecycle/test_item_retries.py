"""Operators retry dead items: a new run of their job collects exactly these, whatever comes in between."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.api.failure_repository import MongoFailureStore
from services.api.failures import Choice, RetryAnswer
from services.sweeper.item_retries import ItemRetries
from services.sweeper.item_retry_repository import ItemRetryRepository
from shared.errors import DatabaseUnavailableError
from shared.messages import CollectItem, ItemsFinished, JobExpanded, JobSubmitted
from shared.mongo import Document
from tests.integration.lifecycle.test_runs import counts, go, handed_out, run_to_its_end, statuses, stored
from tests.integration.lifecycle.world import USER, World
from tests.unit.api.builders import stored_failure

DEAD = "internal_error"


class Operators:
    """The failure store as operators see it, and the sweeper that works for them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.store = MongoFailureStore(world.database)
        self.sweeper = ItemRetries(ItemRetryRepository(world.database))

    async def dead(self, job_id: str, *seqs: int, run: int = 1) -> None:
        """The messages of these items are in the failure store."""
        documents = [stored_failure(100 * run + seq, item=f"{job_id}:{run}:{seq}") for seq in seqs]
        await self.world.database["failures"].insert_many(documents)

    async def retry(self) -> RetryAnswer:
        return await self.store.request_retries(Choice(), "root")

    async def sweep(self) -> None:
        """As the leader does, and then its outbox sends the job."""
        await self.sweeper.sweep()
        await self.world.heal()

    async def left(self) -> int:
        return int(await self.world.database["failures"].count_documents({}))


@pytest.fixture
def operators(world: World) -> Operators:
    return Operators(world)


def asked(items: int, **others: int) -> RetryAnswer:
    return RetryAnswer(requested=items, items=items, refused=0, complete=True, **others)


async def test_dead_items_are_collected_again_by_one_run_with_exact_counts(world: World, operators: Operators) -> None:
    job_id = await world.submit(6)
    await run_to_its_end(world, job_id, {1: DEAD, 2: "not_found", 4: DEAD})
    await operators.dead(job_id, 1, 4)
    assert await operators.retry() == asked(2)
    assert await operators.retry() == asked(0)
    await operators.sweep()
    await operators.sweep()
    assert await operators.left() == 0
    await go(world, JobSubmitted, JobExpanded)
    assert counts(await stored(world, job_id)) == ("PROCESSING", 6, 3, 1)
    assert handed_out(world) == [(2, 1), (2, 4)]
    await run_to_its_end(world, job_id, {4: "timeout"})
    assert counts(await stored(world, job_id)) == ("COMPLETED", 6, 4, 2)
    assert (await statuses(world, job_id)).count("failed") == 2


async def test_retry_of_a_running_jobs_item_waits_for_its_end(world: World, operators: Operators) -> None:
    job_id = await world.submit(6)
    await go(world, JobSubmitted, JobExpanded, CollectItem)
    await operators.dead(job_id, 1)
    assert await operators.retry() == asked(1)
    await operators.sweep()
    assert ((await stored(world, job_id))["run"], await operators.left()) == (1, 1)
    await run_to_its_end(world, job_id, {1: DEAD})
    await operators.sweep()
    await run_to_its_end(world, job_id, {})
    job = await stored(world, job_id)
    assert (*counts(job), job["run"], await operators.left()) == ("COMPLETED", 6, 6, 0, 2, 0)


async def test_sweeper_that_died_after_the_run_began_begins_no_other(world: World) -> None:
    class Dying(ItemRetryRepository):
        dies = True

        async def forget(self, failures: Sequence[Document]) -> None:
            if self.dies:
                self.dies = False
                raise DatabaseUnavailableError("the test has taken it down")
            await super().forget(failures)

    operators = Operators(world)
    operators.sweeper = ItemRetries(Dying(world.database))
    job_id = await world.submit(3)
    await run_to_its_end(world, job_id, {1: DEAD})
    await operators.dead(job_id, 1)
    await operators.retry()
    with pytest.raises(DatabaseUnavailableError):
        await operators.sweep()
    await operators.sweep()
    assert await operators.left() == 1  # its run is under way
    await run_to_its_end(world, job_id, {1: DEAD})
    await operators.sweep()
    job = await stored(world, job_id)
    assert (*counts(job), job["run"], await operators.left()) == ("COMPLETED", 3, 2, 1, 2, 0)


async def test_item_that_its_user_had_collected_meanwhile_is_not_collected_again(
    world: World, operators: Operators
) -> None:
    job_id = await world.submit(3)
    await run_to_its_end(world, job_id, {1: DEAD, 2: DEAD})
    await operators.dead(job_id, 1, 2)
    assert await operators.retry() == asked(2)
    await world.life.retry(USER, job_id, None, unfinished=False)
    await run_to_its_end(world, job_id, {2: DEAD})
    await operators.sweep()
    job = await stored(world, job_id)
    assert (*counts(job), job["run"], await operators.left()) == ("COMPLETED", 3, 2, 1, 2, 0)
    await operators.dead(job_id, 1)
    assert await operators.retry() == RetryAnswer(requested=0, already_done=1, refused=0, complete=True)


async def test_item_with_which_a_later_run_was_cancelled_is_collected(world: World, operators: Operators) -> None:
    job_id = await world.submit(3)
    await run_to_its_end(world, job_id, {1: DEAD})
    await operators.dead(job_id, 1)
    await world.life.retry(USER, job_id, None, unfinished=False)
    await go(world, JobSubmitted)
    await world.life.cancel(USER, job_id)
    await go(world, CollectItem, ItemsFinished)
    assert counts(await stored(world, job_id)) == ("CANCELLED", 3, 2, 0)
    assert await operators.retry() == asked(1)
    await operators.sweep()
    await run_to_its_end(world, job_id, {})
    assert counts(await stored(world, job_id)) == ("COMPLETED", 3, 3, 0)


async def test_failures_of_a_job_deleted_after_the_request_are_forgotten(world: World, operators: Operators) -> None:
    job_id = await world.submit(2)
    await run_to_its_end(world, job_id, {1: DEAD})
    await operators.dead(job_id, 1)
    await operators.retry()
    await world.life.delete(USER, job_id, cancel=False)
    await operators.sweep()
    assert await operators.left() == 0
