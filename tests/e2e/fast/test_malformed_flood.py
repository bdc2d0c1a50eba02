"""As many messages that nobody can read as good ones, all mixed: the former are all kept, the latter all done."""

from __future__ import annotations

import threading
from collections import Counter
from itertools import cycle, islice

import pytest

from tests.e2e.broker import Raw, put_all
from tests.e2e.exactness import assert_counted_exactly
from tests.e2e.forms import LONG
from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900 if LONG else 180)]

NUMBER = 10_000 if LONG else 500
QUEUES = (
    "collector.item_collect.amazon.co.jp",
    "aggregator.items_finished",
    "aggregator.job_expanded",
    "expander.job_news",
    "expander.job_submitted",
)
NONSENSE = {
    "malformed_message": (b"\xff\x00 no JSON", "item.collect.v1"),
    "unknown_message_type": (b"{}", "item.collect.v99"),
}


def test_malformed_messages_are_kept_and_good_ones_done(system: System) -> None:
    user, url = system.user(), system.endpoints["AMQP_URL"]
    restarts = {name: system.status(name).restarts for name in system.services()}
    bad: dict[str, list[Raw]] = {queue: [] for queue in QUEUES}
    for number, (queue, (body, kind)) in enumerate(islice(zip(cycle(QUEUES), cycle(NONSENSE.values())), NUMBER)):
        bad[queue].append(Raw(body, kind, f"nonsense-{NUMBER}-{number}"))
    putting = threading.Thread(target=lambda: [put_all(url, queue, messages) for queue, messages in bad.items()])
    putting.start()
    job_id = user.submit_asins(fresh_asins(NUMBER))
    putting.join()
    user.wait_for_end(job_id, 600 if LONG else 90)
    assert_counted_exactly(system, job_id, total=NUMBER)

    query = {"message_id": {"$regex": f"^nonsense-{NUMBER}-"}}

    def kept() -> bool:
        found = system.database["failures"].count_documents(query)
        assert found == NUMBER, f"{found} of {NUMBER} are kept"
        return True

    assert wait_until(kept, 300 if LONG else 60)
    failures = list(system.database["failures"].find(query))
    assert Counter(failure["queue"] for failure in failures) == {q: len(messages) for q, messages in bad.items()}
    assert {failure["code"] for failure in failures} <= {"malformed_message", "unknown_message_type"}
    assert all(failure["message"] for failure in failures)
    assert {name: system.status(name).restarts for name in system.services()} == restarts
