"""Memory depends on prefetch and window, not on the size of a job.

3,000 items show it here; `ASINFLOW_SOAK_ITEMS=20000 pytest tests/e2e/rough/test_memory.py` shows it at length.
"""

from __future__ import annotations

import os
from collections import defaultdict

import pytest

from tests.e2e.exactness import assert_counted_exactly
from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System
from tests.waiting import wait_until

ITEMS = int(os.environ.get("ASINFLOW_SOAK_ITEMS", "3000"))
SECONDS = 60 + ITEMS / 25

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(SECONDS + 60)]

MOST_MEGABYTES = 120.0
# Caches and arenas of the allocator still settle in the second half of a job.
GROWTH_MEGABYTES = 10.0


def test_memory_stays_flat_over_a_large_job(system: System) -> None:
    user = system.user()
    collectors = [name for name in system.services() if name.startswith("collector")]
    samples: dict[str, list[tuple[int, float]]] = defaultdict(list)

    def sampled_to_the_end() -> bool:
        job = user.job(job_id)
        for name in collectors:
            samples[name].append((job["progress"], system.status(name).memory / 1e6))
        return bool(job["status"] == "COMPLETED")

    job_id = user.submit_asins(fresh_asins(ITEMS))
    wait_until(sampled_to_the_end, SECONDS)

    for name, series in samples.items():
        first_half = max((size for progress, size in series if progress <= ITEMS / 2), default=0.0)
        assert first_half > 0, f"{name} was not seen in the first half"
        most = max(size for _, size in series)
        assert most < MOST_MEGABYTES, f"{name} took {most:.0f} MB"
        assert most - first_half < GROWTH_MEGABYTES, f"{name} grew from {first_half:.0f} to {most:.0f} MB"
    assert_counted_exactly(system, job_id, total=ITEMS)
