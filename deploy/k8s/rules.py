"""The rules of deploy/prometheus in the shape that the Prometheus operator takes them in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # the package ships no stubs

RULES = Path(__file__).parents[1] / "prometheus"
RESOURCE = Path(__file__).with_name("components") / "monitoring" / "prometheusrule.yaml"
HEAD = "# Written by `make manifests` from deploy/prometheus/*.rules.yaml; a test compares. Change the rules there.\n"


def rule_groups() -> list[dict[str, Any]]:
    """Recording rules before the alerts that ask for them, as Prometheus reads the files."""
    files = sorted(RULES.glob("*.rules.yaml"), reverse=True)
    return [group for file in files for group in yaml.safe_load(file.read_text())["groups"]]


def rules_file() -> tuple[Path, str]:
    """The PrometheusRule with all groups."""
    resource = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "asinflow"},
        "spec": {"groups": rule_groups()},
    }
    return RESOURCE, HEAD + yaml.dump(resource, Dumper=_Dumper, sort_keys=False, width=200)


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]  # untyped, see above
    """Expressions of several lines stay as they are written."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
