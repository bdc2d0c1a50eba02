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

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SERVERS = ("rabbitmq", "mongo")
# Pages that take their time leave enough of it to kill everything in turn while the job is under way.
SLOW = {"slow": 1.0, "slow_seconds": 1.5}
DEADLINE = 150.0


@contextmanager
def job_to_be_disturbed(system: System, items: int) -> Iterator[tuple[User, str]]:
    """A job that must not have ended when the block disturbs it; afterwards it must have been counted exactly."""
    user, unknown = system.user(), items // 50
    job_id = user.submit_asins([*unknown_asins(unknown), *fresh_asins(items - unknown)])
    user.wait_for_progress(job_id, 1)
    yield user, job_id
    user.wait_for_end(job_id, DEADLINE)
    assert_counted_exactly(system, job_id, total=items, failed=unknown)
    assert len({product["asin"] for product in user.products()}) == items - unknown


def progress_under_way(user: User, job_id: str) -> int:
    """How far a job is that has not ended."""
    job = user.job(job_id)
    assert job["status"] == "PROCESSING", "it ended before everything had been killed"
    return int(job["progress"])


def kill(system: System, name: str) -> None:
    """Kill a program and wait until the supervisor has it back, ready to work."""
    restarts = system.status(name).restarts
    system.signal(name, SIGKILL)
    system.wait_until_restarted(name, restarts)


def test_every_process_may_be_killed_in_turn(system: System) -> None:
    with job_to_be_disturbed(system, 2000) as (user, job_id), system.storefront.faults(SLOW):
        for name in (*system.kinds(), *SERVERS):
            progress = progress_under_way(user, job_id)
            kill(system, name)
            user.wait_for_progress(job_id, progress + 1)


def test_all_processes_may_be_killed_at_once(system: System) -> None:
    with job_to_be_disturbed(system, 600) as (user, job_id):
        user.wait_for_progress(job_id, 100)
        assert progress_under_way(user, job_id) < 500
        for name in (*system.services(), *SERVERS):
            system.signal(name, SIGKILL)
        system.wait_until_whole()
