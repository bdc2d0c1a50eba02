"""Webhooks as their users see and change them. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from services.api.problems import Problem, invalid_field
from services.api.requests import printable
from shared.guard import endpoint_of, is_public
from shared.messages import PROGRESS_STEP
from shared.user_events import PROGRESS_DEFAULT, UserEventType
from shared.webhooks import DeliveryState, new_secret

WEBHOOK_EXAMPLE: dict[str, Any] = {
    "id": "019ab0c2d7e47c60a1f2b3c4d5e6f709",
    "url": "https://example.com/asinflow",
    "description": "warehouse",
    "events": ["job.completed", "job.failed"],
    "progress": [25, 50, 75],
    "enabled": True,
    "disabled_reason": None,
    "failing_since": None,
    "created_at": "2026-11-23T06:00:00Z",
    "updated_at": "2026-11-23T06:00:00Z",
    "secrets": [{"hint": "whsec_…b3M=", "expires_at": None}],
}
DELIVERY_EXAMPLE: dict[str, Any] = {
    "id": "msg_019ab0c2d7e47c60a1f2b3c4d5e6f708_1_job_completed",
    "type": "job.completed",
    "state": "delivered",
    "attempts": 1,
    "replays": 0,
    "next_attempt_at": None,
    "created_at": "2026-11-23T06:03:20Z",
    "completed_at": "2026-11-23T06:03:21Z",
    "log": [{"at": "2026-11-23T06:03:21Z", "status": 204, "error": None, "milliseconds": 132, "answer": ""}],
}
MAX_URL = 2_048
# The present secret and the one before it: never does a message bear more signatures.
MAX_SECRETS = 2


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _distinct(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


Url = Annotated[str, Field(min_length=1, max_length=MAX_URL), AfterValidator(printable)]
Events = Annotated[list[UserEventType], Field(min_length=1), AfterValidator(_distinct)]
Step = Annotated[int, Field(ge=PROGRESS_STEP, le=100 - PROGRESS_STEP, multiple_of=PROGRESS_STEP)]
Progress = Annotated[list[Step], Field(max_length=19), AfterValidator(_distinct)]
Description = Annotated[str, Field(max_length=200), AfterValidator(printable)]


class NewWebhook(_Request):
    """Where events are to be sent, and which."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "https://example.com/asinflow", "events": ["job.completed"]}]}
    )

    url: Url = Field(description="https, and of the open internet")
    events: Events = Field(description="What is sent")
    progress: Progress = Field(
        default=list(PROGRESS_DEFAULT), description="Percentages of a job at which `job.progressed` is sent"
    )
    description: Description = ""


class WebhookPatch(_Request):
    """What is to change; what is not given stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": True}]})

    url: Url | None = None
    events: Events | None = None
    progress: Progress | None = None
    description: Description | None = None
    enabled: bool | None = Field(default=None, description="On again begins with a clean sheet")


class Rotation(_Request):
    """How the secret is replaced."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_hours": 24}]})

    overlap_hours: float = Field(
        default=24.0, ge=0, le=168, allow_inf_nan=False, description="For so long the old secret signs as well"
    )
    drop: Literal["present", "previous"] | None = Field(
        default=None,
        description="While two secrets sign already: the one that stops at once, as no more than two ever do; without "
        "it a further overlap is refused (409 `secret_overlap`)",
    )


class SecretView(BaseModel):
    hint: str = Field(description="Its end, to tell it by")
    expires_at: datetime | None = Field(description="When it stops signing; null for the present one")


class WebhookView(BaseModel):
    """A webhook; its secrets are never shown again."""

    model_config = ConfigDict(json_schema_extra={"examples": [WEBHOOK_EXAMPLE]})

    id: str
    url: str
    description: str
    events: list[UserEventType]
    progress: list[int]
    enabled: bool
    disabled_reason: str | None = Field(description="Why it was switched off, if not by you")
    failing_since: datetime | None = Field(description="Since when its receiver has taken nothing")
    created_at: datetime
    updated_at: datetime
    secrets: list[SecretView]


