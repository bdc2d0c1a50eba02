"""All queries and indexes of the expander."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Sequence

from shared.blocks import Block, find_blocks, find_fetch_seconds, find_slowed_intervals, marketplaces_of
from shared.chunks import CHUNK_ITEMS, find_keys, reaching, seqs_of
from shared.indexes import Indexes, ensure_indexes
from shared.job_events import EVENT_FIELDS
from shared.jobends import fail_job
from shared.jobs import PRIORITIES, ItemStatus, JobStatus
from shared.ledger import missing
from shared.mongo import ASCENDING, Database, Document, IndexModel, database_errors, insert_new
from shared.outcomes import find_statuses
from shared.runs import RUN_FIELDS, WHOLE, cursors_of, items_run, run_total

JOB_FIELDS = {
    **EVENT_FIELDS,
    **RUN_FIELDS,
    "pauses": 1,
    "resumed": 1,
    "type": 1,
    "priority": 1,
    "marketplaces": 1,
    "lanes": 1,
    "takes": 1,
    "takes_run": 1,
    "request": 1,
    "expansion": 1,
    "fed": 1,
    "status_reason": 1,
    "submitted_at": 1,
}

# What a cursor is moved by. Updates on conditions have an index of just their fields: the stand-in looks at all
# documents of a collection else, also where `_id` is among them.
CURSOR_FIELDS = ("run", "fed", "lanes", "pauses")

# Chunks of a thousand keys that are read ahead: a server would send as many as 16 MB hold.
AT_ONCE = 10

INDEXES: Indexes = {
    "admissions": (IndexModel([("_id", ASCENDING), ("rev", ASCENDING)]),),
    "attempts": (IndexModel([("job_id", ASCENDING), ("next_attempt_at", ASCENDING)]),),
    "jobs": (
        IndexModel([("user_id", ASCENDING), ("status", ASCENDING), ("priority", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("status", ASCENDING), ("updated_at", ASCENDING)]),
        IndexModel([("_id", ASCENDING), *((name, ASCENDING) for name in CURSOR_FIELDS)]),
    ),
    "items": (IndexModel([("job_id", ASCENDING), ("run", ASCENDING), ("first", ASCENDING)]),),
    "sources": (IndexModel([("job_id", ASCENDING), ("n", ASCENDING)]),),
}


class ExpanderRepository:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._jobs = database["jobs"]
        self._sources = database["sources"]
        self._items = database["items"]
        self._outcomes = database["outcomes"]
        self._attempts = database["attempts"]
        self._paces = database["pace"]

    async def create_indexes(self) -> None:
        await ensure_indexes(self._database, INDEXES)

    async def find_job(self, job_id: str) -> Document | None:
        with database_errors():
            return await self._jobs.find_one({"_id": job_id}, JOB_FIELDS)

    async def find_jobs(self, job_ids: Sequence[str]) -> list[Document]:
        """Those of the jobs that there are."""
        with database_errors():
            return await self._jobs.find({"_id": {"$in": list(job_ids)}}, JOB_FIELDS).to_list(None)

    async def runs(self, job_id: str, run: int) -> bool:
        """Whether this run of the job is at work."""
        query = {"_id": job_id, "run": run, "status": str(JobStatus.PROCESSING)}
        with database_errors():
            return await self._jobs.find_one(query, {"_id": 1}) is not None

    async def mark_taken(self, job_id: str, run: int) -> None:
        """One more try to start this run: the sweeper gives up a job only after several."""
        takes = {"$cond": [{"$eq": ["$takes_run", run]}, {"$add": ["$takes", 1]}, 1]}
        with database_errors():
            await self._jobs.update_one(
                {"_id": job_id, "run": run, "status": str(JobStatus.PENDING)},
                [{"$set": {"takes": takes, "takes_run": run}}],
            )

    async def find_next_waiting(self, user_id: str, number: int) -> list[Document]:
        """The user's next waiting jobs, so many at most: by priority, then by age."""
        found: list[Document] = []
        pending: Document = {"user_id": user_id, "status": str(JobStatus.PENDING)}
        with database_errors():
            if await self._jobs.find_one(pending, {"_id": 1}) is None:
                return found
        for priority in PRIORITIES:
            stages: list[Document] = [
                {"$match": {**pending, "priority": priority}},  # by its index
                {"$match": {"status_reason": {"$ne": None}}},
                {"$sort": {"_id": ASCENDING}},
                {"$limit": number - len(found)},
                {"$project": {"run": 1, "traceparent": 1}},
            ]
            with database_errors():
                found += await self._jobs.aggregate(stages).to_list(None)
            if len(found) == number:
                break
        return found

    async def sources(self, job_id: str) -> AsyncIterator[list[str]]:
        """The keys that a BULK_ASIN request named, in order, a thousand at a time."""
        with database_errors():
            async for document in self._sources.find({"job_id": job_id}).sort("n", ASCENDING).batch_size(AT_ONCE):
                yield document["keys"]

    async def insert_items(self, job_id: str, first: int, keys: Sequence[str]) -> Sequence[str]:
        """Keep these keys as the job's items from seq `first` on; returns what an earlier try has kept there, if any.

        A listing may have changed between two tries: what is stored first is what counts.
        """
        if not keys:
            return keys
        chunk = {
            "_id": f"{job_id}:{WHOLE}:{first}",
            "job_id": job_id,
            "run": WHOLE,
            "first": first,
            "last": first + len(keys) - 1,
            "keys": list(keys),
        }
        if not await insert_new(self._items, [chunk]):
            return keys
        with database_errors():
            kept = await self._items.find_one({"_id": chunk["_id"]}, {"keys": 1})
        return kept["keys"] if kept is not None else keys

    async def find_keys(self, job_id: str, run: int, places: Collection[int]) -> dict[int, tuple[int, str]]:
        """For each of these places of a run: its seq and its key."""
        return await find_keys(self._items, job_id, run, places)

    async def find_earlier_keys(self, job_id: str, before: int) -> list[str]:
        """The keys of a job's items before seq `before`."""
        query = {"job_id": job_id, "run": WHOLE, "first": {"$lt": before}}
        with database_errors():
            chunks = await self._items.find(query).sort("first", ASCENDING).to_list(None)
        return [key for chunk in chunks for key in chunk["keys"]]

    async def find_next(
        self, job: Document, marketplace: str | None, place: int, number: int
    ) -> tuple[list[tuple[int, str]], int]:
        """The next `number` items from `place` on, as seq and key, of this marketplace only if it is given.

        Also the place up to which they are all that there are: the end of the run when there are no more.
        """
        found: list[tuple[int, str]] = []
        reached = place
        async for here, seq, key in self._walk_from(job, place, number):
            if marketplace and not key.startswith(f"{marketplace}:"):
                continue
            found.append((seq, key))
            reached = here + 1
            if len(found) == number:
                return found, reached
        return found, run_total(job) or 0

    async def _walk_from(self, job: Document, place: int, number: int) -> AsyncIterator[tuple[int, int, str]]:
        """As `_walk`, from `place` on to the run's end, in bounded steps; the first reaches over `number` items, and
        most callers need no more."""
        chunks: Document = {"job_id": job["_id"], "run": items_run(job)}
        step, end = {**reaching(place), "$lt": place + number}, run_total(job) or 0
        while True:
            async for item in self._walk({**chunks, "first": step}, place):
                yield item
            if step["$lt"] >= end:
                return
            step = {"$gte": step["$lt"], "$lt": step["$lt"] + CHUNK_ITEMS}

    async def _walk(self, query: Document, since: int = 0) -> AsyncIterator[tuple[int, int, str]]:
        """Place, seq and key of the items in these chunks, in order, from place `since` on."""
        with database_errors():
            async for chunk in self._items.find(query).sort("first", ASCENDING).batch_size(AT_ONCE):
                for item in _items_of(chunk, since):
                    yield item

    async def find_marketplaces(self, job: Document) -> Sequence[str]:
        """The marketplaces of the job's items; looked for among these where the job does not say."""
        known = marketplaces_of(job)
        if known:
            return known
        found: set[str] = set()
        async for _, _, key in self._walk({"job_id": job["_id"], "run": items_run(job)}):
            found.add(key.partition(":")[0])
        return sorted(found)

    async def find_outstanding(self, job: Document) -> dict[int, str]:
        """Of a job of several marketplaces: the items handed out and not counted, by seq, and where they belong."""
        cursors = cursors_of(job)
        furthest = max((place for place, _ in cursors.values()), default=0)
        if not furthest:
            return {}
        ledger = await self.find_ledger(job["_id"])
        outstanding: dict[int, str] = {}
        async for place, seq, key in self._walk(
            {"job_id": job["_id"], "run": items_run(job), "first": {"$lt": furthest}}
        ):
            name = key.partition(":")[0]
            if name in cursors and place < cursors[name][0] and missing(ledger, seq, seq + 1, 1):
                outstanding[seq] = name
        return outstanding

    async def find_blocks(self) -> dict[str, Block]:
        """The marketplaces that asked to stay away."""
        return await find_blocks(self._paces)

    async def find_fetch_seconds(self) -> dict[str, float]:
        """How long a page of each marketplace takes."""
        return await find_fetch_seconds(self._paces)

    async def find_slowed_intervals(self) -> dict[str, float]:
        """The interval of each marketplace that has slowed us down."""
        return await find_slowed_intervals(self._paces)

    async def count_parked(self, job_ids: Sequence[str], marketplace: str) -> int:
        """How many items of these jobs wait to be tried again."""
        with database_errors():
            return await self._attempts.count_documents(_parked(job_ids, marketplace))

    async def find_parked(self, job_ids: Sequence[str], marketplace: str) -> dict[str, int]:
        """How many items of each of these jobs wait to be tried again, for those that have any."""
        count = {"$group": {"_id": "$job_id", "count": {"$sum": 1}}}
        with database_errors():
            found = await self._attempts.aggregate([{"$match": _parked(job_ids, marketplace)}, count]).to_list(None)
        return {each["_id"]: each["count"] for each in found}

    async def save_expansion(self, job_id: str, run: int, expansion: Document) -> bool:
        """Keep where paging stands; False when the job does not run any more."""
        update = {"$set": {"expansion": expansion}, "$currentDate": {"updated_at": True}}
        query = {"_id": job_id, "run": run, "status": str(JobStatus.PROCESSING)}
        with database_errors():
            result = await self._jobs.update_one(query, update)
        return bool(result.matched_count)

    async def explain_wait(self, job_id: str, run: int, reason: str | None) -> None:
        """Say why the running job does not get on; None once it does."""
        runs = {"$eq": ["$status", str(JobStatus.PROCESSING)]}
        said: list[Document] = [{"$set": {"status_reason": {"$cond": [runs, {"$literal": reason}, "$status_reason"]}}}]
        with database_errors():
            await self._jobs.update_one({"_id": job_id, "run": run}, said)

    async def set_total(self, job_id: str, run: int, total: int, marketplaces: Sequence[str]) -> None:
        """Fix the number of items and the marketplaces that they belong to, once."""
        values = {
            "total_items": total,
            "marketplaces": {"$literal": list(marketplaces)},
            "rev": {"$add": ["$rev", 1]},
            "updated_at": "$$NOW",
        }
        unknown = {"$eq": [{"$ifNull": ["$total_items", None]}, None]}
        fixed: list[Document] = [
            {"$set": {name: {"$cond": [unknown, value, f"${name}"]} for name, value in values.items()}}
        ]
        with database_errors():
            await self._jobs.update_one({"_id": job_id, "run": run}, fixed)

    async def find_running(self) -> list[Document]:
        """Jobs that may have something to be handed out."""
        with database_errors():
            running = await self._jobs.find({"status": str(JobStatus.PROCESSING)}, JOB_FIELDS).to_list(None)
        return [job for job in running if job["total_items"] is not None]

    async def move_cursor(self, job: Document, changes: Document) -> bool:
        """Keep how far the job has been handed out.

        False, and nothing changes, if another feeder was quicker, or a pause came in between: then collectors may have
        dropped what was handed out.
        """
        unchanged = {name: job.get(name) for name in CURSOR_FIELDS}
        with database_errors():
            return bool(
                (await self._jobs.update_one({"_id": job["_id"], **unchanged}, {"$set": changes})).matched_count
            )

    async def mark_resumed(self, job: Document) -> None:
        """What was dropped in the pauses that `job` knows of has been handed out again."""
        with database_errors():
            await self._jobs.update_one(
                {"_id": job["_id"], "run": job["run"]}, {"$max": {"resumed": job.get("pauses") or 0}}
            )

    async def find_ledger(self, job_id: str) -> bytes:
        with database_errors():
            job = await self._jobs.find_one({"_id": job_id}, {"ledger": 1})
        return bytes((job or {}).get("ledger") or b"")

    async def find_statuses(self, outcome_ids: Collection[str]) -> dict[str, ItemStatus]:
        """The stored status of those items that have their outcome."""
        return await find_statuses(self._outcomes, outcome_ids)

    async def fail(self, job_id: str, run: int, reason: str) -> Document | None:
        """To FAILED; returns the job as it then is, or None when this run of it had ended already."""
        return await fail_job(self._database, job_id, {"run": run}, reason, "expander")

    async def mark_announced(self, job_id: str, run: int) -> None:
        with database_errors():
            await self._jobs.update_one({"_id": job_id, "run": run}, {"$set": {"announced": True}})


def _items_of(chunk: Document, since: int) -> Iterator[tuple[int, int, str]]:
    skipped = max(0, since - chunk["first"])
    seqs, keys = seqs_of(chunk)[skipped:], chunk["keys"][skipped:]
    for place, (seq, key) in enumerate(zip(seqs, keys, strict=True), chunk["first"] + skipped):
        yield place, seq, key


def _parked(job_ids: Sequence[str], marketplace: str) -> Document:
    waiting: Document = {"$expr": {"$gt": ["$next_attempt_at", "$$NOW"]}}
    return {"job_id": {"$in": list(job_ids)}, "marketplace": marketplace, **waiting}
