"""Handing items out again that were handed out and have not been counted: the fact where there is an outcome, else the
command. Both may be heard twice, so nothing is spoilt when an item was only slow.

An item that is not stored any more can be told of only by its outcome; without one nobody will ever know what it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from shared.errors import PermanentError
from shared.ids import outcome_id
from shared.items import collect_command, finished
from shared.jobs import ItemStatus
from shared.ledger import missing
from shared.outgoing import Outgoing, event
from shared.runs import WHOLE, fed_at, handed_out, items_run, run_progress

# So many places of a run are looked at in one go.
BLOCK = 1_000


class HandedOutReader(Protocol):
    async def find_ledger(self, job_id: str) -> bytes: ...

    async def find_keys(self, job_id: str, run: int, places: Collection[int]) -> dict[int, tuple[int, str]]: ...

    async def find_statuses(self, outcome_ids: Collection[str]) -> dict[str, ItemStatus]: ...


async def again(reader: HandedOutReader, job: Mapping[str, Any], limit: int) -> list[Outgoing]:
    """The messages for up to `limit` items of the job's run that were handed out and are not counted.

    Raises PermanentError when one of them can never be collected, because it is not stored any more.
    """
    job_id, run = job["_id"], job["run"]
    keys, unknown = await _uncounted(reader, job, limit)
    ids = {outcome_id(job_id, run, seq): seq for seq in (*keys, *unknown)}
    statuses = await reader.find_statuses(list(ids)) if ids else {}
    lost = [seq for found, seq in ids.items() if found not in statuses]
    if not keys.keys() >= set(lost):
        raise _gone()
    fact = finished(job_id, run, {ids[found]: status for found, status in statuses.items()})
    facts = [event(fact, mandatory=True)] if statuses else []
    return [*facts, *(collect_command(job_id, run, seq, keys[seq], job["rev"]) for seq in lost)]


async def _uncounted(reader: HandedOutReader, job: Mapping[str, Any], limit: int) -> tuple[dict[int, str], list[int]]:
    """Up to `limit` items that were handed out and are not counted: the keys of those that are stored, by seq, and the
    seqs of those that are not."""
    ledger, end = await reader.find_ledger(job["_id"]), min(job["fed"], job["total_items"])
    whole = items_run(job) == WHOLE
    found: dict[int, str] = {}
    unknown: list[int] = []
    start = 0
    while start < end and len(found) + whole * len(unknown) < limit:
        places = _next_places(job, ledger, start, end, limit)
        if not places:
            break
        keys = await reader.find_keys(job["_id"], items_run(job), places)
        unknown += [place for place in places if place not in keys]
        uncounted = {seq: key for seq, key in _handed_out(job, keys).items() if missing(ledger, seq, seq + 1, 1)}
        found.update(sorted(uncounted.items()))
        start = places[-1] + 1
    if not whole:
        # Their seqs are gone with them, so only the counts tell whether they had been counted before.
        if unknown and len(found) < min(limit, handed_out(job) - run_progress(job)):
            raise _gone()
        unknown = []
    return dict(list(found.items())[:limit]), unknown


def _gone() -> PermanentError:
    return PermanentError("some of its products are not stored any more, nor what became of them", code="items_gone")


def _next_places(job: Mapping[str, Any], ledger: bytes, start: int, end: int, limit: int) -> Sequence[int]:
    """The places to be looked at next: those that may hold uncounted items, where the ledger tells them."""
    if items_run(job) == WHOLE:  # places are seqs
        return missing(ledger, start, end, limit)
    return range(start, min(start + BLOCK, end))


def _handed_out(job: Mapping[str, Any], found: Mapping[int, tuple[int, str]]) -> dict[int, str]:
    """By seq, the keys of those that their marketplace has been given; `found` are seqs and keys by place."""
    return {seq: key for place, (seq, key) in found.items() if place < fed_at(job, key.partition(":")[0])}
