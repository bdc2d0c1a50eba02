"""What failed programs wrote last, short enough for a person to read in a terminal."""

import json
from typing import Any

from deploy.local.folder import RunFolder

_LINES = 20
_LONGEST = 400
_LEFT_OUT = ("timestamp", "level", "event", "exception", "service", "instance", "logger")


def last_words(folder: RunFolder, names: list[str]) -> str:
    """The ends of these programs' logs, for an error message."""
    return "\n".join(_last_words_of(folder, name) for name in names)


def _last_words_of(folder: RunFolder, name: str) -> str:
    log = folder.log_of(name)
    lines = log.read_text(errors="replace").splitlines()[-_LINES:] if log.exists() else []
    shown = [readable(line) for line in lines] or ["(it wrote nothing)"]
    return "\n  ".join([f"{name}, the end of {log}:", *shown])


def readable(line: str) -> str:
    """A log line as people read it: structured ones as words, each cut to what fits."""
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    text = _in_words(entry) if isinstance(entry, dict) else line
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _in_words(entry: dict[str, Any]) -> str:
    fields = [f"{name}={value}" for name, value in entry.items() if name not in _LEFT_OUT]
    errors = entry.get("exception") or []
    if isinstance(errors, list):
        causes = [f"{error.get('exc_type')}: {error.get('exc_value')}" for error in errors]
    else:
        causes = [str(errors)]
    heading = (str(entry.get(name, "")) for name in ("timestamp", "level", "event"))
    return " ".join(part for part in (*heading, *fields, *causes) if part)
