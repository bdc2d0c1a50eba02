"""How an error reaches its reader."""

from __future__ import annotations

import json
import sys
from typing import Any

from cli.errors import CliError, ExitCode

_MOST_LINES_SHOWN = 20


def report(error: CliError, *, as_json: bool) -> ExitCode:
    """Write the error to standard error and return the exit code it stands for."""
    sys.stdout.flush()
    if as_json:
        print(json.dumps(error.as_dict(), ensure_ascii=False, default=str), file=sys.stderr)
    elif error.message:
        print(f"asinflow: {error.message}{_origin(error)}", file=sys.stderr)
        sentences = map(_sentence, error.details.get("errors", ())[:_MOST_LINES_SHOWN])
        print(*(f"  - {line}\n" for line in sentences if line not in error.message), sep="", end="", file=sys.stderr)
        if error.hint:
            print("Try:  " + error.hint.replace("\n", "\n      "), file=sys.stderr)
    return error.exit_code


def _origin(error: CliError) -> str:
    """Of a refusal of the API its status and code: what documents and support know it by."""
    status = error.details.get("status")
    return "" if status is None else f"  [{status} {error.code}]"


def _sentence(error: Any) -> str:
    """One entry of a problem's `errors`."""
    return f"{error.get('field', '')}: {error.get('message', '')}" if isinstance(error, dict) else str(error)
