"""Whatever is delivered again, at the worst moment or long after, is neither counted nor fetched again."""

from __future__ import annotations

from collections import Counter

import pytest

from shared.messages import CollectItem, ItemsFinished, JobExpanded, JobSubmitted
from tests.e2e.broker import put
from tests.e2e.exactness import assert_counted_exactly
from tests.e2e.storefront import JAPAN, fresh_asins, unknown_asins
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

UNKNOWN, KNOWN = 10, 30
TOTAL = UNKNOWN + KNOWN
HELD = {"slow": 1.0, "slow_seconds": 3.0}


def test_duplicates_change_nothing(system: System) -> None:
    user, url = system.user(), system.endpoints["AMQP_URL"]
    *asins, held = [*unknown_asins(UNKNOWN), *fresh_asins(KNOWN)]
    with system.storefront.faults({**HELD, "paths": held}):
        job_id = user.submit_asins([*asins, held])
        user.wait_for_progress(job_id, TOTAL - 1)
        commands = [CollectItem(job_id=job_id, seq=n, asin=asin, marketplace=JAPAN) for n, asin in enumerate(asins)]
        facts = ItemsFinished(job_id=job_id, succeeded=tuple(range(UNKNOWN, TOTAL - 1)), failed=tuple(range(UNKNOWN)))
        put(url, "collector.item_collect.amazon.co.jp", commands)
        put(url, "aggregator.items_finished", [facts, facts])
        put(url, "aggregator.job_expanded", [JobExpanded(job_id=job_id, total_items=TOTAL)])
        put(url, "expander.job_submitted", [JobSubmitted(job_id=job_id)])
        user.wait_for_end(job_id)

    assert_counted_exactly(system, job_id, total=TOTAL, failed=UNKNOWN)
    assert set(Counter(r.asin for r in system.storefront.requests([*asins, held])).values()) == {1}
