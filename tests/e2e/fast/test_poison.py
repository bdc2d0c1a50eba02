"""A message that nobody can read ends in the failure store with its reason, and stands in nobody's way."""

from __future__ import annotations

import pytest

from tests.e2e.broker import put_raw
from tests.e2e.exactness import assert_counted_exactly
from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

POISON = {
    "collector.item_collect.amazon.co.jp": (b"\xff\x00 no JSON", "item.collect.v1"),
    "aggregator.items_finished": (b'{"job_id": 7}', "items.finished.v1"),
    "expander.job_submitted": (b"{}", "job.of.another.world"),
}


def test_unreadable_messages_are_stored_and_block_nothing(system: System) -> None:
    user, url = system.user(), system.endpoints["AMQP_URL"]
    ids = {put_raw(url, queue, body, kind): queue for queue, (body, kind) in POISON.items()}
    job_id = user.submit_asins(fresh_asins(20))
    user.wait_for_end(job_id)
    assert_counted_exactly(system, job_id, total=20)

    def stored() -> list[dict[str, str]]:
        failures = list(system.database["failures"].find({"message_id": {"$in": list(ids)}}))
        assert sorted(failure["queue"] for failure in failures) == sorted(POISON)
        return failures

    failures = wait_until(stored)
    assert {failure["message_id"]: failure["queue"] for failure in failures} == ids
    assert all(failure["code"] and failure["message"] for failure in failures)
