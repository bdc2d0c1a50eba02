"""Takes dead letters into the failure store, each once, with its reason."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from prometheus_client import Counter
from pydantic import ValidationError

from services.sweeper.repository import SweeperRepository
from shared import failures as reasons
from shared import tracing
from shared.broker import Broker, event
from shared.errors import IMPOSSIBLE_ITEM
from shared.ids import outcome_id
from shared.intake import Delivery, Intake
from shared.jobs import ItemStatus
from shared.log import get_logger
from shared.messages import CollectItem, ItemsFinished
from shared.metrics import Limited
from shared.mongo import Document
from shared.patience import until_back
from shared.topology import DEAD_LETTERS
from shared.worker import MAX_MESSAGE_BYTES

log = get_logger(__name__)

BATCH_ITEMS = 200
BATCH_SECONDS = 0.05
PREFETCH = 500
_NO_KEY_CHARACTERS = str.maketrans(".$\0", "___")
# Rises with every message that ended in the failure store.
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
        documents = [_document_or_bytes(delivery, now) for delivery in deliveries]
        await self._repository.insert_failures(documents)
        for delivery, document in zip(deliveries, documents, strict=True):
            with tracing.continuing(delivery.headers.get(tracing.TRACEPARENT)):
                await self._conclude(delivery, document)

    async def _conclude(self, delivery: Delivery, document: Document) -> None:
        if delivery.type == CollectItem.TYPE:
            await self._end_item(delivery, document)
        delivery.done()
        FAILURES.labels(QUEUES(document["queue"]), CODES(document["code"])).inc()
        log.warning("failure_stored", queue=document["queue"], code=document["code"], failure_id=document["_id"])

    async def _end_item(self, delivery: Delivery, failure: Document) -> None:
        """An item whose message is dead gets its outcome here if it has none: nobody else is left to give it one."""
        try:
            command = CollectItem.model_validate_json(delivery.body)
        except ValidationError:
            return  # nothing to end: it names no item
        if failure["code"] == IMPOSSIBLE_ITEM:
            return  # nor does its job have such an item
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
        succeeded = stored.get(identity) == ItemStatus.SUCCEEDED
        seqs = {"succeeded" if succeeded else "failed": (command.seq,)}
        fact = ItemsFinished.model_validate({"job_id": command.job_id, "run": command.run, **seqs})
        await self._broker.publish([event(fact, mandatory=True)])


def _document_or_bytes(delivery: Delivery, now: datetime) -> Document:
    """The failure of `delivery`; of one too strange to describe only its bytes, so that it holds up no other."""
    try:
        return failure_document(delivery, now)
    except Exception as error:
        log.exception("failure_not_described", message_id=delivery.message_id)
        digest = hashlib.sha256(delivery.body).hexdigest()[:32]
        return {
            "_id": digest,
            "queue": "unknown",
            "type": None,
            "message_id": None,
            "correlation_id": None,
            "payload": {"bytes": delivery.body[:MAX_MESSAGE_BYTES]},
            "headers": {},
            "code": "indescribable",
            "error_class": type(error).__name__,
            "message": "a dead letter that could not be described",
            "traceback": None,
            "attempts": 1,
            "failed_at": now,
        }


def failure_document(delivery: Delivery, now: datetime) -> Document:
    """A dead letter as it is stored. Its id is the same however often the letter is delivered."""
    headers = delivery.headers
    death = _first_death(headers)
    queue = str(headers.get(reasons.FAILED_QUEUE) or death.get("queue") or "unknown")
    code = str(headers.get(reasons.ERROR_CODE) or death.get("reason") or "unknown")
    failed_at = _moment(headers.get(reasons.FAILED_AT)) or death.get("time")
    # Without the time: a consumer that died after giving it up, before acknowledging it, gave it up twice.
    identity = [queue, delivery.message_id or str(failed_at), code, str(delivery.attempt)]
    digest = hashlib.sha256("\0".join(identity).encode() + b"\0" + delivery.body).hexdigest()[:32]
    return {
        "_id": digest,
        "queue": queue,
        "type": delivery.type or None,
        "message_id": delivery.message_id or None,
        "correlation_id": delivery.correlation_id or None,
        "payload": _payload(delivery.body),
        "headers": _plain({k: v for k, v in headers.items() if k != reasons.ERROR_TRACEBACK}),
        "code": code,
        "error_class": _plain(headers.get(reasons.ERROR_CLASS)),
        "message": str(headers.get(reasons.ERROR_MESSAGE) or f"dead-lettered by the broker: {code}"),
        "traceback": _plain(headers.get(reasons.ERROR_TRACEBACK)),
        "attempts": delivery.attempt,
        "failed_at": failed_at or now,
    }


def _first_death(headers: Any) -> dict[str, Any]:
    deaths = headers.get("x-death")
    return deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else {}


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _payload(body: bytes) -> Document:
    """Readable where it can be: JSON, else text, else bytes; of what is too large for any consumer, the beginning.

    A document must stay well below the database's 16 MB, or nothing behind this letter would ever be stored.
    """
    if len(body) > MAX_MESSAGE_BYTES:
        return {"bytes": body[:MAX_MESSAGE_BYTES], "size": len(body)}
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"bytes": body}
    try:
        json.loads(text)
    except (ValueError, RecursionError):  # not JSON, or nested deeper than anyone reads
        return {"text": text}
    return {"json": text}


def _plain(value: Any) -> Any:
    """Header values as the database takes them."""
    match value:
        case dict():
            return {str(k).translate(_NO_KEY_CHARACTERS): _plain(v) for k, v in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case str() | int() | float() | bool() | None | datetime() | bytes():
            return value
        case _:
            return str(value)
