"""A job's timeline, oldest first, with the time since it began."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.cli.conftest import CommandLine
from tests.unit.cli.fake_api import JOB_ID, FakeApi, a_job

JOB = f"/v1/jobs/{JOB_ID}"
PATH = f"{JOB}/timeline"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture(autouse=True)
def job(api: FakeApi) -> None:
    api.on("GET", JOB, a_job(trace_id=TRACE_ID))


def entry(rev: int, at: str, kind: str, **changes: Any) -> dict[str, Any]:
    plain = {"before": "PENDING", "after": "PROCESSING", "run": 1, "rev": rev, "reason": None, "actor": "expander"}
    return {"at": at, "kind": kind, **plain, **changes}


ENTRIES = [
    entry(0, "2026-11-23T06:00:00Z", "submit", before=None, after="PENDING", actor="user"),
    entry(1, "2026-11-23T06:00:01.500Z", "start"),
    entry(9, "2026-11-23T06:03:05Z", "fail", after="FAILED", reason="Timeout: Job expired", actor="sweeper"),
]


def test_timeline_is_read_to_its_end(asinflow: CommandLine, api: FakeApi) -> None:
    pages = [{"items": ENTRIES[:2], "next_cursor": "more"}, {"items": ENTRIES[2:], "next_cursor": None}]
    api.on("GET", PATH, *pages)
    assert asinflow.json("trace", JOB_ID) == ENTRIES
    assert [request.url.params.get("cursor") for request in api.requests if request.url.path == PATH] == [None, "more"]


def test_each_step_says_when_what_by_whom_and_why(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", PATH, {"items": ENTRIES, "next_cursor": None})
    lines = [line.split("\t") for line in asinflow("trace", JOB_ID).stdout.splitlines()]
    assert lines[0][:4] == ["WHEN", "AFTER", "RUN", "WHAT"]
    assert [line[1] for line in lines[1:]] == ["+0.0 s", "+1.5 s", "+3 min 05 s"]
    assert lines[3][2:] == ["1", "fail", "FAILED", "sweeper", "Timeout: Job expired"]


def test_job_without_a_timeline_has_no_lines(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", PATH, {"items": [], "next_cursor": None})
    result = asinflow("trace", JOB_ID)
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 1)


def test_trace_id_is_told_beside_the_table(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", PATH, {"items": ENTRIES, "next_cursor": None})
    result = asinflow("trace", JOB_ID)
    assert result.stderr == f"trace {TRACE_ID}\n"
    assert TRACE_ID not in result.stdout
    api.on("GET", JOB, a_job(trace_id=None))
    assert asinflow("trace", JOB_ID).stderr == ""


def test_job_that_is_not_there_is_an_error(asinflow: CommandLine) -> None:
    assert asinflow("trace", "0" * 32).exit_code != 0
