"""Profiles: chosen in the documented order, and their tokens kept from others."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.program import with_profile_first
from tests.unit.cli.conftest import CommandLine
from tests.unit.cli.fake_api import FakeApi
from tests.unit.cli.test_lists import page

Make = Callable[[dict[str, str], Path], CommandLine]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config" / "asinflow"


@pytest.fixture
def with_environment(asinflow_in: Make, api: FakeApi, config: Path, tmp_path: Path) -> Callable[..., CommandLine]:
    """A command line with a local stack, two profiles, the first of them used, and these variables."""
    api.on("GET", "/v1/jobs", page())
    (tmp_path / "env").write_text("API_URL=http://local.test\nTOKEN=local\n")

    def make(**environment: str) -> CommandLine:
        return asinflow_in({"XDG_CONFIG_HOME": str(config.parent), **environment}, tmp_path)

    for name in ("work", "home"):
        made = make()("profiles", "add", name, f"https://{name}.test/", stdin=f"{name}-token\n")
        assert made.exit_code == 0, made.output
    return make


def asked(api: FakeApi) -> tuple[str, str]:
    request = api.requests[-1]
    return request.url.host, request.headers["Authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize(
    ("environment", "options", "expected"),
    [
        ({}, [], ("work.test", "work-token")),
        ({"ASINFLOW_PROFILE": "home"}, [], ("home.test", "home-token")),
        ({"ASINFLOW_PROFILE": "home"}, ["--profile", "work"], ("work.test", "work-token")),
        ({}, ["--profile=home"], ("home.test", "home-token")),
        ({}, ["--profile", "local"], ("local.test", "local")),
        ({"ASINFLOW_TOKEN": "t"}, ["--profile", "home"], ("home.test", "t")),
        ({"ASINFLOW_API_URL": "http://x.test", "ASINFLOW_TOKEN": "t"}, ["--profile", "home"], ("x.test", "t")),
    ],
    ids=["default", "variable", "option", "equals", "local", "another token", "environment"],
)
def test_api_is_chosen_in_the_documented_order(
    with_environment: Callable[..., CommandLine],
    api: FakeApi,
    environment: dict[str, str],
    options: list[str],
    expected: tuple[str, str],
) -> None:
    for arguments in ([*options, "jobs"], ["jobs", *options]):
        assert with_environment(**environment)(*arguments).exit_code == 0
        assert asked(api) == expected


def test_token_of_a_profile_is_never_sent_elsewhere(with_environment: Callable[..., CommandLine], api: FakeApi) -> None:
    result = with_environment(ASINFLOW_API_URL="http://x.test")("jobs", "--profile", "work")
    assert (result.exit_code, api.requests) == (2, [])


def test_files_are_their_owners_alone(with_environment: Callable[..., CommandLine], config: Path) -> None:
    for path in (config / "config", config / "tokens" / "work"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "work-token" not in (config / "config").read_text()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_token_that_others_may_read_is_refused(
    with_environment: Callable[..., CommandLine], config: Path, api: FakeApi, mode: int
) -> None:
    token = config / "tokens" / "work"
    token.chmod(mode)
    result = with_environment()("jobs")
    assert (result.exit_code, api.requests) == (2, [])
    assert f"chmod 600 {token}" in result.stderr


def test_token_may_be_kept_elsewhere(
    with_environment: Callable[..., CommandLine], api: FakeApi, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("elsewhere\n")
    token.chmod(0o600)
    asinflow = with_environment()
    assert asinflow("profiles", "add", "work", "https://work.test", "--token-file", str(token)).exit_code == 0
    asinflow("jobs")
    assert asked(api) == ("work.test", "elsewhere")


def test_profiles_are_listed_used_and_removed(with_environment: Callable[..., CommandLine], api: FakeApi) -> None:
    asinflow = with_environment()
    assert [(row["name"], row["used"]) for row in asinflow.json("profiles", "list")] == [
        ("work", True),
        ("home", False),
    ]
    assert asinflow.json("profiles", "use", "home")["used"] is True
    assert "-token" not in asinflow("profiles", "list").output
    assert asinflow.json("profiles", "remove", "home") == {"id": "home", "deleted": True}
    asinflow("jobs")
    assert asked(api) == ("local.test", "local")
    assert asinflow.json("profiles", "use", "local") == {"name": "local", "used": True}
    unknown = asinflow("jobs", "--profile", "home")
    assert (unknown.exit_code, "there are: work" in unknown.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "token"),
    [(("a/b", "https://x"), "t"), (("local", "https://x"), "t"), (("ok", "x.test"), "t"), (("ok", "https://x"), "\n")],
    ids=["path", "reserved", "no address", "no token"],
)
def test_profile_that_makes_no_sense_is_refused(
    with_environment: Callable[..., CommandLine], arguments: tuple[str, ...], token: str
) -> None:
    assert with_environment()("profiles", "add", *arguments, stdin=token).exit_code == 2


def test_profile_is_taken_from_wherever_it_stands() -> None:
    assert with_profile_first(["jobs", "--profile", "w", "--json"]) == ["--profile", "w", "jobs", "--json"]
    assert with_profile_first(["submit", "keyword", "--", "--profile"]) == ["submit", "keyword", "--", "--profile"]
