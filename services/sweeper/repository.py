"""All queries and indexes of the sweeper. Ages are measured on the database's clock."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from shared.blocks import Block, find_blocks
from shared.chunks import find_keys
from shared.indexes import Indexes, ensure_indexes
from shared.job_events import EVENT_FIELDS
from shared.jobdeletion import delete_children, delete_job
from shared.jobends import fail_job
from shared.jobnews import NEWS_FIELDS, mark_told
from shared.jobs import TERMINAL, ItemStatus, JobStatus
from shared.mongo import (
    ASCENDING,
    DESCENDING,
    EPOCH,
    Database,
    Document,
    DuplicateKeyError,
    IndexModel,
    database_errors,
    insert_new,
)
from shared.outcomes import find_statuses
from shared.runs import RUN_FIELDS
from shared.verdicts import judged

BATCH = 200


def older_than(field: str, seconds: float, *, instead: str | None = None) -> Document:
    """A filter on documents whose `field`, or the field `instead` where it is missing, is a date `seconds` ago or more.

    Without any date a document does not match: nothing and what is missing sort before every date.
    """
    limit = {"$dateSubtract": {"startDate": "$$NOW", "unit": "millisecond", "amount": round(seconds * 1000)}}
    moment = f"${field}" if instead is None else {"$ifNull": [f"${field}", f"${instead}"]}
    return {"$expr": {"$and": [{"$gt": [moment, None]}, {"$lt": [moment, limit]}]}}


INDEXES: Indexes = {
    "jobs": (
        IndexModel([("status", ASCENDING), ("updated_at", ASCENDING)]),
        IndexModel([("announced", ASCENDING), ("completed_at", ASCENDING)]),
        IndexModel([("completed_at", ASCENDING)]),
        IndexModel([("deadline_at", ASCENDING)]),
        IndexModel([("news_at", ASCENDING)]),
    ),
    "attempts": (IndexModel([("job_id", ASCENDING)]),),
    "job_events": (IndexModel([("job_id", ASCENDING)]),),
    "deletions": (IndexModel([("asked_at", ASCENDING)]),),
    "sources": (IndexModel([("created_at", ASCENDING)]),),
    "failures": (
        IndexModel([("failed_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("queue", ASCENDING), ("failed_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("code", ASCENDING), ("failed_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("correlation_id", ASCENDING), ("failed_at", DESCENDING)]),
        IndexModel([("retry_requested_at", ASCENDING)]),
    ),
}


class SweeperRepository:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._jobs = database["jobs"]
        self._items = database["items"]
        self._outcomes = database["outcomes"]
        self._failures = database["failures"]
        self._deletions = database["deletions"]

    async def create_indexes(self, failures_seconds: float) -> None:
        """An existing expiry of failures is changed to `failures_seconds`."""
        expiry = round(failures_seconds)
        with database_errors():
            known = (await self._failures.index_information()).get("expiry")
            if known is not None and known.get("expireAfterSeconds") != expiry:
                await self._failures.drop_index("expiry")
        expiring = IndexModel([("failed_at", ASCENDING)], name="expiry", expireAfterSeconds=expiry)
        await ensure_indexes(self._database, {**INDEXES, "failures": (*INDEXES["failures"], expiring)})

    async def find_unsent(self, age: float) -> list[Document]:
        """Jobs whose submission the broker has not confirmed."""
        unsent = {"submitted_at": None, **older_than("queued_at", age, instead="created_at")}
        return await self._find({"status": str(JobStatus.PENDING)}, unsent)

    async def find_unstarted(self, age: float) -> list[Document]:
        """Jobs sent `age` seconds ago that nobody has touched since, waiting ones included."""
        return await self._find({"status": str(JobStatus.PENDING)}, older_than("submitted_at", age))

    async def find_expired(self, age: float, takes: int) -> list[Document]:
        """Jobs that expanders took so often in vain; one that waits for its user's other jobs is not late.

        Without an expander, broker or database nobody takes a job: no outage of ours makes it late.
        """
        late = {"status_reason": None, "takes": {"$gte": takes}, **older_than("queued_at", age, instead="created_at")}
        jobs = await self._find({"status": str(JobStatus.PENDING)}, late)
        return [job for job in jobs if job.get("takes_run") == job["run"]]

    async def find_unannounced(self, age: float) -> list[Document]:
        """Ended jobs whose final event the broker has not confirmed."""
        ended = {"status": {"$in": [str(s) for s in TERMINAL]}, **older_than("completed_at", age)}
        return await self._find({"announced": False}, ended)

    async def judge(self, job: Document) -> Document:
        """An ended job with the verdict on its quality, if its user has asked for one."""
        return await judged(self._database, job)

    async def find_untold(self, age: float) -> list[Document]:
        """Jobs that were paused or resumed, of which the broker has not confirmed the event."""
        return await self._find({"news_at": {"$gt": EPOCH}}, older_than("news_at", age))

    async def find_stalled(self, age: float) -> list[Document]:
        """Running jobs whose counts have not moved for `age` seconds."""
        return await self._find({"status": str(JobStatus.PROCESSING)}, older_than("updated_at", age))

    async def _find(self, indexed: Document, condition: Document) -> list[Document]:
        """Jobs that an index finds by `indexed` and that meet the condition: two stages, since together with what no
        index answers some servers use none and look at every job, once a second."""
        fields = {
            **EVENT_FIELDS,
            **RUN_FIELDS,
            **NEWS_FIELDS,
            "fed": 1,
            "updated_at": 1,
            "healed_at": 1,
            "heals": 1,
            "settings": 1,
            "status_reason": 1,
            "takes_run": 1,
            "request": 1,
            "marketplaces": 1,
        }
        # Those looked into longest ago first, so that none is forgotten behind the others.
        first: list[Document] = [{"$sort": {"healed_at": ASCENDING}}, {"$limit": BATCH}, {"$project": fields}]
        with database_errors():
            return await self._jobs.aggregate([{"$match": indexed}, {"$match": condition}, *first]).to_list(None)

    async def find_overdue(self) -> list[Document]:
        """Running jobs past their time limit."""
        return await self._find({"status": str(JobStatus.PROCESSING)}, older_than("deadline_at", 0))

    async def mark_sent(self, jobs: Sequence[Document]) -> None:
        """The broker has these runs of the jobs; a run that has begun since is still to be sent."""
        await self._mark(jobs, {"$currentDate": {"submitted_at": True}})

    async def mark_announced(self, jobs: Sequence[Document]) -> None:
        """The broker has the final events of these runs."""
        await self._mark(jobs, {"$set": {"announced": True}})

    async def mark_told(self, job_id: str, rev: int) -> None:
        """The broker has what there was to be told of pauses and resumes up to this revision."""
        await mark_told(self._jobs, job_id, rev)

    async def _mark(self, jobs: Sequence[Document], update: Document) -> None:
        """One by one: a filter on pairs of id and run is more than an index serves."""
        for job in jobs:
            with database_errors():
                await self._jobs.update_one({"_id": job["_id"], "run": job["run"]}, update)

    async def claim_healing(self, job: Document, age: float, heals: int) -> bool:
        """Mark the job as looked into now for the `heals`th time; False when it has moved, or was so within `age`."""
        recent: Any = {"$or": [{"healed_at": None}, older_than("healed_at", age)]}
        query = {"_id": job["_id"], "rev": job["rev"], "status": str(JobStatus.PROCESSING), **recent}
        with database_errors():
            result = await self._jobs.update_one(query, {"$set": {"heals": heals}, "$currentDate": {"healed_at": True}})
        return bool(result.matched_count)

    async def fail(self, job_id: str, rev: int, reason: str) -> Document | None:
        """To FAILED, unless the job changed since it was read; returns the job as it then is."""
        return await fail_job(self._database, job_id, {"rev": rev}, reason, "sweeper")

    async def fail_run(self, job_id: str, run: int, reason: str) -> Document | None:
        """To FAILED, unless this run of the job has ended; returns the job as it then is."""
        return await fail_job(self._database, job_id, {"run": run}, reason, "sweeper")

    async def find_blocks(self) -> dict[str, Block]:
        """The marketplaces that asked to stay away."""
        return await find_blocks(self._database["pace"])

    async def find_ledger(self, job_id: str) -> bytes:
        with database_errors():
            job = await self._jobs.find_one({"_id": job_id}, {"ledger": 1})
        return bytes((job or {}).get("ledger", b""))

    async def find_keys(self, job_id: str, run: int, places: Collection[int]) -> dict[int, tuple[int, str]]:
        """For each of these places of a run: its seq and its key."""
        return await find_keys(self._items, job_id, run, places)

    async def find_statuses(self, outcome_ids: Collection[str]) -> dict[str, ItemStatus]:
        """The stored status of those items that have their outcome."""
        return await find_statuses(self._outcomes, outcome_ids)

    async def insert_failures(self, documents: Sequence[Document]) -> set[int]:
        """Keep dead letters; returns the places of those that are kept already.

        A message that was sent again and failed again before its failure was forgotten is that failure once more.
        """
        known = await insert_new(self._failures, documents)
        again = {place for place in known if documents[place]["retries"] and await self._fail_again(documents[place])}
        return known - again

    async def _fail_again(self, failure: Document) -> bool:
        query = {"_id": failure["_id"], "retries": failure["retries"], "retry_requested_at": {"$ne": None}}
        fields = {name: value for name, value in failure.items() if name not in ("_id", "first_failed_at")}
        with database_errors():
            return bool((await self._failures.update_one(query, {"$set": fields})).matched_count)

    async def find_retrying(self, limit: int) -> list[Document]:
        """Failures whose message is to be sent again, items apart; those asked for longest ago first."""
        with database_errors():
            found = self._failures.find({"retry_requested_at": {"$ne": None}, "item": None}, {"traceback": 0})
            return await found.sort("retry_requested_at", ASCENDING).limit(limit).to_list(None)

    async def delete_retried(self, failures: Sequence[Document]) -> None:
        """Forget failures whose message has been sent again, unless it has failed again already."""
        for retries in {failure["retries"] for failure in failures}:
            ids = [failure["_id"] for failure in failures if failure["retries"] == retries]
            query = {"_id": {"$in": ids}, "retries": retries, "retry_requested_at": {"$ne": None}}
            with database_errors():
                await self._failures.delete_many(query)

    async def mark_not_sent(self, failure: Document, reason: str) -> None:
        """The message cannot be sent again: the failure stays as it was, with the reason."""
        query = {"_id": failure["_id"], "retries": failure["retries"]}
        change = {"$set": {"retry_requested_at": None, "retry_error": reason}, "$inc": {"retries": -1}}
        with database_errors():
            await self._failures.update_one(query, change)

    async def count_failures(self) -> list[Document]:
        """How many are kept per queue and code, and since when the oldest: `queue`, `code`, `count`, `oldest`."""
        group = {
            "_id": {"queue": "$queue", "code": "$code"},
            "count": {"$sum": 1},
            "oldest": {"$min": "$failed_at"},
        }
        with database_errors():
            found = await self._failures.aggregate([{"$group": group}]).to_list(None)
        return [{**each["_id"], "count": each["count"], "oldest": each["oldest"]} for each in found]

    async def insert_outcome(self, document: Document) -> None:
        """Record that an item killed its collectors, unless it has an outcome."""
        try:
            with database_errors():
                await self._outcomes.insert_one(document)
        except DuplicateKeyError:
            return

    async def find_old_jobs(self, age: float) -> list[Document]:
        query = {"status": {"$in": [str(s) for s in TERMINAL]}, **older_than("completed_at", age)}
        with database_errors():
            return await self._jobs.find(query, {"user_id": 1, "rev": 1}).limit(BATCH).to_list(None)

    async def delete_old_sources(self, age: float) -> None:
        """Lists of requests whose job was never stored, because the API died in between, or is long gone."""
        with database_errors():
            await self._database["sources"].delete_many(older_than("created_at", age))

    async def delete_job(self, job: Document) -> bool:
        """As its user would; False, and it stays, when it has changed since it was read, as by another run."""
        return await delete_job(self._database, job["_id"], job["user_id"], job["rev"])

    async def finish_deletions(self, age: float) -> int:
        """Delete what is left of jobs whose deletion was asked for `age` seconds ago; how many jobs there were.

        A job that is still there was tried again at the same moment, and stays.
        """
        with database_errors():
            asked = await self._deletions.find(older_than("asked_at", age), {"_id": 1}).limit(BATCH).to_list(None)
            ids = [document["_id"] for document in asked]
            there = [job["_id"] async for job in self._jobs.find({"_id": {"$in": ids}}, {"_id": 1})]
        gone = [job_id for job_id in ids if job_id not in there]
        await delete_children(self._database, gone)
        with database_errors():
            # One that was asked for again meanwhile, of a job that was still there, is a new one.
            await self._deletions.delete_many({"_id": {"$in": ids}, **older_than("asked_at", age)})
        return len(gone)
