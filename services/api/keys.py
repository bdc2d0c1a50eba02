"""Idempotency keys as the IETF draft has them (draft-ietf-httpapi-idempotency-key-header).

A key is its user's. While its request is under way, the same key is refused with 409; once the request was taken in,
the same request is answered as it was, and another one refused with 422. A request that was refused uses up no key.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from services.api.problems import Problem, invalid, invalid_field
from services.api.stores import KeyStore
from shared.clock import Clock
from shared.errors import DatabaseUnavailableError
from shared.ids import new_id
from shared.log import get_logger

log = get_logger(__name__)

RETRY_SECONDS = "1"
# The same key as a string of structured headers.
_QUOTED = re.compile(r'"([^"]*)"')
_KEY = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,254}")

M = TypeVar("M", bound=BaseModel)


@dataclass
class Claim:
    """A request's hold of its key; without a key it holds nothing. `response` is what was answered before, if it was.

    `fingerprint` is that of the request which was answered.
    """

    user_id: str
    key: str | None
    owner: str = field(default_factory=new_id)
    epoch: str = ""
    response: str | None = None
    fingerprint: str | None = None
    renewed_at: float = 0.0

    @property
    def token(self) -> str:
        """What the job bears, so that there is one only: the key in its present lifetime."""
        return f"{self.key}\n{self.epoch}"


@dataclass(frozen=True, slots=True)
class Making:
    """What a thing is made under: its id, the same one whenever its request is tried again under one key."""

    id: str
    fingerprint: str

    def marked(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """What is to be stored, with what `check` looks at."""
        return {**document, "fingerprint": self.fingerprint}

    def check(self, stored: Mapping[str, Any]) -> None:
        """Raises Problem (422) when another request has made what is stored under the id."""
        check_same(stored.get("fingerprint"), self.fingerprint)


class KeyDesk:
    def __init__(self, store: KeyStore, clock: Clock, *, lease: float) -> None:
        self._store = store
        self._clock = clock
        self._lease = lease

    async def claim(self, user_id: str, key: str | None, fingerprint: str | None) -> Claim:
        """Hold the key; `fingerprint` is that of the request, or None while that is not known.

        Raises Problem: 409 while another request holds the key, 422 when another one was answered under it.
        """
        claim = Claim(user_id, key, renewed_at=self._clock.monotonic())
        if key is None:
            return claim
        record = await self._store.claim(user_id, key, claim.owner, fingerprint)
        claim.epoch = record.epoch
        if record.owner == claim.owner:
            return claim
        if record.response is None:
            raise _in_progress()
        if fingerprint is not None:
            check_same(record.fingerprint, fingerprint)
        claim.response, claim.fingerprint = record.response, record.fingerprint
        return claim

    async def renew(self, claim: Claim) -> None:
        """Keep the hold while a long request is being read."""
        now = self._clock.monotonic()
        if claim.key is not None and claim.response is None and now - claim.renewed_at > self._lease / 3:
            claim.renewed_at = now
            await self._store.renew(claim.user_id, claim.key, claim.owner)

    async def complete(self, claim: Claim, fingerprint: str, response: BaseModel) -> None:
        if claim.key is not None:
            text = response.model_dump_json()
            await self._store.complete(claim.user_id, claim.key, claim.owner, fingerprint, text)

    @contextlib.asynccontextmanager
    async def held(self, claim: Claim) -> AsyncIterator[None]:
        """A request that fails within the block lets go of its key."""
        try:
            yield
        except BaseException:
            if claim.key is not None:
                await self._release(claim, claim.key)
            raise

    async def once(
        self, user_id: str, key: str | None, fingerprint: str, make: Callable[[Making], Awaitable[M]], model: type[M]
    ) -> tuple[M, bool]:
        """What `make` answers, or has answered under this key before, and whether it has.

        What a process made and died before it could answer is there under the id of the next try. Raises Problem as
        `claim` does.
        """
        claim = await self.claim(user_id, key, fingerprint)
        if claim.response is not None:
            return model.model_validate_json(claim.response), True
        async with self.held(claim):
            made = await make(Making(claim.epoch or new_id(), fingerprint))
            await self.complete(claim, fingerprint, made)
            return made, False

    async def _release(self, claim: Claim, key: str) -> None:
        try:
            await self._store.release(claim.user_id, key, claim.owner)
        except DatabaseUnavailableError:
            log.warning("idempotency_key_unreleased", user_id=claim.user_id)  # its lease ends by itself


def checked_key(given: str | None) -> str | None:
    """The key that the header gives. Raises Problem (422) for what is none."""
    if given is None:
        return None
    quoted = _QUOTED.fullmatch(given)
    key = quoted[1] if quoted else given
    if not _KEY.fullmatch(key):
        raise invalid_field("Idempotency-Key", "invalid_key", "must have 1 to 255 printable ASCII characters")
    return key


def check_same(before: str | None, now: str) -> None:
    """Raises Problem (422) unless both requests were the same."""
    if before != now:
        raise invalid("idempotency_key_reused", "This Idempotency-Key was used for another request.")


def _in_progress() -> Problem:
    detail = "The request with this Idempotency-Key is still under way."
    return Problem(409, "idempotency_key_in_progress", detail, retryable=True, headers={"Retry-After": RETRY_SECONDS})
