"""Exit codes, and the one error that commands raise to end with a sentence instead of a traceback."""

from __future__ import annotations

from enum import IntEnum
from typing import Any


class ExitCode(IntEnum):
    """What the shell is told; `asinflow --help` explains them."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    REFUSED = 4
    INTERRUPTED = 130
    UNREAD = 141  # as a shell has it for a program that SIGPIPE has ended


class CliError(Exception):
    """Ends a command.

    `hint` is what to try next, a command per line; `details` are further fields of the JSON form.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "usage",
        exit_code: ExitCode = ExitCode.USAGE,
        hint: str | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.exit_code = exit_code
        self.hint = hint
        self.details = details

    def as_dict(self) -> dict[str, Any]:
        """The error as `--json` shows it on standard error."""
        return {"error": {"code": self.code, "message": self.message, "hint": self.hint, **self.details}}
