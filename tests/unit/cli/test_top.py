"""`asinflow top`: what it asks for, what it shows, and that a pipe gets how things stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import httpx
import pytest

from cli.board import View, board, pace_line, queue_line, window
from cli.client import Api
from cli.documents import Job, Queue
from cli.endpoint import Endpoint
from cli.glance import Behind, Glance, Watcher
from tests.unit.cli.conftest import CommandLine
from tests.unit.cli.fake_api import JOB_ID, URL, FakeApi, a_job, completed, problem
from tests.unit.cli.test_failures import QUEUE
from tests.unit.cli.test_lists import page, query

LINE: dict[str, Any] = {
    "line": "amazon.co.jp",
    "circuit": "closed",
    "interval_seconds": 2.0,
    "blocked_until": None,
    "blocks": 0,
    "fetch_seconds": 0.2,
    "reason": None,
}
WAITING = "waiting for amazon.co.jp until 2026-11-25T12:03:00Z"


def jobs(number: int, **changes: Any) -> list[Job]:
    return [cast("Job", a_job(id=f"{place:032x}", **changes)) for place in range(number)]


def screen(glance: Glance, view: View, width: int, height: int, trouble: str = "") -> list[str]:
    return board(glance, view, (width, height), "asinflow top", trouble).plain.splitlines()


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("number", [0, 1, 100])
def test_screen_is_never_exceeded(width: int, number: int) -> None:
    found = jobs(number, status_reason=WAITING, request={"keyword": "ポケモン" * 40, "marketplace": None})
    lines = screen(Glance(found, Behind([cast("Queue", QUEUE)], [LINE] * 9)), View(), width, 24, trouble="x" * 300)
    assert len(lines) <= 24
    assert max(map(len, lines)) <= width


def test_each_job_is_shown_with_its_figures_and_what_it_waits_for() -> None:
    lines = screen(Glance(jobs(1, status_reason=WAITING)), View(), 80, 24)
    assert lines[0].endswith("1 running")
    assert " ".join(lines[3].split()) == "00000000…0000 PROCESSING ━━━━━───── 2/4 1 2.0/s 1.0 s 4 products"
    assert lines[4].strip() == WAITING
    assert f"asinflow watch {0:032x}" in lines
    assert f"{0:032x}" in screen(Glance(jobs(1)), View(), 200, 24)[3]


def test_ended_jobs_can_be_hidden() -> None:
    glance = Glance([*jobs(1), cast("Job", completed())])
    assert "COMPLETED" in "\n".join(screen(glance, View(), 80, 24))
    assert "COMPLETED" not in "\n".join(screen(glance, View(ended=False), 80, 24))


@pytest.mark.parametrize("chosen", [0, 7, 49, 99])
def test_chosen_job_is_always_in_view(chosen: int) -> None:
    found = jobs(100)
    first, shown = window(found, chosen, 10)
    assert len(shown) == 10
    assert found[chosen] in shown
    assert shown == found[first : first + 10]


def test_cursor_stays_within_the_list() -> None:
    glance = Glance(jobs(3))
    assert [View(1).moved(by, glance).chosen for by in (-5, -1, 0, 1, 5)] == [0, 0, 1, 2, 2]
    assert View(2).moved(0, Glance()).chosen == 0


def test_queues_are_told_in_one_line() -> None:
    queues = [cast("Queue", dict(QUEUE, name="collector", kind="main", ready=1_200)), cast("Queue", QUEUE)]
    told = queue_line(queues).plain
    assert "1,200 waiting  0 to be tried again  3 dead  most in collector: 1,200" in told


def test_paused_marketplaces_are_told_first() -> None:
    paused = {**LINE, "line": "amazon.com", "circuit": "open", "blocked_until": "2026-11-25T12:03:00Z"}
    told = pace_line([LINE, paused]).plain.split()
    assert told[:5] == ["pace", "amazon.com", "open", "until", "2026-11-25"]
    assert told[7:9] == ["amazon.co.jp", "one"]


class Played:
    """The lists of an API whose jobs a test sets."""

    def __init__(self, api: FakeApi) -> None:
        self.jobs: Sequence[Job] = ()
        self.api = api
        api.on("GET", "/v1/jobs", self)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        wanted = request.url.params.get("status")
        return httpx.Response(200, json=page(*[dict(job) for job in self.jobs if wanted in (None, job["status"])]))

    def asked(self) -> list[str]:
        found = [query(request).get("status", "any") for request in self.api.requests]
        self.api.requests.clear()
        return found


def test_running_jobs_alone_are_asked_for_until_one_ends(api: FakeApi) -> None:
    played = Played(api)
    with Api(Endpoint(URL, "t"), api.transport) as client:
        watcher = Watcher(client)
        played.jobs = jobs(2)
        assert len(watcher.look().jobs) == 2
        assert played.asked() == ["PROCESSING", "PENDING", "PAUSED", "any"]
        watcher.look()
        assert played.asked() == ["PROCESSING"]
        played.jobs = [played.jobs[0], cast("Job", {**played.jobs[1], "status": "COMPLETED"})]
        assert [job["status"] for job in watcher.look().jobs] == ["PROCESSING", "COMPLETED"]


def test_pipe_gets_how_things_stand_once(asinflow: CommandLine, api: FakeApi) -> None:
    played = Played(api)
    played.jobs = [cast("Job", a_job(status_reason=WAITING)), cast("Job", completed())]
    api.on("GET", "/v1/queues", problem(403, "forbidden", "Only for operators."))
    result = asinflow("top")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1] == f"{JOB_ID}\tPROCESSING\t2/4\t1\t2.0\t1.0 s\t{WAITING}\t4 products"
    assert len(result.stdout.splitlines()) == 2
    assert asinflow.json("top") == {"jobs": [dict(played.jobs[0])], "queues": None, "pace": None}


def test_operator_sees_queues_and_pace(asinflow: CommandLine, api: FakeApi) -> None:
    Played(api)
    api.on("GET", "/v1/queues", {"items": [QUEUE], "source": "amqp"})
    api.on("GET", "/v1/pace", {"items": [LINE]})
    assert asinflow.json("top") == {"jobs": [], "queues": [QUEUE], "pace": [LINE]}
