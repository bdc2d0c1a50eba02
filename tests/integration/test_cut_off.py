"""Real processes of every service, of which nothing is within reach: they say so, and end to be started anew."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from deploy.local.folder import ROOT
from tests.waiting import wait_until

WORKERS = ("expander", "collector", "aggregator", "sweeper")
DEADLINE = 60.0


@contextmanager
def held_port() -> Iterator[int]:
    """A port at which nobody listens, and nobody will."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@contextmanager
def process_of(service: str, mongo_url: str, cut_off: float, http_port: int) -> Iterator[subprocess.Popen[str]]:
    with held_port() as nobody:
        process = subprocess.Popen(
            [sys.executable, "-m", f"services.{service}"],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("ASINFLOW_")},
                "ASINFLOW_AMQP_URL": f"amqp://guest:guest@127.0.0.1:{nobody}/",
                "ASINFLOW_MONGO_URL": mongo_url,
                "ASINFLOW_MONGO_DATABASE": "test_cut_off",
                "ASINFLOW_HTTP_HOST": "127.0.0.1",
                "ASINFLOW_HTTP_PORT": str(http_port),
                "ASINFLOW_EXIT_AFTER_DISCONNECTED_SECONDS": str(cut_off),
            },
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def free_port() -> int:
    with held_port() as port:
        return port


@pytest.mark.parametrize("service", WORKERS)
def test_worker_that_waits_for_the_database_ends_at_once(service: str) -> None:
    """Well before its grace period, by the order in which it says things and not by a clock."""
    with held_port() as nobody:
        mongo_url = f"mongodb://127.0.0.1:{nobody}/?serverSelectionTimeoutMS=200"
        with process_of(service, mongo_url, cut_off=600.0, http_port=0) as process:
            assert process.stdout is not None
            assert "starting" in next(line for line in process.stdout if '"event"' in line)
            process.send_signal(signal.SIGTERM)
            told, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    assert "grace_period_over" not in told
    assert "stopped" in told.splitlines()[-1]


@pytest.mark.parametrize("service", WORKERS)
def test_worker_without_broker_ends_by_itself(service: str, mongo_url: str) -> None:
    with process_of(service, mongo_url, cut_off=1.0, http_port=0) as process:
        told, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 1
    assert "no connection to RabbitMQ for 1 s" in told


def test_worker_without_broker_is_alive_and_not_ready(mongo_url: str) -> None:
    port = free_port()
    with process_of("aggregator", mongo_url, cut_off=600.0, http_port=port):
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5)

        def answers() -> bool:
            try:
                return client.get("/healthz").status_code == 200
            except httpx.TransportError:
                return False

        wait_until(answers, DEADLINE)
        readiness = client.get("/readyz")
    assert (readiness.status_code, readiness.json()) == (503, {"database": True, "broker": False})
