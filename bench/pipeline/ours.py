"""Asinflow as an entrant: every service as its own process, the collectors with a source that answers at once."""

from __future__ import annotations

import contextlib
import secrets
import sys
import time
from collections.abc import Iterator

import httpx

from bench.pipeline.contest import Entrant, Run, with_servers
from bench.programs import BenchError, program, wait_until
from bench.servers import Servers
from deploy.local.ports import LOOPBACK, Ports
from shared.auth import issue_token

COLLECTORS = 2
LONGEST_SECONDS = 240.0
ENDED = ("COMPLETED", "FAILED", "CANCELLED")


def ours(collectors: int = COLLECTORS) -> Entrant:
    keeps = "nothing lost, every item counted once; product, observation, price point and outcome stored"
    return Entrant("Asinflow", keeps, stores=True, enter=lambda servers: _entered(servers, collectors))


@contextlib.contextmanager
def _entered(servers: Servers, collectors: int) -> Iterator[tuple[Run, dict[str, list[int]]]]:
    secret = secrets.token_hex(32)
    modules = {
        **{name: f"services.{name}" for name in ("api", "expander", "aggregator", "sweeper")},
        **{f"collector-{n}": "bench.pipeline.noop" for n in range(1, collectors + 1)},
    }
    with contextlib.ExitStack() as stack:
        held = stack.enter_context(contextlib.closing(Ports({})))
        ports = {name: held[name] for name in modules}
        running = {
            name: stack.enter_context(
                program(
                    [sys.executable, "-m", module],
                    _environment(servers, name, ports[name], secret),
                    servers.log(name),
                )
            )
            for name, module in modules.items()
        }
        for name, port in ports.items():
            wait_until(lambda port=port: _ready(port), name)
        client = stack.enter_context(
            httpx.Client(
                base_url=f"http://{LOOPBACK}:{ports['api']}",
                headers={"Authorization": f"Bearer {issue_token(secret, 'bench')}"},
                timeout=60,
            )
        )
        workers = [process.pid for name, process in running.items() if name != "api"]
        run = _runner(client)
        yield stack.enter_context(with_servers(servers, run, worker=workers, submitter=[running["api"].pid]))


def _environment(servers: Servers, name: str, port: int, secret: str) -> dict[str, str]:
    return {
        "ASINFLOW_AMQP_URL": servers.endpoints["AMQP_URL"],
        "ASINFLOW_MONGO_URL": servers.endpoints["MONGO_URL"],
        "ASINFLOW_INSTANCE": name,
        "ASINFLOW_HTTP_HOST": LOOPBACK,
        "ASINFLOW_HTTP_PORT": str(port),
        "ASINFLOW_JWT_SECRET": secret,
        "ASINFLOW_MARKETPLACES": "amazon.co.jp",
        "ASINFLOW_INTERVAL_SECONDS": "0",
        "ASINFLOW_MAX_ITEMS_PER_JOB": "1000000",
        "ASINFLOW_LOG_LEVEL": "WARNING",
        "ASINFLOW_USER_REQUESTS_PER_MINUTE": "0",
        "ASINFLOW_USER_COLLECTING_REQUESTS_PER_MINUTE": "0",
        "ASINFLOW_FRANKFURTER_URL": "",
        "ASINFLOW_OPEN_ER_API_URL": "",
    }


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://{LOOPBACK}:{port}/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _runner(client: httpx.Client) -> Run:
    used = 0

    def run(job: str, items: int) -> float:
        """New products each time, so that none is reused."""
        nonlocal used
        asins = [f"B{number:09d}" for number in range(used, used + items)]
        used += items
        started = time.perf_counter()
        answer = client.post("/v1/jobs", json={"type": "BULK_ASIN", "asins": asins}, headers={"Idempotency-Key": job})
        answer.raise_for_status()
        _follow(client, answer.json()["id"])
        return time.perf_counter() - started

    return run


def _follow(client: httpx.Client, job_id: str) -> None:
    """Return when the job has completed."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        job = client.get(f"/v1/jobs/{job_id}").raise_for_status().json()
        if job["status"] in ENDED:
            if job["status"] != "COMPLETED" or job["success_count"] != job["total_items"]:
                raise BenchError(f"the job ended {job['status']} with {job['error_count']} errors")
            return
        time.sleep(0.05)
    raise BenchError(f"{job_id}: not completed after {LONGEST_SECONDS:.0f} s")
