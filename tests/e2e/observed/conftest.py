"""The system while it is watched: a Prometheus for which time flies, and a collector of spans."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from deploy.local import prometheus
from deploy.local.folder import RunFolder
from deploy.local.observe import observe, unobserve
from tests.conftest import unavailable
from tests.e2e.observed.spans import SpanCollector, collecting_spans
from tests.e2e.observed.watcher import Watcher
from tests.e2e.storefront import JAPAN
from tests.e2e.system import System, running_system

# Every window and every `for` of the rules is so many times shorter.
HURRY = 120


@pytest.fixture(scope="package")
def spans() -> Iterator[SpanCollector]:
    with collecting_spans() as collector:
        yield collector


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory, spans: SpanCollector) -> Iterator[System]:
    if missing := prometheus.missing():
        unavailable(f"not installed: {', '.join(missing)}")
    settings = {
        "COLLECTORS": "1",
        "BROKER_METRICS": "1",
        "ASINFLOW_MARKETPLACES": f"{JAPAN},amazon.de",
        "ASINFLOW_INTERVAL_SECONDS": "0.02",
        "ASINFLOW_BLOCK_PAUSE_SECONDS": "1",
        "ASINFLOW_BLOCK_PAUSE_MAX_SECONDS": "2",
        "ASINFLOW_MEASURE_SECONDS": "1",
        "ASINFLOW_OTLP_ENDPOINT": spans.endpoint,
        "ASINFLOW_TRACE_SAMPLE_RATIO": "1",
        "OTEL_BSP_SCHEDULE_DELAY": "500",
        "STOREFRONT_ARGS": "--page-bytes 0",
    }
    with running_system(RunFolder(tmp_path_factory.mktemp("observed")), **settings) as system:
        yield system


@pytest.fixture(scope="package")
def watcher(system: System) -> Iterator[Watcher]:
    endpoints = observe(system.folder, hurry=HURRY, while_pid=os.getpid(), say=lambda _: None)
    try:
        with Watcher.at(endpoints) as watcher:
            yield watcher
    finally:
        unobserve(system.folder)
