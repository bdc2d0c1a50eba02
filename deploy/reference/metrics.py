"""docs/metrics.md: every metric there is, from its declaration and the comment above it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import grimp

from deploy.local.folder import ROOT
from deploy.reference.labels import LABELS

KINDS = {"Counter": "counter", "Gauge": "gauge", "Histogram": "histogram"}
SERVICES = ("api", "expander", "collector", "aggregator", "sweeper")
_SERIES = {"Histogram": ("_bucket", "_sum", "_count")}

_HEAD = """# Metrics

Written by `make docs` from the declarations in the code; a test fails when it is not current.

Every process serves its metrics in the Prometheus format at `/metrics` of its port. Times are in seconds, sizes in
bytes. No label holds a job, a user, a product or an address: what a label can be is told at the end, and a test
holds every series of a running system against it. Beside these, each process has the usual `process_*` and
`python_*` metrics (processor time, memory, open files, garbage collection). Queue depths are told by RabbitMQ
itself: `rabbitmq_detailed_queue_messages_ready` and `…_unacked` of its endpoint `/metrics/detailed`
([ADR 25](adr/0025-who-measures-what.md)).
"""


@dataclass(frozen=True)
class Metric:
    """One declaration: `text` is its help, `comment` what stands above it, `module` where."""

    name: str
    kind: str
    labels: tuple[str, ...]
    text: str
    comment: str
    module: str

    @property
    def series(self) -> tuple[str, ...]:
        """The names under which it is found in Prometheus."""
        return tuple(self.name + suffix for suffix in _SERIES.get(self.kind, ("",)))


@cache
def metrics() -> tuple[Metric, ...]:
    """Every metric that the code of the services declares, by name."""
    found = [m for room in ("shared", "services") for path in sorted((ROOT / room).rglob("*.py")) for m in _in(path)]
    return tuple(sorted(found, key=lambda metric: metric.name))


def _in(path: Path) -> Iterator[Metric]:
    source = path.read_text()
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name):
            call = node.value
            if node.value.func.id in KINDS:
                name, text, *rest = (ast.literal_eval(argument) for argument in call.args)
                comment = _comment_above(source.splitlines(), node.lineno - 1)
                yield Metric(name, node.value.func.id, tuple(rest[0]) if rest else (), text, comment, module)


def _comment_above(lines: list[str], index: int) -> str:
    first = index
    while lines[first - 1].startswith("# "):
        first -= 1
    return " ".join(line.removeprefix("# ") for line in lines[first:index])


@cache
def modules_of(service: str) -> frozenset[str]:
    """Every module of ours that a process of this service loads."""
    graph = _graph()
    start = f"services.{service}.__main__"
    return frozenset({start, *graph.find_upstream_modules(start)})


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph("shared", "services", cache_dir=None)


def services_of(metric: Metric) -> list[str]:
    """The services whose processes have it."""
    return [service for service in SERVICES if metric.module in modules_of(service)]


def page() -> str:
    """The whole page."""
    rows = [
        "| metric | type | labels | of | what it is, when it moves |",
        "|---|---|---|---|---|",
        *(_row(metric) for metric in metrics()),
    ]
    labels = [
        "| label | what it can be |",
        "|---|---|",
        *(f"| `{n}` | {label.meaning} |" for n, label in LABELS.items()),
    ]
    return "\n".join([_HEAD, *rows, "", "## Labels", "", *labels, ""])


def _row(metric: Metric) -> str:
    services = services_of(metric)
    told = "all" if len(services) == len(SERVICES) else ", ".join(services)
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {KINDS[metric.kind]} | {labels} | {told} | {metric.text}. {metric.comment} |"
