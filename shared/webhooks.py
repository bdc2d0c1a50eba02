"""Webhooks as Standard Webhooks 1.0 has them: secrets, signatures, and a delivery as it is stored. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from shared.user_events import UserEvent

SECRET_PREFIX = "whsec_"  # noqa: S105  what every secret begins with
SECRET_BYTES = 32


class DeliveryState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


def new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def valid_secrets(kept: Iterable[Mapping[str, Any]], now: datetime) -> list[str]:
    """Those that sign now, the newest first; one that was replaced does so until its overlap is over."""
    return [each["value"] for each in kept if each["expires_at"] is None or each["expires_at"] > now]


def signature(signing: Iterable[str], message_id: str, seconds: int, body: str) -> str:
    """The header `webhook-signature`: one signature for each secret."""
    signed = f"{message_id}.{seconds}.{body}".encode()
    return " ".join(f"v1,{_sign(secret, signed)}" for secret in signing)


def _sign(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def delivery_id(webhook_id: str, event_id: str) -> str:
    """The one id under which an event waits for a webhook: duplicates meet here."""
    return f"{webhook_id}:{event_id}"


def new_delivery(webhook_id: str, event: UserEvent, now: datetime, keep_days: float) -> dict[str, Any]:
    """A delivery that is due at once."""
    return {
        "_id": delivery_id(webhook_id, event.id),
        "webhook_id": webhook_id,
        "user_id": event.user_id,
        "event_id": event.id,
        "type": event.type,
        "body": event.body(),
        "state": str(DeliveryState.PENDING),
        "attempts": 0,
        "replays": 0,
        "next_at": now,
        "log": [],
        "created_at": now,
        "completed_at": None,
        "expires_at": now + timedelta(days=keep_days),
    }
