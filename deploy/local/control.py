"""The line between the command line and the supervisor: one JSON request and one JSON answer per connection."""

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

from deploy.local.errors import LocalError

_SOCKET = "control.sock"

Answer = Callable[[dict[str, str]], Awaitable[object]]


@contextlib.contextmanager
def _address(folder: Path) -> Iterator[str]:
    """The socket's address, short enough for the system however deep the folder lies."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{_SOCKET}"
    finally:
        os.close(descriptor)


@contextlib.asynccontextmanager
async def serve(folder: Path, answer: Answer) -> AsyncIterator[None]:
    """Answer requests on the control socket of `folder` while the context lasts."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            reply = await answer(json.loads(await reader.readline()))
            writer.write(json.dumps(reply).encode() + b"\n")
            await writer.drain()
        except ConnectionError:
            return  # the asker has gone: nobody is left to tell
        finally:
            writer.close()

    (folder / _SOCKET).unlink(missing_ok=True)
    with _address(folder) as address:
        server = await asyncio.start_unix_server(converse, address)
    try:
        yield
    finally:
        server.close()
        (folder / _SOCKET).unlink(missing_ok=True)


def ask(folder: Path, seconds: float = 10.0, **request: str) -> object:
    """The supervisor's answer to `request`.

    Raises OSError when no supervisor listens in `folder`, or when it stays silent for `seconds`; LocalError when
    it refuses.
    """
    reply = _exchange(folder, seconds, json.dumps(request).encode() + b"\n")
    if isinstance(reply, dict) and "error" in reply:
        raise LocalError(reply["error"])
    return reply


def _exchange(folder: Path, seconds: float, request: bytes) -> object:
    with _address(folder) as address, socket.socket(socket.AF_UNIX) as line:
        line.settimeout(seconds)
        line.connect(address)
        line.sendall(request)
        reply = line.makefile("rb").readline()
    if not reply:
        raise ConnectionResetError("the supervisor ended while it was asked")
    return json.loads(reply)
