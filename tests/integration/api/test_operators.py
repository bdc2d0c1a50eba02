"""What operators see of a real broker and a real failure store."""

from collections.abc import Callable

import pytest

from services.api.settings import ApiSettings
from shared.broker import Broker
from shared.failures import safety_queues
from shared.messages import JobSubmitted
from shared.mongo import Database
from shared.outgoing import command
from shared.topology import COMMANDS, work_queue
from tests.conftest import management_url
from tests.integration.api.conftest import Running, serving, until_ready
from tests.unit.api.builders import bearer, stored_failure
from tests.waiting import eventually

OPERATOR = bearer("root", "operator")
SUBMITTED = work_queue("expander.job_submitted", COMMANDS, JobSubmitted.TYPE)


@pytest.fixture
async def waiting(amqp_url: str) -> None:
    """Three messages that nobody takes."""
    async with Broker(amqp_url, "test", queues=(SUBMITTED, *safety_queues())) as broker:
        await broker.wait_connected()
        await broker.publish([command(JobSubmitted(job_id="a-job")) for _ in range(3)])


async def seen(api: Running) -> dict[str, dict[str, object]]:
    answer = await api.client.get("/v1/queues", headers=OPERATOR)
    assert answer.status_code == 200, answer.text
    return {queue["name"]: queue for queue in answer.json()["items"]}


async def test_queues_are_seen_without_management(api: Running, waiting: None) -> None:
    queues = await seen(api)
    assert set(queues) == {"expander.job_submitted", *(queue.name for queue in safety_queues())}
    submitted = queues["expander.job_submitted"]
    assert (submitted["ready"], submitted["consumers"], submitted["unacknowledged"]) == (3, 0, None)
    assert queues["asinflow.dead"]["kind"] == "dead"
    assert queues["asinflow.retry.1s"]["kind"] == "retry"
    assert await seen(api) == queues, "looking must take nothing and close nothing"


async def test_queues_are_seen_with_management(
    settings: Callable[..., ApiSettings], servers: dict[str, str], waiting: None
) -> None:
    async with serving(settings(amqp_management_url=management_url(servers))) as running:
        await until_ready(running, broker=True)

        async def three() -> bool:
            queue = (await seen(running)).get("expander.job_submitted", {})
            return (queue.get("ready"), queue.get("unacknowledged")) == (3, 0)

        assert await eventually(three, 20.0)


async def test_failures_are_asked_back_and_deleted(api: Running, database: Database) -> None:
    await database["failures"].insert_many([stored_failure(n) for n in range(3)])
    first = f"/v1/failures/{0:032x}"
    assert (await api.client.get(first, headers=OPERATOR)).json()["payload"]["value"] == {"job_id": 7}
    assert (await api.client.post(f"{first}/retry", headers=OPERATOR)).status_code == 202
    asked = await database["failures"].find_one({"retry_requested_at": {"$ne": None}})
    assert asked is not None
    assert (asked["message_id"], asked["retries"], asked["retry_requested_by"]) == ("m-0", 1, "root")
    gone = await api.client.delete("/v1/failures", params={"all": True}, headers=OPERATOR)
    assert gone.json() == {"deleted": 2, "complete": True}
