"""A job posted while a part of the system is away is taken, and done once that part is back."""

from __future__ import annotations

import time

import pytest

from tests.e2e.exactness import assert_counted_exactly
from tests.e2e.fast.conftest import SETTINGS
from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def test_what_the_broker_cannot_take_is_sent_later(system: System) -> None:
    user, total = system.user(), 3 * int(SETTINGS["ASINFLOW_WINDOW_ITEMS"])
    half_fed = user.submit_asins(fresh_asins(total))
    user.wait_for_progress(half_fed, 1)
    with system.frozen("expander"):
        # Nobody hands out more: what was handed out gets done, and then there is room for a window.
        wait_until(lambda: handed_out_is_done(system, half_fed))
        refused = refusals(system)
        system.stop("rabbitmq")
    before = user.job(half_fed)["progress"]

    started = time.monotonic()
    posted = user.submit_asins(fresh_asins(50))
    seconds = time.monotonic() - started
    status = user.job(posted)["status"]
    wait_until(lambda: refusals(system) > refused)
    system.start("rabbitmq")

    assert (before < total, seconds < 1.0, status) == (True, True, "PENDING"), (before, seconds)
    for job_id, items in ((posted, 50), (half_fed, total)):
        user.wait_for_end(job_id)
        assert_counted_exactly(system, job_id, total=items)


def handed_out_is_done(system: System, job_id: str) -> bool:
    job = system.database["jobs"].find_one({"_id": job_id})
    return job is not None and bool(job["progress"] >= job["fed"])


def refusals(system: System) -> int:
    """How often the expander could not hand out something for want of the broker, in vain or to try again."""
    events = [line["event"] for line in system.log_of("expander")]
    return events.count("feeding_postponed") + events.count("stamina.retry_scheduled")


@pytest.mark.parametrize("name", ["expander", "aggregator", "sweeper"])
def test_job_waits_for_a_service_that_is_away(system: System, name: str) -> None:
    user = system.user()
    system.stop(name)
    job_id = user.submit_asins(fresh_asins(20))
    assert user.job(job_id)["status"] in {"PENDING", "PROCESSING"}
    system.start(name)
    user.wait_for_end(job_id)
    assert_counted_exactly(system, job_id, total=20)
