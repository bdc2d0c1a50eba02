"""What a shell is told of values that an option takes, and of things that only the API knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import typer

from cli.errors import CliError

_MOST = 20


def one_of(*values: str) -> Callable[[str], list[str]]:
    """Completes one of these."""

    def complete(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return complete


def value_of(kind: str) -> Callable[[str], list[str]]:
    """Completes a value of one of the client's types, such as JobStatus."""

    def complete(incomplete: str) -> list[str]:
        from asinflow.client import models  # noqa: PLC0415  loaded on the press of a key

        return one_of(*get_args(getattr(models, kind)))(incomplete)

    return complete


def job_ids(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Your latest jobs, each with what it is about; none when the API cannot be asked."""
    # Loaded on the press of a key, and by no command.
    from cli.client import calls  # noqa: PLC0415
    from cli.session import session_of  # noqa: PLC0415
    from cli.text import subject  # noqa: PLC0415

    try:
        with session_of(ctx).api() as api:
            found = list(api.listed(calls.jobs(limit=_MOST)))
    except CliError:
        return []
    return [(job["id"], f"{job['status']} {subject(job)}") for job in found if job["id"].startswith(incomplete)]
