"""Fetching one page politely: the only module that talks to marketplaces, and only to configured ones."""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx
from prometheus_client import Counter, Histogram

from shared.amazon.marketplaces import MARKETPLACES, by_host
from shared.bodies import ACCEPT_ENCODING, Packed, receive
from shared.errors import NoLongerWantedError, PermanentError, RetryableError
from shared.exits import Exit, Exits
from shared.guard import guarded_transport
from shared.pace import Pace, Turn, TurnLostError
from shared.pacesteps import RETRY_AFTER_MAX_SECONDS
from shared.settings import FetchSettings

MAX_REDIRECTS = 5
# Idle connections that are kept. Those in use are not bounded here: whoever holds one may be waiting for its slot, or
# for a slow marketplace, and must take it from nobody. Each marketplace has its own bound, the collector's concurrency.
KEPT_CONNECTIONS = 2 * len(MARKETPLACES)
# A connection outlives the time between two requests at a generous pace.
KEEPALIVE_SECONDS = 60.0
# Digits of a Retry-After that is worth reading as a number.
LONGEST_NUMBER = 9
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What a proxy that cannot be used looks like: then its pace rests, and the other ways out serve.
PROXY_FAULTS = (httpx.ProxyError, httpx.ConnectError, httpx.ConnectTimeout)

# Rises with every answer of a marketplace, or with every request that got none.
REQUESTS = Counter("asinflow_fetches_total", "Requests to marketplaces by status", ["marketplace", "status"])
# From sending the request to the last byte of the page.
FETCH_SECONDS = Histogram("asinflow_fetch_seconds", "Time to fetch one page", ["marketplace"])
# Rises with every byte of a page, after decompression.
FETCHED_BYTES = Counter("asinflow_fetched_bytes_total", "Bytes of pages after decompression", ["marketplace"])


@dataclass(frozen=True)
class Answer:
    """What a marketplace answered: the final address, status, body, and when it asked us to come back.

    `line` is the pace that the request took its turn of.
    """

    url: str
    status: int
    packed: Packed
    content_type: str | None
    retry_after: float | None
    line: str

    @property
    def body(self) -> bytes:
        """The page itself, unpacked at the first question: raises as `Packed.body` does."""
        return self.packed.body


class Fetcher:
    """GET with the pace, time-outs, a size limit, and redirects only within the same marketplace."""

    def __init__(self, exits: Exits, pace: Pace, settings: FetchSettings) -> None:
        """`exits` lead out, each request in its turn of `pace`."""
        self._exits = exits
        self._pace = pace
        self._settings = settings

    async def get(self, url: str, marketplace: str, wanted: Callable[[], bool]) -> Answer:
        """The page at `url`, a canonical address of `marketplace`.

        Raises RetryableError (timeout, connection, broken off), BlockedError (a long pause), PermanentError
        (leaves the marketplace, too large, too many redirects), or NoLongerWantedError when `wanted` says no once it
        is our turn. Every hop waits for its own turn: a redirect is a request, too.
        """
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._in_turn(url, marketplace, wanted)
            if isinstance(answer, Answer):
                return answer
            url = self._next_hop(url, answer, marketplace)
        raise PermanentError(f"more than {MAX_REDIRECTS} redirects", code="too_many_redirects")

    def _request(self, client: httpx.AsyncClient, url: str, marketplace: str) -> httpx.Request:
        headers = {
            "User-Agent": self._settings.user_agent,
            "Accept": "text/html,application/xhtml+xml",
            "Accept-Encoding": ACCEPT_ENCODING,
            "Accept-Language": MARKETPLACES[marketplace].accept_language,
        }
        if self._settings.upstream_url:
            parts = urlsplit(url)
            headers["X-Forwarded-Host"] = parts.netloc
            url = self._settings.upstream_url.rstrip("/") + urlunsplit(("", "", parts.path, parts.query, ""))
        return client.build_request("GET", url, headers=headers)

    async def _in_turn(self, url: str, marketplace: str, wanted: Callable[[], bool]) -> Answer | str:
        """The answer, or where it redirects to."""
        while True:
            way, turn = await self._exits.prepare(marketplace)
            try:
                return await self._send(way, turn, url, marketplace, wanted)
            except TurnLostError:
                continue
            except RetryableError as error:
                if way.egress.proxy and isinstance(error.__cause__, PROXY_FAULTS):
                    await self._pace.block(way.egress.line(marketplace), "egress_unreachable")
                raise
            finally:
                await self._pace.give_back(turn)

    async def _send(
        self, way: Exit, turn: Turn, url: str, marketplace: str, wanted: Callable[[], bool]
    ) -> Answer | str:
        """Connect, wait for the turn, send, read. The turn is awaited between connecting and the first byte sent."""
        settings, loop = self._settings, asyncio.get_running_loop()
        request = self._request(way.client, url, marketplace)
        status = "none"
        sent_at: float | None = None

        async def trace(step: str, info: Mapping[str, Any]) -> None:
            nonlocal sent_at
            if step.endswith(".send_request_headers.started") and sent_at is None:
                if info["request"].method == b"CONNECT":
                    return  # to the proxy, which makes the connection
                await turn.start()
                if not wanted():
                    raise NoLongerWantedError("its job has ended")
                turn.sent, sent_at = True, loop.time()
                limit.reschedule(sent_at + settings.fetch_timeout_seconds)

        request.extensions["trace"] = trace
        try:
            with transport_errors():
                async with asyncio.timeout(None) as limit:  # set once it is sent; connecting has its own
                    response = await way.client.send(request, stream=True)
                    async with contextlib.aclosing(response):
                        status = str(response.status_code)
                        if response.status_code in REDIRECTS and "location" in response.headers:
                            return response.headers["location"]
                        packed = await receive(response, self._settings.page_max_bytes)
        finally:
            if sent_at is not None:
                REQUESTS.labels(marketplace, status).inc()
                FETCH_SECONDS.labels(marketplace).observe(loop.time() - sent_at)
                self._pace.fetched(turn.marketplace, loop.time() - sent_at)
        retry_after = parse_retry_after(response.headers.get("retry-after"))
        line = way.egress.line(marketplace)
        return Answer(url, response.status_code, packed, response.headers.get("content-type"), retry_after, line)

    def _next_hop(self, url: str, location: str, marketplace: str) -> str:
        """The canonical address that `location` leads to; raises PermanentError where it leaves the marketplace."""
        try:
            parts = urlsplit(urljoin(url, location))
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise PermanentError("redirected to an unreadable address", code="foreign_redirect") from error
        upstream = urlsplit(self._settings.upstream_url or "")
        path = parts.path
        if upstream.netloc and parts.netloc == upstream.netloc:
            host, path = urlsplit(url).netloc, path.removeprefix(upstream.path.rstrip("/"))
        elif parts.scheme not in ("http", "https") or port or not _belongs(host, marketplace):
            raise PermanentError(f"redirected away from {marketplace}", code="foreign_redirect")
        return urlunsplit(("https", host, path, parts.query, ""))


