"""A cable to MongoDB on which the server's answers to some commands are replaced by others."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Mapping
from typing import Any

import bson

from tests.cable import Cable

_HEADER = struct.Struct("<iiii")
_OP_MSG = 2013
# Behind the header come four bytes of flags and one that says that a document follows.
_PREAMBLE = 5


class MongoCable(Cable):
    """`answer` has a command answered at once with a document, so many times; the server never hears of it."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._answers: dict[str, tuple[Mapping[str, Any], int]] = {}

    def answer(self, command: str, document: Mapping[str, Any], times: int = 1) -> None:
        self._answers[command] = (document, times)

    async def _ask(
        self, reader: asyncio.StreamReader, server: asyncio.StreamWriter, client: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                header = await reader.readexactly(_HEADER.size)
                length, request_id, _, kind = _HEADER.unpack(header)
                body = await reader.readexactly(length - _HEADER.size)
                answer = self._due(body) if kind == _OP_MSG else None
                if answer is None:
                    await self._pass_on(header + body, server)
                else:
                    client.write(_reply(request_id, answer))
                    await client.drain()
        server.transport.abort()

    def _due(self, body: bytes) -> Mapping[str, Any] | None:
        size = struct.unpack_from("<i", body, _PREAMBLE)[0]
        command = next(iter(bson.decode(body[_PREAMBLE : _PREAMBLE + size])))
        document, times = self._answers.get(command, ({}, 0))
        if times == 0:
            return None
        self._answers[command] = (document, times - 1)
        return document


def _reply(request_id: int, document: Mapping[str, Any]) -> bytes:
    body = struct.pack("<iB", 0, 0) + bson.encode(document)
    return _HEADER.pack(_HEADER.size + len(body), 0, request_id, _OP_MSG) + body
