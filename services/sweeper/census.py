"""Tells by metrics what the failure store holds."""

from __future__ import annotations

from prometheus_client import Gauge

from services.sweeper.repository import SweeperRepository
from shared.clock import Clock
from shared.mongo import Document

PERIOD_SECONDS = 15.0
# A producer of nonsense may make up codes and queues without end; beyond so many pairs they are told as "other".
MOST_LABELS = 100
OTHER = "other"

# Messages kept now; any that stays means that an operator is needed.
STORED = Gauge("asinflow_failures_stored", "Messages in the failure store", ["queue", "code"])
# Age of the failure that has been kept longest; it falls when failures are retried, deleted or expire.
OLDEST = Gauge("asinflow_failures_oldest_age_seconds", "Age of the oldest message in the failure store")


class FailureCensus:
    def __init__(self, repository: SweeperRepository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock
        self._due = clock.monotonic()

    async def sweep(self) -> None:
        if self._clock.monotonic() < self._due:
            return
        self._due = self._clock.monotonic() + PERIOD_SECONDS
        groups = await self._repository.count_failures()
        STORED.clear()
        for (queue, code), count in tally(groups).items():
            STORED.labels(queue, code).set(count)
        oldest = min((group["oldest"] for group in groups), default=None)
        OLDEST.set(0 if oldest is None else max(0.0, (self._clock.now() - oldest).total_seconds()))


def tally(groups: list[Document]) -> dict[tuple[str, str], int]:
    """Counts by queue and code, the largest by name, all others together."""
    counts: dict[tuple[str, str], int] = {}
    for place, group in enumerate(sorted(groups, key=lambda group: -group["count"])):
        pair = (group["queue"], group["code"]) if place < MOST_LABELS else (OTHER, OTHER)
        counts[pair] = counts.get(pair, 0) + group["count"]
    return counts
