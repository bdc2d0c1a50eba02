"""Writes what follows from the settings classes: a file of settings per service, and the scaling of two of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # the package ships no stubs

from cli.setting import Setting, all_settings, service_names
from deploy.k8s.scaling import items_per_second, useful_collectors, useful_expanders
from services.collector.queues import collect_queue
from services.collector.settings import CollectorSettings
from services.expander.queues import JOB_SUBMITTED
from services.expander.settings import ExpanderSettings

BASE = Path(__file__).with_name("base")
SCALING = Path(__file__).with_name("components") / "scaling" / "scaledobjects.yaml"
HEAD = "# Written by `python -m deploy.k8s` from the settings classes; a test compares. Change values in an overlay.\n"
COMMON = "common"
# Set by the manifests themselves or by the image.
FROM_ELSEWHERE = frozenset({"ASINFLOW_INSTANCE", "ASINFLOW_UNTIL_EMPTY", "ASINFLOW_REVISION"})


def settings_files() -> dict[Path, str]:
    """By path: a line per variable under its meaning, as a comment where there is no default. No secrets."""
    files = {name: [*_lines(name)] for name in (COMMON, *service_names())}
    return {BASE / "settings" / f"{name}.env": HEAD + "\n".join(lines) + "\n" for name, lines in files.items()}


def _lines(group: str) -> Iterator[str]:
    for setting in all_settings():
        if setting.type == "secret" or setting.variable in FROM_ELSEWHERE or not _belongs(setting, group):
            continue
        known = setting.default not in {"(none)", "(computed)", "(required)"}
        yield f"# {setting.meaning}"
        yield f"{setting.variable}={setting.default}" if known else f"# {setting.variable}="


def _belongs(setting: Setting, group: str) -> bool:
    is_common = len(setting.services) == len(service_names())
    return is_common if group == COMMON else not is_common and group in setting.services


def scaling_file() -> tuple[Path, str]:
    """The ScaledObjects of collector and expander, for the default settings."""
    collector, expander = CollectorSettings(), ExpanderSettings()
    documents = [
        _scaled_object("collector", useful_collectors(collector), _collector_triggers(collector)),
        _scaled_object(
            "expander",
            useful_expanders(expander, expander.concurrency),
            [_length(JOB_SUBMITTED.name, expander.concurrency), _rate(JOB_SUBMITTED.name, expander.concurrency / 4)],
        ),
    ]
    return SCALING, HEAD + yaml.safe_dump_all(documents, sort_keys=False, width=120)


def _collector_triggers(settings: CollectorSettings) -> list[dict[str, Any]]:
    """Per marketplace, more than one collector holds; over all, more than one works off; and its processor."""
    lengths = [_length(collect_queue(name).name, settings.prefetch_for(name)) for name in settings.marketplaces]
    every = "^" + collect_queue("").name.replace(".", r"\.")
    rate = _rate(every, items_per_second(), useRegex="true", operation="sum")
    return [*lengths, rate, {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "70"}}]


def _length(queue: str, value: int) -> dict[str, Any]:
    return _rabbitmq({"queueName": queue, "mode": "QueueLength", "value": str(value), "excludeUnacknowledged": "true"})


def _rate(queue: str, value: float, **more: str) -> dict[str, Any]:
    return _rabbitmq({"queueName": queue, "mode": "MessageRate", "value": str(math.floor(value)), **more})


def _rabbitmq(metadata: dict[str, str]) -> dict[str, Any]:
    reference = {"name": "asinflow-broker"}
    return {"type": "rabbitmq", "metadata": {"protocol": "http", **metadata}, "authenticationRef": reference}


def _scaled_object(name: str, most: int, triggers: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/component": name}},
        "spec": {
            "scaleTargetRef": {"name": name},
            # Never 0: a collector declares the queues that it reads, and nobody can publish to one that is not there.
            "minReplicaCount": 1,
            "maxReplicaCount": most,
            "pollingInterval": 15,
            "cooldownPeriod": 300,
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": _BEHAVIOUR}},
            "triggers": triggers,
        },
    }


_BEHAVIOUR = {
    "scaleUp": {"stabilizationWindowSeconds": 30, "policies": [{"type": "Pods", "value": 2, "periodSeconds": 60}]},
    "scaleDown": {"stabilizationWindowSeconds": 600, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 120}]},
}
