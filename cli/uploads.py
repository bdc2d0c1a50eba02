"""Lists of products on their way to the API, read as they are sent."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asinflow.client.core import new_key

from cli.client import Api, ApiUnreachable, calls
from cli.counting import sent
from cli.errors import CliError, ExitCode

TYPES = {"csv": "text/csv", "ndjson": "application/x-ndjson", "text": "text/plain"}
_SUFFIXES = {".csv": "csv", ".tsv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}
_PIECE = 65_536


def media_type(path: str, form: str | None) -> str:
    """The type of a list, as told or as its name ends. Raises CliError for one that the API does not read."""
    name = form or _SUFFIXES.get(Path(path).suffix.lower(), "text")
    if name not in TYPES:
        raise CliError(f"--format is one of {', '.join(TYPES)}, not {name!r}")
    return TYPES[name]


@dataclass(frozen=True)
class Upload:
    """A list and what is asked for it; `path` "-" is standard input."""

    path: str
    media_type: str
    options: Mapping[str, Any]
    idempotency_key: str | None = None

    def quote(self, api: Api) -> dict[str, Any]:
        """What a job of it would come to."""
        with self._pieces() as pieces:
            quote: dict[str, Any] = api.ask(calls.dry_run_upload(pieces, media_type=self.media_type, **self.options))
        return quote

    def send(self, api: Api) -> Any:
        """The job made of it. A connection that breaks ends with the command that makes it one job all the same."""
        key = self.idempotency_key or new_key()
        try:
            with self._pieces() as pieces:
                call = calls.upload(pieces, media_type=self.media_type, idempotency_key=key, **self.options)
                return api.ask(call)
        except ApiUnreachable as error:
            raise CliError(
                str(error),
                code="api_unreachable",
                exit_code=ExitCode.UNREACHABLE,
                hint=f"the same again with --idempotency-key {key}   (it never makes a second job)",
            ) from error

    @contextmanager
    def _pieces(self) -> Iterator[Iterator[bytes]]:
        try:
            with ExitStack() as stack:
                file, size = sys.stdin.buffer, None
                if self.path != "-":
                    file = stack.enter_context(Path(self.path).open("rb"))
                    size = Path(self.path).stat().st_size
                yield sent(iter(lambda: file.read(_PIECE), b""), size)
        except OSError as error:
            raise CliError(f"{self.path} cannot be read: {error.strerror}", code="unreadable_file") from error
