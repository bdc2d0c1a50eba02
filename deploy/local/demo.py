"""One job of each type on a stack of its own: shows progress, products and figures, and leaves nothing behind."""

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

import httpx
from rich.console import Console

from deploy.local import commands
from deploy.local.demo_view import progress_bars, table_of_jobs, table_of_products
from deploy.local.errors import LocalError
from deploy.local.folder import DEMO, RunFolder
from deploy.local.lastwords import last_words

_ENDED = {"COMPLETED", "FAILED", "CANCELLED"}
_LOOK_SECONDS = 0.2
_LONGEST_SECONDS = 90.0
_SHOWN_PER_JOB = 5

# The sample storefront knows every well-formed ASIN but those that begin with B0404.
_ASINS = [f"B0DEM{number:05d}" for number in range(1, 39)] + ["B0404GONE1", "B0404GONE2"]
_REQUESTS: list[dict[str, Any]] = [
    {"type": "BULK_ASIN", "asins": _ASINS},
    {"type": "URL", "url": "https://www.amazon.co.jp/gp/bestsellers/electronics", "max_results": 30},
    {"type": "KEYWORD", "keyword": "ヘッドホン", "marketplace": "amazon.co.jp", "max_results": 30},
]


class DemoError(Exception):
    """The system did not do what the demonstration asked of it."""


def demo(folder: RunFolder = DEMO) -> int:
    """Run the demonstration; the exit code is 0, or 1 after a failure, or 130 after Ctrl-C."""
    console = Console()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with _stack(folder, console) as endpoints:
            _run(console, endpoints)
    except KeyboardInterrupt:
        console.print("interrupted: everything has been taken down")
        return 130
    except LocalError as error:
        console.print(str(error), markup=False, highlight=False, soft_wrap=True)
        return 1
    console.print("all jobs COMPLETED; everything has been taken down")
    return 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _stack(folder: RunFolder, console: Console) -> Iterator[dict[str, str]]:
    """A new stack, beside the one of `make up`; its data go with it, its logs stay when something fails."""
    if commands.is_up(folder):
        raise LocalError("another demonstration is running in this checkout")
    shutil.rmtree(folder.path, ignore_errors=True)
    console.print("starting the system")
    try:
        yield commands.up(folder, durable=False, while_pid=os.getpid(), say=console.print)
    except (httpx.HTTPError, DemoError) as error:
        raise LocalError(f"{error}\n{_suspects(folder)}") from error
    finally:
        # From here on nothing may interrupt the taking down.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        commands.down(folder, say=lambda _: None)
    shutil.rmtree(folder.path)


def _suspects(folder: RunFolder) -> str:
    """The last log lines of the programs that are not well, or of all services when none stands out."""
    programs = commands.status(folder)
    unwell = [program.name for program in programs if program.restarts or not program.ready]
    return last_words(folder, unwell or [program.name for program in programs][-5:])


def _run(console: Console, endpoints: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {endpoints['TOKEN']}"}
    with httpx.Client(base_url=endpoints["API_URL"], headers=headers) as api:
        jobs = [_json(api.post("/v1/jobs", json=request)) for request in _REQUESTS]
        _show(console, api, _watch(console, api, jobs))


def _json(response: httpx.Response) -> dict[str, Any]:
    if response.is_error:
        raise DemoError(f"{response.request.method} {response.url} answered {response.status_code}: {response.text}")
    document: dict[str, Any] = response.json()
    return document


def _watch(console: Console, api: httpx.Client, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Show live progress until every job has ended; raises DemoError unless all are COMPLETED."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    with progress_bars(console, jobs) as show:
        while not all(job["status"] in _ENDED for job in jobs):
            if time.monotonic() > deadline:
                raise DemoError(f"the jobs did not end within {_LONGEST_SECONDS:.0f} s")
            time.sleep(_LOOK_SECONDS)
            jobs = [_json(api.get(f"/v1/jobs/{job['id']}")) for job in jobs]
            show(jobs)
    for job in jobs:
        if job["status"] != "COMPLETED":
            reason = job.get("error_message") or "no reason given"
            raise DemoError(f"the {job['type']} job ended {job['status']}: {reason}")
    return jobs


def _show(console: Console, api: httpx.Client, jobs: list[dict[str, Any]]) -> None:
    products = []
    for job in jobs:
        page = _json(api.get("/v1/products", params={"job_id": job["id"], "limit": _SHOWN_PER_JOB}))
        products += page["items"]
    console.print(table_of_products(products))
    console.print(table_of_jobs(jobs))
