"""Jobs of growing size, growing numbers of jobs at once, growing numbers of collectors."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from bench.growth.result import Result, Turn, done
from bench.growth.system import System, system
from bench.pipeline.contest import empty
from bench.servers import Servers, servers
from deploy.local.folder import ROOT

COLLECTORS = 2
WARM_UP_ITEMS = 500
FIGURES = ROOT / "deploy" / "k8s" / "figures.toml"


@dataclass(frozen=True)
class Plan:
    """`sizes`: items of a job and how many jobs make one turn, since small ones end before they can be measured."""

    rounds: int
    sizes: tuple[tuple[int, int], ...]
    once: tuple[int, ...]
    crowds: tuple[tuple[int, int], ...]
    teams: tuple[int, ...]
    team_items: int


FULL = Plan(
    rounds=3,
    sizes=((100, 20), (1_000, 3), (10_000, 1)),
    once=(100_000,),
    crowds=((1, 10_000), (10, 1_000), (100, 100), (1_000, 10)),
    teams=(1, 2, 4),
    team_items=8_000,
)
QUICK = Plan(
    rounds=1, sizes=((100, 3), (1_000, 1)), once=(2_000,), crowds=((1, 500), (20, 10)), teams=(1, 2), team_items=500
)


def measure(quick: bool, run: Path) -> Result:
    plan = QUICK if quick else FULL
    with servers(fsync=True, logs=run) as running:
        with system(running, COLLECTORS) as whole:
            whole.run(WARM_UP_ITEMS)
            sizes, crowds = growing(whole, plan), many(whole, plan)
        teams = [team(running, size, plan.team_items) for _ in range(plan.rounds) for size in plan.teams]
    return {
        "cores": len(os.sched_getaffinity(0)),
        "collectors": COLLECTORS,
        "page_ms": tomllib.loads(FIGURES.read_text())["collector"]["item_ms"],
        "sizes": sizes,
        "crowds": crowds,
        "teams": teams,
    }


def growing(whole: System, plan: Plan) -> list[Turn]:
    """On one running system: the largest jobs last, but for the smaller ones that follow them once more."""
    turns = [told(whole.turn(items, repeats=n)) for _ in range(plan.rounds) for items, n in plan.sizes]
    turns += [told(whole.turn(items)) for items in plan.once]
    return [*turns, *(told(whole.turn(items, repeats=n)) for items, n in plan.sizes)]


def many(whole: System, plan: Plan) -> list[Turn]:
    return [told(whole.turn(items, jobs=jobs)) for _ in range(plan.rounds) for jobs, items in plan.crowds]


def team(running: Servers, collectors: int, items: int) -> Turn:
    """So many collectors, each time on an empty database."""
    empty(running)
    with system(running, collectors) as whole:
        whole.run(WARM_UP_ITEMS)
        return told(whole.turn(items))


def told(turn: Turn) -> Turn:
    what = f"{turn['jobs']} × {turn['items']:,} items, {turn['collectors']} collectors"
    cpu = sum(turn["cpu_us"].values())
    print(f"   {what:<38}{done(turn) / turn['seconds']:8,.0f} items/s{cpu:8,.0f} µs CPU an item", flush=True)
    return turn
