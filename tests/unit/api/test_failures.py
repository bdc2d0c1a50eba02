"""The failure store over HTTP: for operators, who choose with care."""

import base64

import httpx
import pytest

from services.api.queues import QueueList, QueueView
from shared.errors import BrokerUnavailableError
from tests.unit.api.builders import NOW, bearer, stored_failure
from tests.unit.api.conftest import World
from tests.unit.api.fakes import FakeFailureStore
from tests.unit.api.test_http import problem

OPERATOR = bearer("root", "operator")
ITEM = {"item": "a-job:1:3", "queue": "collector.item_collect.amazon.de", "code": "bug"}
FIRST = f"/v1/failures/{1:032x}"


@pytest.fixture
def store(world: World) -> FakeFailureStore:
    world.failures = FakeFailureStore(*(stored_failure(n) for n in (2, 1, 3)), stored_failure(4, **ITEM))
    return world.failures


@pytest.fixture
async def operator(world: World, store: FakeFailureStore) -> httpx.AsyncClient:
    client = world.client()
    client.headers.update(OPERATOR)
    return client


async def test_failures_come_latest_first_and_page(operator: httpx.AsyncClient) -> None:
    first = await operator.get("/v1/failures", params={"code": "malformed_message", "limit": 2})
    rest = await operator.get(first.headers["link"].partition(">")[0][1:])
    assert [f["message_id"] for f in first.json()["items"] + rest.json()["items"]] == ["m-3", "m-2", "m-1"]
    assert rest.json()["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["x", "WyJ4IiwieSJd"])
async def test_cursor_of_no_list_is_refused(operator: httpx.AsyncClient, cursor: str) -> None:
    problem(await operator.get("/v1/failures", params={"cursor": cursor}), 422, "invalid_request")


async def test_failure_shows_all_that_is_known(operator: httpx.AsyncClient) -> None:
    found = (await operator.get(FIRST)).json()
    assert found["payload"] == {"format": "json", "value": {"job_id": 7}, "size": 13, "complete": True}
    assert (found["headers"], found["traceback"], found["refusal"]) == ({"x-attempt": 1}, "Traceback …", None)


async def test_payload_with_half_a_character_is_shown_as_it_was_written(
    operator: httpx.AsyncClient, store: FakeFailureStore
) -> None:
    text = '{"job_id": "\\ud800"}'
    store.documents[f"{1:032x}"]["payload"] = {"json": text}
    payload = (await operator.get(FIRST)).json()["payload"]
    assert payload == {"format": "text", "value": text, "size": len(text), "complete": True}


async def test_payload_that_is_no_text_is_shown_in_base64(operator: httpx.AsyncClient, store: FakeFailureStore) -> None:
    store.documents[f"{1:032x}"]["payload"] = {"bytes": b"\xff\x00", "size": 2_000_000}
    payload = (await operator.get(FIRST)).json()["payload"]
    assert payload == {
        "format": "base64",
        "value": base64.b64encode(b"\xff\x00").decode(),
        "size": 2_000_000,
        "complete": False,
    }


@pytest.mark.parametrize(("method", "path"), [("GET", FIRST), ("POST", f"{FIRST}/retry"), ("DELETE", FIRST)])
async def test_failure_that_is_gone_is_not_found(
    operator: httpx.AsyncClient, store: FakeFailureStore, method: str, path: str
) -> None:
    store.documents.clear()
    problem(await operator.request(method, path), 404, "failure_not_found")


async def test_retry_asked_for_twice_is_one(operator: httpx.AsyncClient, store: FakeFailureStore) -> None:
    answers = [await operator.post(f"{FIRST}/retry") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    stored = store.documents[f"{1:032x}"]
    assert (stored["retries"], stored["retry_requested_by"]) == (1, "root")
    assert (await operator.get("/v1/failures", params={"retrying": True})).json()["items"][0]["message_id"] == "m-1"


async def test_item_that_failed_is_collected_again(operator: httpx.AsyncClient, store: FakeFailureStore) -> None:
    asked = {"requested": 1, "items": 1, "already_done": 0, "refused": 0, "complete": True}
    for _ in range(2):
        answer = await operator.post(f"/v1/failures/{4:032x}/retry")
        assert (answer.status_code, answer.json()) == (202, asked)
    assert store.documents[f"{4:032x}"]["retries"] == 1


async def test_item_that_has_succeeded_since_is_done(operator: httpx.AsyncClient, store: FakeFailureStore) -> None:
    store.succeeded.add("a-job:1:3")
    answer = await operator.post(f"/v1/failures/{4:032x}/retry")
    assert (answer.status_code, answer.json()["requested"], answer.json()["already_done"]) == (202, 0, 1)
    assert f"{4:032x}" not in store.documents


async def test_item_of_a_deleted_job_is_not_collected_again(
    operator: httpx.AsyncClient, store: FakeFailureStore
) -> None:
    store.gone.add("a-job")
    problem(await operator.post(f"/v1/failures/{4:032x}/retry"), 409, "job_gone")
    assert store.documents[f"{4:032x}"]["retries"] == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"payload": {"bytes": b"", "size": 9}}, "incomplete_payload"), ({"queue": "unknown"}, "unknown_queue")],
)
async def test_message_not_known_whole_is_not_sent_again(
    operator: httpx.AsyncClient, store: FakeFailureStore, changes: dict[str, object], code: str
) -> None:
    store.documents[f"{1:032x}"].update(changes)
    problem(await operator.post(f"{FIRST}/retry"), 409, code)


