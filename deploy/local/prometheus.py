"""A Prometheus and an Alertmanager of our own that watch one local stack."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.folder import ROOT
from deploy.local.ports import LOOPBACK, Ports
from deploy.local.program import Program

RULES = ROOT / "deploy" / "prometheus"
_TOOLS = ("prometheus", "promtool", "amtool")
# Debian's name first.
_ALERTMANAGERS = ("prometheus-alertmanager", "alertmanager")
_QUEUE_FAMILIES = ("queue_coarse_metrics", "queue_consumer_count")
# A duration of a rule: how long it looks back, or how long something must last.
_DURATION = re.compile(r"(?<=\[)(\d+)([smhd])(?=\])|(?<=for: )(\d+)([smhd])")
_LEAST_WINDOW_SECONDS = 6
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def missing() -> list[str]:
    """Which of the programs are not installed."""
    absent = [name for name in _TOOLS if shutil.which(name) is None]
    return absent if _alertmanager() else [*absent, _ALERTMANAGERS[-1]]


def _alertmanager() -> str | None:
    return next((path for name in _ALERTMANAGERS if (path := shutil.which(name))), None)


def hurried(rules: str, factor: int) -> str:
    """Rules whose durations are so many times shorter, for those who cannot wait: a window still holds some samples."""

    def shorter(found: re.Match[str]) -> str:
        number, unit = (group for group in found.groups() if group is not None)
        least = 1 if found[1] is None else _LEAST_WINDOW_SECONDS
        return f"{max(least, int(number) * _UNITS[unit] // factor)}s"

    return _DURATION.sub(shorter, rules)


def programs(folder: Path, ports: Ports, targets: Mapping[str, Sequence[str]], *, hurry: int = 1) -> list[Program]:
    """Both programs, with their settings and data below `folder`.

    `targets` are `host:port` by job. `hurry` tells how many times faster than in earnest time passes for the rules.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in RULES.glob("*.rules.yaml"):
        (folder / path.name).write_text(hurried(path.read_text(), hurry))
    (folder / "prometheus.yaml").write_text(_settings(folder, ports, targets, seconds=5 if hurry == 1 else 1))
    (folder / "alertmanager.yaml").write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    return [_alertmanager_program(folder, ports), _prometheus_program(folder, ports)]


def _settings(folder: Path, ports: Ports, targets: Mapping[str, Sequence[str]], seconds: int) -> str:
    lines = [
        "global:",
        f"  scrape_interval: {seconds}s",
        f"  scrape_timeout: {seconds}s",
        f"  evaluation_interval: {seconds}s",
        f"rule_files: [{folder}/*.rules.yaml]",
        "alerting:",
        f"  alertmanagers: [{{static_configs: [{{targets: ['{LOOPBACK}:{ports['alertmanager']}']}}]}}]",
        "scrape_configs:",
    ]
    for job, addresses in targets.items():
        lines += [f"  - job_name: {job}", f"    static_configs: [{{targets: {list(addresses)}}}]"]
        if job == "rabbitmq-queues":
            lines += ["    metrics_path: /metrics/detailed", f"    params: {{family: {list(_QUEUE_FAMILIES)}}}"]
    return "\n".join(lines) + "\n"


def _prometheus_program(folder: Path, ports: Ports) -> Program:
    port = ports["prometheus"]
    return Program(
        name="prometheus",
        command=[
            shutil.which("prometheus") or "prometheus",
            f"--config.file={folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            "--storage.tsdb.retention.time=1d",
            f"--web.listen-address={LOOPBACK}:{port}",
            "--web.enable-lifecycle",
            "--log.level=warn",
        ],
        ready=f"http://{LOOPBACK}:{port}/-/ready",
        port=port,
        stage=1,
        grace_seconds=5.0,
    )


def _alertmanager_program(folder: Path, ports: Ports) -> Program:
    port = ports["alertmanager"]
    return Program(
        name="alertmanager",
        command=[
            _alertmanager() or _ALERTMANAGERS[-1],
            f"--config.file={folder / 'alertmanager.yaml'}",
            f"--storage.path={folder / 'alerts'}",
            f"--web.listen-address={LOOPBACK}:{port}",
            "--cluster.listen-address=",
            "--log.level=warn",
        ],
        ready=f"http://{LOOPBACK}:{port}/-/ready",
        port=port,
        stage=0,
        grace_seconds=5.0,
    )
