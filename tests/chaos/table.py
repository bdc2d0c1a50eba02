"""What a campaign came to, for whoever reads it."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from tests.chaos.verdict import Evidence, Found, close_requests, final_statuses

if TYPE_CHECKING:
    from tests.chaos.campaign import Blow, Outcome

BEFORE = "before the first"


def show(outcome: Outcome, console: Console) -> None:
    """Print the table of faults, the totals and every breach."""
    console.print(_table(outcome))
    console.print(_totals(outcome), highlight=False, soft_wrap=True)
    for breach in outcome.breaches:
        console.print(f"BREACH: {breach}", markup=False, highlight=False, soft_wrap=True)


def _table(outcome: Outcome) -> Table:
    table = Table(title=f"{len(outcome.blows)} faults, seed {outcome.size.seed}")
    table.add_column("fault", no_wrap=True)
    for column in ("times", "recovery p50 s", "max s", "lost", "double", "fetched again"):
        table.add_column(column, justify="right", no_wrap=True)
    recoveries: dict[str, list[float]] = defaultdict(list)
    for blow in outcome.blows:
        recoveries[blow.name].append(blow.recovery if blow.recovery is not None else float("inf"))
    lost, double, again = (Counter[str]() for _ in range(3))
    for found in outcome.evidence.found:
        name = _blamed(outcome.blows, _last_change(found))
        lost[name] += lost_items(found)
        double[name] += double_counted(found)
    for time in fetched_again(outcome.evidence):
        again[_blamed(outcome.blows, time)] += 1
    for name, seconds in sorted(recoveries.items()):
        figures = (len(seconds), f"{median(seconds):.1f}", f"{max(seconds):.1f}", lost[name], double[name], again[name])
        table.add_row(name, *map(str, figures))
    return table


def _blamed(blows: Sequence[Blow], time: float) -> str:
    """The fault that was the last to begin before `time`."""
    number = bisect_right([blow.began for blow in blows], time)
    return blows[number - 1].name if number else BEFORE


def _last_change(found: Found) -> float:
    return float(found.job["updated_at"].timestamp()) if found.job else 0.0


def lost_items(found: Found) -> int:
    """Items that never got an outcome, though their job was not ended before."""
    if found.job is None:
        return found.accepted.planned.size
    if found.job["status"] in {"CANCELLED", "FAILED"}:
        return 0
    return max(0, (found.job["total_items"] or 0) - len(final_statuses(found)))


def double_counted(found: Found) -> int:
    """How many more were counted than there are outcomes."""
    return max(0, found.job["progress"] - len(final_statuses(found))) if found.job else 0


def fetched_again(evidence: Evidence) -> list[float]:
    """When a product page was served once more: what a killed process had fetched and not stored is fetched again."""
    served: set[tuple[str, str]] = set()
    again = []
    for request in evidence.requests:
        if request.status == 200 and "/dp/" in request.path:
            key = (request.host, request.path)
            if key in served:
                again.append(request.time)
            served.add(key)
    return again


def _totals(outcome: Outcome) -> str:
    evidence = outcome.evidence
    ends = Counter(found.job["status"] if found.job else "LOST" for found in evidence.found)
    progress = sum(found.job["progress"] for found in evidence.found if found.job)
    failed = sum(found.job["error_count"] for found in evidence.found if found.job)
    deeds = Counter(found.accepted.deed_done for found in evidence.found if found.accepted.deed_done)
    slowest = max((found.accepted.seconds for found in evidence.found), default=0.0)
    lines = (
        f"jobs: {len(evidence.found)} accepted, {dict(ends)}; of their users: {dict(deeds)}",
        f"items: {progress} with an outcome, {failed} of them failed",
        f"API: answers {dict(sorted(evidence.statuses.items()))}, slowest acceptance {slowest:.1f} s",
        f"requests: {len(evidence.requests)}, closer than {evidence.interval:g} s: {len(close_requests(evidence))}",
        f"failure store: {sum(evidence.failures.values())} messages, malformed ones sent: {len(evidence.malformed)}",
        f"killed {evidence.kills.total()} processes, told {evidence.stops.total()} to stop",
        f"took {outcome.seconds:.0f} s; breaches: {len(outcome.breaches)}",
    )
    return "\n".join(lines)
