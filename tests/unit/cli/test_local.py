"""Commands that act on this machine end with the documented code, too."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.conftest import CommandLine


@pytest.mark.parametrize("action", ["start", "stop"])
def test_unknown_program_exits_1(asinflow: CommandLine, action: str) -> None:
    result = asinflow("local", action, "no-such-program", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stderr)["error"]["code"] == "local"


def test_local_alone_lists_what_it_can_do(asinflow: CommandLine) -> None:
    result = asinflow("local")
    assert result.exit_code == 2
    assert all(name in result.stdout for name in ("start", "stop", "status"))
