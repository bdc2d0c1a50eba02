"""Failures and queues on the command line: looked at, retried and deleted by name, by choice, or all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.cli.conftest import CommandLine, HeldClock
from tests.unit.cli.fake_api import FakeApi, problem
from tests.unit.cli.test_lists import page, query

FAILURE_ID = "5f0c6b1f2c9e4d0f8a7b6c5d4e3f2a1b"
PATH = f"/v1/failures/{FAILURE_ID}"
FAILURE: dict[str, Any] = {
    "id": FAILURE_ID,
    "queue": "aggregator.items_finished",
    "type": "items.finished.v1",
    "message_id": "m-1",
    "correlation_id": "a-job",
    "code": "malformed_message",
    "error_class": "DecodeError",
    "message": "not JSON",
    "attempts": 1,
    "retries": 0,
    "failed_at": "2026-11-23T06:00:05Z",
}
DETAIL = {
    **FAILURE,
    "payload": {"format": "json", "value": {"job_id": 7}, "size": 13, "complete": True},
    "headers": {"x-attempt": 1},
    "traceback": "Traceback (most recent call last):\n  File",
}
QUEUE = {
    "name": "asinflow.dead",
    "kind": "dead",
    "ready": 3,
    "unacknowledged": None,
    "consumers": 1,
    "publish_rate": 1.25,
    "deliver_rate": None,
    "ack_rate": None,
    "oldest_age_seconds": None,
}


def test_failures_are_listed_by_choice(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", "/v1/failures", page(FAILURE))
    options = ["--queue", "q", "--code", "c", "--type", "t", "--job", "j", "--since", "2026-11-23", "--text", "x y"]
    assert asinflow.json("failures", "list", *options) == [FAILURE]
    chosen = {"queue": "q", "code": "c", "type": "t", "job_id": "j", "since": "2026-11-23T00:00:00+00:00", "q": "x y"}
    assert query(api.requests[0]) == {**chosen, "limit": "50"}


def test_failure_is_shown_whole(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", PATH, DETAIL)
    shown = asinflow("failures", "show", FAILURE_ID).stdout
    assert 'payload\t{"job_id": 7}' in shown
    assert "header x-attempt\t1" in shown
    assert shown.endswith(DETAIL["traceback"] + "\n")
    assert asinflow.json("failures", "show", FAILURE_ID) == DETAIL


def test_failures_named_are_retried_one_by_one(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("POST", f"{PATH}/retry", {"requested": 1, "refused": 0, "complete": True})
    assert asinflow("failures", "retry", FAILURE_ID, FAILURE_ID).stdout == "2 to be tried again, 0 cannot be\n"


def test_retry_that_cannot_be_says_why(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("POST", f"{PATH}/retry", problem(409, "job_gone", "The job of its item has been deleted."))
    result = asinflow("failures", "retry", FAILURE_ID)
    assert (result.exit_code, "has been deleted" in result.stderr) == (4, True)


def test_one_of_several_that_cannot_be_retried_stops_no_other(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("POST", f"{PATH}/retry", problem(409, "job_gone", "The job of its item has been deleted."))
    api.on("POST", "/v1/failures/b/retry", {"requested": 0, "already_done": 1, "refused": 0, "complete": True})
    api.on("POST", "/v1/failures/c/retry", {"requested": 1, "items": 1, "refused": 0, "complete": True})
    result = asinflow("failures", "retry", FAILURE_ID, "b", "c")
    told = "1 to be tried again, 1 of them by new runs of their jobs, 1 have succeeded since, 1 cannot be\n"
    assert (result.exit_code, result.stdout, FAILURE_ID in result.stderr) == (0, told, True)


def test_many_are_retried_until_all_are(asinflow: CommandLine, api: FakeApi) -> None:
    more = {"requested": 20_000, "items": 7, "already_done": 2, "refused": 1, "complete": False}
    api.on("POST", "/v1/failures/retry", more, {**more, "requested": 5, "items": 1, "complete": True})
    told = asinflow.json("failures", "retry", "--code", "bug")
    assert told == {"requested": 20_005, "items": 8, "already_done": 4, "refused": 1, "complete": True}
    first, second = api.bodies()
    assert first == second
    assert (first["code"], "until" in first, "all" in first) == ("bug", True, False)


@pytest.mark.parametrize("command", ["retry", "delete"])
@pytest.mark.parametrize("arguments", [(), (FAILURE_ID, "--all"), (FAILURE_ID, "--code", "c")])
def test_unclear_choice_is_refused(asinflow: CommandLine, api: FakeApi, command: str, arguments: tuple[str]) -> None:
    assert asinflow("failures", command, *arguments).exit_code == 2
    assert api.requests == []


def test_failures_are_deleted(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("DELETE", PATH, httpx.Response(204))
    api.on("DELETE", "/v1/failures", {"deleted": 3, "complete": True})
    assert asinflow("failures", "delete", FAILURE_ID).stdout == "1 deleted\n"
    assert asinflow("failures", "delete", "--all").stdout == "3 deleted\n"
    assert query(api.requests[-1]) == {"all": "true"}


def test_old_failures_are_pruned(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("POST", "/v1/failures/prune", {"deleted": 3, "complete": True})
    assert asinflow("failures", "prune", "--hours", "24").stdout == "3 deleted\n"
    assert api.bodies() == [{"older_than_hours": 24.0}]


def test_local_operator_token_is_found_by_itself(
    asinflow_in: Callable[[dict[str, str], Path], CommandLine], api: FakeApi, tmp_path: Path
) -> None:
    (tmp_path / "env").write_text("API_URL=http://api.test\nTOKEN=demo\nOPERATOR_TOKEN=root\n")
    api.on("GET", "/v1/failures", page())
    api.on("GET", "/v1/jobs", page())
    local = asinflow_in({}, tmp_path)
    local("failures", "list")
    local("jobs")
    assert [request.headers["authorization"] for request in api.requests] == ["Bearer root", "Bearer demo"]


def test_queues_are_shown(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", "/v1/queues", {"items": [QUEUE], "source": "management"})
    assert asinflow("queues").stdout.splitlines()[1].split("\t")[:5] == ["asinflow.dead", "3", "", "1", "1.2"]
    assert asinflow.json("queues") == [QUEUE]


def test_queues_are_watched_until_interrupted(asinflow: CommandLine, api: FakeApi, clock: HeldClock) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        if len(api.requests) > 3:
            raise KeyboardInterrupt
        return httpx.Response(200, json={"items": [QUEUE], "source": "amqp"})

    api.on("GET", "/v1/queues", answer)
    result = asinflow("queues", "--watch", "--every", "5")
    assert (result.stdout.count("asinflow.dead"), clock.slept, result.exit_code) == (3, [5.0, 5.0, 5.0], 130)
