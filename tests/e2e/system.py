"""A whole system in processes of its own, and the ways in which tests look into it."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import uuid4

import httpx
from pymongo import MongoClient
from pymongo.database import Database

from deploy.local import commands, mongo, rabbitmq
from deploy.local.access import secret_of
from deploy.local.folder import RunFolder
from deploy.local.process import resident_bytes
from deploy.local.program import Status
from shared.auth import issue_token
from tests.conftest import unavailable
from tests.e2e.storefront import Storefront
from tests.e2e.user import User
from tests.e2e.waiting import wait_until

Document = dict[str, Any]

# Nothing of the developer's own environment: neither servers, which are stopped and killed here, nor sources of
# exchange rates outside of this machine.
_SETTINGS = {
    "ASINFLOW_AMQP_URL": "",
    "ASINFLOW_MONGO_URL": "",
    "ASINFLOW_FRANKFURTER_URL": "",
    "ASINFLOW_OPEN_ER_API_URL": "",
    "PAGES": "",
    "STOREFRONT_ARGS": "",
}
_RESTART_SECONDS = 60.0
SERVERS = ("rabbitmq", "mongo", "storefront")


@dataclass(frozen=True)
class System:
    """One running stack; everything opened through it is closed with it."""

    folder: RunFolder
    endpoints: dict[str, str]
    resources: ExitStack

    @cached_property
    def database(self) -> Database[Document]:
        client = self.resources.enter_context(MongoClient[Document](self.endpoints["MONGO_URL"], tz_aware=True))
        return client["asinflow"]

    @cached_property
    def storefront(self) -> Storefront:
        client = self.resources.enter_context(httpx.Client(base_url=self.endpoints["STOREFRONT_URL"], timeout=30))
        return Storefront(client)

    def user(self, name: str | None = None) -> User:
        """The user of that name, with connections of its own; without a name a new one, who has no jobs yet."""
        name = name or f"user-{uuid4().hex[:8]}"
        headers = {"Authorization": f"Bearer {issue_token(secret_of(self.folder), name)}"}
        client = httpx.Client(base_url=self.endpoints["API_URL"], headers=headers, timeout=30)
        return User(name, self.resources.enter_context(client))

    def programs(self, kind: str) -> list[str]:
        """The names of all programs of a kind: there are several collectors, and perhaps several nodes of RabbitMQ."""
        names = [program.name for program in commands.status(self.folder)]
        return [name for name in names if name.partition("-")[0] == kind]

    def services(self) -> list[str]:
        """The names of the product's own processes, in order of start."""
        names = [program.name for program in commands.status(self.folder)]
        return [name for name in names if name.partition("-")[0] not in SERVERS]

    def kinds(self) -> list[str]:
        """One service of each kind: what one collector does, the others do as well."""
        return [name for name in self.services() if name.removeprefix("collector-") in (name, "1")]

    def status(self, name: str) -> Status:
        return next(program for program in commands.status(self.folder) if program.name == name)

    def memory(self, name: str) -> float:
        """Resident megabytes of a program."""
        return resident_bytes(self.pid(name)) / 1e6

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a program, which the supervisor restarts if it ends by that."""
        os.kill(self.pid(name), number)

    def pid(self, name: str) -> int:
        """The process id of a program that runs."""
        return int((self.folder.pids / name).read_text())

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """A program that does not move while the block runs, as on a machine that hangs."""
        self.signal(name, signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(name, signal.SIGCONT)

    def stop(self, name: str) -> None:
        """Take a program down and keep it down."""
        commands.stop(name, self.folder)

    def start(self, name: str) -> None:
        """Bring a stopped program back and wait until it is ready."""
        assert commands.start(name, self.folder), f"{name} is not ready"

    def whole(self) -> bool:
        """Whether every program runs and is ready."""
        return all(program.ready for program in commands.status(self.folder))

    def wait_until_whole(self) -> None:
        """Return once every program runs and is ready."""
        wait_until(self.whole, _RESTART_SECONDS)

    def wait_until_restarted(self, name: str, restarts: int) -> None:
        """Return once a program that had been restarted so often has been so once more, and is ready."""

        def back() -> bool:
            program = self.status(name)
            return program.restarts > restarts and program.ready

        wait_until(back, _RESTART_SECONDS)

    def endings(self) -> list[tuple[str, int]]:
        """Which program ended by itself or by a signal, and with which exit code, in order; not those taken down."""
        text = self.folder.log_of("supervisor").read_text()
        return [(name, int(code)) for name, code in re.findall(r"(\S+) ended with code (-?\d+)", text)]

    def log_of(self, name: str) -> list[Document]:
        """The structured lines of a service's log."""
        lines = self.folder.log_of(name).read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


@contextmanager
def running_system(folder: RunFolder, **settings: str) -> Iterator[System]:
    """A system with these settings (environment variables), taken down with all its processes at the end."""
    if rabbitmq.find_binaries() is None:
        unavailable("no RabbitMQ is installed")
    if mongo.find_binary() is None:
        unavailable("no MongoDB is installed")
    try:
        endpoints = commands.up(folder, settings={**_SETTINGS, **settings}, while_pid=os.getpid(), say=lambda _: None)
        with ExitStack() as resources:
            yield System(folder, endpoints, resources)
    finally:
        _end(folder)


def _end(folder: RunFolder) -> None:
    """Nobody needs what is in hand any more: what dies with its supervisor need not be waited for."""
    with suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int((folder.path / "supervisor.pid").read_text()), signal.SIGKILL)
    commands.down(folder, say=lambda _: None)
