"""`asinflow schedules`: jobs by the clock, their runs, and what each found changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import calls
from cli.commands.jobs import limit_option, say_deleted, show
from cli.completing import one_of, value_of
from cli.dropped import say_what_was_dropped
from cli.errors import CliError
from cli.options import Json
from cli.output import Column, print_fields, print_json
from cli.session import session_of
from cli.text import age
from cli.wishes import changes, given

app = typer.Typer()
schedules = typer.Typer(help="Have jobs made by the clock; see what each found changed.", no_args_is_help=True)
app.add_typer(schedules, name="schedules")

COLUMNS: tuple[Column[dict[str, Any]], ...] = (
    Column("SCHEDULE", lambda schedule: schedule["id"]),
    Column("NAME", lambda schedule: schedule["name"], flexible=True),
    Column("CRON", lambda schedule: schedule["cron"]),
    Column("ZONE", lambda schedule: schedule["timezone"], wide=True),
    Column("NEXT", lambda schedule: (schedule["next_runs"] or ["paused"])[0]),
)
RUNS: tuple[Column[dict[str, Any]], ...] = (
    Column("RUN", lambda run: run["id"]),
    Column("OUTCOME", lambda run: run["outcome"]),
    Column("AGE", lambda run: age(run["due_at"]), align="right"),
    Column("JOB", lambda run: run["job_id"] or ""),
)
DELTA: tuple[Column[dict[str, Any]], ...] = (
    Column("MARKETPLACE", lambda product: product["marketplace"]),
    Column("ASIN", lambda product: product["asin"]),
    Column("CHANGE", lambda product: " ".join(product["changes"])),
    Column("BEFORE", lambda product: _text(product["previous_price"]), align="right"),
    Column("NOW", lambda product: _text(product["price"]), align="right"),
)
PRODUCTS: tuple[Column[dict[str, Any]], ...] = (
    Column("MARKETPLACE", lambda product: product["marketplace"]),
    Column("ASIN", lambda product: product["asin"]),
)
_MISSED = typer.Option(metavar="POLICY", help="run_once or skip.", autocompletion=one_of("run_once", "skip"))
_OVERLAP = typer.Option(metavar="POLICY", help="skip or allow.", autocompletion=one_of("skip", "allow"))
Zone = Annotated[str | None, typer.Option(metavar="ZONE", help="Such as Asia/Tokyo.")]
ScheduleId = Annotated[str, typer.Argument(metavar="SCHEDULE", help="Id of the schedule.", show_default=False)]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="Id of the run.", show_default=False)]


@schedules.command("list")
def list_schedules(ctx: typer.Context, as_json: Json = False) -> None:
    """List your schedules, the newest first."""
    with session_of(ctx).api() as api:
        show(COLUMNS, api.listed(calls.schedules()), "There is no schedule.", as_json=as_json)


@schedules.command()
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="For yourself.", show_default=False)],
    cron: Annotated[str, typer.Argument(metavar="CRON", help="Five fields, in quotes.", show_default=False)],
    job: Annotated[Path, typer.Argument(metavar="FILE", help="The job, as for POST /v1/jobs.", show_default=False)],
    *,
    timezone: Zone = None,
    missed: Annotated[str, _MISSED] = "run_once",
    overlap: Annotated[str, _OVERLAP] = "skip",
    as_json: Json = False,
) -> None:
    """Make a schedule."""
    wanted = {"name": name, "cron": cron, "missed": missed, "overlap": overlap, "job": _read(job)}
    with session_of(ctx).api() as api:
        _tell(api.ask(calls.create_schedule(given({**wanted, "timezone": timezone}))), as_json=as_json)


@schedules.command("show")
def show_schedule(ctx: typer.Context, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Show a schedule with the next five times it is due."""
    with session_of(ctx).api() as api:
        _tell(api.ask(calls.schedule(schedule_id)), as_json=as_json)


