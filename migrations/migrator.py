"""Brings a database to the shape of this release: one migrator at a time, in order, nothing done a second time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any, cast

from migrations.step import Phase, Step
from shared.errors import AsinflowError, DatabaseUnavailableError
from shared.indexes import Indexes, ensure_indexes, missing_indexes
from shared.lease import Lease
from shared.log import get_logger
from shared.mongo import Database, Document, database_errors, insert_new

log = get_logger(__name__)

LEASE_SECONDS = 30.0
LOOK_SECONDS = 0.25


class NewerDatabaseError(AsinflowError):
    """A newer release has already taken away what this one needs."""

    code = "newer_database"


class MigratorBusyError(AsinflowError):
    """Another migrator has not finished in time."""

    code = "migrator_busy"


class LeaseLostError(AsinflowError):
    """We were away for so long that another may have begun; what is done stays done."""

    code = "lease_lost"


@dataclass(frozen=True)
class State:
    """A step and whether this database has it; `changed` counts documents or indexes."""

    id: str
    phase: Phase
    summary: str
    applied_at: datetime | None
    applied_by: str | None
    changed: int | None
    known: bool = True


@dataclass(frozen=True)
class Plan:
    """What a run would do, or has done: indexes created, and steps with what they change."""

    indexes: list[str]
    steps: list[tuple[Step, int]]


class Migrator:
    """`owner` names this process; it must renew its lease within `lease_seconds`."""

    def __init__(
        self,
        database: Database,
        steps: Sequence[Step],
        indexes: Indexes,
        owner: str,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._database = database
        self._migrations = database["migrations"]
        self._steps = steps
        self._indexes = indexes
        self._owner = owner
        self._lease = Lease(database, "migrations", owner, lease_seconds)
        self._renew_seconds = lease_seconds / 3

    async def states(self) -> list[State]:
        """Every step of this release in order, then those that only a newer one knows."""
        stored = await self._applied()
        ours = [_state(step, stored.pop(step.id, None)) for step in self._steps]
        return ours + [_foreign(document) for document in stored.values()]

    async def plan(self, *, contract: bool) -> Plan:
        """What `run` would do now; changes nothing."""
        missing = await missing_indexes(self._database, self._indexes)
        due = await self._due(contract=contract)
        return Plan(missing, [(step, await step.pending(self._database)) for step in due])

    async def run(self, *, contract: bool, patience_seconds: float) -> Plan:
        """Create the indexes that are missing and apply the steps that are due; contracting ones only if asked to.

        Waits `patience_seconds` for another migrator. Raises MigratorBusyError, LeaseLostError, NewerDatabaseError.
        """
        async with self._alone(patience_seconds):
            due = await self._due(contract=contract)
            missing = await missing_indexes(self._database, self._indexes)
            await ensure_indexes(self._database, self._indexes)
            return Plan(missing, [(step, await self._apply(step)) for step in due])

    async def _due(self, *, contract: bool) -> list[Step]:
        states = await self.states()
        newer = [state.id for state in states if not state.known and state.phase is Phase.CONTRACT]
        if newer:
            raise NewerDatabaseError(f"a newer release has contracted this database: {', '.join(newer)}")
        applied = {state.id for state in states if state.applied_at is not None}
        phases = {Phase.EXPAND, Phase.CONTRACT} if contract else {Phase.EXPAND}
        return [step for step in self._steps if step.id not in applied and step.phase in phases]

    async def _apply(self, step: Step) -> int:
        log.info("migration_started", step=step.id, phase=step.phase)
        started = monotonic()
        changed = await step.apply(self._database)
        record = {"_id": step.id, "phase": step.phase, "summary": step.summary, "by": self._owner, "changed": changed}
        await insert_new(self._migrations, [record])
        stamp = {"$set": {"applied_at": {"$ifNull": ["$applied_at", "$$NOW"]}}}
        with database_errors():
            await self._migrations.update_one({"_id": step.id}, [stamp])
        log.info("migration_applied", step=step.id, changed=changed, seconds=round(monotonic() - started, 3))
        return changed

    async def _applied(self) -> dict[str, Document]:
        with database_errors():
            return {document["_id"]: document async for document in self._migrations.find().sort("_id")}

    @contextlib.asynccontextmanager
    async def _alone(self, patience_seconds: float) -> AsyncIterator[None]:
        """Hold the lease while the block runs; the block is cancelled when it is lost."""
        await self._take(patience_seconds)
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        renewal = asyncio.create_task(self._renew(task.cancel))
        try:
            yield
        except asyncio.CancelledError:
            if renewal.done() and not renewal.cancelled():
                task.uncancel()
                raise LeaseLostError("the lease was lost: run the migration again") from None
            raise
        finally:
            renewal.cancel()
            await asyncio.gather(renewal, return_exceptions=True)
            await self._lease.release()

    async def _take(self, patience_seconds: float) -> None:
        deadline = monotonic() + patience_seconds
        while not await self._lease.hold():
            if monotonic() > deadline:
                raise MigratorBusyError(f"another migrator is at work, for more than {patience_seconds:.0f} s")
            await asyncio.sleep(LOOK_SECONDS)

    async def _renew(self, lost: Callable[[], Any]) -> None:
        """Until the lease is another's; a database that is away for a moment may still be back in time."""
        holding = True
        while holding:
            await asyncio.sleep(self._renew_seconds)
            with contextlib.suppress(DatabaseUnavailableError):
                holding = await self._lease.hold()
        lost()


def _state(step: Step, document: Document | None) -> State:
    done = document or {}
    when = done.get("applied_at")
    return State(step.id, step.phase, step.summary, when, done.get("by"), done.get("changed"))


def _foreign(document: Document) -> State:
    fields = (document["_id"], Phase(document["phase"]), document["summary"])
    return State(*fields, document.get("applied_at"), document["by"], document["changed"], known=False)
