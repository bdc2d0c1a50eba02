"""Jobs travel from HTTP into the database and the broker, whatever is away."""

import asyncio
import time
from collections.abc import Callable

from services.api.settings import ApiSettings
from shared.broker import Broker
from shared.intake import Delivery, Intake
from shared.mongo import Database
from shared.topology import Queue
from tests.integration.api.conftest import CANCELLED, SUBMITTED, Running, free_port, serving, until_ready
from tests.unit.api.builders import HOME, asin, bearer

Build = Callable[..., ApiSettings]
BULK = {"type": "BULK_ASIN", "asins": [asin(1), asin(2)]}


async def only(broker: Broker, queue: Queue) -> Delivery:
    (delivery,) = await asyncio.wait_for(Intake(broker, queue, 10).batch(10, 0.1), 5)
    return delivery


async def test_accepted_job_is_stored_and_sent(api: Running, broker: Broker, database: Database) -> None:
    answer = await api.client.post("/v1/jobs", json=BULK, headers={"X-Request-ID": "r-1"})
    job_id = answer.json()["id"]

    delivery = await only(broker, SUBMITTED)
    stored = await database["jobs"].find_one({"_id": job_id})
    sources = await database["sources"].find({"job_id": job_id}).to_list(None)

    assert answer.status_code == 202
    assert (delivery.message_id, delivery.correlation_id) == (f"{job_id}:1:submitted", job_id)
    assert stored is not None
    assert stored["submitted_at"] >= stored["created_at"]
    assert (stored["status"], stored["fed"], "idempotency" in stored) == ("PENDING", 0, False)
    assert [(s["_id"], s["n"], s["keys"]) for s in sources] == [
        (f"{job_id}:0", 0, [f"{HOME}:{asin(1)}", f"{HOME}:{asin(2)}"])
    ]


async def test_job_is_accepted_within_a_second_without_the_broker(settings: Build, database: Database) -> None:
    async with serving(settings(amqp_url=f"amqp://guest:guest@127.0.0.1:{free_port()}/")) as running:
        await until_ready(running)
        started = time.monotonic()
        answer = await running.client.post("/v1/jobs", json=BULK)
        took = time.monotonic() - started
        stored = await database["jobs"].find_one({"_id": answer.json()["id"]})

    assert (answer.status_code, took < 1.0) == (202, True)
    assert stored is not None
    assert (stored["status"], stored["submitted_at"]) == ("PENDING", None)


async def test_without_the_database_the_answer_is_to_come_again(settings: Build) -> None:
    async with serving(
        settings(mongo_url=f"mongodb://127.0.0.1:{free_port()}/?serverSelectionTimeoutMS=300")
    ) as running:
        readiness = await running.client.get("/readyz")
        answer = await running.client.post("/v1/jobs", json=BULK)
    assert (readiness.status_code, answer.status_code) == (503, 503)
    assert (answer.json()["code"], answer.json()["retryable"]) == ("database_unavailable", True)
    assert answer.headers["retry-after"]


async def test_one_key_makes_one_job_however_many_ask_at_once(api: Running, database: Database) -> None:
    headers = {"Idempotency-Key": "once"}
    answers = await asyncio.gather(*(api.client.post("/v1/jobs", json=BULK, headers=headers) for _ in range(20)))
    last = await api.client.post("/v1/jobs", json=BULK, headers=headers)

    assert {answer.status_code for answer in answers} <= {202, 409}
    assert {answer.json()["id"] for answer in answers if answer.status_code == 202} == {last.json()["id"]}
    assert sum("idempotency-replayed" not in answer.headers for answer in answers if answer.status_code == 202) == 1
    assert await database["jobs"].count_documents({}) == 1
    assert await database["sources"].count_documents({}) == 1


async def test_large_job_is_stored_in_chunks(api: Running, database: Database) -> None:
    body = {"type": "BULK_ASIN", "asins": [asin(number) for number in range(100_000)]}
    answer = await api.client.post("/v1/jobs", json=body, timeout=60)

    assert answer.json()["counts"] == {"accepted": 100_000, "duplicate": 0, "invalid": 0}
    assert await database["sources"].count_documents({}) == 100


async def test_cancelled_job_is_announced(api: Running, broker: Broker, database: Database) -> None:
    job_id = (await api.client.post("/v1/jobs", json=BULK)).json()["id"]
    answer = await api.client.post(f"/v1/jobs/{job_id}/cancel")

    delivery = await only(broker, CANCELLED)
    stored = await database["jobs"].find_one({"_id": job_id})

    assert (answer.status_code, answer.json()["status"]) == (200, "CANCELLED")
    assert delivery.message_id == f"{job_id}:1:cancelled"
    assert stored is not None
    assert (stored["status"], stored["rev"], stored["announced"]) == ("CANCELLED", 1, True)


async def test_users_see_their_own_jobs_only(api: Running) -> None:
    job_id = (await api.client.post("/v1/jobs", json=BULK)).json()["id"]
    assert (await api.client.get(f"/v1/jobs/{job_id}", headers=bearer("bob"))).status_code == 404
    assert (await api.client.get("/v1/jobs", headers=bearer("bob"))).json()["items"] == []
    assert [job["id"] for job in (await api.client.get("/v1/jobs")).json()["items"]] == [job_id]
