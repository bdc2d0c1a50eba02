"""`asinflow watch` follows a job to its end, whatever the connection does."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.unit.cli.conftest import CommandLine, HeldClock
from tests.unit.cli.fake_api import JOB_ID, Broken, FakeApi, a_job, completed, problem, sse

JOB = f"/v1/jobs/{JOB_ID}"
EVENTS = f"{JOB}/events"


def streaming(*pieces: bytes) -> list[bytes]:
    return list(pieces)


def watched(asinflow: CommandLine, code: int = 0) -> list[dict[str, Any]]:
    result = asinflow("watch", JOB_ID, "--json")
    assert result.exit_code == code, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_live_event_is_one_line_of_json(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", JOB, a_job(progress=0), completed())
    api.on("GET", EVENTS, streaming(b": heartbeat\n\n", sse("job.progressed.v1", a_job()), sse("end", completed())))
    lines = watched(asinflow)
    assert [(line["event"], line["progress"]) for line in lines] == [
        ("snapshot", 0),
        ("job.progressed.v1", 2),
        ("end", 4),
    ]


def test_short_event_keeps_the_jobs_other_fields(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", JOB, a_job(progress=0), completed())
    api.on(
        "GET", EVENTS, streaming(sse("job.progressed.v1", {"job_id": JOB_ID, "progress": 3}), sse("end", completed()))
    )
    line = watched(asinflow)[1]
    assert (line["progress"], line["id"], line["total_items"]) == (3, JOB_ID, 4)


def test_ended_job_is_shown_without_a_stream(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", JOB, completed())
    assert [line["status"] for line in watched(asinflow)] == ["COMPLETED"]
    assert len(api.requests) == 1


def test_end_is_told_once_with_its_final_figures(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", JOB, a_job(), completed(duration_seconds=3.0))
    api.on("GET", EVENTS, streaming(sse("completed", completed())))
    ends = [line for line in asinflow("watch", JOB_ID).stdout.splitlines() if line.startswith("COMPLETED")]
    assert ends == ["COMPLETED: 3 collected, 1 failed, of 4, in 3.0 s (2.0/s)"]


@pytest.mark.parametrize(("status", "code"), [("passed", 0), ("failed", 1)])
def test_quality_gate_decides_how_watching_ends(asinflow: CommandLine, api: FakeApi, status: str, code: int) -> None:
    reasons = [] if code == 0 else [{"rule": "min_coverage.price", "wanted": 90, "got": 75.5}]
    api.on("GET", JOB, completed(quality={"status": status, "reasons": reasons}))
    result = asinflow("watch", JOB_ID)
    assert result.exit_code == code
    assert ("Quality failed: min_coverage.price 75.5 of 90 %" in result.stderr) == bool(code)


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_job_without_success_exits_1(asinflow: CommandLine, api: FakeApi, status: str) -> None:
    api.on("GET", JOB, completed(status=status, progress=2, cancelled_count=2))
    watched(asinflow, code=1)


def test_broken_stream_resumes_after_its_last_event(asinflow: CommandLine, api: FakeApi) -> None:
    first = Broken([sse("job.progressed.v1", a_job(), "7")], httpx.ReadError("reset"))
    api.on("GET", JOB, a_job(progress=0), a_job(), completed())
    api.on("GET", EVENTS, httpx.Response(200, stream=first), httpx.Response(200, content=sse("end", completed(), "8")))
    lines = watched(asinflow)
    assert lines[-1]["status"] == "COMPLETED"
    streams = [request for request in api.requests if request.url.path == EVENTS]
    assert [request.headers.get("Last-Event-ID") for request in streams] == [None, "7"]


def test_without_a_stream_the_job_is_polled(asinflow: CommandLine, api: FakeApi, clock: HeldClock) -> None:
    api.on("GET", JOB, a_job(progress=1), a_job(progress=2), a_job(progress=2), completed())
    api.on("GET", EVENTS, problem(404, "not_found", "No such route."))
    assert [line["progress"] for line in watched(asinflow)] == [1, 2, 4]
    assert clock.slept == [1.0, 1.0]
    assert sum(request.url.path == EVENTS for request in api.requests) == 1


def test_outage_is_waited_out_with_growing_pauses(asinflow: CommandLine, api: FakeApi, clock: HeldClock) -> None:
    refused = httpx.ConnectError("refused")
    api.on("GET", JOB, a_job(), refused, refused, refused, refused, a_job(), completed())
    api.on("GET", EVENTS, refused, streaming(sse("end", completed())))
    events = [line["event"] for line in watched(asinflow)]
    assert events == ["snapshot", *["reconnecting"] * 5, "snapshot", "end"]
    assert clock.slept == [0.25, 0.5, 1.0, 2.0, 2.0, 2.0]


def test_long_outage_exits_3_and_says_how_to_go_on(asinflow: CommandLine, api: FakeApi, clock: HeldClock) -> None:
    api.on("GET", JOB, a_job(), httpx.ConnectError("refused"))
    api.on("GET", EVENTS, httpx.ConnectError("refused"))
    result = asinflow("watch", JOB_ID)
    assert result.exit_code == 3
    assert f"asinflow watch {JOB_ID}" in result.stderr
    assert 60 < clock.now < 70


def test_rate_limit_is_waited_out_as_long_as_asked(asinflow: CommandLine, api: FakeApi, clock: HeldClock) -> None:
    api.on("GET", JOB, a_job(), completed())
    limited = problem(429, "rate_limited", "Too many requests.", headers={"Retry-After": "4"})
    api.on("GET", EVENTS, limited, streaming(sse("end", completed())))
    assert watched(asinflow)[-1]["status"] == "COMPLETED"
    assert clock.slept == [4.0]


def test_withdrawn_token_ends_the_watching(asinflow: CommandLine, api: FakeApi, clock: HeldClock) -> None:
    api.on("GET", JOB, a_job())
    api.on("GET", EVENTS, problem(401, "invalid_token", "The token has expired."))
    result = asinflow("watch", JOB_ID)
    assert result.exit_code == 4
    assert "asinflow token --user" in result.stderr
    assert clock.slept == []


def test_stream_that_closes_at_once_is_not_hammered(asinflow: CommandLine, api: FakeApi, clock: HeldClock) -> None:
    api.on("GET", JOB, a_job(), a_job(), a_job(), completed())
    api.on("GET", EVENTS, streaming())
    assert watched(asinflow)[-1]["status"] == "COMPLETED"
    assert clock.slept == [0.25, 0.5]


def test_ctrl_c_leaves_the_job_and_says_so(asinflow: CommandLine, api: FakeApi) -> None:
    interrupted = Broken([sse("job.progressed.v1", a_job())], KeyboardInterrupt())
    api.on("GET", JOB, a_job(progress=0))
    api.on("GET", EVENTS, httpx.Response(200, stream=interrupted))
    result = asinflow("watch", JOB_ID)
    assert result.exit_code == 130
    assert "the job goes on" in result.stderr
    assert result.stderr.endswith(f"Try:  asinflow watch {JOB_ID}\n      asinflow cancel {JOB_ID}\n")
    assert all(request.method == "GET" for request in api.requests)


def test_piped_progress_is_plain_lines(asinflow: CommandLine, api: FakeApi) -> None:
    api.on(
        "GET", JOB, a_job(status="PENDING", total_items=None, progress=0, success_count=0, error_count=0), completed()
    )
    api.on("GET", EVENTS, streaming(sse("job.progressed.v1", a_job()), sse("end", completed())))
    result = asinflow("watch", JOB_ID)
    assert result.stdout.splitlines() == [
        "PENDING  0/?  0 collected  0 failed  2.0/s  1.0 s left",
        "PROCESSING  2/4  1 collected  1 failed  2.0/s  1.0 s left",
        "COMPLETED: 3 collected, 1 failed, of 4, in 2.0 s (2.0/s)",
    ]
    assert f"asinflow items {JOB_ID} --status failed" in result.stderr


def test_unknown_job_exits_4(asinflow: CommandLine) -> None:
    result = asinflow("watch", "nope")
    assert result.exit_code == 4
    assert "There is no such job.  [404 job_not_found]" in result.stderr


def test_ended_job_is_not_revived_by_a_late_answer(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", JOB, a_job(progress=0), a_job())
    api.on("GET", EVENTS, streaming(sse("end", completed())))
    assert [line["status"] for line in watched(asinflow)] == ["PROCESSING", "COMPLETED"]


def test_end_of_an_outage_is_told_though_nothing_changed(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", JOB, a_job(), a_job(), completed())
    api.on("GET", EVENTS, httpx.ConnectError("refused"), streaming(b": nothing new\n\n", sse("end", completed())))
    assert [line["event"] for line in watched(asinflow)] == ["snapshot", "reconnecting", "snapshot", "end"]


def test_piped_progress_tells_what_the_job_waits_for(asinflow: CommandLine, api: FakeApi) -> None:
    reason = "waiting for amazon.co.jp until 2026-11-25T12:00:00Z"
    api.on("GET", JOB, a_job(status_reason=reason), completed())
    api.on("GET", EVENTS, streaming(sse("end", completed())))
    assert f"left  {reason}\n" in asinflow("watch", JOB_ID).output
