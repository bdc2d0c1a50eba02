"""Messages nobody could handle, as operators see and choose them. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.api import cursors
from services.api.parameters import Moment, Text

FAILURE_EXAMPLE: dict[str, Any] = {
    "id": "5f0c6b1f2c9e4d0f8a7b6c5d4e3f2a1b",
    "queue": "aggregator.items_finished",
    "type": "items.finished.v1",
    "message_id": "019ab0c2d7e47c60a1f2b3c4d5e6f709",
    "correlation_id": "019ab0c2d7e47c60a1f2b3c4d5e6f708",
    "code": "malformed_message",
    "error_class": "DecodeError",
    "message": "not a items.finished.v1: job_id: Input should be a valid string",
    "attempts": 1,
    "retries": 0,
    "failed_at": "2026-11-23T06:00:05Z",
    "first_failed_at": "2026-11-23T06:00:05Z",
    "retry_requested_at": None,
    "retry_error": None,
    "refusal": None,
}
FAILURE_DETAIL_EXAMPLE: dict[str, Any] = {
    **FAILURE_EXAMPLE,
    "payload": {"format": "json", "value": {"job_id": 7}, "size": 13, "complete": True},
    "headers": {"x-attempt": 1},
    "traceback": None,
}
# Its item cannot be collected again either; not told with the failure, because jobs are looked up on retrying only.
JOB_GONE = "job_gone"
# Why a message is not sent again, by code.
REFUSALS: Mapping[str, str] = {
    "incomplete_payload": "Only the beginning of its payload is kept, because it was too large.",
    "unknown_queue": "It is not known which queue it came from.",
}


class Failure(BaseModel):
    """A message that could not be handled, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [FAILURE_EXAMPLE]})

    id: str = Field(description="Of the message in its queue: the same when it fails again after a retry")
    queue: str
    type: str | None
    message_id: str | None
    correlation_id: str | None = Field(description="The job it is about")
    code: str = Field(description="What went wrong, for machines")
    error_class: str | None
    message: str = Field(description="What went wrong, for people")
    attempts: int = Field(description="How often it was tried the last time")
    retries: int = Field(description="How often it was sent again from here")
    failed_at: datetime
    first_failed_at: datetime
    retry_requested_at: datetime | None = Field(description="It is about to be sent again since then")
    retry_error: str | None = Field(description="Why it could not be sent again the last time it was asked for")
    refusal: str | None = Field(description=f"Why it cannot be retried: {', '.join(f'`{code}`' for code in REFUSALS)}")


class Payload(BaseModel):
    """The body of a message."""

    format: str = Field(description="`json`, `text`, or `base64` of bytes that are neither")
    value: Any = Field(description="The document for `json`, else a string")
    size: int = Field(description="Bytes of the message's body")
    complete: bool = Field(description="False when only the beginning is kept")


class FailureDetail(Failure):
    """The same with all that is known."""

    model_config = ConfigDict(json_schema_extra={"examples": [FAILURE_DETAIL_EXAMPLE]})

    payload: Payload
    headers: dict[str, Any]
    traceback: str | None


class FailurePage(BaseModel):
    items: list[Failure]
    next_cursor: str | None


class RetryAnswer(BaseModel):
    """Messages are sent again within seconds, as soon as the broker is there; items are collected again by a new run
    of their job, which begins once it has ended."""

    requested: int = Field(description="Failures that are now about to be tried again")
    items: int = Field(default=0, description="Of these, items that a new run of their job collects again")
    already_done: int = Field(default=0, description="Items that have succeeded since: these failures are forgotten")
    refused: int = Field(
        description="Failures chosen that cannot be; each says why under `refusal`, unless its item's job is gone"
    )
    complete: bool = Field(description="False when there are more: ask again")


class DeleteAnswer(BaseModel):
    deleted: int
    complete: bool = Field(description="False when there are more: ask again")


