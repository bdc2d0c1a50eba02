"""Watching a local stack: a second stack of its own, so that it may come and go while the first one runs."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from urllib.parse import urlsplit

from deploy.local import commands, prometheus
from deploy.local.errors import LocalError
from deploy.local.folder import RUN, RunFolder
from deploy.local.launch import Say, launch, wait_until_ready
from deploy.local.ports import LOOPBACK, Ports
from deploy.local.process import end_all
from deploy.local.program import Plan

_SERVERS = ("rabbitmq", "mongo", "storefront", "epmd")


def folder_of(stack: RunFolder) -> RunFolder:
    """Where whatever watches `stack` lives."""
    return RunFolder(stack.path / "observe")


def observe(
    stack: RunFolder = RUN, *, hurry: int = 1, while_pid: int | None = None, say: Say = print
) -> dict[str, str]:
    """Start watching `stack`, which must be up; PROMETHEUS_URL and ALERTMANAGER_URL.

    Watching again starts anew, so that programs that came since are watched as well. Raises LocalError when Prometheus
    or Alertmanager is not installed.
    """
    if absent := prometheus.missing():
        raise LocalError(f"not installed: {', '.join(absent)} (Debian: prometheus prometheus-alertmanager)")
    targets = _targets(stack)
    folder = folder_of(stack)
    unobserve(stack)
    folder.create()
    with contextlib.closing(Ports.from_file(folder.ports)) as ports:
        programs = prometheus.programs(folder.data, ports, targets, hurry=hurry)
        endpoints = {
            f"{name.upper()}_URL": f"http://{LOOPBACK}:{ports[name]}" for name in ("prometheus", "alertmanager")
        }
        ports.save(folder.ports)
        launch(folder, Plan(str(folder.path), programs, while_pid), os.environ, ports.descriptors())
    try:
        wait_until_ready(folder, say)
    except BaseException:
        unobserve(stack)
        raise
    folder.write_private(folder.environment, "".join(f"{name}={value}\n" for name, value in endpoints.items()))
    return endpoints


def unobserve(stack: RunFolder = RUN) -> None:
    """End whatever watches `stack`."""
    folder = folder_of(stack)
    if folder.path.exists():
        commands.down(folder, say=lambda _: None)
        end_all(folder.path)


def _targets(stack: RunFolder) -> dict[str, list[str]]:
    programs = commands.status(stack)
    if not programs:
        raise LocalError("the local stack is not up: run `make up`")
    targets: defaultdict[str, list[str]] = defaultdict(list)
    for program in programs:
        if program.name not in _SERVERS:
            targets["asinflow"].append(f"{LOOPBACK}:{program.port}")
    if broker := commands.endpoints(stack).get("BROKER_METRICS_URL"):
        targets["rabbitmq"] = targets["rabbitmq-queues"] = [urlsplit(broker).netloc]
    return dict(targets)
