"""Events reach receivers and subscribers: at least once, as one message, signed, and nobody else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from services.sweeper.deliverer import PER_WEBHOOK
from services.sweeper.queues import USER_EVENTS
from services.sweeper.webhook_repository import WebhookRepository
from shared.ids import new_id
from shared.jobs import JobStatus
from shared.messages import JobCompleted, ProductsNoted, ProfitableProduct
from shared.mongo import Document
from shared.outgoing import event
from shared.topology import USERS, Queue
from shared.user_events import UserEvent
from shared.webhooks import new_delivery, new_secret
from tests.integration.shared.conftest import OpenBroker
from tests.integration.sweeper.conftest import QUEUES, Sweeping
from tests.integration.sweeper.receiver import Receiver, receiving
from tests.waiting import eventually

SECRET = new_secret()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


def completed(job_id: str, user_id: str = "ann") -> JobCompleted:
    return JobCompleted(
        job_id=job_id,
        user_id=user_id,
        rev=3,
        status=JobStatus.COMPLETED,
        total_items=3,
        progress=3,
        success_count=2,
        error_count=1,
        at=datetime.now(UTC),
    )


def noted(seq: int) -> ProductsNoted:
    """What a collector saw of one product."""
    figures: dict[str, Any] = {"margin_percent": 12.5, "profit_krw": 1, "recommended_price_krw": 2}
    product = ProfitableProduct(seq=seq, asin="B000000001", marketplace="amazon.com", **figures)
    return ProductsNoted(job_id="a-job", user_id="ann", at=datetime.now(UTC), profitable=(product,))


class Hooks:
    """A user's webhook, and what becomes of the deliveries to it."""

    def __init__(self, sweeping: Sweeping, receiver: Receiver, open_broker: OpenBroker) -> None:
        self.sweeping = sweeping
        self.receiver = receiver
        self.open_broker = open_broker
        self.trusted = {"webhook_trusted": (receiver.url,), "delivery_period_seconds": 0.05}

    async def webhook(self, path: str = "/hook", **changes: Any) -> str:
        document = {
            "_id": new_id(),
            "user_id": "ann",
            "url": self.receiver.url + path,
            "events": ["job.completed"],
            "secrets": [{"value": SECRET, "expires_at": None}],
            "enabled": True,
            "failing_since": None,
            "disabled_reason": None,
            **changes,
        }
        await self.sweeping.database["webhooks"].insert_one(document)
        return str(document["_id"])

    async def tell(self, *events: JobCompleted | ProductsNoted) -> None:
        broker = await self.open_broker(*QUEUES, USER_EVENTS)
        await broker.publish([event(each) for each in events])

    async def deliveries(self, state: str, count: int = 1) -> list[Document]:
        async def found() -> list[Document]:
            documents = await self.sweeping.database["deliveries"].find({}).to_list(None)
            assert [each["state"] for each in documents] == [state] * count, documents
            return documents

        return await eventually(found)

    async def attempted(self, times: int) -> Document:
        async def found() -> Document:
            documents = await self.sweeping.database["deliveries"].find({}).to_list(None)
            assert [len(document["log"]) for document in documents] == [times], documents
            return dict(documents[0])

        return await eventually(found)

    async def ended(self, count: int) -> None:
        """Waits until the receiver was told of so many ends."""

        def told() -> bool:
            return [each["type"] for each in self.receiver.events].count("job.completed") == count

        await eventually(told)

    async def make_due(self) -> None:
        past = datetime.now(UTC) - timedelta(seconds=1)
        await self.sweeping.database["deliveries"].update_many({"state": "pending"}, {"$set": {"next_at": past}})


@pytest.fixture
def hooks(sweeping: Sweeping, receiver: Receiver, open_broker: OpenBroker) -> Hooks:
    return Hooks(sweeping, receiver, open_broker)


