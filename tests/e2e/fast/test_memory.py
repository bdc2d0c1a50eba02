"""Memory depends on prefetch and window, not on the size of a job.

1,000 items show it here, 20,000 in the long form.
"""

from __future__ import annotations

import pytest

from tests.e2e.exactness import assert_counted_exactly
from tests.e2e.forms import LONG
from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System
from tests.e2e.waiting import wait_until

ITEMS = 20_000 if LONG else 1_000
SECONDS = 60 + ITEMS / 25

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(SECONDS + 60)]

MOST_MEGABYTES = 120.0
# Caches and arenas of the allocator still settle in the second half of a job.
GROWTH_MEGABYTES = 10.0

Sample = tuple[int, dict[str, float]]


def test_memory_stays_flat_over_a_large_job(system: System) -> None:
    user = system.user()
    collectors = [name for name in system.services() if name.startswith("collector")]
    samples: list[Sample] = []

    def sampled_to_the_end() -> bool:
        job = user.job(job_id)
        samples.append((job["progress"], {name: round(system.memory(name), 1) for name in collectors}))
        return bool(job["status"] == "COMPLETED")

    job_id = user.submit_asins(fresh_asins(ITEMS))
    wait_until(sampled_to_the_end, SECONDS)

    for name in collectors:
        early = max(sizes[name] for progress, sizes in samples if progress <= ITEMS / 2)
        most = max(sizes[name] for _, sizes in samples)
        assert early > 0, f"{name} was not seen in the first half"
        assert most < MOST_MEGABYTES, f"{name} took {most} MB"
        assert most - early < GROWTH_MEGABYTES, f"{name} grew from {early} to {most} MB"
    print(*milestones(samples), sep="\n")
    assert_counted_exactly(system, job_id, total=ITEMS)


def milestones(samples: list[Sample]) -> list[Sample]:
    """The sizes when a tenth, a half and all of the items were done, for whoever reads the output (`pytest -rP`)."""
    return [next(sample for sample in samples if sample[0] >= ITEMS * share) for share in (0.1, 0.5, 1.0)]
