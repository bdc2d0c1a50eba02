"""What must be true of a campaign that is over, whatever was done to the system; each breach in words."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from shared.ledger import Ledger
from tests.chaos.arena import WORK_QUEUES, Arena, Freeze
from tests.e2e import broker
from tests.e2e.storefront import Request
from tests.e2e.system import Document
from tests.e2e.user import ENDED

if TYPE_CHECKING:
    from tests.chaos.crowd import Accepted

# Arrivals are stamped by the kernel. Between a process's last look at the clock and its request being on the wire, a
# machine with more processes than processors may let another one run.
TOLERANCE_SECONDS = 0.05
# What a thawed process had decided to send just before it was held still, it sends at once.
THAW_SECONDS = 0.1
STOREFRONT = "storefront"
LAST_WORD_SECONDS = 30.0
LOOK_SECONDS = 0.2
SHOWN = 5


@dataclass(frozen=True)
class Found:
    """One accepted job as it is stored at the end: its document, and its outcomes by run as seq to status."""

    accepted: Accepted
    job: Document | None
    outcomes: dict[int, dict[int, str]]
    items: dict[int, set[int]]


@dataclass(frozen=True)
class Evidence:
    """Everything that a verdict rests on."""

    found: Sequence[Found]
    stored_jobs: int
    failures: Counter[str]
    failure_codes: Counter[str]
    malformed: set[str]
    requests: Sequence[Request]
    interval: float
    freezes: Sequence[Freeze]
    endings: Counter[tuple[str, int]]
    kills: Counter[str]
    stops: Counter[str]
    left_in_queues: dict[str, int]
    statuses: dict[int, int]

    @classmethod
    def of(cls, arena: Arena, accepted: Sequence[Accepted], statuses: dict[int, int], interval: float) -> Evidence:
        database = arena.system.database
        failures = list(database["failures"].find({}, {"message_id": 1, "code": 1}))
        return cls(
            found=[_found(arena, each) for each in accepted],
            stored_jobs=database["jobs"].count_documents({}),
            failures=Counter(str(failure["message_id"]) for failure in failures),
            failure_codes=Counter(str(failure["code"]) for failure in failures),
            malformed=arena.malformed,
            requests=arena.system.storefront.requests(),
            interval=interval,
            freezes=arena.freezes,
            endings=Counter(arena.system.endings()),
            kills=arena.kills,
            stops=arena.stops,
            left_in_queues=_left_in_queues(arena),
            statuses=statuses,
        )


def _found(arena: Arena, accepted: Accepted) -> Found:
    database, job_id = arena.system.database, accepted.job_id
    outcomes: dict[int, dict[int, str]] = defaultdict(dict)
    for outcome in database["outcomes"].find({"job_id": job_id}, {"run": 1, "seq": 1, "status": 1}):
        outcomes[outcome["run"]][outcome["seq"]] = outcome["status"]
    items: dict[int, set[int]] = defaultdict(set)
    for chunk in database["items"].find({"job_id": job_id}):
        items[chunk["run"]] |= set(chunk.get("seqs") or range(chunk["first"], chunk["last"] + 1))
    return Found(accepted, database["jobs"].find_one({"_id": job_id}), dict(outcomes), dict(items))


def _left_in_queues(arena: Arena) -> dict[str, int]:
    """What waits in work queues once all jobs have ended."""
    return {name: number for name, number in broker.waiting(arena.amqp_url, WORK_QUEUES).items() if number}


def wait_for_the_last_word(arena: Arena) -> None:
    """Give a moment to what was on its way when the last job ended: messages, and the news of the end."""
    deadline = time.monotonic() + LAST_WORD_SECONDS
    unannounced = {"status": {"$in": sorted(ENDED)}, "announced": False}
    while time.monotonic() < deadline:
        if not _left_in_queues(arena) and not arena.system.database["jobs"].count_documents(unannounced):
            return
        time.sleep(LOOK_SECONDS)


def breaches(evidence: Evidence) -> list[str]:
    """Every promise that was broken, in words; empty when all were kept."""
    return [
        *(breach for found in evidence.found for breach in _of_job(found)),
        *_of_acceptance(evidence),
        *_of_failures(evidence),
        *_of_pace(evidence),
        *_of_processes(evidence),
        *(f"{number} messages are left in {name}" for name, number in evidence.left_in_queues.items()),
    ]


def _of_job(found: Found) -> Iterator[str]:
    planned, job = found.accepted.planned, found.job
    name = f"job {found.accepted.job_id} ({planned.request['type']}, {planned.size} items)"
    if job is None:
        yield f"{name} was accepted and is lost"
        return
    told = {key: job.get(key) for key in ("status", "run", "total_items", "progress", "success_count", "error_count")}
    if job["status"] not in ENDED:
        yield f"{name} has not ended: {told}, fed {job.get('fed')}"
        return
    for wrong in (*_wrong_end(found, job), *_wrong_counts(found, job)):
        yield f"{name}: {wrong}: {told}"


def _wrong_end(found: Found, job: Document) -> Iterator[str]:
    planned, total = found.accepted.planned, job["total_items"]
    if job["status"] == "FAILED" and not planned.listing:
        yield f"failed, though its products were given: {job.get('error_message')}"
    if job["status"] == "CANCELLED" and found.accepted.deed_done != "cancel":
        yield "cancelled by nobody"
    if job["status"] == "COMPLETED" and not (total <= planned.size if planned.listing else total == planned.size):
        yield "another number of items than was asked for"
    if not job.get("announced", True):
        yield "its end was never announced"


def _wrong_counts(found: Found, job: Document) -> Iterator[str]:
    total, progress = job["total_items"] or 0, job["progress"]
    counted = Ledger(bytes(job.get("ledger", b"")), total).count
    if progress != job["success_count"] + job["error_count"] or progress > total:
        yield "counts that do not add up"
    if counted != progress:
        yield f"{counted} bits in the ledger"
    seen = final_statuses(found)
    if job["status"] == "COMPLETED":
        tally = Counter(seen.values())
        if (tally["succeeded"], tally["failed"]) != (job["success_count"], job["error_count"]):
            yield f"outcomes {dict(tally)}"
        if set(seen) != set(range(total)) or progress != total:
            yield f"{total - len(seen)} items without an outcome"
    for run, seqs in found.outcomes.items():
        if stray := set(seqs) - found.items.get(run, set()):
            yield f"outcomes of items that run {run} does not have: {sorted(stray)[:SHOWN]}"


def final_statuses(found: Found) -> dict[int, str]:
    """The outcome of each item in the last run that had it."""
    return {seq: status for run in sorted(found.outcomes) for seq, status in found.outcomes[run].items()}


def _of_acceptance(evidence: Evidence) -> Iterator[str]:
    accepted = len({found.accepted.job_id for found in evidence.found})
    if accepted != len(evidence.found):
        yield f"{len(evidence.found) - accepted} requests were answered with a job that was not theirs"
    if evidence.stored_jobs != accepted:
        yield f"{evidence.stored_jobs} jobs are stored, {accepted} were accepted"
    if surprising := {status for status in evidence.statuses if status >= 500 and status not in {503}}:
        yield f"the API answered {sorted(surprising)}"


def _of_failures(evidence: Evidence) -> Iterator[str]:
    """The failure store holds the messages that nobody can read, each once, and nothing else."""
    if missing := evidence.malformed - set(evidence.failures):
        yield f"{len(missing)} malformed messages are not in the failure store"
    if others := set(evidence.failures) - evidence.malformed:
        yield f"{len(others)} messages in the failure store are no malformed ones: {dict(evidence.failure_codes)}"
    if doubled := [number for number in evidence.failures.values() if number > 1]:
        yield f"{len(doubled)} messages are in the failure store more than once"


def close_requests(evidence: Evidence) -> list[tuple[Request, float]]:
    """Requests that came closer than the interval to the one before at the same marketplace, and how close."""
    least = evidence.interval - TOLERANCE_SECONDS
    by_host: dict[str, list[Request]] = defaultdict(list)
    for request in evidence.requests:
        by_host[request.host].append(request)
    pairs = [pair for requests in by_host.values() for pair in pairwise(requests)]
    close = [(first, second) for first, second in pairs if second.time - first.time < least]
    return [
        (second, second.time - first.time)
        for first, second in close
        if not any(_untimely(each.time, freeze) for freeze in evidence.freezes for each in (first, second))
    ]


def _untimely(moment: float, freeze: Freeze) -> bool:
    """Whether a request's time says nothing: it was let go by a thaw, or stamped for a storefront that stood still.

    Of data that waits to be read the kernel tells when the last of it came: when its sender gave up and hung up.
    """
    since = freeze.since if freeze.name == STOREFRONT else freeze.until
    return since <= moment <= freeze.until + THAW_SECONDS


def _of_pace(evidence: Evidence) -> Iterator[str]:
    if close := close_requests(evidence):
        told = ", ".join(f"{each.host} {gap * 1000:.0f} ms at {_clock(each.time)}" for each, gap in close[:SHOWN])
        yield f"{len(close)} of {len(evidence.requests)} requests came closer than {evidence.interval:g} s: {told}"


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S.%f")[:-3]


def _of_processes(evidence: Evidence) -> Iterator[str]:
    """No program ends but by our hand: killed as often as it was killed, in order when it was told to stop."""
    for (name, code), number in sorted(evidence.endings.items()):
        allowed = {-9: evidence.kills[name], 0: evidence.stops[name]}.get(code, 0)
        if number > allowed:
            yield f"{name} ended with code {code} {number - allowed} times by itself"
