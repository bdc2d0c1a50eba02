"""`asinflow watch`, and the watching that `submit --watch` does."""

from __future__ import annotations

import typer

from cli.client import Api, ApiUnreachable
from cli.commands.jobs import quality_of
from cli.documents import Job
from cli.errors import CliError, ExitCode
from cli.follow import Follower
from cli.options import JobId, Json
from cli.output import aside
from cli.progress import display_for
from cli.session import Session, session_of

app = typer.Typer()


@app.command()
def watch(ctx: typer.Context, job_id: JobId, as_json: Json = False) -> None:
    """Follow a job live until it ends.

    Ends with 1 when the job FAILED, was CANCELLED or did not pass its quality gate. Interrupting it leaves the job
    running. With --json, every change is one line of JSON: the whole job, and under `event` what happened.
    """
    session = session_of(ctx)
    with session.api() as api:
        watch_to_its_end(session, api, job_id, as_json=as_json)


def watch_to_its_end(session: Session, api: Api, job_id: str, *, as_json: bool) -> None:
    """Show the job until it has ended; raises typer.Exit with 1 unless it COMPLETED and passed its gate."""
    job: Job | None = None
    try:
        with display_for(as_json=as_json) as display:
            for update in Follower(api, job_id, session.sleep, session.clock).updates():
                job = update.job
                display.show(update)
    except KeyboardInterrupt:
        raise CliError(
            "no longer watching; the job goes on",
            code="interrupted",
            exit_code=ExitCode.INTERRUPTED,
            hint=f"asinflow watch {job_id}\nasinflow cancel {job_id}",
        ) from None
    except ApiUnreachable as error:
        raise CliError(
            f"{error}; the job goes on without being watched",
            code="api_unreachable",
            exit_code=ExitCode.UNREACHABLE,
            hint=f"asinflow watch {job_id}",
        ) from error
    if job is not None:
        _conclude(job, as_json=as_json)


def _conclude(job: Job, *, as_json: bool) -> None:
    if job["error_count"] and not as_json:
        aside(f"What failed:  asinflow items {job['id']} --status failed")
    verdict = quality_of(job)
    if verdict and not as_json:
        aside(f"Quality {verdict}")
    if job["status"] != "COMPLETED" or verdict.startswith("failed"):
        raise typer.Exit(ExitCode.FAILED)
