"""What bounds the throughput, and when a large job counts as costing what a small one does."""

from __future__ import annotations

from typing import Any

import pytest

from bench.growth.judge import judged
from bench.growth.model import bound, need
from tests.unit.bench.examples import turn

COSTS = {"api": 10.0, "expander": 50.0, "collector": 400.0, "aggregator": 20.0, "broker": 100.0, "database": 220.0}


@pytest.mark.parametrize(
    ("collectors", "cores", "per_second", "reason"),
    [
        (1, 8, 2_500.0, "the collectors"),
        (4, 2, 2_500.0, "the machine's cores"),
        (16, 64, 20_000.0, "the expander"),
    ],
)
def test_throughput_is_bound_by_what_is_full_first(collectors: int, cores: int, per_second: float, reason: str) -> None:
    found = bound(COSTS, collectors, cores)
    assert (round(found.per_second), found.reason) == (per_second, reason)


def test_a_rate_asks_for_lines_of_the_pace_and_cores() -> None:
    found = need(COSTS, 1_000.0, page_ms=50.0)
    assert (found.lines, found.collectors, found.database) == (2_000.0, pytest.approx(50.4), pytest.approx(0.22))


def test_a_service_that_grows_with_the_job_is_named() -> None:
    large: Any = turn(100_000, 100.0)
    large["peak_megabytes"]["api"] = 90.0
    small: Any = turn(1000, 1.0)
    found = {target.what.partition(",")[0]: target for target in judged([small, large])}
    memory = found["memory of the service that grows most"]
    assert (memory.measured, memory.reached) == ("1.50 × (api)", False)
    assert found["CPU per item"].reached
