"""A published key set, fetched when needed and kept for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import jwt

from services.api.problems import Problem
from shared.clock import Clock
from shared.log import get_logger

log = get_logger(__name__)

KEEP_SECONDS = 300.0
# A token with an unknown key id may be signed by a new key, or be made up: look again, but not at every one.
LEAST_SECONDS_BETWEEN_FETCHES = 10.0
TIMEOUT_SECONDS = 5.0

Fetch = Callable[[], Awaitable[dict[str, Any]]]


def fetcher(client: httpx.AsyncClient, url: str) -> Fetch:
    async def fetch() -> dict[str, Any]:
        response = await client.get(url, timeout=TIMEOUT_SECONDS)
        response.raise_for_status()
        document: dict[str, Any] = response.json()
        return document

    return fetch


class CachedKeySet:
    """Keys outlive an outage of their publisher; without any, tokens cannot be judged (503)."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: list[jwt.PyJWK] | None = None
        self._tried_at = float("-inf")
        self._fetched_at = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, key_id: str | None) -> jwt.PyJWK | None:
        """The key of that id; without an id the only key there is. Raises Problem (503) before the first fetch."""
        if self._clock.monotonic() - self._fetched_at > KEEP_SECONDS:
            await self._refresh()
        found = self._look_up(key_id)
        if found is None:
            await self._refresh()
            found = self._look_up(key_id)
        return found

    def _look_up(self, key_id: str | None) -> jwt.PyJWK | None:
        if self._keys is None:
            return None
        if key_id is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((key for key in self._keys if key.key_id == key_id), None)

    async def _refresh(self) -> None:
        async with self._lock:
            if self._clock.monotonic() - self._tried_at >= LEAST_SECONDS_BETWEEN_FETCHES:
                self._tried_at = self._clock.monotonic()
                await self._load()
        if self._keys is None:
            raise Problem(503, "keys_unavailable", "Tokens cannot be checked now; try again shortly.", retryable=True)

    async def _load(self) -> None:
        try:
            self._keys = jwt.PyJWKSet.from_dict(await self._fetch()).keys
        except (httpx.HTTPError, ValueError, AttributeError, jwt.PyJWTError) as error:
            log.warning("key_set_unavailable", error=type(error).__name__)
        else:
            self._fetched_at = self._clock.monotonic()
