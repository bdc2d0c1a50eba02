"""What operators are told of the pace and of the services."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from services.api.operations import CONSUMED, Circuit, pace_view
from services.api.queues import WORK_QUEUES, QueueList, QueueView
from shared.pacesteps import FRESH
from tests.unit.api.builders import HOME, NOW, bearer
from tests.unit.api.conftest import World

OPERATOR = bearer("root", "operator")


def us(moment: datetime) -> int:
    return round(moment.timestamp() * 1e6)


def line(name: str = HOME, **changes: Any) -> dict[str, Any]:
    return {"_id": name, **FRESH, "used_us": 2_000_000, "asked": us(NOW), **changes}


def queue(name: str, consumers: int, ready: int = 0) -> QueueView:
    unknown = dict.fromkeys(("unacknowledged", "publish_rate", "deliver_rate", "ack_rate", "oldest_age_seconds"))
    return QueueView(name=name, kind="work", ready=ready, consumers=consumers, **unknown)


LATER, BEFORE = us(NOW + timedelta(minutes=1)), us(NOW - timedelta(minutes=1))


@pytest.mark.parametrize(
    ("changes", "circuit"),
    [
        ({}, Circuit.CLOSED),
        ({"blocked_until": BEFORE}, Circuit.CLOSED),
        ({"blocked_until": LATER}, Circuit.PAUSED),
        ({"blocked_until": LATER, "open": True}, Circuit.OPEN),
        ({"blocked_until": BEFORE, "open": True}, Circuit.OPEN),
        ({"blocked_until": BEFORE, "open": True, "probe_until": LATER}, Circuit.TRYING),
    ],
)
def test_circuit_is_told_from_the_pace(changes: dict[str, Any], circuit: Circuit) -> None:
    assert pace_view(line(**changes), NOW).circuit is circuit


def test_pace_is_told_in_requests_a_minute() -> None:
    view = pace_view(line(f"{HOME}@tokyo", interval_us=4_000_000, fetch_us=1_500_000, next=LATER), NOW)
    assert (view.marketplace, view.egress, view.requests_per_minute) == (HOME, "tokyo", 15)
    assert (view.interval_seconds, view.fetch_seconds, view.next_at) == (4, 1.5, NOW + timedelta(minutes=1))
    unlimited = pace_view(line(used_us=0), NOW)
    assert (unlimited.requests_per_minute, unlimited.next_at, unlimited.egress) == (None, None, None)


def test_every_service_is_known_by_a_queue_of_its_own() -> None:
    assert {name for name in CONSUMED.values() if not name.endswith(".")} <= set(WORK_QUEUES)


async def test_services_are_told_by_their_consumers(client: httpx.AsyncClient, world: World) -> None:
    world.operations.now = NOW
    world.operations.leases = {"sweeper": {"owner": "s-1", "until": NOW + timedelta(seconds=9)}}
    there = [queue("expander.job_submitted", 2, 5), queue("expander.job_news", 2, 1), queue("sweeper.user_events", 1)]
    world.queues.told = QueueList(items=[*there, queue(f"collector.item_collect.{HOME}", 0, 40)], source="amqp")
    told = {each["name"]: each for each in (await client.get("/v1/services", headers=OPERATOR)).json()["items"]}
    assert {name: each["state"] for name, each in told.items()} == {
        "expander": "up",
        "collector": "down",
        "aggregator": "down",
        "sweeper": "up",
    }
    assert (told["expander"]["consumers"], told["expander"]["waiting"], told["sweeper"]["leader"]) == (2, 6, "s-1")
    world.operations.paces = [line(blocked_until=LATER)]
    told = {each["name"]: each for each in (await client.get("/v1/services", headers=OPERATOR)).json()["items"]}
    assert told["collector"]["state"] == "resting"


async def test_pace_is_for_operators(client: httpx.AsyncClient, world: World) -> None:
    world.operations.paces = [line()]
    assert (await client.get("/v1/pace", headers=bearer())).status_code == 403
    found = (await client.get("/v1/pace", headers=OPERATOR)).json()["items"]
    assert [each["line"] for each in found] == [HOME]
