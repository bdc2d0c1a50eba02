"""Takes dead letters into the failure store, each once, with its reason."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from prometheus_client import Counter

from services.sweeper.letters import collect_command_of, letter_document
from services.sweeper.repository import SweeperRepository
from shared import tracing
from shared.broker import Broker
from shared.ids import outcome_id
from shared.intake import Delivery, Intake
from shared.items import finished
from shared.jobs import ItemStatus
from shared.log import get_logger
from shared.metrics import Limited
from shared.mongo import Document
from shared.outgoing import event
from shared.patience import until_back
from shared.topology import DEAD_LETTERS

log = get_logger(__name__)

BATCH_ITEMS = 200
BATCH_SECONDS = 0.05
PREFETCH = 500
# Rises with every message that ended in the failure store, also when it does so again after a retry.
FAILURES = Counter("asinflow_failures_total", "Messages that ended in the failure store", ["queue", "code"])
# Both come in headers, which anybody may have written.
QUEUES, CODES = Limited(most=100), Limited(most=100)


class DeadLetters:
    def __init__(self, repository: SweeperRepository, broker: Broker) -> None:
        self._repository = repository
        self._broker = broker
        self._intake = Intake(broker, DEAD_LETTERS, PREFETCH)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                batch = await self._intake.batch(BATCH_ITEMS, BATCH_SECONDS)
                async for attempt in until_back():
                    with attempt:
                        await self._store([delivery for delivery in batch if not delivery.stale])
        finally:
            await asyncio.shield(self._intake.close())

    async def _store(self, deliveries: Sequence[Delivery]) -> None:
        now = datetime.now(UTC)
        documents = [letter_document(delivery, now) for delivery in deliveries]
        known = await self._repository.insert_failures(documents)
        for place, (delivery, document) in enumerate(zip(deliveries, documents, strict=True)):
            with tracing.continuing(delivery.headers.get(tracing.TRACEPARENT)):
                await self._conclude(delivery, document, is_new=place not in known)

    async def _conclude(self, delivery: Delivery, document: Document, *, is_new: bool) -> None:
        if document["item"] is not None:
            await self._end_item(delivery, document)
        delivery.done()
        if is_new:
            FAILURES.labels(QUEUES(document["queue"]), CODES(document["code"])).inc()
            log.warning("failure_stored", queue=document["queue"], code=document["code"], failure_id=document["_id"])

    async def _end_item(self, delivery: Delivery, failure: Document) -> None:
        """An item whose message is dead gets its outcome here if it has none: nobody else is left to give it one."""
        command = collect_command_of(delivery, failure["code"])
        if command is None:
            return
        identity = outcome_id(command.job_id, command.run, command.seq)
        await self._repository.insert_outcome(
            {
                "_id": identity,
                **command.model_dump(include={"job_id", "run", "seq", "marketplace", "asin"}),
                "status": str(ItemStatus.FAILED),
                "attempts": delivery.attempt,
                "error": {
                    "code": "internal_error" if failure["code"] == "bug" else failure["code"],
                    "message": "it could not be collected; operators find the reason in the failure store",
                    "retryable": False,
                },
                "origin": "fetched",
                "processed_at": failure["failed_at"],
            }
        )
        stored = await self._repository.find_statuses([identity])
        fact = finished(command.job_id, command.run, {command.seq: stored.get(identity, ItemStatus.FAILED)})
        await self._broker.publish([event(fact, mandatory=True)])
