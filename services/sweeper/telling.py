"""What the system's own events say to users, and to which of their webhooks it goes. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from shared.messages import (
    JobCancelled,
    JobCompleted,
    JobEvent,
    JobFailed,
    JobReached,
    Message,
    NotedProduct,
    ProductsNoted,
)
from shared.user_events import PROGRESS_DEFAULT, UserEvent, UserEventType, event_id
from shared.webhooks import new_delivery

TYPES: dict[type[JobEvent], UserEventType] = {
    JobReached: UserEventType.JOB_PROGRESSED,
    JobCompleted: UserEventType.JOB_COMPLETED,
    JobFailed: UserEventType.JOB_FAILED,
    JobCancelled: UserEventType.JOB_CANCELLED,
}
PRODUCTS_PER_EVENT = 100
# Everything that users are told of.
MESSAGES: tuple[type[Message], ...] = (*TYPES, ProductsNoted)


def gathered(messages: Iterable[Message]) -> list[Message]:
    """The same, with what was noted of products of one run of a job brought together: each product once, up to 100."""
    found: list[Message] = []
    noted: dict[tuple[str, int], list[ProductsNoted]] = {}
    for message in messages:
        if isinstance(message, ProductsNoted):
            noted.setdefault((message.job_id, message.run), []).append(message)
        else:
            found.append(message)
    return [*found, *(together for same in noted.values() for together in _together(same))]


def _together(noted: Sequence[ProductsNoted]) -> Iterator[ProductsNoted]:
    changes = list({product.seq: product for each in noted for product in each.price_changes}.values())
    good = list({product.seq: product for each in noted for product in each.profitable}.values())
    at = max(each.at for each in noted)
    for first in range(0, max(len(changes), len(good)), PRODUCTS_PER_EVENT):
        piece = slice(first, first + PRODUCTS_PER_EVENT)
        same = {"at": at, "price_changes": tuple(changes[piece]), "profitable": tuple(good[piece])}
        yield noted[0].model_copy(update=same)


def user_events(message: Message) -> list[UserEvent]:
    """What a message of the system says to its user; nothing when it is of another kind."""
    if isinstance(message, JobEvent):
        return [user_event(message)]
    return list(_noted(message)) if isinstance(message, ProductsNoted) else []


def _noted(message: ProductsNoted) -> Iterator[UserEvent]:
    kinds: tuple[tuple[UserEventType, Sequence[NotedProduct]], ...] = (
        (UserEventType.PRICE_CHANGED, message.price_changes),
        (UserEventType.PRODUCT_PROFITABLE, message.profitable),
    )
    for kind, products in kinds:
        if products:
            places = ",".join(str(product.seq) for product in products)
            same = hashlib.sha256(places.encode()).hexdigest()[:16]
            told = [_product(product) for product in products]
            data = {"job_id": message.job_id, "run": message.run, "products": told}
            yield UserEvent(event_id(message.job_id, message.run, kind, same), kind, message.user_id, message.at, data)


def _product(product: NotedProduct) -> dict[str, Any]:
    """Money as numbers, as the API has it."""
    plain = product.model_dump()
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in plain.items()}


def user_event(message: JobEvent) -> UserEvent:
    """A job's event as its user is told it: once per run, or per run and step."""
    kind = TYPES[type(message)]
    data: dict[str, Any] = {
        "job_id": message.job_id,
        "run": message.run,
        "status": str(message.status),
        "total_items": message.total_items,
        "progress": message.progress,
        "success_count": message.success_count,
        "error_count": message.error_count,
    }
    parts: list[str | int] = [message.job_id, message.run, kind]
    if isinstance(message, JobReached):
        data["percent"] = message.percent
        parts.append(message.percent)
    if isinstance(message, JobFailed):
        data["reason"] = message.reason
    if message.quality is not None:
        data["quality"] = message.quality.model_dump(mode="json")
    return UserEvent(event_id(*parts), kind, message.user_id, message.at, data)


def wanted(webhook: Mapping[str, Any], event: UserEvent) -> bool:
    """Whether the webhook is on and asks for this event.

    Of a job's steps it hears the thresholds it has chosen.
    """
    if not webhook["enabled"] or webhook["user_id"] != event.user_id or event.type not in webhook["events"]:
        return False
    percent = event.data.get("percent")
    return percent is None or percent in webhook.get("progress", PROGRESS_DEFAULT)


def deliveries(
    events: Iterable[UserEvent], webhooks: Iterable[Mapping[str, Any]], now: datetime, keep_days: float
) -> list[dict[str, Any]]:
    """One for each event and webhook that wants it."""
    known = list(webhooks)
    return [
        new_delivery(webhook["_id"], event, now, keep_days)
        for event in events
        for webhook in known
        if wanted(webhook, event)
    ]