def _belongs(host: str, marketplace: str) -> bool:
    found = by_host(host)
    return found is not None and found.name == marketplace


@contextlib.contextmanager
def transport_errors() -> Iterator[None]:
    """Turn what can go wrong on the way into errors that say what to do next."""
    try:
        yield
    except httpx.InvalidURL as error:  # httpx reads where a redirect leads, though not asked to
        raise PermanentError("redirected to an unreadable address", code="foreign_redirect") from error
    except (TimeoutError, httpx.TimeoutException) as error:
        raise RetryableError("no complete page in time", code="timeout") from error
    except (httpx.RemoteProtocolError, httpx.DecodingError, httpx.ReadError) as error:
        if isinstance(error.__context__, httpx.InvalidURL):
            raise PermanentError("redirected to an unreadable address", code="foreign_redirect") from error
        told = str(error) or type(error).__name__
        raise RetryableError(f"the answer broke off or is damaged: {told}", code="incomplete_answer") from error
    except httpx.TransportError as error:
        raise RetryableError(f"no connection: {error or type(error).__name__}", code="connection") from error


def parse_retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds to wait as RFC 9110, section 10.2.3 writes them: a number or a date; None when absent or neither."""
    if value is None:
        return None
    number = value.strip()
    if number.isascii() and number.isdecimal():
        return float(number) if len(number) <= LONGEST_NUMBER else RETRY_AFTER_MAX_SECONDS
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


@contextlib.asynccontextmanager
async def open_client(settings: FetchSettings, proxy: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """Connections kept alive and shared; HTTP/2 where the other side speaks it; no cookies, no redirects by itself.

    They lead to the open internet only, and to the upstream and the proxy that are configured.
    """
    limits = httpx.Limits(
        max_connections=None,
        max_keepalive_connections=KEPT_CONNECTIONS,
        keepalive_expiry=KEEPALIVE_SECONDS,
    )
    timeout = httpx.Timeout(settings.fetch_timeout_seconds, connect=settings.connect_timeout_seconds)
    no_cookies = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
    transport = guarded_transport(settings.upstream_url, proxy=proxy, http2=True, limits=limits)
    async with httpx.AsyncClient(transport=transport, timeout=timeout, trust_env=False, cookies=no_cookies) as client:
        yield client


@contextlib.asynccontextmanager
async def open_fetcher(settings: FetchSettings, pace: Pace) -> AsyncIterator[Fetcher]:
    """A fetcher over the configured ways out, with their connections."""
    async with contextlib.AsyncExitStack() as stack:
        exits = [
            Exit(egress, await stack.enter_async_context(open_client(settings, egress.proxy)))
            for egress in settings.ways_out
        ]
        yield Fetcher(Exits(pace, exits), pace, settings)
