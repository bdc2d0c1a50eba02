"""Options that several commands share, so that they are named, explained and read alike."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.completing import job_ids, one_of, value_of
from cli.errors import CliError

Json = Annotated[bool, typer.Option("--json", help="Print JSON, errors included.")]
JobId = Annotated[str, typer.Argument(metavar="JOB", help="Id of the job.", show_default=False, autocompletion=job_ids)]
Marketplace = Annotated[
    str | None,
    typer.Option("--marketplace", "-m", metavar="M", help="For example amazon.co.jp.", show_default="the API's own"),
]
ItemStatus = Annotated[
    str | None,
    typer.Option(help="queued, running, succeeded, failed or cancelled.", autocompletion=value_of("ItemStatus")),
]
Tier = Annotated[
    str | None,
    typer.Option(
        metavar="economy|premium", help="The forwarder's service.", autocompletion=one_of("economy", "premium")
    ),
]
ProductArgument = Annotated[
    str, typer.Argument(metavar="ASIN", help="ASIN, ISBN-10 or product address.", show_default=False)
]


def instant(option: str, text: str | None) -> str | None:
    """A day or moment as the API takes it; one without a time zone is UTC."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise CliError(f"{option} takes 2026-11-23 or 2026-11-23T06:00, not {text!r}") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()


_UNITS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}


def seconds(option: str, text: str | None) -> int | None:
    """A length of time as the API takes it, from seconds or a number with its unit."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,9})([smhd]?)", text.strip(), re.ASCII)
    if found is None:
        raise CliError(f"{option} takes seconds, or 90s, 30m, 2h, 7d, not {text!r}")
    return int(found[1]) * _UNITS[found[2]]
