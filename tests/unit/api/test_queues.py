"""The queues that are looked at are those that there are."""

import importlib
import pkgutil

import httpx
import pytest

import services
from services.api.queues import PER_MARKETPLACE, WORK_QUEUES, ManagedQueues, known_names, vhost_of
from services.collector.queues import collect_queue
from shared.topology import Queue
from tests.unit.api.fakes import FakeQueues

MARKETPLACE = "amazon.de"


def declared_by_services() -> set[str]:
    names = {collect_queue(MARKETPLACE).name}
    for package in pkgutil.iter_modules(services.__path__):
        if importlib.util.find_spec(f"services.{package.name}.queues") and package.name != "api":
            module = importlib.import_module(f"services.{package.name}.queues")
            names |= {value.name for value in vars(module).values() if isinstance(value, Queue)}
    return names


def test_every_queue_of_every_service_is_known() -> None:
    assert {*WORK_QUEUES, *(f"{prefix}.{MARKETPLACE}" for prefix in PER_MARKETPLACE)} == declared_by_services()
    assert {"asinflow.dead", "asinflow.retry.300s"} <= known_names([])


@pytest.mark.parametrize(
    ("url", "vhost"),
    [
        ("amqp://a:b@host:5672", "/"),
        ("amqp://host/", "/"),
        ("amqp://host/asinflow", "asinflow"),
        ("amqps://host/%2Fa%2fb", "/a/b"),
        ("amqp://one/asinflow,amqp://two/asinflow", "asinflow"),
    ],
)
def test_virtual_host_is_read_off_the_address(url: str, vhost: str) -> None:
    assert vhost_of(url) == vhost


TOLD = {
    "name": "asinflow.dead",
    "messages_ready": 5,
    "messages_unacknowledged": 2,
    "consumers": 1,
    "message_stats": {"publish_details": {"rate": 1.5}, "ack_details": {"rate": 0.5}},
}


async def test_management_tells_more() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.raw_path == b"/api/queues/%2F"
        exclusive = {"name": "api.events.1", "exclusive": True}
        return httpx.Response(200, json=[TOLD, {"name": "a.fresh.one"}, exclusive])

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        listed = await ManagedQueues(client, "http://guest:guest@broker:15672/", "/", FakeQueues()).queues()
    fresh, dead = listed.items
    assert (fresh.name, fresh.kind, fresh.ready, fresh.publish_rate) == ("a.fresh.one", "work", 0, 0.0)
    assert (dead.kind, dead.ready, dead.unacknowledged, dead.consumers) == ("dead", 5, 2, 1)
    assert (dead.publish_rate, dead.deliver_rate, dead.ack_rate, dead.oldest_age_seconds) == (1.5, 0.0, 0.5, None)
    assert listed.source == "management"


@pytest.mark.parametrize("answer", [httpx.Response(401), httpx.Response(200, text="<html>"), httpx.ConnectError("no")])
async def test_broker_is_asked_while_management_does_not_answer(answer: httpx.Response | Exception) -> None:
    def reply(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    otherwise = FakeQueues()
    async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as client:
        assert await ManagedQueues(client, "http://broker:15672", "/", otherwise).queues() == otherwise.told
