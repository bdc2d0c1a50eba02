"""Services as processes of their own, on the servers of a benchmark, with whatever settings it wants."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx

from bench.programs import program, wait_until
from bench.servers import Servers
from deploy.local.access import secret_of
from deploy.local.ports import LOOPBACK, Ports
from shared.auth import SCOPES, issue_token

MARKETPLACE = "amazon.co.jp"


@dataclass(frozen=True)
class Running:
    """What runs, by name: process ids and ports."""

    servers: Servers
    pids: dict[str, int]
    ports: dict[str, int]

    def url(self, name: str) -> str:
        return f"http://{LOOPBACK}:{self.ports[name]}"

    def token(self, user: str) -> str:
        return issue_token(secret_of(self.servers.folder), user, SCOPES)

    def client(self, user: str) -> httpx.Client:
        """For the API, as this user."""
        headers = {"Authorization": f"Bearer {self.token(user)}"}
        return httpx.Client(base_url=self.url("api"), headers=headers, timeout=60)


@contextlib.contextmanager
def services(servers: Servers, modules: Mapping[str, str], **settings: str) -> Iterator[Running]:
    """Run a module under each name while the block lasts, which begins when all of them are ready."""
    with contextlib.ExitStack() as stack:
        held = stack.enter_context(contextlib.closing(Ports({})))
        ports = {name: held[name] for name in modules}
        pids = {}
        for name, module in modules.items():
            environment = {**_environment(servers, name, ports[name]), **settings}
            command = [sys.executable, "-m", module]
            pids[name] = stack.enter_context(program(command, environment, servers.log(name))).pid
        for name, port in ports.items():
            wait_until(lambda port=port: _ready(port), name)
        yield Running(servers, pids, ports)


def _environment(servers: Servers, name: str, port: int) -> dict[str, str]:
    return {
        "ASINFLOW_AMQP_URL": servers.endpoints["AMQP_URL"],
        "ASINFLOW_MONGO_URL": servers.endpoints["MONGO_URL"],
        "ASINFLOW_INSTANCE": name,
        "ASINFLOW_HTTP_HOST": LOOPBACK,
        "ASINFLOW_HTTP_PORT": str(port),
        "ASINFLOW_JWT_SECRET": secret_of(servers.folder),
        "ASINFLOW_MARKETPLACES": MARKETPLACE,
        "ASINFLOW_INTERVAL_SECONDS": "0",
        "ASINFLOW_USER_REQUESTS_PER_MINUTE": "0",
        "ASINFLOW_USER_COLLECTING_REQUESTS_PER_MINUTE": "0",
        "ASINFLOW_MAX_ITEMS_PER_JOB": "1000000",
        "ASINFLOW_LOG_LEVEL": "WARNING",
        "ASINFLOW_FRANKFURTER_URL": "",
        "ASINFLOW_OPEN_ER_API_URL": "",
    }


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://{LOOPBACK}:{port}/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def peak_bytes(pid: int) -> int:
    """The most memory that the process has occupied since `forget_peak`, or since its start."""
    lines = _proc(pid, "status").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def forget_peak(pid: int) -> None:
    """Let the kernel measure the peak of the process anew from now on."""
    descriptor = os.open(f"/proc/{pid}/clear_refs", os.O_WRONLY)
    try:
        os.write(descriptor, b"5")
    finally:
        os.close(descriptor)


def _proc(pid: int, name: str) -> str:
    with open(f"/proc/{pid}/{name}") as file:
        return file.read()
