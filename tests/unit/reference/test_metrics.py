"""Every metric is documented, and none can have labels without bounds."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

import pytest
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from deploy.reference.labels import LABELS
from deploy.reference.metrics import SERVICES, metrics, modules_of, services_of

NAMES = {metric.name: metric for metric in metrics()}
UNBOUNDED = {"job", "job_id", "user", "user_id", "asin", "url", "path", "message_id", "trace_id", "egress_address"}


def registered() -> Iterable[MetricWrapperBase]:
    """Everything of ours in the registry of a process that has loaded every service."""
    for service in SERVICES:
        importlib.import_module(f"services.{service}.bootstrap")
    found = {id(c): c for c in REGISTRY._collector_to_names if isinstance(c, MetricWrapperBase)}
    return [each for each in found.values() if each._name.startswith("asinflow_")]


def name_of(collector: MetricWrapperBase) -> str:
    return collector._name + ("_total" if collector._type == "counter" else "")


@pytest.mark.parametrize("service", SERVICES)
def test_every_metric_of_a_service_is_documented_with_its_labels(service: str) -> None:
    importlib.import_module(f"services.{service}.bootstrap")
    for collector in registered():
        assert NAMES[name_of(collector)].labels == tuple(collector._labelnames)
    assert {metric.name for metric in metrics() if metric.module in modules_of(service)} <= set(
        map(name_of, registered())
    )


@pytest.mark.parametrize("metric", metrics(), ids=lambda metric: metric.name)
def test_metric_has_a_unit_a_meaning_and_bounded_labels(metric: object) -> None:
    found = NAMES[metric.name]
    assert found.name.startswith("asinflow_")
    assert found.comment, f"no comment above {found.name} says what it means and when it moves"
    assert (found.kind == "Counter") == found.name.endswith("_total")
    if found.kind == "Histogram":
        assert found.name.endswith(("_seconds", "_bytes", "_items"))
    assert not UNBOUNDED & set(found.labels)
    unknown = [label for label in found.labels if label not in LABELS]
    assert not unknown, f"tell in deploy/reference/labels.py what {unknown} can be"
    assert services_of(found), f"no service loads {found.module}"


def test_no_label_is_described_that_nobody_has() -> None:
    assert set(LABELS) == {label for metric in metrics() for label in metric.labels}


@pytest.mark.parametrize(
    ("label", "value", "allowed"),
    [
        ("marketplace", "amazon.co.jp", True),
        ("marketplace", "amazon.co.jp@pool-1", True),
        ("marketplace", "amazon.example", False),
        ("type", "item.collect.v1", True),
        ("type", "item.collect.v1 ", False),
        ("route", "/v1/jobs/{job_id}", True),
        ("route", "/v1/jobs/0193F", False),
        ("status", "503", True),
        ("status", "WAITING", True),
        ("status", "waiting", False),
        ("reason", "", True),
    ],
)
def test_label_tells_its_values_from_others(label: str, value: str, allowed: bool) -> None:
    assert LABELS[label].allows(value) is allowed
