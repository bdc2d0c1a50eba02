"""Single keys of a terminal, without waiting for Enter."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from types import TracebackType
from typing import Self

# Ctrl-D; also what a terminal that is gone says.
END = b"\x04"
_ARROWS = {b"\x1b[A": "up", b"\x1b[B": "down", b"\x1bOA": "up", b"\x1bOB": "down"}


class Keys:
    """Reads keys while its context lasts; afterwards the terminal is as it was. Ctrl-C interrupts as ever."""

    def __enter__(self) -> Self:
        self._fd, self._pressed = sys.stdin.fileno(), b""
        self._before = termios.tcgetattr(self._fd)
        tty.setcbreak(self._fd)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)

    def wait(self, seconds: float) -> str | None:
        """The next key: a character, "up" or "down"; None when there is none in time."""
        if not self._pressed and select.select([self._fd], [], [], seconds)[0]:
            self._pressed = self._read() or END
        size = 3 if self._pressed[:3] in _ARROWS else 1
        key, self._pressed = self._pressed[:size], self._pressed[size:]
        return _ARROWS.get(key) or key.decode(errors="replace") or None

    def _read(self) -> bytes:
        try:
            return os.read(self._fd, 64)
        except OSError:
            return b""  # the other side of the terminal is closed
