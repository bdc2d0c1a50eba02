"""A service told to stop while it is at work ends well and in time, and what it had in hand is done once."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from signal import SIGTERM

import httpx
import pytest

from tests.e2e.exactness import assert_counted_exactly
from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System
from tests.e2e.user import User
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

# Some seconds of work for each service, whose first page comes long before its last one; more than a window for the
# one that hands out windows.
ITEMS = 100
MORE = {"expander": 220}
SLOW = {"slow": 1.0, "slow_seconds": 1.5}
# After ASINFLOW_SHUTDOWN_SECONDS, 8 in the local stack, a service gives up what it is doing.
GRACE_SECONDS = 8.0


def terminate(system: System, name: str) -> tuple[int, float]:
    """Tell a service to stop; its exit code, and the seconds it took. It runs again when this returns."""
    restarts, ended_before = system.status(name).restarts, len(system.endings())
    started = time.monotonic()
    system.signal(name, SIGTERM)
    codes = wait_until(lambda: system.endings()[ended_before:], 30)
    seconds = time.monotonic() - started
    system.wait_until_restarted(name, restarts)
    assert [ended for ended, _ in codes] == [name]
    return codes[0][1], seconds


def follow(user: User, job_id: str) -> None:
    """Hold a live stream open until it ends, in whatever way."""
    with suppress(httpx.TransportError):
        for _ in user.events(job_id):
            pass


def test_every_service_stops_well_and_loses_nothing(system: System) -> None:
    """One after the other, each in the midst of a job: a rolling restart under load."""
    user, jobs, stops = system.user(), {}, {}
    with system.storefront.faults(SLOW), ThreadPoolExecutor(1) as pool:
        for name in system.services():
            asins = fresh_asins(MORE.get(name, ITEMS))
            job_id = user.submit_asins(asins)
            jobs[job_id] = asins
            status = user.wait_for_progress(job_id, 1)["status"]
            assert status == "PROCESSING", "it ended before its service had been stopped"
            if not stops:
                pool.submit(follow, system.user(user.name), job_id)
            stops[name] = terminate(system, name)
    for job_id, asins in jobs.items():
        user.wait_for_end(job_id)
        assert_counted_exactly(system, job_id, total=len(asins))

    assert {name: code for name, (code, _) in stops.items()} == dict.fromkeys(system.services(), 0)
    assert max(seconds for _, seconds in stops.values()) < GRACE_SECONDS, stops
    everything = [asin for asins in jobs.values() for asin in asins]
    assert Counter(request.asin for request in system.storefront.requests(everything)).most_common(1)[0][1] == 1
