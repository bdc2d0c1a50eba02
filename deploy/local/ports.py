"""Listening ports that stay one stack's own for as long as it runs."""

import json
import random
import socket
from pathlib import Path
from typing import Self

LOOPBACK = "127.0.0.1"
_LOWEST = 10_000


class Ports:
    """Hands out ports by name, the same ones as last time where they are still free.

    Each port is held by a bound socket that does not listen: the program it is meant for can listen beside it, other
    stacks that look for a free port cannot take it, also while that program is stopped or restarting.
    """

    def __init__(self, remembered: dict[str, int]) -> None:
        self._remembered = remembered
        self._held: dict[str, socket.socket] = {}

    @classmethod
    def from_file(cls, path: Path) -> Self:
        return cls(json.loads(path.read_text()) if path.exists() else {})

    def __getitem__(self, name: str) -> int:
        """The port called `name`, reserved at the first question."""
        if name not in self._held:
            self._held[name] = _hold_again(self._remembered.get(name)) or _hold_new()
        return _port_of(self._held[name])

    def descriptors(self) -> list[int]:
        """The file descriptors of the reservations, for the process that takes them over."""
        return [held.fileno() for held in self._held.values()]

    def save(self, path: Path) -> None:
        path.write_text(json.dumps({**self._remembered, **{name: _port_of(held) for name, held in self._held.items()}}))

    def close(self) -> None:
        for held in self._held.values():
            held.close()


def _port_of(held: socket.socket) -> int:
    port: int = held.getsockname()[1]
    return port


def _bound(port: int, *, shared: bool) -> socket.socket | None:
    held = socket.socket()
    if shared:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((LOOPBACK, port))
    except OSError:
        held.close()
        return None
    return held


def _hold_again(port: int | None) -> socket.socket | None:
    return None if port is None else _bound(port, shared=True)


def _hold_new() -> socket.socket:
    for _ in range(1000):
        port = random.randrange(_LOWEST, _highest())
        # Without the sharing option, bind also fails on a port that another stack only holds.
        alone = _bound(port, shared=False)
        if alone is None:
            continue
        alone.close()
        if held := _bound(port, shared=True):
            return held
    raise OSError("no free port found on 127.0.0.1")


def _highest() -> int:
    """The end of the ports that the kernel never gives to outgoing connections.

    A listener's port inside that range could be taken by any client while the listener restarts.
    """
    try:
        lowest_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        lowest_outgoing = 0
    return lowest_outgoing if lowest_outgoing > _LOWEST + 2000 else 65_000
