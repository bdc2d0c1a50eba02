"""Labels stay bounded whatever strangers write; the loop's lateness and the version are told."""

from __future__ import annotations

import asyncio
import time

from prometheus_client import REGISTRY

from shared import metrics
from shared.messages import MESSAGES
from shared.watch import LOOP_SECONDS, watch_loop
from tests.waiting import eventually


def test_type_of_a_stranger_makes_no_series() -> None:
    assert [metrics.known_type(name) for name in MESSAGES] == list(MESSAGES)
    assert {metrics.known_type(name) for name in ("", "job.submitted.v9", "x" * 1000)} == {"unknown"}


def test_made_up_values_beyond_a_limit_are_one() -> None:
    limited = metrics.Limited(most=2)
    assert [limited(value) for value in ("a", "b", "c", "a", "d", "b")] == ["a", "b", "other", "a", "other", "b"]


def test_build_info_says_what_runs() -> None:
    metrics.tell_build("tester", "0c1d2e3")
    [labels] = [
        sample.labels
        for metric in REGISTRY.collect()
        if metric.name == "asinflow_build_info"
        for sample in metric.samples
        if sample.labels["service"] == "tester"
    ]
    assert labels["version"]
    assert labels["revision"] == "0c1d2e3"
    assert labels["python"].startswith("3.")


async def test_loop_that_was_held_up_is_late() -> None:
    def late() -> float:
        return REGISTRY.get_sample_value("asinflow_event_loop_lag_seconds_sum") or 0.0

    before = late()
    measuring = asyncio.create_task(watch_loop())
    try:
        await asyncio.sleep(0)
        time.sleep(LOOP_SECONDS + 0.3)  # noqa: ASYNC251  what it is made to notice
        await eventually(lambda: late() > before + 0.2)
    finally:
        measuring.cancel()
