"""Webhooks and their deliveries over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from services.api import cursors
from services.api.dependencies import JobsReader, JobsWriter, PartsOf
from services.api.errors import responses
from services.api.keys import Making, checked_key
from services.api.routes.making import REPLAYED_HEADER, IdempotencyKey, tell_made
from services.api.routes.paging import LINK_HEADER, header, link_next
from services.api.stores import Document
from services.api.submission import fingerprint
from services.api.webhooks import (
    DeliveryDetail,
    DeliveryPage,
    DeliveryView,
    NewWebhook,
    Rotation,
    WebhookPage,
    WebhookPatch,
    WebhookView,
    WebhookWithSecret,
    delivery_view,
    webhook_fields,
)
from shared.webhooks import DeliveryState

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

WebhookId = Annotated[str, Path(max_length=64)]
DeliveryId = Annotated[str, Path(max_length=200)]


def _shown(document: Document) -> WebhookView:
    return WebhookView(**webhook_fields(document))


def _with_secret(document: Document) -> WebhookWithSecret:
    return WebhookWithSecret(**webhook_fields(document), secret=document["secrets"][0]["value"])


@router.get("", summary="List webhooks", responses=responses(401, 403, 503))
async def list_webhooks(caller: JobsReader, using: PartsOf) -> WebhookPage:
    """Your webhooks, the newest first, all on one page."""
    return WebhookPage(items=[_shown(each) for each in await using.webhooks.all(caller.user_id)], next_cursor=None)


@router.post(
    "",
    status_code=201,
    summary="Create a webhook",
    responses={
        201: {"headers": {"Location": header("Where the webhook is"), **REPLAYED_HEADER}},
        **responses(401, 403, 409, 413, 422, 503),
    },
)
async def create_webhook(
    caller: JobsWriter,
    using: PartsOf,
    wanted: NewWebhook,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> WebhookWithSecret:
    """Has events of your jobs sent to an address of yours, signed as Standard Webhooks 1.0 has it.

    The answer holds the secret, which is never shown again but under the same `Idempotency-Key`. An event is sent at
    least once, with the same `webhook-id` each time, until the receiver answers 2xx, ten times in about three days. 410
    switches the webhook off.
    """

    async def make(making: Making) -> WebhookWithSecret:
        return _with_secret(await using.webhooks.create(caller.user_id, wanted, making))

    asked = (caller.user_id, checked_key(idempotency_key), f"webhook:{fingerprint(wanted)}")
    created, replayed = await using.keys.once(*asked, make, WebhookWithSecret)
    tell_made(response, f"/v1/webhooks/{created.id}", replayed=replayed)
    return created


@router.get("/{webhook_id}", summary="Look at a webhook", responses=responses(401, 403, 404, 422, 503))
async def get_webhook(webhook_id: WebhookId, caller: JobsReader, using: PartsOf) -> WebhookView:
    """The webhook as it stands, its secrets masked."""
    return _shown(await using.webhooks.get(caller.user_id, webhook_id))


@router.patch("/{webhook_id}", summary="Change a webhook", responses=responses(401, 403, 404, 413, 422, 503))
async def change_webhook(
    webhook_id: WebhookId, caller: JobsWriter, using: PartsOf, wanted: WebhookPatch
) -> WebhookView:
    """Changes what is given, or switches it on or off."""
    return _shown(await using.webhooks.change(caller.user_id, webhook_id, wanted))


@router.delete(
    "/{webhook_id}", status_code=204, summary="Delete a webhook", responses=responses(401, 403, 404, 422, 503)
)
async def delete_webhook(webhook_id: WebhookId, caller: JobsWriter, using: PartsOf) -> None:
    """With its deliveries; what is being sent in this very moment may still arrive."""
    await using.webhooks.delete(caller.user_id, webhook_id)


@router.post(
    "/{webhook_id}/rotate-secret",
    summary="Replace a webhook's secret",
    responses=responses(401, 403, 404, 409, 413, 422, 503),
)
async def rotate_secret(
    webhook_id: WebhookId, caller: JobsWriter, using: PartsOf, wanted: Rotation | None = None
) -> WebhookWithSecret:
    """The answer holds the new secret. For the overlap every message bears a signature of the old one as well.

    No message bears more than two: a further rotation within an overlap says with `drop` which secret stops at once,
    the present one (say, a new one got lost) or the one before it; with `overlap_hours` 0 only the new one signs.
    """
    return _with_secret(await using.webhooks.rotate(caller.user_id, webhook_id, wanted or Rotation()))


@router.post(
    "/{webhook_id}/ping",
    status_code=202,
    summary="Try a webhook",
    responses=responses(401, 403, 404, 409, 422, 503),
)
async def ping_webhook(webhook_id: WebhookId, caller: JobsWriter, using: PartsOf) -> DeliveryDetail:
    """Sends an event of type `ping`; look at the delivery to see how it went."""
    return delivery_view(await using.webhooks.ping(caller.user_id, webhook_id))


@router.get(
    "/{webhook_id}/deliveries",
    summary="List a webhook's deliveries",
    responses={200: {"headers": LINK_HEADER}, **responses(401, 403, 404, 422, 503)},
)
async def list_deliveries(
    *,
    request: Request,
    response: Response,
    webhook_id: WebhookId,
    caller: JobsReader,
    using: PartsOf,
    state: Annotated[DeliveryState | None, Query(description="Only deliveries in this state")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> DeliveryPage:
    """What was sent to it or is to be, the newest first, each with its last attempts."""
    before = None if cursor is None else cursors.decode_moment(cursor)
    found, more = await using.webhooks.deliveries(caller.user_id, webhook_id, state=state, before=before, limit=limit)
    last = found[-1] if more else None
    next_cursor = None if last is None else cursors.encode(last["created_at"].isoformat(), last["event_id"])
    link_next(request, response, next_cursor)
    items = [DeliveryView.model_validate(delivery_view(each).model_dump()) for each in found]
    return DeliveryPage(items=items, next_cursor=next_cursor)


@router.get(
    "/{webhook_id}/deliveries/{delivery_id}",
    summary="Look at a delivery",
    responses=responses(401, 403, 404, 422, 503),
)
async def get_delivery(
    webhook_id: WebhookId, delivery_id: DeliveryId, caller: JobsReader, using: PartsOf
) -> DeliveryDetail:
    """With its body."""
    return delivery_view(await using.webhooks.delivery(caller.user_id, webhook_id, delivery_id))


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/replay",
    status_code=202,
    summary="Send a delivery again",
    responses=responses(401, 403, 404, 409, 422, 503),
)
async def replay_delivery(
    webhook_id: WebhookId, delivery_id: DeliveryId, caller: JobsWriter, using: PartsOf
) -> DeliveryDetail:
    """The same message under the same `webhook-id`, with its attempts beginning anew."""
    return delivery_view(await using.webhooks.replay(caller.user_id, webhook_id, delivery_id))
