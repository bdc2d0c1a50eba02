"""Messages that nobody can read, and messages that come again."""

from __future__ import annotations

from collections.abc import Sequence

from services.aggregator.queues import ITEMS_FINISHED, JOB_EXPANDED
from services.collector.queues import collect_queue
from services.expander.queues import JOB_SUBMITTED
from shared.jobs import ItemStatus
from shared.messages import CollectItem, ItemsFinished, JobExpanded, JobSubmitted, Message
from tests.chaos.arena import WORK_QUEUES, Arena
from tests.chaos.faults.fault import Fault, Healed
from tests.e2e import broker
from tests.e2e.system import Document

MALFORMED: tuple[tuple[bytes, str], ...] = (
    (b"\xff\x00 no JSON", CollectItem.TYPE),
    (b"", ItemsFinished.TYPE),
    (b"[" * 5_000, JobSubmitted.TYPE),
    (b'{"job_id": 7}', ItemsFinished.TYPE),
    (b'{"job_id": "a", "seq": -1, "asin": "B000000001", "marketplace": "amazon.com"}', CollectItem.TYPE),
    (b"{}", "job.of.another.world"),
    (b'{"job_id": "a"}', "job.submitted.v99"),
    (b'{"job_id": "a", "more": "' + b"x" * 1_100_000 + b'"}', JobExpanded.TYPE),
)
JOBS_REPEATED = 5
ITEMS_REPEATED = 40


def _malformed(arena: Arena) -> Healed:
    """Some into each of some queues; healed once the failure store has them all."""
    sent: set[str] = set()
    for queue in arena.chance.sample(WORK_QUEUES, 4):
        messages = arena.chance.choices(MALFORMED, k=5)
        for ids in (broker.put_raw(arena.amqp_url, queue, body, kind) for body, kind in messages):
            sent.add(ids)
            arena.malformed.add(ids)
    failures = arena.system.database["failures"]
    return lambda: failures.count_documents({"message_id": {"$in": sorted(sent)}}) == len(sent)


def _duplicates(arena: Arena) -> None:
    """Everything that was ever said about some jobs, again."""
    jobs = list(arena.system.database["jobs"].find({"total_items": {"$ne": None}}, {"run": 1, "total_items": 1}))
    for job in arena.chance.sample(jobs, min(JOBS_REPEATED, len(jobs))):
        for queue, messages in _said_about(arena, job).items():
            broker.put(arena.amqp_url, queue, messages)


def _said_about(arena: Arena, job: Document) -> dict[str, Sequence[Message]]:
    job_id, run = job["_id"], job["run"]
    outcomes = list(arena.system.database["outcomes"].find({"job_id": job_id, "run": run}).limit(ITEMS_REPEATED))
    told: dict[str, list[Message]] = {
        ITEMS_FINISHED.name: [_fact(job_id, run, outcomes)] * 2,
        JOB_EXPANDED.name: [JobExpanded(job_id=job_id, run=run, total_items=job["total_items"])],
        JOB_SUBMITTED.name: [JobSubmitted(job_id=job_id, run=run)],
    }
    for outcome in outcomes:
        names = {name: outcome[name] for name in ("seq", "asin", "marketplace")}
        told.setdefault(collect_queue(outcome["marketplace"]).name, []).append(
            CollectItem(job_id=job_id, run=run, **names)
        )
    return dict(told)


def _fact(job_id: str, run: int, outcomes: list[Document]) -> ItemsFinished:
    by_status = {
        status: tuple(outcome["seq"] for outcome in outcomes if outcome["status"] == status)
        for status in (ItemStatus.SUCCEEDED, ItemStatus.FAILED)
    }
    return ItemsFinished(
        job_id=job_id, run=run, succeeded=by_status[ItemStatus.SUCCEEDED], failed=by_status[ItemStatus.FAILED]
    )


FAULTS = (
    Fault("malformed messages", _malformed, weight=3),
    Fault("duplicated messages", _duplicates, weight=3),
)
