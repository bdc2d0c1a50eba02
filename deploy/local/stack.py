"""Composes the whole system on this machine: which programs, with which settings, on which ports."""

import shlex
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from deploy.local import mongo, rabbitmq
from deploy.local.access import operator_token, secret_of, user_token
from deploy.local.errors import LocalError
from deploy.local.folder import RunFolder
from deploy.local.ports import LOOPBACK, Ports
from deploy.local.program import Program

# What the local stack sets where the caller does not: the pace is quick, and `down` does not take long.
_DEFAULTS = {
    "ASINFLOW_MONGO_DATABASE": "asinflow",
    "ASINFLOW_INTERVAL_SECONDS": "0.05",
    "ASINFLOW_BLOCK_PAUSE_SECONDS": "1",
    "ASINFLOW_STALLED_AFTER_SECONDS": "10",
    # Whoever uses this machine may ask it for as much as it can do.
    "ASINFLOW_USER_REQUESTS_PER_MINUTE": "0",
    "ASINFLOW_USER_COLLECTING_REQUESTS_PER_MINUTE": "0",
    # Nothing here asks the network for anything unless told to.
    "ASINFLOW_FRANKFURTER_URL": "",
    "ASINFLOW_OPEN_ER_API_URL": "",
    "ASINFLOW_LOG_FORMAT": "json",
    "ASINFLOW_SHUTDOWN_SECONDS": "8",
}
_SERVICE_GRACE_SECONDS = 10.0
_THROWAWAY_GRACE_SECONDS = 2.0


@dataclass(frozen=True)
class Stack:
    """The stack for `settings` (environment variables), or the part of it that `only` names.

    One that is not `durable` is thrown away afterwards: writes are not synced, nobody gets long to finish the work in
    hand, and servers are killed rather than stopped.
    Composing it reserves its ports and writes the settings and the secret of its programs.
    """

    folder: RunFolder
    settings: Mapping[str, str]
    ports: Ports
    only: Collection[str] | None = None
    durable: bool = True

    def programs(self) -> list[Program]:
        """In order of their start. Raises LocalError when a server is neither installed nor given by its URL."""
        servers = [*self._rabbitmq(), *self._mongo(), self._storefront()]
        services = [self._service(name) for name in service_names(self.settings)]
        return [program for program in (*servers, *services) if self._is_wanted(program)]

    def endpoints(self) -> dict[str, str]:
        """What a client needs to use the stack."""
        endpoints = {
            "API_URL": f"http://{LOOPBACK}:{self.ports['api']}",
            "TOKEN": user_token(self._secret),
            "OPERATOR_TOKEN": operator_token(self._secret),
            "AMQP_URL": self._amqp_url,
            "MONGO_URL": self._mongo_url,
            "STOREFRONT_URL": self._storefront_url,
        }
        if self._with_management and not self.settings.get("ASINFLOW_AMQP_URL"):
            endpoints["MANAGEMENT_URL"] = rabbitmq.management_url(self.ports)
        if self._with_metrics and not self.settings.get("ASINFLOW_AMQP_URL"):
            endpoints["BROKER_METRICS_URL"] = rabbitmq.metrics_url(self.ports)
        return endpoints

    def _is_wanted(self, program: Program) -> bool:
        if self.only is None or program.name in self.only:
            return True
        return "rabbitmq" in self.only and program.name in ("epmd", *rabbitmq.node_names(self._broker_nodes))

    @property
    def _amqp_url(self) -> str:
        return self.settings.get("ASINFLOW_AMQP_URL") or rabbitmq.url(self.ports, self._broker_nodes)

    @property
    def _mongo_url(self) -> str:
        return self.settings.get("ASINFLOW_MONGO_URL") or mongo.url(self.ports)

    @property
    def _storefront_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports['storefront']}"

    @property
    def _with_management(self) -> bool:
        return self.settings.get("BROKER_MANAGEMENT", "0") == "1"

    @property
    def _with_metrics(self) -> bool:
        """Whether RabbitMQ serves its own metrics; with them it takes five seconds longer to stop."""
        return self._with_management or self.settings.get("BROKER_METRICS", "0") == "1"

    @property
    def _broker_nodes(self) -> int:
        return number(self.settings, "BROKER_NODES", 1)

    @cached_property
    def _secret(self) -> str:
        return self.settings.get("ASINFLOW_JWT_SECRET") or secret_of(self.folder)

    def _rabbitmq(self) -> list[Program]:
        if self.settings.get("ASINFLOW_AMQP_URL"):
            return []
        binaries = rabbitmq.find_binaries()
        if binaries is None:
            raise LocalError("no RabbitMQ: install rabbitmq-server (`make setup` does), or set ASINFLOW_AMQP_URL")
        return rabbitmq.programs(
            binaries,
            self.folder.data,
            self.ports,
            management=self._with_management,
            metrics=self._with_metrics,
            durable=self.durable,
            nodes=self._broker_nodes,
        )

    def _mongo(self) -> list[Program]:
        if self.settings.get("ASINFLOW_MONGO_URL"):
            return []
        binary = mongo.find_binary()
        if binary is None:
            raise LocalError("no MongoDB: run `make setup`, install mongod, or set ASINFLOW_MONGO_URL")
        sync = self.durable and self.settings.get("MONGO_SYNC", "1") == "1"
        return [mongo.program(binary, self.folder.data / "mongo", self.ports, sync=sync, durable=self.durable)]

    def _storefront(self) -> Program:
        port = self.ports["storefront"]
        pages = self.settings.get("PAGES")
        return Program(
            name="storefront",
            command=[
                *(sys.executable, "-m", "deploy.local.storefront", "--host", LOOPBACK, "--port", str(port)),
                *(["--pages", str(Path(pages).resolve())] if pages else []),
                *shlex.split(self.settings.get("STOREFRONT_ARGS", "")),
            ],
            ready=f"tcp://{LOOPBACK}:{port}",
            port=port,
            stage=1,
            grace_seconds=2.0,
        )

    def _service(self, name: str) -> Program:
        port = self.ports[name]
        return Program(
            name=name,
            command=[sys.executable, "-m", f"services.{name.partition('-')[0]}"],
            ready=f"http://{LOOPBACK}:{port}/readyz",
            port=port,
            stage=2,
            environment={**self._common, "ASINFLOW_INSTANCE": name, "ASINFLOW_HTTP_PORT": str(port)},
            grace_seconds=_SERVICE_GRACE_SECONDS if self.durable else _THROWAWAY_GRACE_SECONDS,
        )

    @cached_property
    def _common(self) -> dict[str, str]:
        defaults = {**_DEFAULTS, "ASINFLOW_UPSTREAM_URL": self._storefront_url}
        return {
            **{name: self.settings.get(name) or value for name, value in defaults.items()},
            "ASINFLOW_AMQP_URL": self._amqp_url,
            "ASINFLOW_MONGO_URL": self._mongo_url,
            "ASINFLOW_JWT_SECRET": self._secret,
            "ASINFLOW_HTTP_HOST": LOOPBACK,
        }


def service_names(settings: Mapping[str, str]) -> list[str]:
    """The processes of the product itself; COLLECTORS tells how many collectors (2)."""
    numbered = [f"collector-{place}" for place in range(1, number(settings, "COLLECTORS", 2) + 1)]
    return ["api", "expander", *numbered, "aggregator", "sweeper"]


def number(settings: Mapping[str, str], name: str, default: int) -> int:
    """The setting as a number. Raises LocalError when it is none."""
    text = settings.get(name) or str(default)
    if not text.isdecimal():
        raise LocalError(f"{name} must be a number, not {text!r}")
    return int(text)