class FailureFilter(BaseModel):
    """What is chosen: all that is named must fit."""

    model_config = ConfigDict(extra="forbid")

    queue: Text = Field(default=None, max_length=255)
    code: Text = Field(default=None, max_length=200)
    type: Text = Field(default=None, max_length=255)
    job_id: Text = Field(default=None, max_length=255, description="The correlation id, which is the job's")
    since: Moment | None = Field(default=None, description="Failed from this moment on")
    until: Moment | None = Field(default=None, description="Failed before this moment")
    q: Text = Field(
        default=None, min_length=1, max_length=200, description="Part of the message or its error class, in any case"
    )

    def choice(self) -> Choice:
        return Choice(**{name: getattr(self, name) for name in FailureFilter.model_fields})


class Sweeping(FailureFilter):
    """A choice of many; one that names nothing must say that it means all."""

    all: bool = Field(default=False, description="Required to be true when nothing else is named")

    @model_validator(mode="after")
    def means_it(self) -> Self:
        if self.all or any(getattr(self, name) is not None for name in FailureFilter.model_fields):
            return self
        raise ValueError("name what to choose, or set all to true")


class PruneRequest(FailureFilter):
    older_than_hours: float = Field(ge=0, le=87_600, description="Failures older than this go")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """See FailureFilter."""

    queue: str | None = None
    code: str | None = None
    type: str | None = None
    job_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    q: str | None = None


@dataclass(frozen=True, slots=True)
class FailurePosition:
    """The last failure of a page of the list."""

    failed_at: datetime
    id: str


def encode_position(failure: Failure) -> str:
    return cursors.encode(failure.failed_at.isoformat(), failure.id)


def decode_position(cursor: str) -> FailurePosition:
    """Raises Problem (422) for what is no cursor of this list."""
    text, failure_id = cursors.decode(cursor, str, str)
    try:
        return FailurePosition(cursors.moment(text), failure_id)
    except (ValueError, OverflowError) as error:
        raise cursors.bad_cursor() from error


def refusal(document: Mapping[str, Any]) -> str | None:
    """Why the message is not to be sent again, one of REFUSALS; None when it may be, or is an item's."""
    if document.get("item") is not None:
        return None
    if "size" in document["payload"]:
        return "incomplete_payload"
    return "unknown_queue" if document["queue"] == "unknown" else None


def to_failure(document: Mapping[str, Any]) -> Failure:
    return Failure(**_fields(document))


def to_detail(document: Mapping[str, Any]) -> FailureDetail:
    payload = _payload(document["payload"])
    headers = {str(name): _shown(value) for name, value in document["headers"].items()}
    return FailureDetail(**_fields(document), payload=payload, headers=headers, traceback=document["traceback"])


def _fields(document: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: document.get(name) for name in Failure.model_fields if name not in ("id", "refusal", "retries")}
    return {
        **known,
        "id": document["_id"],
        "retries": document.get("retries", 0),
        "first_failed_at": document.get("first_failed_at") or document["failed_at"],
        "refusal": refusal(document),
    }


def _payload(stored: Mapping[str, Any]) -> Payload:
    if "json" in stored:
        text = str(stored["json"])
        value, form = _decoded(text)
        return Payload(format=form, value=value, size=len(text.encode()), complete=True)
    if "text" in stored:
        text = str(stored["text"])
        return Payload(format="text", value=text, size=len(text.encode()), complete=True)
    body = bytes(stored["bytes"])
    size = int(stored.get("size", len(body)))
    return Payload(format="base64", value=base64.b64encode(body).decode(), size=size, complete="size" not in stored)


def _decoded(text: str) -> tuple[Any, Literal["json", "text"]]:
    """JSON as a value; as it was written where its escapes stand for half a character, which no answer can carry."""
    value = json.loads(text)
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return text, "text"
    return value, "json"


def _shown(value: Any) -> Any:
    """A header's value as JSON has it."""
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case dict():
            return {str(name): _shown(part) for name, part in value.items()}
        case list():
            return [_shown(part) for part in value]
        case _:
            return value
