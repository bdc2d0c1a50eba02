"""The client for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from asinflow.client import calls
from asinflow.client.core import Call, Paged
from asinflow.client.errors import AsinflowClientError
from asinflow.client.following import Follower, Update
from asinflow.client.transport import AsyncTransport

P = ParamSpec("P")
T = TypeVar("T")


def call(build: Callable[P, Call[T]]) -> Callable[Concatenate[AsyncClient, P], Awaitable[T]]:
    """The method that sends this call."""

    @wraps(build)
    async def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.send(build(*args, **kwargs))

    return method


def listed(build: Callable[P, Paged[T]]) -> Callable[Concatenate[AsyncClient, P], AsyncIterator[T]]:
    """The method that yields the entries of this list, page by page."""

    @wraps(build)
    def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        return self.entries(build(*args, **kwargs))

    return method


def file(build: Callable[P, Call[None]]) -> Callable[Concatenate[AsyncClient, P], AsyncIterator[bytes]]:
    """The method that yields this file in pieces, as they arrive."""

    @wraps(build)
    async def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[bytes]:
        async with self.stream(build(*args, **kwargs)) as pieces:
            async for piece in pieces:
                yield piece

    return method


class AsyncClient(AsyncTransport):
    """The API as one user sees it; every method raises ApiProblem when refused, Unreachable when out of reach."""

    submit = call(calls.submit)
    upload = call(calls.upload)
    dry_run = call(calls.dry_run)
    dry_run_upload = call(calls.dry_run_upload)
    jobs = listed(calls.jobs)
    job = call(calls.job)
    cancel = call(calls.cancel)
    pause = call(calls.pause)
    resume = call(calls.resume)
    retry = call(calls.retry)
    recollect = call(calls.recollect)
    change_job = call(calls.change_job)
    delete_job = call(calls.delete_job)
    timeline = listed(calls.timeline)
    items = listed(calls.items)
    items_file = file(calls.items_file)
    errors = call(calls.errors)
    errors_file = file(calls.errors_file)
    results = listed(calls.results)
    results_file = file(calls.results_file)
    audit = call(calls.audit)
    profit = call(calls.profit)
    reprice = call(calls.reprice)
    preview_reprice = call(calls.preview_reprice)
    repricing = call(calls.repricing)
    products = listed(calls.products)
    products_file = file(calls.products_file)
    preview_products = call(calls.preview_products)
    give_prices = call(calls.give_prices)
    product = call(calls.product)
    change_product = call(calls.change_product)
    delete_product = call(calls.delete_product)
    price_history = listed(calls.price_history)
    analyze = call(calls.analyze)
    calculate = call(calls.calculate)
    recommend_price = call(calls.recommend_price)
    stats = call(calls.stats)
    page_samples = listed(calls.page_samples)
    page_sample = call(calls.page_sample)
    page_sample_body = call(calls.page_sample_body)
    failures = listed(calls.failures)
    failure = call(calls.failure)
    retry_failure = call(calls.retry_failure)
    retry_failures = call(calls.retry_failures)
    delete_failure = call(calls.delete_failure)
    delete_failures = call(calls.delete_failures)
    prune_failures = call(calls.prune_failures)
    queues = call(calls.queues)
    me = call(calls.me)
    pace = call(calls.pace)
    services = call(calls.services)
    webhooks = listed(calls.webhooks)
    create_webhook = call(calls.create_webhook)
    webhook = call(calls.webhook)
    change_webhook = call(calls.change_webhook)
    delete_webhook = call(calls.delete_webhook)
    rotate_secret = call(calls.rotate_secret)
    ping_webhook = call(calls.ping_webhook)
    deliveries = listed(calls.deliveries)
    delivery = call(calls.delivery)
    replay_delivery = call(calls.replay_delivery)
    schedules = listed(calls.schedules)
    create_schedule = call(calls.create_schedule)
    schedule_times = call(calls.schedule_times)
    schedule = call(calls.schedule)
    change_schedule = call(calls.change_schedule)
    delete_schedule = call(calls.delete_schedule)
    schedule_products = call(calls.schedule_products)
    schedule_runs = listed(calls.schedule_runs)
    schedule_delta = call(calls.schedule_delta)
    health = call(calls.health)
    readiness = call(calls.readiness)

    async def events(self, job_id: str, last_event_id: str = "") -> AsyncIterator[Update]:
        """The events of a job's live stream, until the API closes it."""
        follower = Follower(job_id, patience=0)
        async with self.stream(calls.events(job_id, last_event_id)) as pieces:
            async for piece in pieces:
                for update in follower.updates(piece):
                    yield update

    async def follow(self, job_id: str, *, patience: int = 20) -> AsyncIterator[Update]:
        """Every change of a job until it has ended, through breaks of the stream."""
        follower = Follower(job_id, patience)
        while not follower.ended:
            error: AsinflowClientError | None = None
            try:
                async with self.stream(calls.events(job_id, follower.last_event_id)) as pieces:
                    async for piece in pieces:
                        for update in follower.updates(piece):
                            yield update
            except AsinflowClientError as broken:
                error = broken
            if not follower.ended:
                await self._sleep(follower.wait(error))
