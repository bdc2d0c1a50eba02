"""One job as large as a job may be, on the system that does small ones before and after it."""

from __future__ import annotations

from pathlib import Path

from bench.growth.judge import SMALL
from bench.growth.part import COLLECTORS, WARM_UP_ITEMS, told
from bench.growth.system import system
from bench.million.page import Result
from bench.servers import servers

LARGE, QUICK_LARGE = 1_000_000, 10_000
SMALL_JOBS = 10


def measure(quick: bool, run: Path) -> Result:
    with servers(fsync=True, logs=run) as running, system(running, COLLECTORS) as whole:
        whole.run(WARM_UP_ITEMS)
        small = [told(whole.turn(SMALL, repeats=SMALL_JOBS)) for _ in range(2)]
        large = told(whole.turn(QUICK_LARGE if quick else LARGE))
        after = [told(whole.turn(SMALL, repeats=SMALL_JOBS)) for _ in range(2)]
    return {"turns": [*small, large, *after]}
