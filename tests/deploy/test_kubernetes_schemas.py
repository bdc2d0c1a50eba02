"""Every manifest is what its kind is defined to be, down to the last field; what is not is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest

from deploy.k8s.__main__ import main as generate
from tests.deploy.kubernetes import CORE, KUBERNETES, OVERLAYS, complaints, named, of_kind, rendered
from tests.deploy.rabbitmqcluster import SCHEMA

VERSION = "1.37"


def identity(document: dict[str, Any]) -> tuple[str, str, str]:
    return document["apiVersion"], document["kind"], document["metadata"]["name"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_core_kinds_are_valid(overlay: str) -> None:
    for document in rendered(overlay):
        if document["apiVersion"] in CORE:
            kubernetes_validate.validate(document, VERSION, strict=True)


@pytest.mark.parametrize("kind", ["Deployment", "NetworkPolicy", "HorizontalPodAutoscaler", "Job"])
@pytest.mark.parametrize("change", [{"nonsense": 1}, {"podSelector": 1, "minReplicas": "two", "template": 1}])
def test_a_broken_field_of_a_core_kind_is_refused(kind: str, change: dict[str, Any]) -> None:
    document = of_kind(rendered("production"), kind)[0]
    document["spec"].update(change)
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(document, VERSION, strict=True)


def test_custom_resources_are_what_their_models_say(node_modules: Path) -> None:
    others = [d for d in rendered("production") if d["apiVersion"] not in CORE and d["kind"] != "RabbitmqCluster"]
    assert sorted({document["kind"] for document in others}) == [
        *("HTTPRoute", "PodMonitor", "PrometheusRule", "ScaledObject", "ServiceMonitor", "TriggerAuthentication")
    ]
    assert complaints(others) == []


def test_a_broken_field_of_a_custom_resource_is_refused(node_modules: Path) -> None:
    scaled = named(rendered("production"), "ScaledObject", "collector")
    scaled["spec"]["triggers"][0]["nonsense"] = "x"
    monitor = named(rendered("production"), "PodMonitor", "asinflow")
    monitor["spec"]["podMetricsEndpoints"][0]["interval"] = "often"
    route = named(rendered("production"), "HTTPRoute", "api")
    route["spec"]["rules"][0]["timeouts"]["request"] = 0
    found = complaints([scaled, monitor, route, {**scaled, "apiVersion": "keda.sh/v9"}])
    assert [line.split(":")[0] for line in found] == [
        *("ScaledObject/collector", "PodMonitor/asinflow", "HTTPRoute/api", "ScaledObject/collector")
    ]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_broker_is_what_its_operator_takes(overlay: str) -> None:
    cluster = named(rendered(overlay), "RabbitmqCluster", "asinflow-broker")
    assert cluster["apiVersion"] == "rabbitmq.com/v1beta1"
    jsonschema.validate(cluster["spec"], SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**cluster["spec"], "nonsense": 1}, SCHEMA)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_is_there_twice(overlay: str) -> None:
    identities = [identity(document) for document in rendered(overlay)]
    assert len(set(identities)) == len(identities)


def test_every_file_is_part_of_an_overlay() -> None:
    """By the kustomizations that name it: a manifest nobody includes is never applied."""
    names = {line.strip("- \n") for k in KUBERNETES.rglob("kustomization.yaml") for line in k.read_text().splitlines()}
    files = [file for file in KUBERNETES.rglob("*") if file.suffix in {".yaml", ".env"}]
    unused = [file.name for file in files if file.name != "kustomization.yaml" and file.name not in names]
    assert [name for name in unused if f"settings/{name}" not in names] == []


def test_generated_manifests_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate(["--check"]) == 0, capsys.readouterr().out + "run: make manifests"