async def test_receiver_and_subscriber_are_told_by_a_signed_small_body(hooks: Hooks) -> None:
    await hooks.webhook()
    await hooks.webhook(user_id="bob", _id="of another")
    mine, others = (Queue(f"{user}.{new_id()}", ((USERS, f"{user}.#"),)) for user in ("ann", "bob"))
    await hooks.sweeping.rabbit.declare(mine, others)
    async with hooks.sweeping.sweeper(**hooks.trusted):
        await hooks.tell(completed("a-job"))
        await hooks.deliveries("delivered")
    [request] = hooks.receiver.requests
    document = Webhook(SECRET).verify(request.body, request.headers)
    assert set(document) == {"type", "timestamp", "data"}
    assert (document["type"], document["data"]["job_id"], document["data"]["success_count"]) == (
        "job.completed",
        "a-job",
        2,
    )
    assert len(request.body) < 1_000
    [message] = await hooks.sweeping.rabbit.take_all(mine)
    assert (message.message_id, json.loads(message.body)) == (request.id, document)
    assert message.routing_key == "ann.job.completed"
    assert await hooks.sweeping.rabbit.take_all(others) == []


async def test_event_told_twice_is_sent_once_by_any_number_of_sweepers(hooks: Hooks) -> None:
    await hooks.webhook()
    events = [completed(f"job-{number}") for number in range(20)]
    async with hooks.sweeping.sweeper("s1", **hooks.trusted), hooks.sweeping.sweeper("s2", **hooks.trusted):
        await hooks.tell(*events, *events)
        await hooks.deliveries("delivered", 20)
    assert len(hooks.receiver.requests) == len({request.id for request in hooks.receiver.requests}) == 20


async def test_crowd_is_served_without_waiting_for_rounds_and_ends_go_before_it(hooks: Hooks) -> None:
    webhook_id = await hooks.webhook()
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    kinds = [*["product.profitable"] * 60, "job.completed", "ping"]
    crowd = [
        new_delivery(webhook_id, UserEvent(f"msg_{number}", kind, "ann", long_ago, {}), long_ago, 30)
        for number, kind in enumerate(kinds)
    ]
    crowd[-2]["next_at"] = crowd[-1]["next_at"] = datetime.now(UTC) - timedelta(seconds=1)
    await hooks.sweeping.database["deliveries"].insert_many(crowd)
    # Within one round: the next one begins long after the test has given up.
    async with hooks.sweeping.sweeper(**{**hooks.trusted, "delivery_period_seconds": 60.0}):
        await hooks.deliveries("delivered", len(crowd))
    first = {each["type"] for each in hooks.receiver.events[:PER_WEBHOOK]}
    assert {"job.completed", "ping"} <= first


async def test_what_collectors_note_piece_by_piece_is_one_event_and_the_end_does_not_wait_for_more(
    hooks: Hooks,
) -> None:
    await hooks.webhook(events=["job.completed", "product.profitable"])
    await hooks.tell(*map(noted, range(40)), completed("a-job"))
    async with hooks.sweeping.sweeper(**hooks.trusted):
        await hooks.deliveries("delivered", 2)
    assert hooks.receiver.products == [[*range(40)]]


async def test_products_are_gathered_on_while_events_of_other_types_go_out(hooks: Hooks) -> None:
    await hooks.webhook(events=["job.completed", "product.profitable"])
    pieces = 5
    async with hooks.sweeping.sweeper(**hooks.trusted):
        for seq in range(pieces):
            await hooks.tell(noted(seq), completed(f"job-{seq}"))
            await hooks.ended(seq + 1)
        await eventually(lambda: sum(map(len, hooks.receiver.products)) == pieces)
    # As many events as pieces if each were told with the end beside it; one, unless the machine takes 2 s for a round.
    assert len(hooks.receiver.products) < pieces


async def test_failed_delivery_is_sent_again_as_the_same_message(hooks: Hooks) -> None:
    webhook_id = await hooks.webhook()
    hooks.receiver.answer = lambda _, before: 503 if before == 0 else 200
    hooks.receiver.body = b'{"token": "s3cr3t"}' + b"x" * 100_000
    async with hooks.sweeping.sweeper(**hooks.trusted):
        await hooks.tell(completed("a-job"))
        failed = await hooks.attempted(1)
        assert failed["state"] == "pending"
        assert failed["log"][0]["status"] == 503
        assert "s3cr3t" not in failed["log"][0]["answer"]
        assert len(failed["log"][0]["answer"]) <= 500
        await hooks.make_due()
        [delivered] = await hooks.deliveries("delivered")
    assert [entry["status"] for entry in delivered["log"]] == [503, 200]
    first, second = hooks.receiver.requests
    assert (first.id, first.body) == (second.id, second.body)
    webhook = await hooks.sweeping.database["webhooks"].find_one({"_id": webhook_id})
    assert webhook is not None
    assert webhook["failing_since"] is None


