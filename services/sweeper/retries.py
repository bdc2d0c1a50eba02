"""Sends messages again from the failure store, as operators ask; the failure itself is the outbox."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import Counter

from services.sweeper.letters import UNKNOWN, body_of
from services.sweeper.repository import SweeperRepository
from shared import failures as reasons
from shared.broker import Broker
from shared.errors import UnroutableError
from shared.intake import ATTEMPT_HEADER
from shared.log import get_logger
from shared.masking import MASK
from shared.mongo import Document
from shared.outgoing import Header, Outgoing
from shared.topology import COMMANDS

log = get_logger(__name__)

BATCH = 200
# So many batches a round: other duties wait meanwhile.
BATCHES_PER_ROUND = 10
# Rises with every message that was sent again from the failure store.
RETRIED = Counter("asinflow_failures_retried_total", "Messages sent again from the failure store", ["queue"])


class FailureRetries:
    """Publish with confirm, then forget the failure.

    A crash in between sends the message again, which is harmless: it is the same message, with the same id, to handlers
    that are made to be told twice.
    """

    def __init__(self, repository: SweeperRepository, broker: Broker) -> None:
        self._repository = repository
        self._broker = broker

    async def sweep(self) -> None:
        for _ in range(BATCHES_PER_ROUND):
            if not self._broker.connected:
                return
            asked = await self._repository.find_retrying(BATCH)
            await self._send(asked)
            if len(asked) < BATCH:
                return

    async def _send(self, asked: Sequence[Document]) -> None:
        try:
            await self._broker.publish([message_of(failure) for failure in asked])
        except UnroutableError as error:
            if len(asked) > 1:  # the others are to go all the same
                for failure in asked:
                    await self._send([failure])
                return
            await self._repository.mark_not_sent(asked[0], error.message)
            log.warning("failure_not_retried", failure_id=asked[0]["_id"], error=error.message)
            return
        await self._repository.delete_retried(asked)
        for failure in asked:
            RETRIED.labels(failure["queue"]).inc()
            log.info(
                "failure_retried",
                failure_id=failure["_id"],
                queue=failure["queue"],
                by=failure.get("retry_requested_by"),
            )


def message_of(failure: Document) -> Outgoing:
    """The message as it was when it was first handled: its attempts begin anew, and only its queue gets it."""
    return Outgoing(
        COMMANDS,
        failure["queue"],
        body_of(failure["payload"]),
        failure["type"] or UNKNOWN,
        failure["correlation_id"] or "",
        failure["message_id"] or failure["_id"],
        {
            **_carried_on(failure["headers"]),
            reasons.RETRIES: failure["retries"],
            reasons.FIRST_FAILED_AT: failure["first_failed_at"].isoformat(),
        },
    )


def _carried_on(headers: Document) -> dict[str, Header]:
    return {
        name: value
        for name, value in headers.items()
        if isinstance(value, str | int | float | bool)
        and value != MASK
        and name not in {*reasons.REASON_HEADERS, ATTEMPT_HEADER}
        and not name.startswith(("x-death", "x-first-death", "x-last-death", "x-delivery-count", "cloudEvents:"))
    }
