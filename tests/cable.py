"""A cable to a server that can be cut, frozen (a half-open connection) or slowed down."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit


class Cable:
    """Everything between a client and a server; `cut` breaks what is connected, and nothing passes until `mend`."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._intact = True
        self._frozen = False
        self._ends: set[asyncio.StreamWriter] = set()
        self.loop = asyncio.get_running_loop()
        self.connections = 0
        self.delay_seconds = 0.0
        self.port = 0

    @property
    def url(self) -> str:
        account, at, _ = self._target.netloc.rpartition("@")
        return urlunsplit(self._target._replace(netloc=f"{account}{at}127.0.0.1:{self.port}"))

    def cut(self) -> None:
        self._intact = False
        self.loop.call_soon_threadsafe(self._abort)

    def _abort(self) -> None:
        for end in self._ends:
            end.transport.abort()

    def freeze(self) -> None:
        """Keep what is connected, but let nothing arrive any more."""
        self._frozen = True

    def mend(self) -> None:
        self._intact, self._frozen = True, False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._intact:
            writer.transport.abort()
            return
        self.connections += 1
        other_reader, other_writer = await asyncio.open_connection(self._target.hostname, self._target.port)
        ends = {writer, other_writer}
        self._ends |= ends
        try:
            await asyncio.gather(self._ask(reader, other_writer, writer), self._carry(other_reader, writer))
        finally:
            self._ends -= ends
            for end in ends:
                end.transport.abort()

    async def _ask(
        self, reader: asyncio.StreamReader, server: asyncio.StreamWriter, _client: asyncio.StreamWriter
    ) -> None:
        """What the client says, on its way to the server."""
        await self._carry(reader, server)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                await self._pass_on(data, writer)
        writer.transport.abort()

    async def _pass_on(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        if self._intact and not self._frozen:
            await asyncio.sleep(self.delay_seconds)
            writer.write(data)
            await writer.drain()


C = TypeVar("C", bound=Cable)


@asynccontextmanager
async def laid(cable: C) -> AsyncIterator[C]:
    """The cable with its near end open for clients.

    It has a thread of its own: a client that blocks the test's loop, as one of MongoDB does when it closes, would
    otherwise wait in vain for what the cable cannot pass on meanwhile.
    """
    with _loop_in_a_thread() as cable.loop:
        listening = asyncio.start_server(cable.serve, "127.0.0.1", 0)
        server = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(listening, cable.loop))
        cable.port = server.sockets[0].getsockname()[1]
        try:
            yield cable
        finally:
            cable.loop.call_soon_threadsafe(server.close)
            cable.cut()


@contextmanager
def _loop_in_a_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """What is left in it when the block ends is cancelled."""

    async def run() -> None:
        ended = asyncio.Event()
        started.set_result((asyncio.get_running_loop(), ended))
        await ended.wait()

    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    loop, ended = started.result()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