class WebhookWithSecret(WebhookView):
    """A webhook with its new secret: shown this once."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**WEBHOOK_EXAMPLE, "secret": "whsec_…"}]})

    secret: str = Field(description="Verifies signatures, as Standard Webhooks has it")


class WebhookPage(BaseModel):
    items: list[WebhookView]
    next_cursor: str | None


class AttemptView(BaseModel):
    """One request to the receiver."""

    at: datetime
    status: int | None = Field(description="The status of its answer")
    error: str | None = Field(description="Why there was no answer")
    milliseconds: int
    answer: str = Field(description="The first characters of its answer")


class DeliveryView(BaseModel):
    """An event on its way to a webhook; `id` is the `webhook-id` it is sent with, however often."""

    model_config = ConfigDict(json_schema_extra={"examples": [DELIVERY_EXAMPLE]})

    id: str
    type: str
    state: DeliveryState
    attempts: int = Field(description="Attempts since it was made or replayed last")
    replays: int
    next_attempt_at: datetime | None
    created_at: datetime
    completed_at: datetime | None
    log: list[AttemptView] = Field(description="The last attempts, the latest at the end")


class DeliveryDetail(DeliveryView):
    body: str = Field(description="What is sent, to the byte")


class DeliveryPage(BaseModel):
    items: list[DeliveryView]
    next_cursor: str | None


_DELIVERIES = TypeAdapter(DeliveryDetail)


_NUMERIC = re.compile(r"(^|\.)([0-9]+|0x[0-9a-f]*)\.?$")


def check_url(url: str, trusted: Collection[str]) -> None:
    """Raises Problem (422) unless it is https and of the open internet, as far as it tells itself, or trusted."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise invalid_field("url", "invalid_url", "must be an address") from error
    if any(char.isspace() for char in url):
        raise invalid_field("url", "invalid_url", "must not hold white space")
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        raise invalid_field("url", "invalid_url", "must be an address without account and fragment")
    if any(parts.scheme == urlsplit(t).scheme and endpoint_of(url) == endpoint_of(t) for t in trusted):
        return
    if parts.scheme != "https":
        raise invalid_field("url", "not_https", "must begin with https://")
    if _is_inside(host):
        raise invalid_field("url", "forbidden_address", "must lead to the open internet")


def _is_inside(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # Clients take a host that ends with a number for an IPv4 address in another form.
        return (
            bool(_NUMERIC.search(host)) or host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
        )
    return not is_public(host)


def new_webhook(webhook_id: str, user_id: str, asked: NewWebhook, now: datetime) -> dict[str, Any]:
    return {
        "_id": webhook_id,
        "user_id": user_id,
        "url": asked.url,
        "description": asked.description,
        "events": [str(event) for event in asked.events],
        "progress": sorted(asked.progress),
        "secrets": [{"value": new_secret(), "expires_at": None}],
        "enabled": True,
        "disabled_reason": None,
        "failing_since": None,
        "created_at": now,
        "updated_at": now,
    }


def changes_of(asked: WebhookPatch) -> dict[str, Any]:
    changes = asked.model_dump(mode="json", exclude_none=True)
    if asked.progress is not None:
        changes["progress"] = sorted(asked.progress)
    if asked.enabled is not None:
        changes |= {"disabled_reason": None, "failing_since": None}
    return changes


def rotated(
    secrets: list[dict[str, Any]], until: datetime, now: datetime, drop: Literal["present", "previous"] | None = None
) -> list[dict[str, Any]]:
    """A new secret first; one of those before it signs until `until`, if that is to come: the one not to `drop`.

    Raises Problem (409) when two sign already and none is to be dropped.
    """
    new = {"value": new_secret(), "expires_at": None}
    if until <= now:
        return [new]
    signing = [each for each in secrets if each["expires_at"] is None or each["expires_at"] > now]
    if len(signing) < MAX_SECRETS:
        kept = signing
    elif drop is None:
        end = signing[-1]["expires_at"].astimezone(UTC)
        text = (
            f"Two secrets sign until {end:%Y-%m-%d %H:%M} UTC; say with `drop` which one stops, or ask for no overlap."
        )
        raise Problem(409, "secret_overlap", text)
    else:
        kept = signing[1:MAX_SECRETS] if drop == "present" else signing[:1]
    return [new, *({**each, "expires_at": until} for each in kept)]


def webhook_fields(document: Mapping[str, Any]) -> dict[str, Any]:
    """The members of its view, secrets masked."""
    hints = [{"hint": f"whsec_…{each['value'][-4:]}", "expires_at": each["expires_at"]} for each in document["secrets"]]
    plain = {name: value for name, value in document.items() if name not in {"_id", "user_id", "secrets"}}
    return {"id": document["_id"], **plain, "secrets": hints}


def delivery_view(document: Mapping[str, Any]) -> DeliveryDetail:
    pending = document["state"] == DeliveryState.PENDING
    next_at = document["next_at"] if pending else None
    return _DELIVERIES.validate_python({**document, "id": document["event_id"], "next_attempt_at": next_at})
