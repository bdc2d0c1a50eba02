"""True arrival times: the kernel's own time stamp of the data a request came in with.

A busy machine may run this process milliseconds late; the kernel stamps a segment when it arrives. Where the platform
gives no such stamp, the moment the data was read is taken.
"""

import socket
import struct
import sys
import time
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

# SO_TIMESTAMPNS_OLD of Linux's asm-generic/socket.h: a struct timespec of the real-time clock with each read.
_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("@ll")
_ANCILLARY_BYTES = socket.CMSG_SPACE(_TIMESPEC.size)

# By file descriptor: asyncio hands protocols a wrapper of the socket, which shows little more than that.
_arrivals: dict[int, float] = {}


class StampingSocket(socket.socket):
    """A stream socket that notes when the data returned by `recv` arrived."""

    def accept(self) -> "tuple[StampingSocket, Any]":
        connection, address = super().accept()
        return StampingSocket(fileno=connection.detach()), address

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        data, ancillary, _, _ = self.recvmsg(size, _ANCILLARY_BYTES, flags)
        _arrivals[self.fileno()] = _stamp(ancillary) or time.time()
        return data


def _stamp(ancillary: list[tuple[int, int, bytes]]) -> float | None:
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(payload) == _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack(payload)
            return float(seconds + nanoseconds / 1e9)
    return None


def listening_socket(host: str, port: int) -> StampingSocket:
    """A bound socket whose connections note arrivals; port 0 takes a free one. Raises ``OSError`` if it is taken."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = StampingSocket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sys.platform == "linux":
        listener.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    listener.bind(address)
    return listener


class StampedProtocol(H11Protocol):
    """Puts arrival time and transport of each request into the ASGI scope's ``state``."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._descriptor = transport.get_extra_info("socket").fileno()
        # The server shares one state among its connections; each has its own here.
        self.app_state = {**self.app_state, "transport": transport}

    def data_received(self, data: bytes) -> None:
        self.app_state["arrived"] = _arrivals.get(self._descriptor) or time.time()
        super().data_received(data)
