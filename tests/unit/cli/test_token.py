"""`asinflow token` signs what the API will accept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import jwt
import pytest

from shared.auth import USER_SCOPES
from tests.unit.cli.conftest import CommandLine

SECRET = "s" * 40
Make = Callable[[dict[str, str], Path], CommandLine]


@pytest.fixture
def asinflow(asinflow_in: Make, tmp_path: Path) -> CommandLine:
    return asinflow_in({"ASINFLOW_JWT_SECRET": SECRET}, tmp_path)


def claims(token: str) -> dict[str, object]:
    decoded: dict[str, object] = jwt.decode(token.strip(), SECRET, algorithms=["HS256"])
    return decoded


def test_token_names_user_and_scopes(asinflow: CommandLine) -> None:
    found = claims(asinflow("token", "--user", "alice").stdout)
    assert (found["sub"], found["scope"]) == ("alice", " ".join(USER_SCOPES))


def test_scopes_may_be_repeated_or_separated(asinflow: CommandLine) -> None:
    result = asinflow("token", "--user", "a", "--scope", "jobs:read,operator", "--scope", "jobs:write")
    assert claims(result.stdout)["scope"] == "jobs:read operator jobs:write"


def test_lifetime_is_given_in_days(asinflow: CommandLine) -> None:
    found = claims(asinflow("token", "--user", "a", "--days", "2").stdout)
    assert int(str(found["exp"])) - int(str(found["iat"])) == 2 * 86_400


def test_unknown_scope_is_refused(asinflow: CommandLine) -> None:
    result = asinflow("token", "--user", "a", "--scope", "root")
    assert result.exit_code == 2
    assert "no such scope: root" in result.stderr


def test_local_secret_is_used(asinflow_in: Make, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n")
    assert claims(asinflow_in({}, tmp_path)("token", "--user", "a").stdout)["sub"] == "a"


def test_short_secret_exits_2(asinflow_in: Make, tmp_path: Path) -> None:
    result = asinflow_in({"ASINFLOW_JWT_SECRET": "short"}, tmp_path)("token", "--user", "a")
    assert result.exit_code == 2
    assert "at least 32 bytes" in result.stderr


def test_without_a_secret_it_says_where_one_comes_from(asinflow_in: Make, tmp_path: Path) -> None:
    result = asinflow_in({}, tmp_path)("token", "--user", "a")
    assert result.exit_code == 2
    assert "make up" in result.stderr


def test_json_tells_when_it_expires(asinflow: CommandLine) -> None:
    document = asinflow.json("token", "--user", "a")
    assert (document["user"], document["scopes"]) == ("a", list(USER_SCOPES))
    assert claims(document["token"])["sub"] == "a"
    assert document["expires_at"].endswith("+00:00")
