"""Whatever dashboards and alerts ask of Prometheus has an answer, and no series has a label without bounds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.prometheus import RULES, hurried
from deploy.reference.labels import LABELS
from deploy.reference.metrics import metrics
from deploy.reference.panels import DASHBOARDS
from tests.e2e.observed.conftest import HURRY
from tests.e2e.observed.watcher import Watcher
from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

OF_PROMETHEUS = {"__name__", "instance", "job", "le"}
# Read before anything runs: Python 3.11 may fail to parse code while other threads do anything at all (gh-106905).
KNOWN = {name: metric for metric in metrics() for name in metric.series}
# An alert is silent in good health: what it compares must be there all the same.
_COMPARISON = re.compile(r"\s+(?:>|<|==)\s+(?:bool\s+)?[\d.]+(?:\s*\*\s*[\d.]+)?(?=\s|\)|$)")


def rules() -> list[dict[str, Any]]:
    files = sorted(RULES.glob("*.rules.yaml"))
    groups = [group for path in files for group in yaml.safe_load(hurried(Path(path).read_text(), HURRY))["groups"]]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> dict[str, str]:
    panels = {
        f"{dashboard.uid}: {panel.title} {legend}": expression
        for dashboard in DASHBOARDS
        for panel in dashboard.panels
        for legend, expression in panel.of.items()
    }
    return {**panels, **{rule.get("alert", rule.get("record")): compared(rule["expr"]) for rule in rules()}}


def compared(expression: str) -> str:
    """What is compared, without the comparison; for what must be absent, what must be there."""
    return _COMPARISON.sub("", re.sub(r"absent\((.*?)\)(?: == 1)?", r"\1", expression))


def test_every_expression_of_panels_rules_and_alerts_has_data(system: System, watcher: Watcher) -> None:
    user = system.user()
    asked = expressions()

    def all_answered() -> bool:
        empty = [f"{name}: {text}" for name, text in asked.items() if not watcher.query(text)]
        assert not empty, "\n".join(empty)
        return True

    # Long enough at work that even the shortest window sees it.
    jobs = [user.submit_asins(fresh_asins(400)), str(user.submit("KEYWORD", keyword="music", max_results=10)["id"])]
    wait_until(all_answered, 60)
    for job_id in jobs:
        user.wait_for_end(job_id)
    for rule in rules():  # as they stand, too
        watcher.query(rule["expr"])


def test_every_series_of_every_process_has_bounded_labels(watcher: Watcher) -> None:
    found = watcher.series('{__name__=~"asinflow_.+", job="asinflow"}')
    strange = [
        (series["__name__"], label, series[label])
        for series in found
        if not series["__name__"].endswith("_created")
        for label in series.keys() - OF_PROMETHEUS
        if label not in KNOWN[series["__name__"]].labels or not LABELS[label].allows(series[label])
    ]
    assert not strange
    assert len(watcher.series('{job="asinflow"}')) < 6_000


def test_all_programs_are_watched(watcher: Watcher) -> None:
    up = {(found["metric"]["job"], found["value"][1]) for found in watcher.query("up")}
    assert up == {("asinflow", "1"), ("rabbitmq", "1"), ("rabbitmq-queues", "1")}
