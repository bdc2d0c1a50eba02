"""`asinflow token`: signs a bearer token for a user."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from cli.completing import one_of
from cli.errors import CliError
from cli.options import Json
from cli.output import print_json
from cli.session import session_of
from shared.auth import SCOPES, USER_SCOPES, issue_token

app = typer.Typer()


@app.command()
def token(
    ctx: typer.Context,
    user: Annotated[str, typer.Option("--user", "-u", help="Id of the user, the token's `sub`.", show_default=False)],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Repeatable: {', '.join(SCOPES)}.", show_default="all but operator", autocompletion=one_of(*SCOPES)
        ),
    ] = None,
    days: Annotated[float, typer.Option(min=0.001, max=3650, help="How long it is good for.")] = 1.0,
    as_json: Json = False,
) -> None:
    """Sign a bearer token for a user, with ASINFLOW_JWT_SECRET or the local one."""
    session = session_of(ctx)
    scopes = _checked(scope)
    if not user.strip():
        raise CliError("--user must not be empty", hint="asinflow token --user YOU")
    lifetime = timedelta(days=days)
    try:
        signed = issue_token(_secret(session.environment, session.folders), user, scopes, int(lifetime.total_seconds()))
    except ValueError as error:
        raise CliError(f"ASINFLOW_JWT_SECRET: {error}", code="settings", hint="openssl rand -base64 48") from error
    if as_json:
        expires = (datetime.now(UTC) + lifetime).isoformat(timespec="seconds")
        print_json({"token": signed, "user": user, "scopes": list(scopes), "expires_at": expires})
    else:
        print(signed)


def _checked(given: list[str] | None) -> tuple[str, ...]:
    """The scopes asked for, which may also come separated by spaces or commas."""
    if given is None:
        return USER_SCOPES
    scopes = tuple(dict.fromkeys(" ".join(given).replace(",", " ").split()))
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        raise CliError(f"no such scope: {', '.join(unknown)}; there are {', '.join(SCOPES)}")
    return scopes


def _secret(environment: Mapping[str, str], folders: tuple[Path, ...]) -> str:
    if given := environment.get("ASINFLOW_JWT_SECRET"):
        return given
    for folder in folders:
        if (file := folder / "secret").is_file():
            return file.read_text(encoding="utf-8").strip()
    raise CliError(
        "no secret to sign with: neither ASINFLOW_JWT_SECRET nor .run/secret",
        code="no_secret",
        hint="make up   (or: export ASINFLOW_JWT_SECRET=…)",
    )
