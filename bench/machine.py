"""What it was measured on and with: the machine, the servers, the libraries, the commit."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

import psutil

from bench.programs import PEERS
from deploy.local import mongo
from deploy.local.folder import ROOT
from deploy.local.rabbitmq import find_binaries

OURS = (
    *("aio-pika", "aiormq", "motor", "pymongo", "fastapi", "uvicorn", "httpx", "pydantic", "orjson", "uvloop"),
    *("selectolax", "secantusdb"),
)
THEIRS = ("celery", "kombu", "dramatiq", "taskiq", "taskiq-aio-pika", "faststream", "scrapy", "parsel", "redis")


def machine() -> dict[str, str]:
    """Read off the system; what it does not tell is `unknown`."""
    return {
        "CPU": _cpu(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{psutil.virtual_memory().total / 1e9:.1f} GB",
        "system": _system(),
        "kernel": platform.release(),
    }


def versions() -> dict[str, str]:
    """Of everything whose speed shows in the figures; peers' libraries are in an environment of their own."""
    site = next(iter((PEERS / "lib").glob("python*/site-packages")), None)
    installed = {each.name.lower(): each.version for each in distributions(path=[str(site)])} if site else {}
    return {
        "Python": platform.python_version(),
        "RabbitMQ": _rabbitmq(),
        "database": _database(),
        "Redis": _said(["redis-server", "--version"]),
        **{name: found for name in OURS if (found := _version(name))},
        **{f"{name} (peers)": installed[name] for name in THEIRS if name in installed},
    }


def commit() -> str:
    """The commit that is measured, marked when files differ from it."""
    head = _output(["git", "rev-parse", "HEAD"]).strip() or "unknown"
    return f"{head}, changed" if _output(["git", "status", "--porcelain", "--untracked-files=no"]) else head


def _cpu() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.processor() or "unknown"


def _system() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", sys.platform)
    except OSError:
        return sys.platform


def _rabbitmq() -> str:
    """As its own tool says, which does not need a node for it."""
    binaries = find_binaries()
    return _said([str(Path(binaries.server).with_name("rabbitmqctl")), "version"]) if binaries else "unknown"


def _database() -> str:
    binary = mongo.find_binary()
    return f"{Path(binary).name} {_said([binary, '--version'])}" if binary else "unknown"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _said(command: list[str]) -> str:
    """The first version number that a program prints of itself."""
    found = re.search(r"\d+(\.\d+)+\w*", _output(command))
    return found[0] if found else "unknown"


def _output(command: list[str]) -> str:
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True).stdout