@schedules.command()
def change(
    ctx: typer.Context,
    schedule_id: ScheduleId,
    *,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="For yourself.")] = None,
    cron: Annotated[str | None, typer.Option(metavar="CRON", help="Five fields, in quotes.")] = None,
    timezone: Zone = None,
    missed: Annotated[str | None, _MISSED] = None,
    overlap: Annotated[str | None, _OVERLAP] = None,
    job: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Another job, as for POST /v1/jobs, from the next time on."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Change when a schedule is due, what becomes of missed times, or its job."""
    wanted = {"name": name, "cron": cron, "timezone": timezone, "missed": missed, "overlap": overlap}
    other = None if job is None else _read(job)
    changed = changes({**wanted, "job": other}, example='asinflow schedules change SCHEDULE --cron "0 6 * * *"')
    with session_of(ctx).api() as api:
        _tell(api.ask(calls.change_schedule(schedule_id, **changed)), as_json=as_json)


@schedules.command()
def products(ctx: typer.Context, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """List the products of a schedule's list."""
    with session_of(ctx).api() as api:
        found = api.ask(calls.schedule_products(schedule_id))
        show(PRODUCTS, found["items"], "Its jobs find their products out by themselves.", as_json=as_json)


@schedules.command()
def pause(ctx: typer.Context, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Let nothing be due until it goes on."""
    with session_of(ctx).api() as api:
        _tell(api.ask(calls.change_schedule(schedule_id, paused=True)), as_json=as_json)


@schedules.command()
def resume(ctx: typer.Context, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Let a paused schedule go on; nothing is made up for."""
    with session_of(ctx).api() as api:
        _tell(api.ask(calls.change_schedule(schedule_id, paused=False)), as_json=as_json)


@schedules.command()
def delete(ctx: typer.Context, schedule_id: ScheduleId, as_json: Json = False) -> None:
    """Delete a schedule; its jobs stay."""
    with session_of(ctx).api() as api:
        api.ask(calls.delete_schedule(schedule_id))
    say_deleted(schedule_id, as_json=as_json)


@schedules.command()
def times(
    ctx: typer.Context,
    cron: Annotated[str, typer.Argument(metavar="CRON", help="Five fields, in quotes.", show_default=False)],
    *,
    timezone: Zone = None,
    as_json: Json = False,
) -> None:
    """Show when a schedule would be due; nothing is made."""
    with session_of(ctx).api() as api:
        found = api.ask(calls.schedule_times(cron, timezone=timezone))
    if as_json:
        print_json(found)
    else:
        print(*found["next_runs"], sep="\n")


@schedules.command()
def runs(
    ctx: typer.Context,
    schedule_id: ScheduleId,
    *,
    limit: Annotated[int, limit_option(50)] = 50,
    as_json: Json = False,
) -> None:
    """List the times of a schedule that have come, the latest first."""
    with session_of(ctx).api() as api:
        found = api.listed(calls.schedule_runs(schedule_id, limit=limit or None))
        show(RUNS, found, "It was not due yet.", as_json=as_json)


@schedules.command()
def delta(
    ctx: typer.Context,
    schedule_id: ScheduleId,
    run_id: RunId,
    *,
    change: Annotated[
        str | None,
        typer.Option(
            metavar="C",
            help="new, gone, price_up, price_down, back_in_stock or out_of_stock.",
            autocompletion=value_of("Change"),
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what a run found changed since the run before."""
    with session_of(ctx).api() as api:
        found = api.ask(calls.schedule_delta(schedule_id, run_id, change=change))
    if as_json:
        print_json(found)
    else:
        show(DELTA, iter(found["items"]), "Nothing has changed.", as_json=False)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CliError(f"{path} cannot be read as JSON: {error}") from error


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _tell(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        say_what_was_dropped(found, '"strict": true')
        told = {name: value for name, value in found.items() if not isinstance(value, dict | list)}
        print_fields(told | {"next runs": "  ".join(found["next_runs"])})
