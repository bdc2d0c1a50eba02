"""`asinflow cancel`, `pause`, `resume`, `retry`, `recollect`, `priority` and `delete`: what can be done with a job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from cli.client import Api, ApiProblem, calls
from cli.commands.jobs import print_job, say_deleted
from cli.commands.watch import watch_to_its_end
from cli.documents import Job
from cli.options import JobId, Json, seconds
from cli.output import aside
from cli.session import refused, session_of

app = typer.Typer()

Watch = Annotated[bool, typer.Option("--watch", "-w", help="Follow the job until it ends.")]
# What can be tried instead, as the API names it, and how it is said here.
_COMMANDS = {"recollect": "recollect {job} --older-than 24h"}


@app.command()
def cancel(ctx: typer.Context, job_id: JobId, as_json: Json = False) -> None:
    """Cancel a job; what is already collected stays."""
    with acting(ctx, job_id) as api:
        print_job(api.ask(calls.cancel(job_id)), as_json=as_json)


@app.command()
def pause(ctx: typer.Context, job_id: JobId, as_json: Json = False) -> None:
    """Stop a job for a while: within a second nothing more of it is fetched."""
    with acting(ctx, job_id) as api:
        print_job(api.ask(calls.pause(job_id)), as_json=as_json)
    if not as_json:
        aside(f"Go on:  asinflow resume {job_id}")


@app.command()
def resume(ctx: typer.Context, job_id: JobId, watch: Watch = False, as_json: Json = False) -> None:
    """Let a paused job go on where it stood, as soon as there is room for it."""
    with acting(ctx, job_id) as api:
        _began(ctx, api, api.ask(calls.resume(job_id)), watch=watch, as_json=as_json)


@app.command()
def retry(
    ctx: typer.Context,
    *,
    job_id: JobId,
    error: Annotated[
        list[str] | None,
        typer.Option("--error", "-e", metavar="CODE", help="Only items that failed so, e.g. timeout; may be repeated."),
    ] = None,
    include_cancelled: Annotated[
        bool, typer.Option("--include-cancelled", help="Also items that have no outcome.")
    ] = False,
    watch: Watch = False,
    as_json: Json = False,
) -> None:
    """Try failed items of an ended job again, in a new run; other outcomes stay."""
    asked = {"error_codes": error or None, "include_cancelled": include_cancelled}
    with acting(ctx, job_id) as api:
        _began(ctx, api, api.ask(calls.retry(job_id, asked)), watch=watch, as_json=as_json)


@app.command()
def recollect(
    ctx: typer.Context,
    *,
    job_id: JobId,
    older_than: Annotated[str, typer.Option("--older-than", metavar="AGE", help="For example 90m, 24h or 7d.")],
    watch: Watch = False,
    as_json: Json = False,
) -> None:
    """Collect those products of an ended job anew that were seen too long ago."""
    with acting(ctx, job_id) as api:
        _began(
            ctx,
            api,
            api.ask(calls.recollect(job_id, seconds("--older-than", older_than) or 0)),
            watch=watch,
            as_json=as_json,
        )


@app.command()
def priority(
    ctx: typer.Context,
    job_id: JobId,
    to: Annotated[str, typer.Argument(metavar="high|normal|low", help="Place among your own jobs.")],
    as_json: Json = False,
) -> None:
    """Change a job's place among your own, while it waits and while it runs."""
    with acting(ctx, job_id) as api:
        print_job(api.ask(calls.change_job(job_id, priority=to.lower())), as_json=as_json)


@app.command()
def delete(
    ctx: typer.Context,
    job_id: JobId,
    cancel_first: Annotated[bool, typer.Option("--cancel", help="Cancel it first if it has not ended.")] = False,
    as_json: Json = False,
) -> None:
    """Delete an ended job; the products that it collected stay."""
    with acting(ctx, job_id) as api:
        api.ask(calls.delete_job(job_id, cancel=cancel_first))
    say_deleted(job_id, as_json=as_json)


@contextmanager
def acting(ctx: typer.Context, job_id: str) -> Iterator[Api]:
    """The API; when the job's state forbids what is asked, the error names the commands that it allows."""
    with session_of(ctx).api() as api:
        try:
            yield api
        except ApiProblem as problem:
            allowed: list[str] = problem.document.get("allowed") or []
            if problem.status != 409 or not allowed:
                raise
            error = refused(problem)
            told = (_COMMANDS.get(step, f"{step} {{job}}").format(job=job_id) for step in allowed)
            error.hint = "\n".join(f"asinflow {command}" for command in told)
            raise error from problem


def _began(ctx: typer.Context, api: Api, job: Job, *, watch: bool, as_json: bool) -> None:
    if watch:
        watch_to_its_end(session_of(ctx), api, job["id"], as_json=as_json)
        return
    print_job(job, as_json=as_json)
    if not as_json:
        aside(f"Follow it:  asinflow watch {job['id']}")
