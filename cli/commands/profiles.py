"""`asinflow profiles`: several APIs by name."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.jobs import say_deleted
from cli.errors import CliError
from cli.options import Json
from cli.output import Column, print_json, print_table
from cli.profiles import LOCAL, Profile, Profiles
from cli.session import session_of

app = typer.Typer()
profiles = typer.Typer(help="Name the APIs that you talk to, and choose one.", no_args_is_help=True)
app.add_typer(profiles, name="profiles")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the profile.", show_default=False)]
COLUMNS: tuple[Column[dict[str, str | bool]], ...] = (
    Column("PROFILE", lambda row: row["name"]),
    Column("USED", lambda row: "*" if row["used"] else ""),
    Column("API", lambda row: row["url"], flexible=True),
    Column("TOKEN", lambda row: row["token_file"], flexible=True, wide=True),
)


@profiles.command("list")
def list_profiles(ctx: typer.Context, as_json: Json = False) -> None:
    """List your profiles; tokens are never shown."""
    own = _own(ctx)
    rows = [_row(own.get(name), own) for name in own.names()]
    if as_json:
        print_json(rows)
    else:
        print_table(COLUMNS, rows, "No profiles yet:  asinflow profiles add NAME URL")


@profiles.command()
def add(
    ctx: typer.Context,
    name: Name,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the API is.", show_default=False)],
    *,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where its token is, instead of asking for it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make or replace a profile; its token is asked for, or read from a pipe.

    The first one is used from then on, when none is named.
    """
    if not url.startswith(("http://", "https://")):
        raise CliError(f"{url!r} is no address of an API: it must begin with http:// or https://", code="bad_api_url")
    own = _own(ctx)
    token = None if token_file else _read_token()
    made = own.add(name, url.rstrip("/"), token, token_file.absolute() if token_file else None)
    made.token()  # a file that others may read is told now
    if own.default is None:
        own.use(name)
    _tell(made, own, as_json=as_json)


@profiles.command()
def use(ctx: typer.Context, name: Name, as_json: Json = False) -> None:
    """Use a profile when none is named; `local` is the local system again."""
    own = _own(ctx)
    own.use(None if name == LOCAL else name)
    if name != LOCAL:
        _tell(own.get(name), own, as_json=as_json)
    elif as_json:
        print_json({"name": LOCAL, "used": True})
    else:
        print("the local system is used")


@profiles.command()
def remove(ctx: typer.Context, name: Name, as_json: Json = False) -> None:
    """Forget a profile and its token."""
    _own(ctx).remove(name)
    say_deleted(name, as_json=as_json)


def _own(ctx: typer.Context) -> Profiles:
    return Profiles.of(session_of(ctx).environment)


def _read_token() -> str:
    token = getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline()
    if not token.strip():
        raise CliError("no token given", hint="asinflow token --user YOU | asinflow profiles add NAME URL")
    return token.strip()


def _row(profile: Profile, own: Profiles) -> dict[str, str | bool]:
    used = profile.name == own.default
    return {"name": profile.name, "used": used, "url": profile.url, "token_file": str(profile.token_file)}


def _tell(profile: Profile, own: Profiles, *, as_json: bool) -> None:
    row = _row(profile, own)
    if as_json:
        print_json(row)
    else:
        used = "is used" if row["used"] else f"is there; for a command: asinflow --profile {profile.name} …"
        print(f"{profile.name} ({profile.url}) {used}")
