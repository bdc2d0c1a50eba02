"""A job posted while a part of the system is away is taken, and done once that part is back."""

from __future__ import annotations

import time

import pytest

from tests.e2e.exactness import assert_counted_exactly
from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(180)]


def test_job_posted_without_the_broker_is_done_later(system: System) -> None:
    user = system.user()
    user.jobs()  # the connection stands: what is measured below is the request itself
    system.stop("rabbitmq")

    started = time.monotonic()
    job_id = user.submit_asins(fresh_asins(50))
    seconds = time.monotonic() - started
    status = user.job(job_id)["status"]
    system.start("rabbitmq")

    assert (seconds < 1.0, status) == (True, "PENDING"), seconds
    user.wait_for_end(job_id)
    assert_counted_exactly(system, job_id, total=50)


@pytest.mark.parametrize("name", ["expander", "aggregator", "sweeper"])
def test_job_waits_for_a_service_that_is_away(system: System, name: str) -> None:
    user = system.user()
    system.stop(name)
    job_id = user.submit_asins(fresh_asins(20))
    assert user.job(job_id)["status"] in {"PENDING", "PROCESSING"}
    system.start(name)
    user.wait_for_end(job_id)
    assert_counted_exactly(system, job_id, total=20)
