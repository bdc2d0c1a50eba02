"""`asinflow reprice`: all prices of a job worked out anew, without fetching."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.client import Api, calls
from cli.costs import Costs
from cli.counting import Count
from cli.earnings import show_comparison
from cli.errors import CliError, ExitCode
from cli.groups import grouped
from cli.options import JobId, Json
from cli.output import aside, print_fields, print_json
from cli.session import Session, session_of
from cli.wishes import given

app = typer.Typer()

_LOOK_SECONDS = 1.0
_RUNNING = "running"
Rates = Annotated[
    list[str] | None,
    typer.Option("--rate", metavar="CODE=KRW", help="KRW for one unit, e.g. JPY=9.2; others are today's."),
]


@app.command()
@grouped
def reprice(
    ctx: typer.Context,
    *,
    job_id: JobId,
    rates: Rates = None,
    costs: Costs,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would come to; store nothing.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Return when it is done.")] = False,
    as_json: Json = False,
) -> None:
    """Work all prices of an ended job out anew, with other rates, margin or costs; nothing is fetched.

    What is not given stays as it was, but for rates: they are those of now.
    """
    wanted = given({**costs.fields(), "rates": _rates(rates) or None})
    session = session_of(ctx)
    with session.api() as api:
        if dry_run:
            preview = api.ask(calls.preview_reprice(job_id, wanted))
            if as_json:
                print_json(preview)
            else:
                show_comparison(preview["before"], preview["after"])
                aside("Nothing was stored. For real:  the same without --dry-run")
            return
        found = api.ask(calls.reprice(job_id, wanted))
        if wait:
            found = _to_the_end(session, api, job_id, found)
    _tell(found, as_json=as_json)
    if found["state"] == "failed":
        raise typer.Exit(ExitCode.FAILED)


def _rates(given_rates: list[str] | None) -> dict[str, float]:
    found: dict[str, float] = {}
    for text in given_rates or ():
        code, _, value = text.partition("=")
        try:
            found[code.strip().upper()] = float(value)
        except ValueError as error:
            raise CliError(f"--rate takes CODE=KRW, for example JPY=9.2, not {text!r}") from error
    return found


def _to_the_end(session: Session, api: Api, job_id: str, found: dict[str, Any]) -> dict[str, Any]:
    with Count(f"of {found['total']} repriced") as count:
        while found["state"] == _RUNNING:
            count.show(found["repriced"])
            session.sleep(_LOOK_SECONDS)
            found = api.ask(calls.repricing(job_id))
    return found


def _tell(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    names = ("state", "total", "repriced", "left_out", "requested_at", "completed_at")
    rates = [f"1 {rate['base']} = {rate['value']:g} KRW, {rate['source']}" for rate in found["rates"]]
    print_fields({name.replace("_", " "): found[name] for name in names} | {"rates": "; ".join(rates)})
    if found["state"] == _RUNNING:
        aside(f"What it comes to:  asinflow profit job {found['job_id']}")
