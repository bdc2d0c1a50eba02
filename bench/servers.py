"""The servers of a benchmark, thrown away afterwards: broker, database, and the Redis that some peers need."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.programs import BenchError, program, wait_until
from deploy.local import commands
from deploy.local.folder import RunFolder
from deploy.local.ports import LOOPBACK, Ports
from deploy.local.probe import is_ready


@dataclass(frozen=True)
class Servers:
    """Addresses and process ids; `folder` also takes the logs of what is measured."""

    folder: RunFolder
    endpoints: dict[str, str]
    redis_url: str = ""
    pids: dict[str, int] = field(default_factory=dict)

    def log(self, name: str) -> Path:
        return self.folder.log_of(name)


@contextlib.contextmanager
def servers(
    *, fsync: bool, redis: bool = False, storefront: bool = False, api: bool = False, logs: Path | None = None
) -> Iterator[Servers]:
    """Private servers while the block runs. With `fsync` an acknowledged write survives a kill of the database.

    What they and those who use them have logged is kept in `logs`.
    """
    folder = RunFolder(Path(tempfile.mkdtemp(prefix="asinflow-bench-")))
    only = ("rabbitmq", "mongo", *(["storefront"] if storefront else []), *(["api"] if api else []))
    try:
        endpoints = commands.up(
            folder,
            settings={"MONGO_SYNC": str(int(fsync)), "ASINFLOW_AMQP_URL": "", "ASINFLOW_MONGO_URL": ""},
            only=only,
            while_pid=os.getpid(),
            say=lambda _: None,
        )
        pids = {name: int((folder.pids / name).read_text()) for name in only}
        with contextlib.ExitStack() as stack:
            url = stack.enter_context(_redis(folder, pids)) if redis else ""
            yield Servers(folder, endpoints, url, pids)
    finally:
        commands.down(folder, say=lambda _: None)
        if logs is not None:
            shutil.copytree(folder.logs, logs, dirs_exist_ok=True)
        shutil.rmtree(folder.path)


@contextlib.contextmanager
def _redis(folder: RunFolder, pids: dict[str, int]) -> Iterator[str]:
    binary = shutil.which("redis-server")
    if binary is None:
        raise BenchError(
            "no redis-server, which Celery and Dramatiq keep their counts in: `make setup-bench` installs it"
        )
    with contextlib.closing(Ports({})) as ports:
        port = ports["redis"]
        command = [binary, "--bind", LOOPBACK, "--port", str(port), "--save", "", "--dir", str(folder.data)]
        with program(command, {}, folder.log_of("redis")) as process:
            pids["redis"] = process.pid
            wait_until(lambda: asyncio.run(is_ready(f"tcp://{LOOPBACK}:{port}")), "redis-server")
            yield f"redis://{LOOPBACK}:{port}/0"
