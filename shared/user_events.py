"""What users are told about their jobs and products, by webhook or over AMQP: events and their wire form.

An event's id follows from what it is about, so that however often it comes to be known, it is one event.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from shared.outgoing import Outgoing
from shared.topology import USERS


class UserEventType(StrEnum):
    JOB_COMPLETED = "job.completed"
    JOB_FAILED = "job.failed"
    JOB_CANCELLED = "job.cancelled"
    JOB_PROGRESSED = "job.progressed"
    PRICE_CHANGED = "price.changed"
    PRODUCT_PROFITABLE = "product.profitable"


# Sent on request only, to see whether a webhook works; nothing subscribes to it.
PING = "ping"
# Of the steps of a job those that a webhook hears of unless it chooses.
PROGRESS_DEFAULT = (25, 50, 75)


@dataclass(frozen=True)
class UserEvent:
    """One thing to tell one user. `id` has no full stop: it is part of what is signed."""

    id: str
    type: str
    user_id: str
    at: datetime
    data: Mapping[str, Any]

    def body(self) -> str:
        """`{type, timestamp, data}`, as Standard Webhooks has it; the very text is signed."""
        document = {"type": self.type, "timestamp": timestamp(self.at), "data": dict(self.data)}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event_id(*parts: str | int) -> str:
    """The same for the same parts: letters, digits, `_` and `-`."""
    return "msg_" + re.sub(r"[^A-Za-z0-9_-]", "_", "_".join(map(str, parts)))


def user_key(user_id: str, event_type: str) -> str:
    """The routing key of a user's event: `<user>.<type>`, the user's own full stops and wildcards percent-encoded."""
    return f"{quote(user_id, safe='').replace('.', '%2E')}.{event_type}"


def outgoing(event: UserEvent) -> Outgoing:
    """The event for whoever has bound a queue to it; for nobody when nobody has."""
    return Outgoing(
        USERS,
        user_key(event.user_id, event.type),
        event.body().encode(),
        event.type,
        str(event.data.get("job_id", event.id)),
        event.id,
        mandatory=False,
    )
