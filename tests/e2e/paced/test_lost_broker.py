"""A broker that comes back without anything it had accepted delays the jobs, and loses none."""

from __future__ import annotations

import shutil

import pytest

from tests.e2e.exactness import assert_counted_exactly
from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def test_job_outlives_the_data_of_the_broker(system: System) -> None:
    user = system.user()
    job_id = user.submit_asins(fresh_asins(12))
    user.wait_for_progress(job_id, 3)
    system.stop("rabbitmq")
    shutil.rmtree(system.folder.data / "rabbitmq" / "mnesia")
    system.start("rabbitmq")

    user.wait_for_end(job_id)
    assert_counted_exactly(system, job_id, total=12)
