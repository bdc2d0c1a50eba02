"""One job as large as a job may be, on the system that does small ones before and after it."""

from __future__ import annotations

from pathlib import Path

from bench.growth.judge import SMALL
from bench.growth.part import COLLECTORS, WARM_UP_ITEMS, told
from bench.growth.system import system
from bench.million.page import Result
from bench.servers import servers

LARGE, QUICK_LARGE = 1_000_000, 5_000
# Turns of small jobs before and after the large one, and jobs of each.
TURNS, JOBS = 2, 10


def measure(quick: bool, run: Path) -> Result:
    large, turns, jobs = (QUICK_LARGE, 1, 1) if quick else (LARGE, TURNS, JOBS)
    with servers(fsync=True, logs=run) as running, system(running, COLLECTORS) as whole:
        whole.run(WARM_UP_ITEMS)
        before = [told(whole.turn(SMALL, repeats=jobs)) for _ in range(turns)]
        between = told(whole.turn(large))
        after = [told(whole.turn(SMALL, repeats=jobs)) for _ in range(turns)]
    return {"turns": [*before, between, *after]}
