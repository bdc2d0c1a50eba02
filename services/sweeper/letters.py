"""A dead letter as the failure store keeps it: readable where it can be, whatever is in it. Pure."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from shared import failures as reasons
from shared.errors import IMPOSSIBLE_ITEM
from shared.ids import outcome_id
from shared.intake import Delivery
from shared.log import get_logger
from shared.masking import MASK, is_secret_name, mask
from shared.messages import CollectItem
from shared.mongo import Document
from shared.worker import MAX_MESSAGE_BYTES

log = get_logger(__name__)

UNKNOWN = "unknown"
_NO_KEY_CHARACTERS = str.maketrans(".$\0", "___")


def letter_document(delivery: Delivery, now: datetime) -> Document:
    """The failure of `delivery`; of one too strange to describe only its bytes, so that it holds up no other."""
    try:
        return failure_document(delivery, now)
    except Exception as error:
        log.exception("failure_not_described", message_id=delivery.message_id)
        return {
            "_id": hashlib.sha256(delivery.body).hexdigest()[:32],
            "queue": UNKNOWN,
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
            "first_failed_at": now,
            "retries": 0,
            "item": None,
            "retry_requested_at": None,
        }


def failure_document(delivery: Delivery, now: datetime) -> Document:
    """A dead letter as it is stored.

    Its id is that of the message in its queue: the same however often the letter is delivered, and when it fails again
    after it was retried, for whatever reason then.
    """
    headers = delivery.headers
    death = _first_death(headers)
    queue = str(headers.get(reasons.FAILED_QUEUE) or death.get("queue") or UNKNOWN)
    code = str(headers.get(reasons.ERROR_CODE) or death.get("reason") or UNKNOWN)
    failed_at = _moment(headers.get(reasons.FAILED_AT)) or death.get("time")
    identity = [queue, delivery.message_id or str(failed_at)]
    failed_at = failed_at or now
    return {
        "_id": hashlib.sha256("\0".join(identity).encode() + b"\0" + delivery.body).hexdigest()[:32],
        "queue": queue,
        "type": delivery.type or None,
        "message_id": delivery.message_id or None,
        "correlation_id": delivery.correlation_id or None,
        "payload": _payload(delivery.body),
        "headers": {
            _key(name): MASK if is_secret_name(name) else _plain(value)
            for name, value in headers.items()
            if name != reasons.ERROR_TRACEBACK
        },
        "code": code,
        "error_class": _plain(headers.get(reasons.ERROR_CLASS)),
        "message": mask(str(headers.get(reasons.ERROR_MESSAGE) or f"dead-lettered by the broker: {code}")),
        "traceback": _plain(headers.get(reasons.ERROR_TRACEBACK)),
        "attempts": delivery.attempt,
        "failed_at": failed_at,
        "first_failed_at": _moment(headers.get(reasons.FIRST_FAILED_AT)) or failed_at,
        "retries": retries_of(headers),
        "item": ended_item(delivery, code),
        "retry_requested_at": None,
    }


def retries_of(headers: Any) -> int:
    """How often the message was sent again from the failure store; a header nobody of us wrote counts as never."""
    value = headers.get(reasons.RETRIES, 0)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else 0


def ended_item(delivery: Delivery, code: str) -> str | None:
    """The id of the outcome that the death of this message is; None when it is about no item."""
    command = collect_command_of(delivery, code)
    return None if command is None else outcome_id(command.job_id, command.run, command.seq)


def collect_command_of(delivery: Delivery, code: str) -> CollectItem | None:
    """The command whose item has nobody left to give it an outcome."""
    if delivery.type != CollectItem.TYPE or code == IMPOSSIBLE_ITEM or len(delivery.body) > MAX_MESSAGE_BYTES:
        return None  # names no item, or none that its job has
    try:
        return CollectItem.model_validate_json(delivery.body)
    except ValidationError:
        return None


def _first_death(headers: Any) -> dict[str, Any]:
    deaths = headers.get("x-death")
    return deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else {}


def _moment(text: object) -> datetime | None:
    """An aware time; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


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


def body_of(payload: Document) -> bytes:
    """The very bytes that `_payload` was made of, unless it holds only their beginning."""
    for form in ("json", "text"):
        if form in payload:
            return str(payload[form]).encode()
    return bytes(payload["bytes"])


def _key(name: object) -> str:
    return str(name).translate(_NO_KEY_CHARACTERS)


def _plain(value: Any) -> Any:
    """Header values as the database takes them, without secrets."""
    match value:
        case dict():
            return {_key(k): MASK if is_secret_name(str(k)) else _plain(v) for k, v in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case str():
            return mask(value)
        case int() | float() | bool() | None | datetime() | bytes():
            return value
        case _:
            return str(value)
