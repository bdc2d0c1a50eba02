"""Rendered overlays, and the questions that tests ask of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from deploy.local import nodetools

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "deploy" / "k8s"
OVERLAYS = ("dev", "production")
SERVICES = ("api", "expander", "collector", "aggregator", "sweeper")
CORE = ("v1", "apps/v1", "batch/v1", "policy/v1", "networking.k8s.io/v1", "autoscaling/v2")
Document = dict[str, Any]


@cache
def _built(overlay: str) -> str:
    kubectl = Path(sys.executable).with_name("kubectl")
    command = [kubectl, "kustomize", KUBERNETES / "overlays" / overlay]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def rendered(overlay: str) -> list[Document]:
    """What `kubectl apply -k` would send, fresh for every caller."""
    return list(yaml.safe_load_all(_built(overlay)))


def of_kind(documents: list[Document], *kinds: str) -> list[Document]:
    return [document for document in documents if document["kind"] in kinds]


def named(documents: list[Document], kind: str, name: str) -> Document:
    (found,) = [document for document in of_kind(documents, kind) if document["metadata"]["name"] == name]
    return found


def pod_templates(documents: list[Document]) -> Iterator[tuple[str, Document]]:
    """Every pod that would run, by the name of what runs it."""
    for document in of_kind(documents, "Deployment", "Job"):
        yield document["metadata"]["name"], document["spec"]["template"]
    for document in of_kind(documents, "CronJob"):
        yield document["metadata"]["name"], document["spec"]["jobTemplate"]["spec"]["template"]


def container(template: Document) -> Document:
    (only,) = template["spec"]["containers"]
    return dict(only)


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector selects what has these labels."""
    wanted = selector.get("matchLabels", {}).items() <= labels.items()
    checks = {
        "In": lambda e: labels.get(e["key"]) in e["values"],
        "NotIn": lambda e: labels.get(e["key"]) not in e["values"],
    }
    return wanted and all(checks[e["operator"]](e) for e in selector.get("matchExpressions", []))


def environment(documents: list[Document], template: Document) -> dict[str, str]:
    """The variables that a pod's process would see; those from a Secret or the pod itself with an empty value."""
    configs = {d["metadata"]["name"]: d.get("data", {}) for d in of_kind(documents, "ConfigMap")}
    own, found = container(template), dict[str, str]()
    for source in own.get("envFrom", []):
        found.update(configs[source["configMapRef"]["name"]])
    return found | {variable["name"]: variable.get("value", "") for variable in own.get("env", [])}


def complaints(documents: list[Document]) -> list[str]:
    """What the models of their definitions say against these custom resources."""
    command = [str(nodetools.node()), str(Path(__file__).with_name("crds.mjs")), str(nodetools.MODULES)]
    run = subprocess.run(command, input=json.dumps(documents), capture_output=True, text=True, check=True)
    return list(json.loads(run.stdout))