async def test_claim_of_a_sweeper_that_died_is_taken_over(hooks: Hooks) -> None:
    """It may have sent it: at least once, never not at all."""
    await hooks.webhook()
    repository = WebhookRepository(hooks.sweeping.database)
    async with hooks.sweeping.sweeper(**hooks.trusted):
        await hooks.tell(completed("a-job"))
        [sent] = await hooks.deliveries("delivered")
    await hooks.sweeping.database["deliveries"].update_one(
        {"_id": sent["_id"]}, {"$set": {"state": "pending", "next_at": datetime.now(UTC) - timedelta(seconds=1)}}
    )
    [claimed] = await repository.claim_due(5, 0.3)
    assert await repository.claim_due(5, 0.3) == []
    async with hooks.sweeping.sweeper(**hooks.trusted):
        [again] = await hooks.deliveries("delivered")
    assert again["attempts"] == claimed["attempts"] + 1
    assert {request.id for request in hooks.receiver.requests} == {sent["event_id"]}
    assert len(hooks.receiver.requests) == 2


async def test_receiver_that_is_gone_switches_its_webhook_off(hooks: Hooks) -> None:
    webhook_id = await hooks.webhook()
    hooks.receiver.answer = lambda _path, _before: 410
    async with hooks.sweeping.sweeper(**hooks.trusted):
        await hooks.tell(completed("a-job"))
        await hooks.deliveries("failed")

        async def off() -> bool:
            webhook = await hooks.sweeping.database["webhooks"].find_one({"_id": webhook_id})
            return webhook is not None and not webhook["enabled"] and "410" in webhook["disabled_reason"]

        await eventually(off)
        await hooks.tell(completed("another"))
        await hooks.deliveries("failed")
    assert len(hooks.receiver.requests) == 1


async def test_webhook_failing_for_days_is_switched_off_with_its_last_attempt(hooks: Hooks) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=6)
    old, new = await hooks.webhook(failing_since=long_ago), await hooks.webhook()
    hooks.receiver.answer = lambda _path, _before: 500
    async with hooks.sweeping.sweeper(**hooks.trusted):
        await hooks.tell(completed("a-job"))

        async def tried() -> bool:
            found = await hooks.sweeping.database["deliveries"].find({}).to_list(None)
            return len(found) == 2 and all(each["log"] for each in found)

        await eventually(tried)
        await hooks.sweeping.database["deliveries"].update_many({}, {"$set": {"attempts": 9}})
        await hooks.make_due()
        await hooks.deliveries("failed", 2)

        async def switched() -> bool:
            found = {each["_id"]: each["enabled"] async for each in hooks.sweeping.database["webhooks"].find({})}
            return found == {old: False, new: True}

        await eventually(switched)


async def test_redirect_is_not_followed(hooks: Hooks) -> None:
    await hooks.webhook()
    hooks.receiver.answer = lambda _path, _before: 307
    async with hooks.sweeping.sweeper(**hooks.trusted):
        await hooks.tell(completed("a-job"))
        assert (await hooks.attempted(1))["log"][0]["status"] == 307
    assert [request.path for request in hooks.receiver.requests] == ["/hook"]


async def test_address_inside_is_never_reached(hooks: Hooks) -> None:
    """Whatever the API has let in, or a name service says by now."""
    await hooks.webhook()
    async with hooks.sweeping.sweeper(delivery_period_seconds=0.05):
        await hooks.tell(completed("a-job"))
        assert "open internet" in (await hooks.attempted(1))["log"][0]["error"]
    assert hooks.receiver.requests == []


async def test_slow_receiver_is_given_up_and_holds_up_no_other(hooks: Hooks) -> None:
    await hooks.webhook()
    hooks.receiver.seconds = 1.5
    async with hooks.sweeping.sweeper(**hooks.trusted, webhook_timeout_seconds=0.3):
        await hooks.tell(completed("a-job"))
        entry = (await hooks.attempted(1))["log"][0]
    assert entry["status"] is None
    assert entry["error"]
