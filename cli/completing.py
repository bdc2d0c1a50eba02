"""What a shell is told of things that only the API knows."""

from __future__ import annotations

import typer

from cli.errors import CliError

_MOST = 20


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
