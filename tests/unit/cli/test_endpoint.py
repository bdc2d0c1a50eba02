"""Where the API is looked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.endpoint import Endpoint, find_endpoint
from cli.errors import CliError
from tests.unit.cli.conftest import CommandLine
from tests.unit.cli.fake_api import FakeApi

LOCAL = "API_URL=http://127.0.0.1:4711\nTOKEN=local=token\nOPERATOR_TOKEN=x\n"


@pytest.fixture
def local(tmp_path: Path) -> Path:
    (tmp_path / "env").write_text(LOCAL)
    return tmp_path


def test_environment_comes_first(local: Path) -> None:
    environment = {"ASINFLOW_API_URL": "https://api.example/", "ASINFLOW_TOKEN": "t"}
    assert find_endpoint(environment, (local,)) == Endpoint("https://api.example", "t")


def test_local_stack_is_found(local: Path, tmp_path: Path) -> None:
    assert find_endpoint({}, (tmp_path / "none", local)) == Endpoint("http://127.0.0.1:4711", "local=token")


def test_another_user_may_talk_to_the_local_stack(local: Path) -> None:
    assert find_endpoint({"ASINFLOW_TOKEN": "bob"}, (local,)) == Endpoint("http://127.0.0.1:4711", "bob")


def test_local_token_is_never_sent_elsewhere(local: Path) -> None:
    with pytest.raises(CliError, match="ASINFLOW_TOKEN is not"):
        find_endpoint({"ASINFLOW_API_URL": "https://api.example"}, (local,))


def test_address_without_a_scheme_is_refused(local: Path) -> None:
    with pytest.raises(CliError, match="must begin with http"):
        find_endpoint({"ASINFLOW_API_URL": "localhost:1", "ASINFLOW_TOKEN": "t"}, (local,))


def test_nothing_found_exits_2_with_the_next_command(
    asinflow_in: Callable[[dict[str, str], Path], CommandLine], tmp_path: Path
) -> None:
    result = asinflow_in({}, tmp_path)("jobs")
    assert result.exit_code == 2
    assert "make up" in result.stderr


def test_token_is_sent_as_bearer(asinflow: CommandLine, api: FakeApi) -> None:
    asinflow("jobs")
    assert api.requests[0].headers["Authorization"] == "Bearer the-token"
