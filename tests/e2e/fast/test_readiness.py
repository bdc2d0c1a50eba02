"""Services tell that they cannot work while a server is away or hangs, and go on by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from deploy.local import commands
from tests.e2e.exactness import assert_counted_exactly
from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

# The API takes jobs without the broker.
WORKERS = {"expander", "collector-1", "collector-2", "aggregator", "sweeper"}
Away = Callable[[System], AbstractContextManager[None]]


def unready(system: System) -> set[str]:
    services = system.services()
    return {
        program.name for program in commands.status(system.folder) if program.name in services and not program.ready
    }


@contextmanager
def without_broker(system: System) -> Iterator[None]:
    system.stop("rabbitmq")
    yield
    system.start("rabbitmq")


@contextmanager
def with_hanging_database(system: System) -> Iterator[None]:
    with system.frozen("mongo"):
        yield


@pytest.mark.parametrize(("away", "concerned"), [(without_broker, WORKERS), (with_hanging_database, {"api", *WORKERS})])
def test_services_are_unready_while_a_server_is_away(system: System, away: Away, concerned: set[str]) -> None:
    with away(system):
        wait_until(lambda: unready(system) == concerned)
    system.wait_until_whole()
    user = system.user()
    job_id = user.submit_asins(fresh_asins(20))
    user.wait_for_end(job_id)
    assert_counted_exactly(system, job_id, total=20)
    assert {name for name, code in system.endings() if code not in {0, -9}} == set()
