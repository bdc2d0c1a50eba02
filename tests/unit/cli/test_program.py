"""The root command: what it lists, what it loads, how it ends."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from cli.catalogue import COMMANDS
from cli.program import load
from tests.unit.cli.conftest import CommandLine


@pytest.mark.parametrize("name", COMMANDS)
def test_overview_says_what_the_command_says(name: str) -> None:
    assert load(name).help.splitlines()[0] == COMMANDS[name].help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(asinflow: CommandLine, name: str) -> None:
    result = asinflow(name, "--help")
    assert result.exit_code == 0
    assert f"asinflow {name}" in result.stdout


def test_help_flows_with_the_width_of_the_terminal(asinflow: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lines = [line.strip() for line in asinflow("top", "--help").stdout.splitlines()]
    start = next(place for place, line in enumerate(lines) if line.startswith("Jobs that run"))
    paragraph = lines[start : lines.index("", start)]
    assert all(len(line) > 40 for line in paragraph[:-1])


def test_help_documents_exit_codes(asinflow: CommandLine) -> None:
    result = asinflow("--help")
    assert result.exit_code == 0
    assert all(f"{code} " in result.stdout for code in (0, 1, 2, 3, 4, 130, 141))


RUN = """
import sys
from cli.main import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""
PARSE = ["parse", "-", "--url", "https://www.amazon.co.jp/dp/B07WXL5YPW"]


@pytest.mark.parametrize("arguments", [["--help"], PARSE], ids=["help", "parse"])
def test_quick_commands_load_nothing_slow(arguments: list[str]) -> None:
    command = [sys.executable, "-c", RUN, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, input="<html></html>", timeout=30)
    slow = {"httpx", "pydantic_settings", "aio_pika", "motor", "structlog", "rich.progress"}
    assert slow.isdisjoint(done.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nope"], "No such command 'nope'"),
        (["watch"], "Missing argument 'JOB'"),
        (["jobs", "--nope"], "No such option"),
        (["jobs", "--limit", "-1"], "greater than or equal to 0"),
        (["settings", "--service", "nope"], "no such process: nope"),
    ],
)
def test_wrong_usage_exits_2_and_points_to_help(asinflow: CommandLine, arguments: list[str], message: str) -> None:
    result = asinflow(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["sumbit"], "asinflow submit"),
        (["webhoks", "list"], "asinflow webhooks"),
        (["profit", "jbo"], "asinflow profit job"),
    ],
)
def test_misspelt_command_is_told_what_may_be_meant(asinflow: CommandLine, arguments: list[str], meant: str) -> None:
    result = asinflow(*arguments)
    assert result.exit_code == 2
    assert f"Try:  {meant}\n" in result.stderr


def test_wrong_usage_is_json_when_asked_for(asinflow: CommandLine) -> None:
    result = asinflow("watch", "--json")
    assert json.loads(result.stderr)["error"]["hint"] == "asinflow watch --help"


def test_version_is_shown(asinflow: CommandLine) -> None:
    assert asinflow("--version").stdout.startswith("asinflow ")
