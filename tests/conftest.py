"""The servers that tests share: one RabbitMQ and one MongoDB for the whole run, a room of its own in each per test."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import httpx
import pytest
import structlog
from pymongo import MongoClient
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from deploy.local import commands, nodetools
from deploy.local.errors import LocalError
from deploy.local.folder import RunFolder

# Set by the process that runs the tests, or that hands them out, for itself and its workers.
_FOLDER = "ASINFLOW_TEST_FOLDER"
_CONTROLLER = "ASINFLOW_TEST_CONTROLLER"

_SYSTEMS = ("tests/chaos/", "tests/e2e/")
# In order of their tests' length; the last one stands for all others.
_ROOMS = (*_SYSTEMS, "tests/integration/local/", "tests/dashboard/", "tests/integration/", "")


def pytest_configure(config: pytest.Config) -> None:
    # The default draws every local variable of every frame, for seconds.
    structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback
    if not hasattr(config, "workerinput"):
        os.environ[_FOLDER] = tempfile.mkdtemp(prefix="asinflow-tests-")
        os.environ[_CONTROLLER] = str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        folder = Path(os.environ.pop(_FOLDER))
        commands.down(RunFolder(folder), say=lambda _: None)
        shutil.rmtree(folder)


def unavailable(reason: str) -> None:
    """End the test: skipped on a developer's machine, failed in continuous integration, where all must be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The folder of the locked Node packages; run them by `nodetools.node()` or in `nodetools.environment()`."""
    if not nodetools.is_installed():
        unavailable("the Node packages are not installed: make setup")
    return nodetools.MODULES


@pytest.fixture(scope="session")
def servers() -> dict[str, str]:
    """The endpoints of the shared servers, which the first test that asks for them starts."""
    folder = RunFolder(Path(os.environ[_FOLDER]))
    try:
        return commands.up(
            folder,
            settings={"BROKER_MANAGEMENT": "1"},
            only=("rabbitmq", "mongo"),
            durable=False,
            while_pid=int(os.environ[_CONTROLLER]),
            say=lambda _: None,
        )
    except LocalError as error:
        unavailable(str(error))
        raise


@pytest.fixture
def amqp_url(servers: dict[str, str]) -> Iterator[str]:
    """A virtual host of the broker for this test alone, so that every test may use the product's own queue names."""
    name = f"test-{uuid4().hex}"
    with httpx.Client(base_url=management_url(servers), headers={"content-type": "application/json"}) as management:
        management.put(f"/api/vhosts/{name}").raise_for_status()
        yield urlunsplit(urlsplit(servers["AMQP_URL"])._replace(path=f"/{name}"))
        management.delete(f"/api/vhosts/{name}").raise_for_status()


def management_url(servers: dict[str, str]) -> str:
    """Ours, or the one of a broker given by ASINFLOW_AMQP_URL: by default at its usual port."""
    if "MANAGEMENT_URL" in servers:
        return servers["MANAGEMENT_URL"]
    account, _, host = urlsplit(servers["AMQP_URL"]).netloc.rpartition("@")
    return os.environ.get("ASINFLOW_AMQP_MANAGEMENT_URL", f"http://{account}@{host.partition(':')[0]}:15672")


@pytest.fixture
def mongo_url(servers: dict[str, str]) -> str:
    return servers["MONGO_URL"]


@pytest.fixture(scope="session")
def _mongo_client(servers: dict[str, str]) -> Iterator[MongoClient[dict[str, object]]]:
    with MongoClient[dict[str, object]](servers["MONGO_URL"]) as client:
        yield client


@pytest.fixture
def mongo_database(_mongo_client: MongoClient[dict[str, object]]) -> Iterator[str]:
    """The name of a database for this test alone, dropped afterwards."""
    name = f"test_{uuid4().hex}"
    yield name
    _mongo_client.drop_database(name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that what is left for the end is short and fills both workers evenly."""
    items.sort(key=lambda item: next(place for place, room in enumerate(_ROOMS) if item.nodeid.startswith(room)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """One worker runs all that has a whole system as its subject: two of them at once disturb each other's timing.

    Otherwise the tests of a file stay together, so that what they share is made once. Not by `--dist loadgroup`: its
    marker has no effect with pytest 9.2 and pytest-xdist 3.8, which still renames tests by an attribute that pytest has
    given up.
    """
    config.option.loadscopereorder = False  # by their number of tests, which says nothing of how long they take
    return _OneForAllSystems(config, log)


class _OneForAllSystems(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return "e2e" if nodeid.startswith(_SYSTEMS) else nodeid.partition("::")[0]
