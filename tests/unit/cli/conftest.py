"""A command line whose outside world is in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from cli.session import Session
from tests.unit.cli.fake_api import URL, FakeApi

ENVIRONMENT = {"ASINFLOW_API_URL": URL, "ASINFLOW_TOKEN": "the-token"}


class HeldClock:
    """Time that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def __call__(self) -> float:
        return self.now


@dataclass
class CommandLine:
    """Runs commands against the fake API."""

    session: Session

    def __call__(self, *arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, list(arguments), input=stdin, obj=self.session)

    def json(self, *arguments: str, stdin: str | None = None) -> Any:
        result = self(*arguments, "--json", stdin=stdin)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def asinflow(api: FakeApi, clock: HeldClock, tmp_path: Path) -> CommandLine:
    return CommandLine(Session(ENVIRONMENT, (tmp_path / ".run",), api.transport, clock.sleep, clock))


@pytest.fixture
def asinflow_in(api: FakeApi, clock: HeldClock) -> Callable[[dict[str, str], Path], CommandLine]:
    """A command line with another environment and another run folder."""
    return lambda environment, folder: CommandLine(Session(environment, (folder,), api.transport, clock.sleep, clock))
