"""A message that nobody can read ends in the failure store once, with its reason, and stands in nobody's way."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shared.messages import CollectItem, ItemsFinished, JobExpanded, JobProgressed, JobSubmitted
from tests.e2e.broker import Raw, put_all
from tests.e2e.exactness import assert_counted_exactly
from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

# Every queue that services consume, and a type that it takes.
QUEUES = {
    "collector.item_collect.amazon.co.jp": CollectItem.TYPE,
    "aggregator.items_finished": ItemsFinished.TYPE,
    "aggregator.job_expanded": JobExpanded.TYPE,
    "expander.job_submitted": JobSubmitted.TYPE,
    "expander.job_news": JobProgressed.TYPE,
}


def poison(kind: str) -> dict[str, tuple[bytes, str, str]]:
    """Body, type and the code that it must end under, by what is wrong with it."""
    return {
        "no JSON": (b"\xff\x00", kind, "malformed_message"),
        "empty": (b"", kind, "malformed_message"),
        "no object": (b"[1, 2]", kind, "malformed_message"),
        "wrong fields": (b'{"job_id": 7}', kind, "malformed_message"),
        "deep": (b"[" * 5_000, kind, "malformed_message"),
        "unknown type": (b"{}", "job.of.another.world", "unknown_message_type"),
        "no type": (b"{}", "", "unknown_message_type"),
        "wrong version": (b'{"job_id": "a"}', kind.replace(".v1", ".v99"), "unknown_message_type"),
        "oversized": (b'"' + b"x" * 1_000_001 + b'"', kind, "oversized_message"),
    }


@pytest.mark.parametrize("queue", QUEUES)
def test_unreadable_messages_are_stored_once_and_block_nothing(system: System, queue: str) -> None:
    user, url, mark = system.user(), system.endpoints["AMQP_URL"], uuid4().hex
    wrong = poison(QUEUES[queue])
    messages = [Raw(body, kind, f"{mark} {name}") for name, (body, kind, _) in wrong.items()]
    put_all(url, queue, [*messages, *messages])  # each of them twice
    job_id = user.submit_asins(fresh_asins(5))
    user.wait_for_end(job_id)
    assert_counted_exactly(system, job_id, total=5)

    def stored() -> dict[str, tuple[str, str]]:
        found = system.database["failures"].find({"message_id": {"$regex": f"^{mark} "}})
        codes = {each["message_id"].removeprefix(f"{mark} "): (each["queue"], each["code"]) for each in found}
        assert codes == {name: (queue, code) for name, (_, _, code) in wrong.items()}
        return codes

    assert wait_until(stored)
    assert system.database["failures"].count_documents({"message_id": {"$regex": f"^{mark} "}}) == len(wrong)
    assert system.database["failures"].count_documents({"message_id": {"$regex": f"^{mark} "}, "message": ""}) == 0
