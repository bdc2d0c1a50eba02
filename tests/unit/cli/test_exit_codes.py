"""Exit codes are those of docs/cli.md, and each is what it says."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable

import httpx
import pytest

from cli.errors import ExitCode
from cli.main import EXIT_CODES
from deploy.local.folder import ROOT
from tests.unit.cli.conftest import CommandLine
from tests.unit.cli.fake_api import JOB_ID, FakeApi, completed, problem

JOB = f"/v1/jobs/{JOB_ID}"


def interrupt(_: httpx.Request) -> httpx.Response:
    raise KeyboardInterrupt


def break_the_pipe(_: httpx.Request) -> httpx.Response:
    raise BrokenPipeError(errno.EPIPE, "Broken pipe")


CASES: dict[int, tuple[list[str], httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]]] = {
    0: (["watch", JOB_ID], httpx.Response(200, json=completed())),
    1: (["watch", JOB_ID], httpx.Response(200, json=completed(status="FAILED"))),
    2: (["watch"], httpx.Response(200)),
    3: (["job", JOB_ID], httpx.ConnectError("refused")),
    4: (["job", JOB_ID], problem(404, "job_not_found", "There is no such job.")),
    130: (["watch", JOB_ID], interrupt),
    141: (["job", JOB_ID], break_the_pipe),
}


def documented() -> dict[int, str]:
    page = (ROOT / "docs" / "cli.md").read_text()
    table = page.partition("## Exit codes")[2].partition("\n## ")[0]
    return {int(code): meaning for code, meaning in re.findall(r"^\| (\d+) \| (.+) \|$", table, re.MULTILINE)}


def test_table_help_and_code_name_the_same() -> None:
    assert list(documented()) == [code.value for code in ExitCode] == list(CASES)
    assert [int(code) for code in re.findall(r"^(\d+) ", EXIT_CODES, re.MULTILINE)] == list(CASES)


@pytest.mark.parametrize("code", CASES)
def test_code_is_what_it_says(asinflow: CommandLine, api: FakeApi, code: int) -> None:
    arguments, answer = CASES[code]
    api.on("GET", JOB, answer)
    assert asinflow(*arguments).exit_code == code
