"""What watches the system on Kubernetes is what watches it elsewhere: the same jobs, rules and dashboards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.k8s.rules import rule_groups
from tests.deploy.kubernetes import ROOT, SERVICES, complaints, matches, named, of_kind, pod_templates, rendered

SCRAPED = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yaml").read_text())["scrape_configs"]
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
BROKER = {"app.kubernetes.io/name": "asinflow-broker"}


def relabeled(endpoint: dict[str, Any]) -> dict[str, str]:
    """What an endpoint's labels are set to: a value, or where it is taken from."""
    return {r["targetLabel"]: r.get("replacement") or r["sourceLabels"][0] for r in endpoint["relabelings"]}


def test_every_process_is_scraped_and_migrations_are_not() -> None:
    documents = rendered("production")
    monitor = named(documents, "PodMonitor", "asinflow")["spec"]
    labels = {name: template["metadata"]["labels"] for name, template in pod_templates(documents)}
    assert {name for name in labels if matches(monitor["selector"], labels[name])} == set(SERVICES)
    (endpoint,) = monitor["podMetricsEndpoints"]
    assert (endpoint["path"], endpoint["port"]) == ("/metrics", "http")
    assert relabeled(endpoint) == {"instance": "__meta_kubernetes_pod_name"}
    # Alerts ask for the job `asinflow`.
    assert {labels[name][monitor["jobLabel"]] for name in SERVICES} == {SCRAPED[0]["job_name"]}


def test_the_broker_is_scraped_as_it_is_without_kubernetes() -> None:
    monitor = named(rendered("production"), "ServiceMonitor", "broker")["spec"]
    assert matches(monitor["selector"], BROKER)
    assert {relabeled(e)["job"]: (e["path"], e.get("params")) for e in monitor["endpoints"]} == {
        s["job_name"]: (s.get("metrics_path", "/metrics"), s.get("params"))
        for s in SCRAPED
        if s["job_name"].startswith("rabbitmq")
    }


def test_prometheus_may_reach_what_it_scrapes() -> None:
    documents = rendered("production")
    cluster = named(documents, "RabbitmqCluster", "asinflow-broker")["spec"]
    assert "rabbitmq_prometheus" in cluster["rabbitmq"]["additionalPlugins"]
    policy = named(documents, "NetworkPolicy", "broker")["spec"]
    monitoring = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    assert matches(policy["podSelector"], BROKER)
    assert [rule["ports"] for rule in policy["ingress"] if monitoring in rule["from"]] == [
        [{"protocol": "TCP", "port": 15692}]
    ]


def test_rules_are_those_of_prometheus() -> None:
    assert named(rendered("production"), "PrometheusRule", "asinflow")["spec"]["groups"] == rule_groups()
    assert [group["name"] for group in rule_groups()] == [
        "asinflow-figures",
        "asinflow-error-budget",
        "asinflow-alerts",
    ]


@pytest.mark.parametrize("damage", [{"for": "soon"}, {"expr": None}, {"labels": "page"}, {"severity": "page"}])
def test_a_broken_rule_is_refused(node_modules: Path, damage: dict[str, Any]) -> None:
    resource = named(rendered("production"), "PrometheusRule", "asinflow")
    resource["spec"]["groups"][-1]["rules"][0].update(damage)
    assert complaints([resource])


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_dashboard_is_there_for_the_sidecar(path: Path) -> None:
    config = named(rendered("production"), "ConfigMap", path.stem.replace("asinflow", "dashboard"))
    assert config["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert config["data"].keys() == {path.name}
    assert json.loads(config["data"][path.name]) == json.loads(path.read_text())
    # `kubectl apply` keeps the whole of it in an annotation, which may be so long.
    assert len(config["data"][path.name]) < 262_144


def test_nothing_is_watched_where_nobody_watches() -> None:
    kinds = {document["kind"] for document in rendered("dev")}
    assert not kinds & {"PodMonitor", "ServiceMonitor", "PrometheusRule"}
    assert of_kind(rendered("production"), "ServiceMonitor")
