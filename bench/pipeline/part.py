"""Asinflow, its peers and the raw limit do the same items by turns; with and without syncing what is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.pipeline.contest import Entrant, empty, take_turns
from bench.pipeline.limit import LIMITS, limit
from bench.pipeline.ours import COLLECTORS, ours
from bench.pipeline.peers import PEERS
from bench.pipeline.result import LIMIT, Contest, Result
from bench.pipeline.sample import Sample, sample
from bench.servers import Servers, servers

CONFIRMING = "Dramatiq counter, confirms"
QUICK_STORING = ("Celery chord", CONFIRMING, "FastStream")


@dataclass(frozen=True)
class Plan:
    """Which contests there are and how long; `quick` leaves most contestants out.

    Otherwise Asinflow and the raw limit, which everything is compared with, take two turns a round.
    """

    items: int
    rounds: int
    quick: bool

    def synced(self, sampled: Path) -> list[Entrant]:
        storing = [peer.entrant(stores=True) for peer in PEERS if not self.quick or peer.name in QUICK_STORING]
        without = [peer.entrant(stores=False) for peer in PEERS if not self.quick or peer.name == CONFIRMING]
        limits = [limit(one, sampled) for one in LIMITS if not self.quick or one.name == LIMIT]
        if self.quick:
            return [ours(), *storing, *without, *limits]
        return [ours(), *limits, ours(analysing=True), *storing, ours(), *limits, *without]

    def unsynced(self, sampled: Path) -> list[Entrant]:
        """Who stores nothing is as fast as with syncing."""
        storing = [peer.entrant(stores=True) for peer in PEERS if not self.quick or peer.name == "Celery chord"]
        limits = [limit(one, sampled) for one in LIMITS if one.name == LIMIT]
        if self.quick:
            return [ours(), *storing, *limits]
        half = len(storing) // 2
        return [ours(), *limits, *storing[:half], ours(), *limits, *storing[half:]]


FULL = Plan(items=8_000, rounds=3, quick=False)
QUICK = Plan(items=1_000, rounds=1, quick=True)


def measure(quick: bool, run: Path) -> Result:
    plan, sampled = QUICK if quick else FULL, run / "sample.bson"
    contests = []
    for synced in (True, False):
        with servers(fsync=synced, redis=True, logs=run) as running:
            if not sampled.exists():
                sample(running).save(sampled)
            entrants = plan.synced(sampled) if synced else plan.unsynced(sampled)
            contests.append(contest(running, entrants, plan.items, plan.rounds, synced=synced))
    return {"workers": COLLECTORS, "documents": Sample.load(sampled).sizes(), "contests": contests}


def contest(running: Servers, entrants: Sequence[Entrant], items: int, rounds: int, *, synced: bool) -> Contest:
    rows = take_turns(entrants, running, items, rounds, lambda line: print(line, flush=True))
    empty(running)
    return {"synced": synced, "items": items, "rounds": rounds, "rows": rows}
