"""The API over fakes, served on a socket for a browser, with something to look at in every view."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import uvicorn

from services.api.deltas import Seen
from services.api.live import LiveJobs
from services.api.queues import QueueList, QueueView
from services.api.records import Account, Job, WaitingFor
from shared.auth import SCOPES, issue_token
from shared.clock import SystemClock
from shared.jobs import JobStatus, JobType
from shared.pacesteps import FRESH
from shared.quality import judge
from shared.user_events import UserEvent
from shared.webhooks import new_delivery
from tests.unit.api.app import app_around
from tests.unit.api.builders import (
    HOME,
    JOB_SETTINGS,
    SECRET,
    asin,
    bearer,
    failure,
    job,
    outcome,
    page_sample,
    price_point,
    product,
    progressed,
    stored_failure,
)
from tests.unit.api.conftest import World

START_SECONDS = 10.0
ITEMS = 100_000
GATE = {"min_success_rate": 99.95, "min_coverage": {"price": 90.0}}
TITLES = ("Wooden train set, 42 pieces", "限定版 ポケモンカードゲーム スターターセット", "Pour-over kettle 600 ml")


@dataclass
class Stage:
    """What is served, and the way to change it while a page looks."""

    world: World
    url: str = ""
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    @staticmethod
    def token(*scopes: str, user: str = "ann") -> str:
        return issue_token(SECRET, user, scopes or SCOPES)

    def progress(self, of: Job, count: int) -> Job:
        """The job moves on, as the aggregator would tell."""
        event = progressed(of, progress=count, success_count=count - of.error_count, at=datetime.now(UTC))
        changes = {"rev": event.rev, "progress": count, "success_count": event.success_count, "updated_at": event.at}
        self.loop.call_soon_threadsafe(self.world.live.dispatch, event)
        return self.world.jobs.put(replace(of, **changes))


@contextlib.contextmanager
def served(**settings: Any) -> Iterator[Stage]:
    """Serve in a thread of its own until the block is left."""
    world = World(live=LiveJobs(max_per_user=20))
    world.clock = SystemClock()  # type: ignore[assignment]  # streams measure time as it passes
    world.settings = world.settings.model_copy(update={"event_heartbeat_seconds": 1.0, **settings})
    stage = Stage(world)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        stage.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(app_around(world.parts()), log_config=None, lifespan="off"))
        thread = threading.Thread(target=lambda: stage.loop.run_until_complete(server.serve([listener])))
        thread.start()
        try:
            _until_up(stage.url)
            yield stage
        finally:
            stage.loop.call_soon_threadsafe(world.live.close)
            server.should_exit = server.force_exit = True
            thread.join()
            stage.loop.close()


def _until_up(url: str) -> None:
    httpx.Client(transport=httpx.HTTPTransport(retries=5), timeout=START_SECONDS).get(
        f"{url}/healthz"
    ).raise_for_status()


def fill(stage: Stage) -> dict[str, Job]:
    """Jobs in every state, products with prices, failures, queues and pages; the jobs that tests name."""
    world, now = stage.world, datetime.now(UTC)
    times = {"created_at": now - timedelta(minutes=9), "started_at": now - timedelta(minutes=8), "updated_at": now}
    keyword = {"type": JobType.KEYWORD, "request": {"keyword": "pokemon cards", "marketplace": HOME}}
    half = {"total_items": 5_000, "progress": 2_300, "success_count": 2_290, "error_count": 10}
    done = {"status": JobStatus.COMPLETED, "completed_at": now, "announced": True}
    waiting = WaitingFor(HOME, now + timedelta(minutes=4))
    jobs = {
        "large": job(
            **times,
            **done,
            request={"count": ITEMS},
            total_items=ITEMS,
            progress=ITEMS,
            success_count=99_940,
            error_count=60,
            fed=ITEMS,
            settings={**JOB_SETTINGS, "quality_gate": GATE},
            quality=judge(GATE, ITEMS, 99_940, {}),
            metadata={"order": "A-17"},
        ),
        "failed": job(
            **times,
            status=JobStatus.FAILED,
            completed_at=now,
            total_items=40,
            error_message="The job took longer than its time limit.",
        ),
        "paused": job(**times, status=JobStatus.PAUSED, total_items=900, progress=300, success_count=300),
        "blocked": job(**times, **half, waiting_for=waiting, tags=("autumn",), status_reason="waiting"),
        "running": job(**times, **half, **keyword, tags=("cards", "autumn")),
    }
    for each in jobs.values():
        world.jobs.put(each)
    _fill_items(world)
    _fill_products(stage, jobs["large"])
    _fill_operations(world)
    _fill_schedules(stage, jobs)
    _fill_webhooks(stage)
    return jobs


def _fill_items(world: World) -> None:
    world.items.keys = [f"{HOME}:{asin(n)}" for n in range(ITEMS)]
    good = [outcome(n) for n in range(400) if n % 9]
    bad = [failure(n) for n in range(0, 400, 9)]
    world.items.finish(*good, *bad)
    world.items.account = Account(
        rev=1,
        run=1,
        status=JobStatus.COMPLETED,
        total_items=ITEMS,
        success_count=355,
        error_count=45,
        ledger=world.items.ledger,
    )


def _fill_products(stage: Stage, of: Job) -> None:
    world, now = stage.world, datetime.now(UTC)
    asked = {"price": 1_980, "currency": "JPY", "weight_g": 300, "target_margin": 10}
    analysis = httpx.post(f"{stage.url}/v1/profit/calculate", json=asked, headers=bearer()).raise_for_status().json()
    changed = {"price_changed_at": now, "previous_price": Decimal(2_500)}
    for n in range(60):
        margin = {"margin_percent": 25.0 - n, "is_profitable": n < 16}
        stored = product(
            n,
            job_id=of.id,
            title=f"{TITLES[n % 3]} {n}",
            brand="Kōbō",
            price=Decimal(1_980 + 730 * n),
            analysis={**analysis, **margin},
            collected_at=now - timedelta(minutes=n),
            **(changed if n % 4 == 1 else {}),
        )
        world.products.products[stored["_id"]] = stored
    world.products.points = [price_point(n, str(2_500 - 80 * (n % 7))) for n in range(24)]


def _fill_operations(world: World) -> None:
    for n in range(3):
        world.failures.documents[f"{n:032x}"] = stored_failure(n)
    names = ("collector.item_collect.amazon.co.jp", "aggregator.items_finished", "asinflow.retry.60s")
    plain = {"unacknowledged": 3, "consumers": 2, "publish_rate": 4.0, "deliver_rate": 4.0, "ack_rate": 3.9}
    queues = [
        QueueView(name=name, kind="work", ready=40 * n, oldest_age_seconds=75.0, **plain)
        for n, name in enumerate(names)
    ]
    world.queues.told = QueueList(items=queues, source="management")
    now, us = datetime.now(UTC), 1_000_000
    soon = now + timedelta(minutes=4)
    line = {**FRESH, "used_us": 2 * us, "fetch_us": us, "asked": round(now.timestamp() * us)}
    paused = {"blocks": 2, "reason": "throttled", "interval_us": 8 * us, "blocked_until": round(soon.timestamp() * us)}
    world.operations.paces = [{"_id": HOME, **line, **paused}, {"_id": "amazon.com@tokyo", **line}]
    world.operations.leases = {"sweeper": {"owner": "sweeper-0", "until": soon}}
    world.samples.samples = [page_sample(n) for n in range(3)]


def _fill_schedules(stage: Stage, jobs: dict[str, Job]) -> None:
    """Two schedules, the first with runs, of which the last found changes."""
    world, now = stage.world, datetime.now(UTC)
    ask = httpx.Client(base_url=stage.url, headers=bearer())
    mornings = {"name": "mornings", "cron": "0 6 * * *", "timezone": "Asia/Tokyo"}
    listed = {"type": "BULK_ASIN", "asins": [asin(n) for n in range(60)], "tags": ["autumn"]}
    first = ask.post("/v1/schedules", json={**mornings, "job": listed}).raise_for_status().json()["id"]
    searched = {"type": "KEYWORD", "keyword": "pokemon cards", "marketplace": HOME}
    ask.post("/v1/schedules", json={"name": "cards", "cron": "*/20 8-18 * * 1-5", "paused": True, "job": searched})
    outcomes = {3: "fired", 2: "missed", 1: "fired"}
    for n, outcome_of_run in outcomes.items():
        made = {3: jobs["failed"].id, 1: jobs["large"].id}.get(n)
        run = {"schedule_id": first, "user_id": "ann", "outcome": outcome_of_run, "job_id": made}
        due = now - timedelta(days=n)
        times = {"due_at": due, "decided_at": due, "previous_job_id": jobs["failed"].id if n == 1 else None}
        world.schedules.runs[f"{first}:{n}"] = {"_id": f"{first}:{n}", **run, **times}
    world.schedules.seen = {
        jobs["failed"].id: {f"{HOME}:{asin(n)}": Seen(Decimal(2_000 + n), "JPY", "in_stock") for n in range(60)},
        jobs["large"].id: {f"{HOME}:{asin(n)}": Seen(Decimal(1_990 + 2 * n), "JPY", "in_stock") for n in range(5, 62)},
    }


def _fill_webhooks(stage: Stage) -> None:
    """A webhook that works with deliveries of every state, and one that was switched off."""
    world, now = stage.world, datetime.now(UTC)
    ask = httpx.Client(base_url=stage.url, headers=bearer())
    for name in ("old warehouse", "warehouse"):
        wanted = {
            "url": "https://hooks.example/asinflow",
            "description": name,
            "events": ["job.completed", "job.failed"],
        }
        made = ask.post("/v1/webhooks", json=wanted).raise_for_status().json()["id"]
        if name != "warehouse":
            world.webhooks.webhooks[made] |= {"enabled": False, "disabled_reason": "its receiver answered 410 Gone"}
    for n, state in enumerate(["pending", "failed", "delivered", "delivered"]):
        event = UserEvent(f"msg_{n}", "job.completed", "ann", now - timedelta(minutes=n), {"job_id": f"job-{n}"})
        tried = {"at": now, "milliseconds": 132, "answer": ""}
        failed = {**tried, "status": None, "error": "timed out"}
        log = {"pending": [], "failed": [failed] * 3, "delivered": [{**tried, "status": 204, "error": None}]}[state]
        stored = new_delivery(made, event, event.at, keep_days=30)
        world.webhooks.deliveries[stored["_id"]] = {**stored, "state": state, "log": log, "attempts": len(log)}
