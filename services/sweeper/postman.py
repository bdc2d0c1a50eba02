"""One request to a receiver: signed, bounded, to the open internet only, no redirects followed."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from services.sweeper.deliveries import Attempt
from shared.clock import Clock
from shared.guard import ForbiddenAddressError, guarded_transport
from shared.masking import mask
from shared.webhooks import signature, valid_secrets

USER_AGENT = "Asinflow-Webhooks/1.0"
# Of an answer so much is read, and so much is kept for its user to see.
ANSWER_BYTES = 16_384
KEPT_CHARACTERS = 500


class Postman:
    def __init__(self, client: httpx.AsyncClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def send(self, webhook: Mapping[str, Any], delivery: Mapping[str, Any]) -> Attempt:
        """Never raises for what a receiver does; every end of a request is an attempt."""
        started = time.monotonic()
        status, error, answer, retry_after = None, None, "", None
        try:
            async with self._client.stream("POST", webhook["url"], **self._request(webhook, delivery)) as response:
                status, retry_after = response.status_code, _retry_after(response, self._clock.now())
                answer = await _beginning(response)
        except ForbiddenAddressError as forbidden:
            error = forbidden.message
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as failure:
            # An answer whose status came is an answer, whatever became of the rest of it.
            error = None if status is not None else f"{type(failure).__name__}: {mask(str(failure))}".rstrip(": ")
        taken = round((time.monotonic() - started) * 1000)
        return Attempt(status, error, taken, answer, retry_after)

    def _request(self, webhook: Mapping[str, Any], delivery: Mapping[str, Any]) -> dict[str, Any]:
        now = self._clock.now()
        seconds, body, event_id = int(now.timestamp()), delivery["body"], delivery["event_id"]
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "webhook-id": event_id,
            "webhook-timestamp": str(seconds),
            "webhook-signature": signature(valid_secrets(webhook["secrets"], now), event_id, seconds, body),
        }
        return {"content": body.encode(), "headers": headers}


@asynccontextmanager
async def postman(trusted: Sequence[str], seconds: float, clock: Clock) -> AsyncIterator[Postman]:
    """With connections to the open internet, and to the endpoints that an operator trusts."""
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=20)
    transport = guarded_transport(*trusted, limits=limits)
    async with httpx.AsyncClient(transport=transport, timeout=seconds, follow_redirects=False) as client:
        yield Postman(client, clock)


async def _beginning(response: httpx.Response) -> str:
    """The first characters of the answer, secrets masked; a body without end costs no more than its beginning."""
    found = b""
    async for piece in response.aiter_raw(4096):
        found += piece
        if len(found) >= ANSWER_BYTES:
            break
    text = "" if response.headers.get("content-encoding") else found.decode(errors="replace")
    return mask(text.replace("\x00", ""))[:KEPT_CHARACTERS]


def _retry_after(response: httpx.Response, now: datetime) -> float | None:
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        wish = parsedate_to_datetime(text)
    except ValueError:
        return None
    wish = wish if wish.tzinfo else wish.replace(tzinfo=UTC)
    return max(0.0, (wish - now).total_seconds())
