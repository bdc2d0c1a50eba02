"""A user sees nothing of another's, and nobody but operators what is theirs: on every route that there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from shared.mongo import Database
from tests.integration.api.conftest import Running
from tests.unit.api.builders import HOME, NOW, asin, bearer, page_sample, price_point, product, stored_failure
from tests.unit.api.openapi_routes import BODIES, OperationOf, operations

MARK = "ann's own secret"
OPERATORS = "operators"


@dataclass(frozen=True)
class Owned:
    """What Ann has, by the name of the path parameter that names it."""

    ids: dict[str, str]

    def path(self, operation: OperationOf) -> str:
        return operation.path.format(**self.ids)


@pytest.fixture
async def owned(api: Running, database: Database) -> Owned:
    job = {"type": "KEYWORD", "keyword": MARK, "max_results": 3}
    job_id = (await api.client.post("/v1/jobs", json=job)).raise_for_status().json()["id"]
    await database["products"].insert_one(product(1, title=MARK, job_id=job_id))
    await database["price_history"].insert_one(price_point(1, None, availability=MARK))
    sample = page_sample(1).model_dump()
    await database["page_samples"].insert_one({"_id": sample.pop("id"), **sample, "url": MARK, "body": b""})
    await database["failures"].insert_one(stored_failure(1, message=MARK, correlation_id=job_id))
    made = await api.client.post(
        "/v1/webhooks", json={"url": "https://example.com/", "events": ["job.completed"], "description": MARK}
    )
    webhook_id = made.raise_for_status().json()["id"]
    ping = (await api.client.post(f"/v1/webhooks/{webhook_id}/ping")).raise_for_status().json()
    timed = {"name": MARK, "cron": "0 6 * * *", "job": {"type": "KEYWORD", "keyword": MARK}}
    schedule_id = (await api.client.post("/v1/schedules", json=timed)).raise_for_status().json()["id"]
    run = {"_id": f"{schedule_id}:1", "schedule_id": schedule_id, "user_id": "ann", "due_at": NOW, "decided_at": NOW}
    jobs = {"outcome": "fired", "job_id": job_id, "previous_job_id": None}
    await database["schedule_runs"].insert_one({**run, **jobs})
    hooks = {"schedule_id": schedule_id, "run_id": str(run["_id"]), "webhook_id": webhook_id, "delivery_id": ping["id"]}
    ids = hooks | {"job_id": job_id, "marketplace": HOME, "asin": asin(1)}
    return Owned(ids | {"sample_id": page_sample(1).id, "failure_id": f"{1:032x}"})


async def routes(api: Running) -> list[OperationOf]:
    found = operations((await api.client.get("/openapi.json")).json())
    assert len(found) > 20
    return found


async def request(api: Running, owned: Owned, operation: OperationOf, headers: dict[str, str]) -> Any:
    body = BODIES.get(operation.key)
    return await api.client.request(
        operation.method, owned.path(operation), json=body, headers=headers or {"Authorization": ""}
    )


async def test_nothing_of_another_user_is_there(api: Running, owned: Owned) -> None:
    """404, as for what does not exist; never 403, which would tell that it does."""
    for operation in await routes(api):
        if OPERATORS in operation.tags:
            continue
        answer = await request(api, owned, operation, bearer("bob"))
        assert MARK not in answer.text, operation
        if operation.parameters:
            assert answer.status_code == 404, (operation, answer.text)
        else:
            assert answer.status_code in {200, 201, 202, 415, 422}, (operation, answer.text)
            assert owned.ids["job_id"] not in answer.text, operation


async def test_owner_sees_and_keeps_it_all(api: Running, owned: Owned, database: Database) -> None:
    """After all that the other has tried; and the paths above do lead somewhere."""
    await test_nothing_of_another_user_is_there(api, owned)
    for path in ("/v1/jobs/{job_id}", "/v1/products/{marketplace}/{asin}"):
        assert MARK in (await api.client.get(path.format(**owned.ids))).text
    history = await api.client.get(f"/v1/products/{HOME}/{asin(1)}/price-history")
    assert MARK in history.text
    webhook = await api.client.get("/v1/webhooks/{webhook_id}".format(**owned.ids))
    assert (webhook.json()["description"], webhook.json()["enabled"]) == (MARK, True)
    job = await database["jobs"].find_one({"_id": owned.ids["job_id"]})
    assert job is not None
    assert job["status"] == "PENDING"


async def test_what_is_for_operators_is_forbidden_to_users(api: Running, owned: Owned, database: Database) -> None:
    theirs = [operation for operation in await routes(api) if OPERATORS in operation.tags]
    assert {"/v1/failures", "/v1/queues", "/v1/page-samples"} <= {operation.path for operation in theirs}
    for operation in theirs:
        answer = await request(api, owned, operation, bearer("bob"))
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope"), operation
        assert MARK not in answer.text
    assert await database["failures"].count_documents({"retry_requested_at": None}) == 1


async def test_without_a_token_there_is_nothing(api: Running, owned: Owned) -> None:
    for operation in await routes(api):
        answer = await request(api, owned, operation, {})
        assert answer.status_code == 401, operation


async def test_queries_hold_no_operators_of_the_database(api: Running, owned: Owned) -> None:
    """What looks like one is text like any other."""
    for text in ('{"$ne": null}', "[$ne]", ".*", "^", "(", "$where", "\\", "a" * 200):
        for path, name in (("/v1/products", "q"), ("/v1/products", "asin"), ("/v1/products", "job_id")):
            answer = await api.client.get(path, params={name: text}, headers=bearer("ann"))
            assert answer.status_code in {200, 422}, (path, name, text, answer.text)
            assert answer.status_code == 422 or answer.json()["items"] == [], (path, name, text)
        answer = await api.client.get(f"/v1/jobs/{text}", headers=bearer("ann"))
        assert answer.status_code == 404
    strange = await api.client.get("/v1/products?q[$ne]=x&asin[$gt]=", headers=bearer("ann"))
    assert strange.status_code == 422
