"""Calls of the Creators API for one marketplace: each in its turn of the pace, with a token at hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import Counter, Histogram

from shared.amazon.marketplaces import MARKETPLACES
from shared.creators.failures import StaleTokenError, failure_of, reason_of, token_failure
from shared.creators.items import Json, load
from shared.errors import BlockedError, NoLongerWantedError, RetryableError
from shared.fetch import parse_retry_after, transport_errors
from shared.log import get_logger
from shared.pace import Pace, TurnLostError

log = get_logger(__name__)

# Rises with every answer of the API, or with every call that got none.
CALLS = Counter("asinflow_creators_calls_total", "Calls of the Creators API", ["marketplace", "operation", "status"])
# From sending a call to its answer.
CALL_SECONDS = Histogram("asinflow_creators_call_seconds", "Time of one call of the Creators API", ["marketplace"])

Body = dict[str, object]


class Response(Protocol):
    status_code: int
    headers: dict[str, str]
    text: str


class Client(Protocol):
    """The library's HTTP client."""

    async def post(self, path: str, headers: dict[str, str], body: Body | None = None) -> Response: ...


class Tokens(Protocol):
    """The library's token manager: one per set of credentials."""

    async def get_token(self) -> str: ...

    def clear_token(self) -> None: ...


@dataclass(frozen=True)
class Login:
    """One set of credentials: its tokens, what they raise, and how the header of a token is written."""

    tokens: Tokens
    error: type[Exception]
    authorization: Callable[[str], str]


@dataclass(frozen=True)
class Account:
    """In whose name one marketplace is asked."""

    marketplace: str
    tag: str
    login: Login


class Caller:
    """Makes the calls of one account."""

    def __init__(self, account: Account, client: Client, pace: Pace, *, user_agent: str, timeout: float) -> None:
        self._account = account
        self._client = client
        self._pace = pace
        self._user_agent = user_agent
        self._timeout = timeout
        self._line = f"{account.marketplace}#creators"

    @property
    def marketplace(self) -> str:
        return self._account.marketplace

    async def call(self, operation: str, body: Callable[[], Body | None]) -> Json:
        """The answer to `operation`; `body` is asked for when it is our turn, and None means that nothing is wanted.

        Raises NoLongerWantedError, BlockedError (throttled: everyone pauses), RetryableError or PermanentError.
        """
        token, asked = await self._turn(body)
        try:
            return await self._send(operation, token, asked)
        except StaleTokenError:
            self._account.login.tokens.clear_token()
        token, asked = await self._turn(lambda: asked)
        return await self._send(operation, token, asked)

    async def _turn(self, body: Callable[[], Body | None]) -> tuple[str, Body]:
        """Wait for our turn; a token that is valid now, and what to ask for."""
        while True:
            turn = await self._pace.prepare(self._line)
            try:
                token = await self._token()
                await turn.start()
                asked = body()
                turn.sent = asked is not None
            except TurnLostError:
                continue
            finally:
                await self._pace.give_back(turn)
            if asked is None:
                raise NoLongerWantedError("its job has ended")
            return token, asked

    async def _token(self) -> str:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._account.login.tokens.get_token()
        except TimeoutError as error:
            raise token_failure(error, self.marketplace) from error
        except self._account.login.error as error:
            failure = token_failure(error, self.marketplace)
            log.warning("creators_token_refused", marketplace=self.marketplace, reason=failure.message)
            # Without its cause: the text of the other side's answer is nobody's business.
            raise failure from None

    async def _send(self, operation: str, token: str, body: Body) -> Json:
        loop = asyncio.get_running_loop()
        content = {"partnerTag": self._account.tag, **body}
        sent_at, status = loop.time(), "none"
        try:
            with transport_errors():
                async with asyncio.timeout(self._timeout):
                    response = await self._client.post(f"/catalog/v1/{operation}", self._headers(token), content)
            status = str(response.status_code)
        finally:
            CALLS.labels(self.marketplace, operation, status).inc()
            CALL_SECONDS.labels(self.marketplace).observe(loop.time() - sent_at)
            self._pace.fetched(self._line, loop.time() - sent_at)
        return await self._read(operation, response)

    def _headers(self, token: str) -> dict[str, str]:
        return {
            "Authorization": self._account.login.authorization(token),
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": self._user_agent,
            "x-marketplace": MARKETPLACES[self.marketplace].host,
        }

    async def _read(self, operation: str, response: Response) -> Json:
        status, text = response.status_code, response.text
        if status == 200:
            try:
                answer = load(text)
            except ValueError as error:
                raise RetryableError("the answer is damaged", code="incomplete_answer") from error
            await self._pace.ease(self._line)
            return answer
        log.warning(
            "creators_call_failed",
            marketplace=self.marketplace,
            operation=operation,
            status=status,
            reason=reason_of(text),
        )
        retry_after = _retry_after(response.headers)
        if status == 429:
            pause = await self._pace.block(self._line, "throttled", retry_after)
            raise BlockedError(
                f"the Creators API of {self.marketplace} asked to slow down", code="throttled", retry_after=pause
            )
        raise failure_of(status, text, self.marketplace, retry_after)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    return parse_retry_after({name.lower(): value for name, value in headers.items()}.get("retry-after"))
