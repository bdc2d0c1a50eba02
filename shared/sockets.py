"""Connections for httpcore over the event loop's own transports: what its backend over anyio does, at half the cost.

A connection that lies idle is watched by the event loop, so that nobody needs to ask the kernel about each of them
whenever a request begins or ends, and what arrived is handed out without a task, a lock or a scope of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, cast

import httpcore
from httpcore import SOCKET_OPTION, AsyncNetworkBackend, AsyncNetworkStream

# With so much waiting to be read, no more is taken off the socket.
ENOUGH_BYTES = 262_144
Timeouts = type[httpcore.ReadTimeout | httpcore.WriteTimeout | httpcore.ConnectTimeout]
Failures = type[httpcore.ReadError | httpcore.WriteError | httpcore.ConnectError]


class Wire(asyncio.Protocol):
    """One connection's events: what has arrived and was not read yet, whether it ended, whether it takes more."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._ended = False
        self._error: Exception | None = None
        self._full = False
        self._waiting: list[asyncio.Future[None]] = []
        self.transport: asyncio.Transport

    @property
    def is_readable(self) -> bool:
        """Whether a read would return at once: with data, at the end, or with an error."""
        return bool(self._pieces) or self._ended

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._pieces.append(data)
        self._size += len(data)
        if self._size > ENOUGH_BYTES and not self.transport.is_closing():
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._ended, self._error = True, self._error or error
        self._wake()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._wake()

    async def read(self, most: int) -> bytes:
        """The next bytes, at most so many; none at the end. Raises OSError."""
        while not self._pieces:
            if self._ended:
                return self._end()
            await self._news()
        piece = self._pieces.popleft()
        if len(piece) > most:
            self._pieces.appendleft(piece[most:])
            piece = piece[:most]
        before, self._size = self._size, self._size - len(piece)
        if before > ENOUGH_BYTES >= self._size and not self.transport.is_closing():
            self.transport.resume_reading()
        return piece

    async def write(self, data: bytes) -> None:
        """Return once the connection takes more. Raises OSError."""
        if self.transport.is_closing():
            raise self._error or ConnectionResetError("the connection is closed")
        self.transport.write(data)
        while self._full and not self._ended:
            await self._news()

    def _end(self) -> bytes:
        if self._error is not None:
            raise self._error
        return b""

    async def _news(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        await waiter

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)


class LoopStream(AsyncNetworkStream):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  the interface's
        with _told_as(httpcore.ReadTimeout, httpcore.ReadError):
            if self._wire.is_readable:
                return await self._wire.read(max_bytes)
            async with asyncio.timeout(timeout):
                return await self._wire.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109  the interface's
        with _told_as(httpcore.WriteTimeout, httpcore.WriteError):
            async with asyncio.timeout(timeout):
                await self._wire.write(buffer)

    async def aclose(self) -> None:
        """At once: nothing that was not sent yet is wanted any more."""
        self._wire.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  the interface's
    ) -> AsyncNetworkStream:
        loop, wire = asyncio.get_running_loop(), self._wire
        try:
            with _told_as(httpcore.ConnectTimeout, httpcore.ConnectError):
                async with asyncio.timeout(timeout):
                    made = await loop.start_tls(wire.transport, wire, ssl_context, server_hostname=server_hostname)
        except BaseException:
            wire.transport.abort()
            raise
        wire.transport = cast("asyncio.Transport", made)
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._wire.is_readable
        return self._wire.transport.get_extra_info(
            {"client_addr": "sockname", "server_addr": "peername"}.get(info, info)
        )


class LoopBackend(AsyncNetworkBackend):
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  the interface's
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        local = None if local_address is None else (local_address, 0)
        with _told_as(httpcore.ConnectTimeout, httpcore.ConnectError):
            async with asyncio.timeout(timeout):
                transport, wire = await asyncio.get_running_loop().create_connection(Wire, host, port, local_addr=local)
        for option in socket_options or ():
            cast("socket.socket", transport.get_extra_info("socket")).setsockopt(*option)
        return LoopStream(wire)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@contextlib.contextmanager
def _told_as(late: Timeouts, failed: Failures) -> Iterator[None]:
    """Raise the errors of a socket, and running out of time, as httpcore's."""
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except OSError as error:
        raise failed(str(error)) from error
