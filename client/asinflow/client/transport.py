"""Carries calls over httpx, waiting or awaited: the same rules, told twice because the languages differ."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self, TypeVar

import httpx
from asinflow.client.core import STREAM_TIMEOUT, TIMEOUT, Call, Paged, Retries
from asinflow.client.errors import ApiProblem, Unreachable

T = TypeVar("T")


def _options(base_url: str, token: str, user_agent: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", "User-Agent": user_agent}
    return {"base_url": base_url, "headers": headers, "timeout": TIMEOUT}


def _unreachable(url: str, error: httpx.TransportError) -> Unreachable:
    connected = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
    return Unreachable(f"{url} cannot be reached: {error or type(error).__name__}", connected=connected)


class SyncTransport:
    """Sends calls and waits for their answers. Raises ApiProblem when refused, Unreachable when out of reach."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        retries: Retries | None = None,
        user_agent: str = "asinflow-client",
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url
        self._retries = retries or Retries()
        self._sleep = sleep
        self._http = httpx.Client(**_options(base_url, token, user_agent), transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def send(self, call: Call[T]) -> T:
        """The answer, after as many tries as it takes and is allowed."""
        attempt = 0
        while True:
            try:
                return call.read(self._once(call))
            except (ApiProblem, Unreachable) as error:
                delay = self._retries.delay(call, attempt, error)
                if delay is None:
                    raise
            self._sleep(delay)
            attempt += 1

    def entries(self, paged: Paged[T]) -> Iterator[T]:
        """Every entry of a list, page by page."""
        left, cursor = paged.limit, None
        while left is None or left > 0:
            page = self.send(paged.page(cursor, left))
            yield from page.items
            left = None if left is None else left - len(page.items)
            if (cursor := page.next_cursor) is None:
                return

    @contextmanager
    def stream(self, call: Call[Any]) -> Iterator[Iterator[bytes]]:
        """The pieces of an answer as they arrive."""
        request = self._http.build_request(call.method, call.path, timeout=STREAM_TIMEOUT, **call.arguments())
        with self._reaching():
            response = self._http.send(request, stream=True)
        try:
            if response.is_error:
                with self._reaching():
                    response.read()
                raise ApiProblem.of(response)
            yield self._pieces(response)
        finally:
            response.close()

    def _pieces(self, response: httpx.Response) -> Iterator[bytes]:
        with self._reaching():
            yield from response.iter_bytes()

    def _once(self, call: Call[Any]) -> httpx.Response:
        with self._reaching():
            response = self._http.request(call.method, call.path, **call.arguments())
        if response.is_error:
            raise ApiProblem.of(response)
        return response

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except httpx.TransportError as error:
            raise _unreachable(self.base_url, error) from error


class AsyncTransport:
    """The same for asyncio."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        retries: Retries | None = None,
        user_agent: str = "asinflow-client",
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.base_url = base_url
        self._retries = retries or Retries()
        self._sleep = sleep
        self._http = httpx.AsyncClient(**_options(base_url, token, user_agent), transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, call: Call[T]) -> T:
        attempt = 0
        while True:
            try:
                return call.read(await self._once(call))
            except (ApiProblem, Unreachable) as error:
                delay = self._retries.delay(call, attempt, error)
                if delay is None:
                    raise
            await self._sleep(delay)
            attempt += 1

    async def entries(self, paged: Paged[T]) -> AsyncIterator[T]:
        left, cursor = paged.limit, None
        while left is None or left > 0:
            page = await self.send(paged.page(cursor, left))
            for entry in page.items:
                yield entry
            left = None if left is None else left - len(page.items)
            if (cursor := page.next_cursor) is None:
                return

    @asynccontextmanager
    async def stream(self, call: Call[Any]) -> AsyncIterator[AsyncIterator[bytes]]:
        request = self._http.build_request(call.method, call.path, timeout=STREAM_TIMEOUT, **call.arguments())
        with self._reaching():
            response = await self._http.send(request, stream=True)
        try:
            if response.is_error:
                with self._reaching():
                    await response.aread()
                raise ApiProblem.of(response)
            yield self._pieces(response)
        finally:
            await response.aclose()

    async def _pieces(self, response: httpx.Response) -> AsyncIterator[bytes]:
        with self._reaching():
            async for piece in response.aiter_bytes():
                yield piece

    async def _once(self, call: Call[Any]) -> httpx.Response:
        with self._reaching():
            response = await self._http.request(call.method, call.path, **call.arguments())
        if response.is_error:
            raise ApiProblem.of(response)
        return response

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except httpx.TransportError as error:
            raise _unreachable(self.base_url, error) from error
