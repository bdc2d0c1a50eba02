"""Rules and settings of Prometheus, Alertmanager and Grafana are what their own tools call correct."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local import prometheus
from deploy.local.folder import ROOT
from deploy.local.prometheus import RULES, hurried
from deploy.reference.metrics import metrics
from deploy.reference.panels import DASHBOARDS
from tests.conftest import unavailable

GRAFANA = ROOT / "deploy" / "grafana"
ALERTS = yaml.safe_load((RULES / "alerts.rules.yaml").read_text())["groups"][0]["rules"]
CASES = yaml.safe_load((RULES / "alerts.test.yaml").read_text())["tests"]
RUNBOOK = ROOT / "docs" / "operations.md"
# What others measure; the names of what RabbitMQ and Prometheus themselves tell.
FOREIGN = re.compile(r"(rabbitmq_|process_|up\b)\w*")
_WORDS = re.compile(r"\b(asinflow[a-z0-9_:]+|rabbitmq_\w+|process_\w+)\b(?!\.)")


@pytest.fixture(scope="module", autouse=True)
def _tools() -> None:
    if missing := prometheus.missing():
        unavailable(f"not installed: {', '.join(missing)}")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The files where a test may break them."""
    return Path(shutil.copytree(RULES, tmp_path / "prometheus"))


def check(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


def keep_cases_of(folder: Path, alerts: tuple[str, ...]) -> None:
    """Fewer cases, which are soon done."""
    cases = yaml.safe_load((folder / "alerts.test.yaml").read_text())
    cases["tests"] = [case for case in cases["tests"] if case["name"].startswith(alerts)]
    (folder / "alerts.test.yaml").write_text(yaml.safe_dump(cases))


CHECKS = {
    "rules": ("promtool", "check", "rules", "recording.rules.yaml", "alerts.rules.yaml"),
    "cases": ("promtool", "test", "rules", "alerts.test.yaml"),
    "prometheus": ("promtool", "check", "config", "--syntax-only", "prometheus.yaml"),
    "alertmanager": ("amtool", "check-config", "alertmanager.yaml"),
}
BREAKS = [
    ("rules", "alerts.rules.yaml", "asinflow:leaders:count < 1", "asinflow:leaders:count <"),
    ("rules", "recording.rules.yaml", "record: asinflow:messages:rate5m", "record: asinflow messages"),
    ("cases", "alerts.rules.yaml", "asinflow:leaders:count < 1", "asinflow:leaders:count < 0"),
    ("cases", "alerts.rules.yaml", "for: 15m", "for: 150m"),
    ("cases", "alerts.rules.yaml", "> 14.4 * 0.005", "> 14.4 * 0.05"),
    ("prometheus", "prometheus.yaml", "scrape_interval: 15s", "scrape_interval: soon"),
    ("alertmanager", "alertmanager.yaml", "receiver: tickets", "receiver: nobody"),
]


@pytest.mark.parametrize("name", CHECKS)
def test_files_are_correct(name: str) -> None:
    result = check(RULES, *CHECKS[name])
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("name", "file", "good", "bad"), BREAKS)
def test_broken_file_is_refused(copy: Path, name: str, file: str, good: str, bad: str) -> None:
    text = (copy / file).read_text()
    assert good in text
    keep_cases_of(copy, ("AsinflowNoLeader", "AsinflowMarketplaceBlocked", "AsinflowErrorBudgetFastBurn"))
    (copy / file).write_text(text.replace(good, bad))
    assert check(copy, *CHECKS[name]).returncode != 0


def test_every_alert_has_a_case_that_fires_and_one_that_does_not() -> None:
    fires, quiet = set(), set()
    for case in CASES:
        for expected in case["alert_rule_test"]:
            (fires if expected["exp_alerts"] else quiet).add(expected["alertname"])
    assert fires == quiet == {alert["alert"] for alert in ALERTS}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_alert_says_how_bad_it_is_and_where_its_page_is(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in ("page", "ticket")
    assert alert["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert alert["annotations"]["runbook_url"] == f"docs/operations.md#{alert['alert'].lower()}"
    if RUNBOOK.exists():
        headings = re.findall(r"^#+ +(.+)$", RUNBOOK.read_text(), re.MULTILINE)
        assert alert["alert"] in headings, f"docs/operations.md has no section {alert['alert']}"


def expressions() -> list[str]:
    files = [yaml.safe_load(path.read_text()) for path in RULES.glob("*.rules.yaml")]
    rules = [rule["expr"] for file in files for group in file["groups"] for rule in group["rules"]]
    return [*rules, *(text for board in DASHBOARDS for panel in board.panels for text in panel.of.values())]


def test_rules_and_panels_ask_only_for_what_there_is() -> None:
    recorded = set(re.findall(r"record: (\S+)", (RULES / "recording.rules.yaml").read_text()))
    known = recorded | {name for metric in metrics() for name in metric.series}
    asked = {word for text in expressions() for word in _WORDS.findall(re.sub(r'"[^"]*"', "", text))}
    assert {word for word in asked - known if not FOREIGN.fullmatch(word)} == set()
    assert recorded <= {word for word in asked if ":" in word}, "recorded, but never asked for"


@pytest.mark.parametrize("path", sorted((GRAFANA / "dashboards").glob("*.json")), ids=lambda path: path.stem)
def test_dashboard_is_provisioned_whole(path: Path) -> None:
    board = json.loads(path.read_text())
    source = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "prometheus.yaml").read_text())["datasources"][
        0
    ]
    assert board["uid"] == path.stem
    used = {target["datasource"]["uid"] for panel in board["panels"] for target in panel["targets"]}
    assert used == {source["uid"]}
    places = [tuple(panel["gridPos"].values()) for panel in board["panels"]]
    assert all(x + w <= 24 for x, _, w, _ in places)
    cells = [(column, line) for x, y, w, h in places for column in range(x, x + w) for line in range(y, y + h)]
    assert len(cells) == len(set(cells)), "panels overlap"


def test_no_dashboard_is_left_over() -> None:
    assert {path.stem for path in (GRAFANA / "dashboards").glob("*")} == {board.uid for board in DASHBOARDS}


def test_hurried_rules_are_rules(copy: Path) -> None:
    for path in copy.glob("*.rules.yaml"):
        path.write_text(hurried(path.read_text(), 120))
    assert "[6s]" in (copy / "recording.rules.yaml").read_text()
    assert check(copy, *CHECKS["rules"]).returncode == 0
