"""Which programs a stack has and what they are told, for given settings."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import jwt
import pytest

from deploy.local.errors import LocalError
from deploy.local.folder import RunFolder
from deploy.local.ports import Ports
from deploy.local.program import Plan, Program
from deploy.local.stack import Stack

GIVEN = {"ASINFLOW_AMQP_URL": "amqp://broker/", "ASINFLOW_MONGO_URL": "mongodb://database/"}

Compose = Callable[..., Stack]


@pytest.fixture
def compose(tmp_path: Path) -> Iterator[Compose]:
    """A stack that uses servers given by their URLs, with further settings."""
    ports = Ports({})
    folder = RunFolder(tmp_path)
    folder.create()
    yield lambda **settings: Stack(folder, {**GIVEN, **settings}, ports)
    ports.close()


def named(stack: Stack, name: str) -> Program:
    return next(program for program in stack.programs() if program.name == name)


def test_servers_given_by_url_are_not_started(compose: Compose) -> None:
    names = [program.name for program in compose().programs()]
    assert names == ["storefront", "api", "expander", "collector-1", "collector-2", "aggregator", "sweeper"]
    assert compose().endpoints()["AMQP_URL"] == "amqp://broker/"
    assert named(compose(), "api").environment["ASINFLOW_MONGO_URL"] == "mongodb://database/"


def test_number_of_collectors_is_settable(compose: Compose) -> None:
    collectors = [p for p in compose(COLLECTORS="3").programs() if p.name.startswith("collector")]
    assert [p.environment["ASINFLOW_INSTANCE"] for p in collectors] == ["collector-1", "collector-2", "collector-3"]
    assert {p.command[-1] for p in collectors} == {"services.collector"}
    assert len({p.port for p in collectors}) == 3


def test_wrong_number_of_collectors_is_explained(compose: Compose) -> None:
    with pytest.raises(LocalError, match="COLLECTORS"):
        compose(COLLECTORS="many").programs()


def test_setting_of_the_caller_beats_the_local_default(compose: Compose) -> None:
    assert named(compose(), "collector-1").environment["ASINFLOW_INTERVAL_SECONDS"] == "0.05"
    changed = compose(ASINFLOW_INTERVAL_SECONDS="0.2")
    assert named(changed, "collector-1").environment["ASINFLOW_INTERVAL_SECONDS"] == "0.2"


def test_services_fetch_from_the_storefront(compose: Compose) -> None:
    stack = compose()
    assert named(stack, "expander").environment["ASINFLOW_UPSTREAM_URL"] == stack.endpoints()["STOREFRONT_URL"]


def test_saved_pages_are_found_from_any_folder(compose: Compose) -> None:
    command = named(compose(PAGES="pages", STOREFRONT_ARGS="--weight '1 MB'"), "storefront").command
    assert command[-4:] == ["--pages", str(Path.cwd() / "pages"), "--weight", "1 MB"]


def test_tokens_are_signed_with_the_secret_of_the_services(compose: Compose) -> None:
    stack = compose()
    secret = named(stack, "api").environment["ASINFLOW_JWT_SECRET"]
    user, operator = (
        jwt.decode(stack.endpoints()[name], secret, algorithms=["HS256"]) for name in ("TOKEN", "OPERATOR_TOKEN")
    )
    assert user["sub"] == "demo"
    assert "operator" not in user["scope"].split()
    assert "operator" in operator["scope"].split()


def test_secret_is_kept_and_private(compose: Compose, tmp_path: Path) -> None:
    first = named(compose(), "api").environment["ASINFLOW_JWT_SECRET"]
    assert named(compose(), "api").environment["ASINFLOW_JWT_SECRET"] == first
    assert len(first.encode()) >= 32
    assert os.stat(tmp_path / "secret").st_mode & 0o777 == 0o600


def test_plan_survives_its_file(compose: Compose) -> None:
    plan = Plan("/tmp/run", compose().programs(), while_pid=7)  # noqa: S108  only a name here
    assert Plan.from_json(plan.to_json()) == plan
