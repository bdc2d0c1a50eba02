"""The client and the API fit: every route has its methods, and what the API answers is what the client reads."""

import inspect

import httpx
import pytest
from asinflow.client import ApiProblem, AsyncClient, Client, NotFound, calls

from client import generate
from tests.unit.api.app import app_around
from tests.unit.api.builders import HOME, asin, bearer, failure, job, outcome, product
from tests.unit.api.conftest import World

METHODS = {"get", "post", "put", "patch", "delete"}


def test_every_route_has_its_methods_in_both_clients() -> None:
    """Say what a new route does in client/asinflow/client/calls.py, and name it in both clients."""
    document = generate.openapi()
    routes = {(m.upper(), path) for path, methods in document["paths"].items() for m in methods if m in METHODS}
    assert routes == set(calls.ROUTES.values())
    for name in calls.ROUTES:
        for client in (Client, AsyncClient):
            assert inspect.isfunction(getattr(client, name)), (client, name)


def test_models_are_those_of_the_api() -> None:
    """`make client` writes them anew."""
    assert generate.TARGET.read_text(encoding="utf-8") == generate.formatted(generate.render(generate.openapi()))


def populated() -> World:
    world = World()
    world.items.keys = [f"{HOME}:{asin(number)}" for number in range(3)]
    world.items.finish(outcome(0), failure(1))
    world.products.products = {p["_id"]: p for p in (product(number) for number in range(3))}
    world.jobs.put(job(id="0" * 32))
    return world


async def test_answers_of_the_api_are_read() -> None:
    world = populated()
    token = bearer()["Authorization"].removeprefix("Bearer ")
    transport = httpx.ASGITransport(app=app_around(world.parts()))
    async with AsyncClient("http://api", token, transport=transport) as client:
        made = await client.submit({"type": "BULK_ASIN", "asins": [asin(1), "bad"], "tags": ["t"]})
        sent = await client.upload(f"{asin(1)}\n".encode(), tags="t,u", strict=True)
        quote = await client.dry_run({"type": "KEYWORD", "keyword": "x"})
        tagged = [found.id async for found in client.jobs(tag="t")]
        items = [item async for item in client.items("0" * 32)]
        errors = await client.errors("0" * 32)
        results = [result async for result in client.results("0" * 32)]
        marked = await client.change_product(HOME, asin(2), favorite=True)
        favorites = [found.asin async for found in client.products(favorite=True)]
        await client.delete_product(HOME, asin(2))
        stats = await client.stats()
        own = [[hook async for hook in client.webhooks()], [each async for each in client.schedules()]]
        moved = await client.change_job(made.id, priority="high", rev=made.rev)
        with pytest.raises(ApiProblem) as stale:
            await client.change_job(made.id, priority="low", rev=made.rev)
        cancelled = await client.cancel(made.id)
        lines = b"".join([piece async for piece in client.products_file("csv")]).splitlines()
        with pytest.raises(NotFound, match="no such job"):
            await client.job("nonsense")
    assert made.counts is not None
    assert (made.counts.accepted, made.counts.invalid, made.invalid[0].input) == (1, 1, "bad")
    assert sorted(tagged) == sorted([made.id, sent.id])
    assert (quote.items_at_most, [item.status for item in items]) == (True, ["succeeded", "failed", "running"])
    assert ([group.code for group in errors.groups], [result.seq for result in results]) == (["not_found"], [0])
    assert (marked.favorite, favorites, stats.products.total) == (True, [asin(2)], 2)
    assert own == [[], []]
    assert (moved.priority, stale.value.status) == ("high", 412)
    assert (cancelled.status, len(lines)) == ("CANCELLED", 3)
