"""What refers to something else in the manifests finds it; every pod is confined, stopped and watched as promised."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from tests.deploy.kubernetes import (
    KUBERNETES,
    OVERLAYS,
    SERVICES,
    container,
    environment,
    matches,
    named,
    of_kind,
    pod_templates,
    rendered,
)

FIGURES = tomllib.loads((KUBERNETES / "figures.toml").read_text())
BROKER = {"app.kubernetes.io/name": "asinflow-broker"}
DATABASE = {"app.kubernetes.io/name": "asinflow-database"}


def labels_of(documents: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    return {name: template["metadata"]["labels"] for name, template in pod_templates(documents)}


def megabytes(quantity: str) -> float:
    number, unit = re.fullmatch(r"(\d+)(Mi|Gi)", quantity).groups()  # type: ignore[union-attr]
    return int(number) * {"Mi": 1.048576, "Gi": 1073.741824}[unit]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_deployments_select_their_own_pods_and_no_others(overlay: str) -> None:
    documents = rendered(overlay)
    pods = labels_of(documents)
    for deployment in of_kind(documents, "Deployment"):
        name, spec = deployment["metadata"]["name"], deployment["spec"]
        assert [pod for pod, labels in pods.items() if matches(spec["selector"], labels)] == [name]
        for spread in spec["template"]["spec"]["topologySpreadConstraints"]:
            assert [pod for pod, labels in pods.items() if matches(spread["labelSelector"], labels)] == [name]


def test_budgets_services_and_scalers_are_for_what_exists() -> None:
    documents = rendered("production")
    pods = labels_of(documents)
    for budget in of_kind(documents, "PodDisruptionBudget"):
        if budget["metadata"]["name"] != "broker":
            selected = [pod for pod, labels in pods.items() if matches(budget["spec"]["selector"], labels)]
            assert selected == [budget["metadata"]["name"]]
    assert {b["metadata"]["name"] for b in of_kind(documents, "PodDisruptionBudget")} == {*SERVICES, "broker"}
    scaled = of_kind(documents, "ScaledObject", "HorizontalPodAutoscaler")
    targets = [scaler["spec"]["scaleTargetRef"]["name"] for scaler in scaled]
    assert sorted(targets) == ["api", "collector", "expander"]
    for name in targets:
        assert "replicas" not in named(documents, "Deployment", name)["spec"]
    service = named(documents, "Service", "api")["spec"]
    assert [pod for pod, labels in pods.items() if service["selector"].items() <= labels.items()] == ["api"]


def test_routes_and_triggers_lead_somewhere() -> None:
    documents = rendered("production")
    ports = {port["port"] for port in named(documents, "Service", "api")["spec"]["ports"]}
    for rule in named(documents, "HTTPRoute", "api")["spec"]["rules"]:
        assert [(backend["name"], backend["port"] in ports) for backend in rule["backendRefs"]] == [("api", True)]
    authentications = {document["metadata"]["name"] for document in of_kind(documents, "TriggerAuthentication")}
    for scaled in of_kind(documents, "ScaledObject"):
        references = [t["authenticationRef"]["name"] for t in scaled["spec"]["triggers"] if t["type"] == "rabbitmq"]
        assert set(references) <= authentications
        assert scaled["spec"]["minReplicaCount"] >= 1
        assert scaled["spec"]["minReplicaCount"] <= scaled["spec"]["maxReplicaCount"]


def test_live_events_are_not_cut_off_and_metrics_stay_inside() -> None:
    rules = named(rendered("production"), "HTTPRoute", "api")["spec"]["rules"]
    by_path = {match["path"]["value"]: (match["path"]["type"], rule) for rule in rules for match in rule["matches"]}
    assert by_path["/v1"][1]["timeouts"] == {"request": "0s", "backendRequest": "0s"}
    assert {path for path, (kind, _) in by_path.items() if kind == "PathPrefix"} == {"/v1"}
    assert "/metrics" not in by_path


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_probes_ask_a_port_that_the_process_listens_on(overlay: str) -> None:
    documents = rendered(overlay)
    paths = {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    for deployment in of_kind(documents, "Deployment"):
        template = deployment["spec"]["template"]
        only = container(template)
        ports = {port["name"]: port["containerPort"] for port in only["ports"]}
        assert str(ports["http"]) == environment(documents, template)["ASINFLOW_HTTP_PORT"]
        assert {probe: only[probe]["httpGet"]["path"] for probe in paths} == paths
        assert all(only[probe]["httpGet"]["port"] in ports for probe in paths)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_pod_is_given_the_time_that_its_process_takes_to_stop(overlay: str) -> None:
    documents = rendered(overlay)
    for name, template in pod_templates(documents):
        if name in SERVICES:
            hook = container(template).get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            shutdown = float(environment(documents, template)["ASINFLOW_SHUTDOWN_SECONDS"])
            assert template["spec"]["terminationGracePeriodSeconds"] >= hook + shutdown + 5, name
            assert hook > 0 or name != "api"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_is_confined(overlay: str) -> None:
    for name, template in pod_templates(rendered(overlay)):
        pod, only = template["spec"], container(template)
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["serviceAccountName"] == "asinflow"
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] >= 10_000
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert only["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert not only["image"].endswith(":latest")
        assert ":" in only["image"]


@pytest.mark.parametrize("service", SERVICES)
def test_requests_and_limits_hold_what_was_measured(service: str) -> None:
    resources = container(named(rendered("production"), "Deployment", service)["spec"]["template"])["resources"]
    figures = FIGURES[service]
    assert megabytes(resources["requests"]["memory"]) >= figures["peak_mb"]
    assert megabytes(resources["limits"]["memory"]) >= 2 * figures["peak_mb"]
    assert "cpu" not in resources["limits"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_secrets_and_settings_are_referred_to_by_name(overlay: str) -> None:
    documents = rendered(overlay)
    configs = {config["metadata"]["name"] for config in of_kind(documents, "ConfigMap")}
    secrets = set()
    for _, template in pod_templates(documents):
        only = container(template)
        assert {source["configMapRef"]["name"] for source in only["envFrom"]} <= configs
        references = [v["valueFrom"]["secretKeyRef"] for v in only["env"] if "secretKeyRef" in v.get("valueFrom", {})]
        secrets |= {reference["name"] for reference in references}
    assert secrets == {"asinflow-broker", "asinflow-database", "asinflow-tokens", "asinflow-sources"}


def reachable(documents: list[dict[str, Any]], name: str, port: int | str, **target: Any) -> bool:
    """Whether a policy lets pods of this name out to the target: `pod` labels, or a `cidr`."""
    labels = labels_of(documents)[name]
    for policy in of_kind(documents, "NetworkPolicy"):
        if "Egress" not in policy["spec"]["policyTypes"] or not matches(policy["spec"]["podSelector"], labels):
            continue
        for rule in policy["spec"].get("egress", []):
            if port in {p["port"] for p in rule["ports"]} and any(_leads(to, **target) for to in rule.get("to", [])):
                return True
    return False


def _leads(peer: dict[str, Any], pod: dict[str, str] | None = None, cidr: str | None = None) -> bool:
    if pod is not None:
        return "podSelector" in peer and "namespaceSelector" not in peer and matches(peer["podSelector"], pod)
    return peer.get("ipBlock", {}).get("cidr") == cidr


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_whatever_is_not_allowed_is_forbidden(overlay: str) -> None:
    policy = named(rendered(overlay), "NetworkPolicy", "default-deny")["spec"]
    assert policy["podSelector"] == {}
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policy
    assert "egress" not in policy


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_reach_what_they_need_and_nothing_else(overlay: str) -> None:
    documents = rendered(overlay)
    expected = {name: (True, True, name in {"api", "expander", "collector", "sweeper"}) for name in SERVICES}
    expected |= dict.fromkeys(("migrate", "contract"), (False, True, False))
    found = {
        name: (
            reachable(documents, name, 5672, pod=BROKER),
            reachable(documents, name, 27017, pod=DATABASE),
            reachable(documents, name, 443, cidr="0.0.0.0/0"),
        )
        for name in labels_of(documents)
    }
    assert found == expected
    assert not any(reachable(documents, name, 80, cidr="0.0.0.0/0") for name in found)
    assert not any(reachable(documents, name, 15672, pod=BROKER) for name in found)


def test_the_web_does_not_include_the_cluster_or_the_clouds_metadata() -> None:
    (rule,) = named(rendered("production"), "NetworkPolicy", "to-the-web")["spec"]["egress"]
    blocks = {peer["ipBlock"]["cidr"]: set(peer["ipBlock"]["except"]) for peer in rule["to"]}
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= blocks["0.0.0.0/0"]
    assert {"fc00::/7", "fe80::/10"} <= blocks["::/0"]


def test_the_broker_keeps_a_quorum_when_one_node_goes() -> None:
    documents = rendered("production")
    cluster = named(documents, "RabbitmqCluster", "asinflow-broker")["spec"]
    assert cluster["replicas"] == 3
    assert named(documents, "PodDisruptionBudget", "broker")["spec"]["maxUnavailable"] == 1
    lines = cluster["rabbitmq"]["additionalConfig"].splitlines()
    assert {"cluster_partition_handling = pause_minority", "default_queue_type = quorum"} <= set(lines)