async def test_many_are_retried_by_what_they_have_in_common(
    operator: httpx.AsyncClient, store: FakeFailureStore
) -> None:
    answer = await operator.post("/v1/failures/retry", json={"q": "JOB_ID: input", "since": "2026-11-23T06:02:00Z"})
    told = {"requested": 3, "items": 1, "already_done": 0, "refused": 0, "complete": True}
    assert (answer.status_code, answer.json()) == (202, told)
    again = await operator.post("/v1/failures/retry", json={"all": True})
    assert again.json() == {"requested": 1, "items": 0, "already_done": 0, "refused": 0, "complete": True}
    assert {each["retries"] for each in store.documents.values()} == {1}


@pytest.mark.parametrize("body", [{}, {"all": False}, {"quue": "x"}, {"since": "yesterday"}, {"q": ""}])
async def test_unclear_choice_of_many_is_refused(operator: httpx.AsyncClient, body: dict[str, object]) -> None:
    problem(await operator.post("/v1/failures/retry", json=body), 422, "invalid_request")


async def test_unclear_deletion_of_many_is_refused(operator: httpx.AsyncClient, store: FakeFailureStore) -> None:
    problem(await operator.delete("/v1/failures"), 422, "invalid_request")
    assert len(store.documents) == 4


async def test_failures_are_deleted_one_by_one_and_by_filter(
    operator: httpx.AsyncClient, store: FakeFailureStore
) -> None:
    assert (await operator.delete(FIRST)).status_code == 204
    await operator.post(f"/v1/failures/{2:032x}/retry")
    answer = await operator.delete("/v1/failures", params={"code": "malformed_message"})
    assert answer.json() == {"deleted": 1, "complete": True}
    assert set(store.documents) == {f"{2:032x}", f"{4:032x}"}


async def test_old_failures_are_pruned(world: World, operator: httpx.AsyncClient, store: FakeFailureStore) -> None:
    assert world.clock.now() == NOW
    store.documents[f"{1:032x}"]["failed_at"] = NOW.replace(hour=3)
    answer = await operator.post("/v1/failures/prune", json={"older_than_hours": 2})
    assert answer.json() == {"deleted": 1, "complete": True}
    assert f"{1:032x}" not in store.documents


async def test_queues_are_told_as_the_broker_tells(world: World, operator: httpx.AsyncClient) -> None:
    unknown = dict.fromkeys(("unacknowledged", "publish_rate", "deliver_rate", "ack_rate", "oldest_age_seconds"))
    view = QueueView(name="a", kind="work", ready=3, consumers=1, **unknown)
    world.queues.told = QueueList(items=[view], source="amqp")
    assert (await operator.get("/v1/queues")).json() == {"items": [view.model_dump()], "source": "amqp"}


async def test_queues_without_a_broker_are_to_be_asked_for_again(world: World, operator: httpx.AsyncClient) -> None:
    world.queues.error = BrokerUnavailableError("gone")
    answer = await operator.get("/v1/queues")
    problem(answer, 503, "broker_unavailable")
    assert answer.headers["retry-after"]
