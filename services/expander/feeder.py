"""Hands out a job's items in windows: published first, then the cursor moves, so that a crash repeats, never skips."""

from __future__ import annotations

from prometheus_client import Counter

from services.expander.repository import ExpanderRepository
from services.expander.windows import next_feed, window_size
from shared.broker import Broker, Outgoing
from shared.items import collect_command
from shared.jobs import JobStatus
from shared.mongo import Document
from shared.runs import items_run, run_progress, run_total

# Rises with every item handed out to the collectors; above the items of all jobs when windows were repeated.
FED = Counter("asinflow_items_fed_total", "Items handed out to collectors")


class Feeder:
    def __init__(
        self, repository: ExpanderRepository, broker: Broker, interval: float, window_seconds: float, window_items: int
    ) -> None:
        self._repository = repository
        self._broker = broker
        self._window = window_size(interval, window_seconds, window_items)

    async def feed(self, job: Document) -> int:
        """Hand out what the job's window has room for; returns how many."""
        total = run_total(job)
        if job["status"] != JobStatus.PROCESSING or total is None:
            return 0
        places = next_feed(total, job["fed"], run_progress(job), self._window)
        if not places:
            return 0
        await self._broker.publish(await self._commands(job, places))
        await self._repository.move_cursor(job, places.start, places.stop)
        FED.inc(len(places))
        return len(places)

    async def _commands(self, job: Document, places: range) -> list[Outgoing]:
        chunks = await self._repository.find_chunks(job["_id"], items_run(job), places)
        return [
            collect_command(job["_id"], job["run"], seq, key, job["rev"])
            for chunk in chunks
            for place, (seq, key) in enumerate(zip(chunk.seqs, chunk.keys, strict=True), chunk.first)
            if place in places
        ]
