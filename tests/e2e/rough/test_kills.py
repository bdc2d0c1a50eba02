"""Whatever is killed while a job runs, the job ends with exact counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGKILL

import pytest

from tests.e2e.exactness import assert_counted_exactly
from tests.e2e.storefront import fresh_asins, unknown_asins
from tests.e2e.system import System
from tests.e2e.user import User

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(240)]

ITEMS, UNKNOWN = 2000, 40
# Pages that take their time leave enough of it to kill everything while the job is under way.
SLOW = {"slow": 1.0, "slow_seconds": 1.0}
DEADLINE = 150.0


@contextmanager
def large_job(system: System) -> Iterator[tuple[User, str]]:
    """A job of 2,000 items that takes longer than the block; afterwards it must have been counted exactly."""
    user = system.user()
    with system.storefront.faults(SLOW):
        job_id = user.submit_asins([*unknown_asins(UNKNOWN), *fresh_asins(ITEMS - UNKNOWN)])
        user.wait_for_progress(job_id, 1)
        yield user, job_id
        assert user.job(job_id)["status"] == "PROCESSING", "it ended before everything had been killed"
    user.wait_for_end(job_id, DEADLINE)
    assert_counted_exactly(system, job_id, total=ITEMS, failed=UNKNOWN)
    assert len({product["asin"] for product in user.products()}) == ITEMS - UNKNOWN


def kill(system: System, name: str) -> None:
    """Kill a program and wait until the supervisor has it back, ready to work."""
    restarts = system.status(name).restarts
    system.signal(name, SIGKILL)
    system.wait_until_restarted(name, restarts)


def test_every_service_may_be_killed_in_turn(system: System) -> None:
    with large_job(system) as (user, job_id):
        for name in system.services():
            progress = user.job(job_id)["progress"]
            kill(system, name)
            user.wait_for_progress(job_id, progress + 1)


@pytest.mark.parametrize("server", ["rabbitmq", "mongo"])
def test_every_server_may_be_killed(system: System, server: str) -> None:
    with large_job(system) as (user, job_id):
        user.wait_for_progress(job_id, ITEMS // 10)
        kill(system, server)


def test_everything_may_be_killed_at_once(system: System) -> None:
    with large_job(system) as (user, job_id):
        user.wait_for_progress(job_id, ITEMS // 10)
        for name in [*system.services(), "rabbitmq", "mongo"]:
            system.signal(name, SIGKILL)
        system.wait_until_whole()
