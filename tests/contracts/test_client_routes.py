"""Both clients ask every route of an API that is served, and read its answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any

import pytest
from asinflow.client import AsyncClient, Client, calls

from shared.jobs import JobStatus
from tests.dashboard.stage import Stage, fill, served
from tests.unit.api.builders import HOME, asin

ONE, LIST, COSTS = asin(1), {"type": "BULK_ASIN", "asins": [asin(1), asin(2)]}, {"target_margin": 20}
QUESTION = {"price": 1_980, "currency": "JPY", "weight_g": 300}
HOOK = {"url": "https://hooks.example/x", "events": ["job.completed"]}
Asked = tuple[str, tuple[Any, ...], dict[str, Any]]


def ask(name: str, *arguments: Any, **options: Any) -> Asked:
    return name, arguments, options


def everything(stage: Stage) -> list[Asked]:
    """Every call once, what takes something away after what looks at it."""
    jobs, world = fill(stage), stage.world
    large, running, failed = (jobs[name].id for name in ("large", "running", "failed"))
    world.samples.bodies = {world.samples.samples[0].id: b"\x1f\x8b"}
    (schedule, *_), (other_hook, hook) = world.schedules.schedules, world.webhooks.webhooks
    (letter, another, *_), sample = world.failures.documents, world.samples.samples[0].id
    sent = next(d["event_id"] for d in world.webhooks.deliveries.values() if d["state"] == "delivered")
    return [
        *(ask("submit", LIST), ask("upload", f"{ONE}\n".encode()), ask("dry_run", LIST)),
        *(ask("dry_run_upload", f"{ONE}\n".encode()), ask("jobs", limit=3), ask("job", large), ask("events", failed)),
        *(ask("pause", running), ask("resume", running), ask("change_job", running, priority="high")),
        *(ask("timeline", running), ask("cancel", running), ask("retry", running, {"include_cancelled": True})),
        *(ask("items", large, limit=3), ask("items_file", large, status="failed"), ask("errors", large, limit=3)),
        *(ask("errors_file", large), ask("results", large, limit=3), ask("results_file", large), ask("audit", large)),
        *(ask("profit", large, best=3, by="margin"), ask("preview_reprice", large, COSTS)),
        *(ask("reprice", large, COSTS), ask("repricing", large)),
        *(ask("products", limit=3, sort="-margin"), ask("products_file", q="train")),
        *(ask("product", HOME, ONE), ask("change_product", HOME, ONE, favorite=True), ask("stats")),
        *(ask("price_history", HOME, ONE, limit=3), ask("analyze", HOME, ONE, {"target_margin": 15})),
        ask("preview_products", {"products": [{"marketplace": HOME, "asin": ONE}], **COSTS}),
        ask("give_prices", {"prices": [{"marketplace": HOME, "asin": ONE, "selling_price_krw": 90_000}]}),
        *(ask("delete_product", HOME, ONE), ask("calculate", QUESTION), ask("recommend_price", QUESTION)),
        *(ask("page_samples", limit=1), ask("page_sample", sample), ask("page_sample_body", sample)),
        *(ask("failures", limit=1), ask("failure", letter), ask("retry_failure", letter), ask("queues"), ask("me")),
        *(ask("delete_failure", another), ask("retry_failures", {"all": True}), ask("delete_failures", all=True)),
        *(ask("prune_failures", {"older_than_hours": 1}), ask("pace"), ask("services"), ask("health")),
        *(ask("webhooks"), ask("create_webhook", HOOK), ask("webhook", hook), ask("deliveries", hook, limit=2)),
        *(ask("change_webhook", hook, description="x"), ask("rotate_secret", hook), ask("ping_webhook", hook)),
        *(ask("delivery", hook, sent), ask("replay_delivery", hook, sent), ask("delete_webhook", other_hook)),
        *(ask("schedules"), ask("create_schedule", {"name": "x", "cron": "0 6 * * *", "job": LIST})),
        *(ask("schedule_times", "0 6 * * *"), ask("schedule", schedule), ask("schedule_runs", schedule, limit=2)),
        *(ask("schedule_delta", schedule, f"{schedule}:1"), ask("change_schedule", schedule, paused=True)),
        ask("schedule_products", schedule),
        *(ask("delete_schedule", schedule), ask("recollect", large, 60), ask("delete_job", failed)),
        ask("readiness"),
    ]


@pytest.fixture
def stage() -> Iterator[Stage]:
    with served() as stage:
        yield stage


def test_every_route_is_asked_and_its_answer_read(stage: Stage) -> None:
    asked = everything(stage)
    assert {name for name, _, _ in asked} == calls.ROUTES.keys()
    with Client(stage.url, stage.token()) as client:
        for name, arguments, options in asked:
            answer = getattr(client, name)(*arguments, **options)
            if isinstance(answer, Iterator):
                assert list(answer), name
    _was_done(stage)


async def test_every_route_is_asked_with_asyncio_and_its_answer_read(stage: Stage) -> None:
    async with AsyncClient(stage.url, stage.token()) as client:
        for name, arguments, options in everything(stage):
            answer: AsyncIterator[Any] | Awaitable[Any] = getattr(client, name)(*arguments, **options)
            if isinstance(answer, AsyncIterator):
                assert [entry async for entry in answer], name
            else:
                await answer
    _was_done(stage)


def _was_done(stage: Stage) -> None:
    """What the calls have left behind."""
    world = stage.world
    assert f"ann:{HOME}:{ONE}" not in world.products.products
    assert [each["name"] for each in world.schedules.schedules.values()] == ["cards", "x"]
    assert sum(job.status is JobStatus.PENDING for job in world.jobs.jobs.values()) == 4
