"""What can be done with a job on the command line, and what is said when it cannot."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.unit.cli.conftest import CommandLine
from tests.unit.cli.fake_api import JOB_ID, FakeApi, a_job, problem

PATH = f"/v1/jobs/{JOB_ID}"


@pytest.mark.parametrize(
    ("command", "step", "body"),
    [
        (["cancel"], "cancel", None),
        (["pause"], "pause", None),
        (["resume"], "resume", None),
        (["retry"], "retry", {"error_codes": None, "include_cancelled": False}),
        (
            ["retry", "-e", "timeout", "-e", "captcha", "--include-cancelled"],
            "retry",
            {"error_codes": ["timeout", "captcha"], "include_cancelled": True},
        ),
        (["recollect", "--older-than", "36h"], "recollect", {"older_than_seconds": 129_600}),
        (["recollect", "--older-than", "90"], "recollect", {"older_than_seconds": 90}),
    ],
)
def test_step_is_taken_and_the_job_shown(
    asinflow: CommandLine, api: FakeApi, command: list[str], step: str, body: dict[str, Any] | None
) -> None:
    api.on("POST", f"{PATH}/{step}", a_job(status="PAUSED"))
    name, *options = command
    assert asinflow.json(name, JOB_ID, *options)["status"] == "PAUSED"
    assert api.bodies() == ([] if body is None else [body])
    shown = asinflow(name, JOB_ID, *options)
    assert (shown.exit_code, "PAUSED" in shown.stdout) == (0, True)


def test_priority_is_changed(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("PATCH", PATH, a_job(priority="high"))
    assert asinflow.json("priority", JOB_ID, "HIGH")["priority"] == "high"
    assert api.bodies() == [{"priority": "high"}]


@pytest.mark.parametrize(("options", "query"), [([], ""), (["--cancel"], "cancel=true")])
def test_job_is_deleted(asinflow: CommandLine, api: FakeApi, options: list[str], query: str) -> None:
    api.on("DELETE", PATH, httpx.Response(204))
    assert asinflow.json("delete", JOB_ID, *options) == {"id": JOB_ID, "deleted": True}
    assert api.requests[0].url.query.decode() == query


def test_refusal_names_the_commands_that_are_possible(asinflow: CommandLine, api: FakeApi) -> None:
    allowed = ["retry", "recollect", "delete"]
    answer = problem(409, "job_already_ended", "The job is COMPLETED.", job_status="COMPLETED", allowed=allowed)
    api.on("POST", f"{PATH}/pause", answer)
    result = asinflow("pause", JOB_ID)
    assert result.exit_code == 4
    for hint in (f"asinflow retry {JOB_ID}", f"asinflow recollect {JOB_ID} --older-than 24h", "asinflow delete"):
        assert hint in result.stderr
    error = json.loads(asinflow("pause", JOB_ID, "--json").stderr)["error"]
    assert (error["code"], error["problem"]["allowed"]) == ("job_already_ended", allowed)


def test_unknown_job_leads_to_the_list(asinflow: CommandLine) -> None:
    result = asinflow("resume", JOB_ID)
    assert (result.exit_code, "asinflow jobs" in result.stderr) == (4, True)


@pytest.mark.parametrize("age", ["soon", "-1", "3w", ""])
def test_age_that_is_none_is_refused(asinflow: CommandLine, api: FakeApi, age: str) -> None:
    result = asinflow("recollect", JOB_ID, "--older-than", age)
    assert (result.exit_code, api.requests) == (2, [])
