"""What a call is, whatever carries it: its request, how its answer is read, and when it is tried again. No I/O."""

from __future__ import annotations

import random
import uuid
from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote

import httpx
from asinflow.client.errors import ApiProblem, Unreachable

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Content = bytes | Iterable[bytes] | AsyncIterable[bytes]

# The API sends a heartbeat at least every 15 s; three missed ones mean a dead connection.
STREAM_SILENCE_SECONDS = 45.0
TIMEOUT = httpx.Timeout(30.0, connect=5.0)
STREAM_TIMEOUT = httpx.Timeout(STREAM_SILENCE_SECONDS, connect=5.0)
LARGEST_PAGE = 200
RETRYABLE = frozenset({429, 502, 503, 504})


@dataclass(frozen=True)
class Call(Generic[T_co]):
    """One request and how its answer is read. `safe` calls may be sent twice."""

    method: str
    path: str
    read: Callable[[httpx.Response], T_co]
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    content: Content | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    safe: bool = True

    @property
    def repeatable(self) -> bool:
        """Whether it can be sent again: an upload from an iterator cannot."""
        return self.safe and (self.content is None or isinstance(self.content, bytes))

    def arguments(self) -> dict[str, Any]:
        """What httpx is given."""
        given: dict[str, Any] = {"params": given_only(self.params), "headers": dict(self.headers)}
        if self.json is not None:
            given["json"] = self.json
        if self.content is not None:
            given["content"] = self.content
        return given


class Page(Protocol[T_co]):
    """One page of a list."""

    @property
    def items(self) -> Sequence[T_co]: ...

    @property
    def next_cursor(self) -> str | None: ...


@dataclass(frozen=True)
class Paged(Generic[T]):
    """A list that is read page by page, up to `limit` entries (None: all); without `page_size` it is one page."""

    call: Call[Page[T]]
    limit: int | None = None
    page_size: int | None = LARGEST_PAGE

    def page(self, cursor: str | None, left: int | None) -> Call[Page[T]]:
        if self.page_size is None:
            return self.call
        size = self.page_size if left is None else min(left, self.page_size)
        params = {**self.call.params, "limit": size, "cursor": cursor}
        return Call(self.call.method, self.call.path, self.call.read, params)


@dataclass(frozen=True)
class Retries:
    """How often a call is sent again, and after how long: what the API asks for, else with full jitter.

    `connecting`: whether an API that takes no connection at all is tried again, too.
    """

    attempts: int = 4
    first_seconds: float = 0.5
    longest_seconds: float = 60.0
    connecting: bool = True

    def delay(self, call: Call[Any], attempt: int, error: ApiProblem | Unreachable) -> float | None:
        """Seconds to wait before the next try after `error`; None: there is none."""
        if attempt >= self.attempts or not call.repeatable:
            return None
        if isinstance(error, Unreachable):
            if not error.connected and not self.connecting:
                return None
        else:
            if error.status not in RETRYABLE and error.code != "idempotency_key_in_progress":
                return None
            if error.retry_after is not None:
                return error.retry_after if error.retry_after <= self.longest_seconds else None
        return random.uniform(0, min(self.longest_seconds, self.first_seconds * 2**attempt))


def given_only(params: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is None; flags as the API writes them."""
    plain = {name: value for name, value in params.items() if value is not None}
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in plain.items()}


def segment(text: str) -> str:
    return quote(text, safe="")


def new_key() -> str:
    return uuid.uuid4().hex
