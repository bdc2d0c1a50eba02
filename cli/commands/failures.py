"""`asinflow failures`: messages nobody could handle."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli.client import Api, ApiProblem, calls
from cli.commands.jobs import limit_option, show
from cli.counting import Count, counted
from cli.documents import Failure
from cli.errors import CliError
from cli.groups import grouped
from cli.options import Json, instant
from cli.output import Column, print_fields, print_json
from cli.session import session_of
from cli.text import age

app = typer.Typer()
failures = typer.Typer(help="Look at messages nobody could handle; retry or delete them.", no_args_is_help=True)
app.add_typer(failures, name="failures")

COLUMNS: tuple[Column[Failure], ...] = (
    Column("FAILURE", lambda failure: failure["id"]),
    Column("QUEUE", lambda failure: failure["queue"]),
    Column("CODE", lambda failure: failure["code"]),
    Column("TRIES", lambda failure: failure["attempts"], align="right", wide=True),
    Column("RETRIES", lambda failure: failure["retries"], align="right", wide=True),
    Column("AGE", lambda failure: age(failure["failed_at"]), align="right"),
    Column("JOB", lambda failure: failure["correlation_id"], wide=True),
    Column("MESSAGE", lambda failure: failure["message"], flexible=True, wide=True),
)

FailureId = Annotated[str, typer.Argument(metavar="FAILURE", help="Id of the failure.", show_default=False)]
FailureIds = Annotated[
    list[str] | None, typer.Argument(metavar="[FAILURE…]", help="Ids; or choose by options.", show_default=False)
]
Queue = Annotated[str | None, typer.Option(metavar="Q", help="Only of this queue.")]
Code = Annotated[str | None, typer.Option(metavar="C", help="Only with this code, for example malformed_message.")]
All = Annotated[bool, typer.Option("--all", help="All there are.")]
Wanted = dict[str, Any]
# What became of failures that were to be retried.
RETRIED = ("requested", "items", "already_done", "refused")


@dataclass(frozen=True)
class Chosen:
    """Which failures are meant."""

    queue: Queue = None
    code: Code = None
    type: Annotated[str | None, typer.Option(metavar="T", help="Only of this type of message.")] = None
    job: Annotated[str | None, typer.Option(metavar="JOB", help="Only about this job.")] = None
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Failed from this day or moment on (UTC).")] = None
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Failed before this day or moment (UTC).")] = None
    text: Annotated[str | None, typer.Option(metavar="TEXT", help="Part of the message, in any case.")] = None

    def wanted(self) -> Wanted:
        """The same as the API is asked."""
        bounds = {"since": instant("--since", self.since), "until": instant("--until", self.until)}
        named = {"queue": self.queue, "code": self.code, "type": self.type, "job_id": self.job, "q": self.text}
        return {name: value for name, value in {**named, **bounds}.items() if value is not None}


@failures.command("list")
@grouped
def list_failures(
    ctx: typer.Context, *, chosen: Chosen, limit: Annotated[int, limit_option(50)] = 50, as_json: Json = False
) -> None:
    """List failures, the latest first."""
    with session_of(ctx).api(operator=True) as api:
        found = api.listed(calls.failures(limit=limit or None, **chosen.wanted()))
        show(COLUMNS, found, "Nothing has failed.", as_json=as_json)


@failures.command("show")
def show_failure(ctx: typer.Context, failure_id: FailureId, as_json: Json = False) -> None:
    """Show all that is known of a failure: payload, headers, traceback."""
    with session_of(ctx).api(operator=True) as api:
        found = api.ask(calls.failure(failure_id))
    if as_json:
        print_json(found)
        return
    payload, headers, trace = found.get("payload") or {}, found.get("headers") or {}, found.get("traceback")
    fields: dict[str, object] = {name: value for name, value in found.items() if not isinstance(value, dict)}
    value = payload.get("value")
    fields["payload"] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    fields |= {f"header {name}": value for name, value in headers.items()}
    fields.pop("traceback", None)
    print_fields(fields)
    if trace:
        print(f"\n{trace}")


@failures.command()
@grouped
def retry(
    ctx: typer.Context,
    failure_ids: FailureIds = None,
    *,
    chosen: Chosen,
    everything: All = False,
    as_json: Json = False,
) -> None:
    """Send messages again to the queues they came from; items are collected again by a new run of their job.

    Those named, those that the options choose, or with --all all there are. Retrying one twice does no harm.
    """
    wanted = _choice(failure_ids, chosen, everything=everything)
    with session_of(ctx).api(operator=True) as api:
        if failure_ids:
            told = _retry_each(api, failure_ids)
        else:
            # What fails again meanwhile is not to be sent for a second time.
            wanted = {"until": datetime.now(UTC).isoformat(), **wanted}
            told = _to_the_end(lambda: api.ask(calls.retry_failures(wanted)), "requested", "items", "already_done")
    _tell(told, _retried(told), as_json=as_json)


@failures.command()
@grouped
def delete(
    ctx: typer.Context,
    failure_ids: FailureIds = None,
    *,
    chosen: Chosen,
    everything: All = False,
    as_json: Json = False,
) -> None:
    """Forget messages: those named, those that the options choose, or with --all all there are."""
    wanted = _choice(failure_ids, chosen, everything=everything)
    with session_of(ctx).api(operator=True) as api:
        if failure_ids:
            for failure_id in counted(failure_ids, "deleting"):
                api.ask(calls.delete_failure(failure_id))
            told = {"deleted": len(failure_ids)}
        else:
            told = _to_the_end(lambda: api.ask(calls.delete_failures(**wanted)), "deleted")
    _tell(told, f"{told['deleted']} deleted", as_json=as_json)


@failures.command()
def prune(
    ctx: typer.Context,
    *,
    hours: Annotated[float, typer.Option(min=0, help="Older than so many hours.")] = 168.0,
    queue: Queue = None,
    code: Code = None,
    as_json: Json = False,
) -> None:
    """Forget old messages."""
    wanted = {**Chosen(queue, code).wanted(), "older_than_hours": hours}
    with session_of(ctx).api(operator=True) as api:
        told = _to_the_end(lambda: api.ask(calls.prune_failures(wanted)), "deleted")
    _tell(told, f"{told['deleted']} deleted", as_json=as_json)


def _choice(failure_ids: list[str] | None, chosen: Chosen, *, everything: bool) -> Wanted:
    """What the API is asked for; raises CliError unless exactly one way of choosing is used."""
    wanted = chosen.wanted()
    if (failure_ids and (wanted or everything)) or not (failure_ids or wanted or everything):
        raise CliError("name failures, or choose them by options, or say --all", hint="asinflow failures list")
    return {**wanted, "all": True} if everything else wanted


def _retry_each(api: Api, failure_ids: list[str]) -> dict[str, Any]:
    """What became of all together. Of several, one that cannot be retried is told and stops no other."""
    told = dict.fromkeys(RETRIED, 0)
    for failure_id in counted(failure_ids, "retrying"):
        try:
            answer = api.ask(calls.retry_failure(failure_id))
        except ApiProblem as problem:
            if problem.status != 409 or len(failure_ids) == 1:
                raise
            print(f"{failure_id}: {problem.detail}", file=sys.stderr)
            answer = {"refused": 1}
        told = {name: told[name] + answer.get(name, 0) for name in RETRIED}
    return told


def _retried(told: dict[str, Any]) -> str:
    parts = [f"{told['requested']} to be tried again"]
    if told.get("items"):
        parts.append(f"{told['items']} of them by new runs of their jobs")
    if told.get("already_done"):
        parts.append(f"{told['already_done']} have succeeded since")
    return ", ".join([*parts, f"{told['refused']} cannot be"])


def _to_the_end(ask: Callable[[], dict[str, Any]], what: str, *others: str) -> dict[str, Any]:
    """Ask until nothing is left; the last answer, with all that was done."""
    done: Counter[str] = Counter()
    with Count(what) as count:
        while True:
            told = ask()
            done.update({name: told.get(name, 0) for name in (what, *others)})
            count.show(done[what])
            if told["complete"]:
                return {**told, **done}


def _tell(told: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        print(sentence)
