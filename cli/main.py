"""Entry point of `asinflow`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.program import PROFILE, Program

# docs/cli.md has the same as a table.
EXIT_CODES = """
[bold]Exit codes[/bold]
0 done; a job that COMPLETED with failed items counts as done ·
1 the watched job FAILED, was CANCELLED or did not pass its quality gate, an audit does not balance,
  or a local program failed ·
2 wrong usage or settings ·
3 the API (of `migrate`: the database) cannot be reached ·
4 the API refused ·
130 interrupted; a watched job goes on ·
141 whoever read what is printed has gone, as with `| head -1`

[bold]Where the API is[/bold]
ASINFLOW_API_URL and ASINFLOW_TOKEN, else a profile (--profile, ASINFLOW_PROFILE, or `asinflow profiles use`),
else .run/env as `make up` writes it
"""

app = typer.Typer(
    name="asinflow",
    cls=Program,
    help="Collect Amazon products in bulk: submit jobs, watch them, get the results.",
    epilog=EXIT_CODES,
    rich_markup_mode="rich",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if not wanted:
        return
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  20 ms that only this needs

    try:
        typer.echo(f"asinflow {version('asinflow')}")
    except PackageNotFoundError:
        typer.echo("asinflow (run from a checkout)")
    raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="Talk to this API of `asinflow profiles`; local: .run/env.")
    ] = None,
) -> None:
    """Every command explains itself with --help and speaks JSON with --json."""
    ctx.meta[PROFILE] = profile


def main() -> None:
    """Run the command line and exit."""
    app()


if __name__ == "__main__":
    main()
