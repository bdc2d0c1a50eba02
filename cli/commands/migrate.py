"""`asinflow migrate`: indexes made ahead and steps that run once, on the database itself."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any, TypeVar, cast

import typer

from cli.endpoint import read_local
from cli.errors import CliError, ExitCode
from cli.options import Json
from cli.output import Column, print_json, print_table
from cli.session import Session, session_of
from migrations.indexes import all_indexes
from migrations.migrator import Migrator, Plan, State
from migrations.steps import STEPS
from shared import log
from shared.errors import AsinflowError, DatabaseUnavailableError
from shared.mongo import connect
from shared.patience import until_back
from shared.settings import Settings, SettingsError

app = typer.Typer()
T = TypeVar("T")

Contract = Annotated[
    bool,
    typer.Option("--contract", help="Also what only a finished rollout allows: no process is of an older release."),
]
ShowStatus = Annotated[bool, typer.Option("--status", help="Show what this database has; change nothing.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be changed; change nothing.")]
Wait = Annotated[
    float, typer.Option("--wait", min=1, max=86_400, help="Seconds to wait for the database, and for another migrator.")
]


def _applied(state: State) -> str:
    return "pending" if state.applied_at is None else f"{state.applied_at:%Y-%m-%d %H:%M:%S}Z"


def _summary(state: State) -> str:
    return state.summary if state.known else f"{state.summary} (by a newer release)"


COLUMNS: tuple[Column[State], ...] = (
    Column("STEP", lambda state: state.id),
    Column("PHASE", lambda state: state.phase),
    Column("APPLIED", _applied),
    Column("CHANGED", lambda state: "" if state.changed is None else state.changed, align="right"),
    Column("SUMMARY", _summary, wraps=True),
)


@app.command()
def migrate(
    ctx: typer.Context,
    contract: Contract = False,
    status: ShowStatus = False,
    dry_run: DryRun = False,
    wait: Wait = 60.0,
    as_json: Json = False,
) -> None:
    """Bring the database to the shape of this release.

    It is the one of ASINFLOW_MONGO_URL, else of the local stack. Safe beside running services, twice, and from two
    places at once. Without --contract it only adds.
    """
    _log_to_stderr()
    target = _target(session_of(ctx), wait)
    if status:
        _show_states(target.use(lambda migrator: migrator.states()), as_json=as_json)
    elif dry_run:
        _show_plan(target.use(lambda migrator: migrator.plan(contract=contract)), done=False, as_json=as_json)
    else:
        done = target.use(lambda migrator: migrator.run(contract=contract, patience_seconds=wait))
        _show_plan(done, done=True, as_json=as_json)


def _log_to_stderr() -> None:
    try:
        settings = Settings.load()
    except SettingsError as error:
        raise CliError(error.message, code=error.code) from error
    for_people = {"log_format": "console"} if sys.stderr.isatty() else {}
    log.configure("migrate", settings.model_copy(update=for_people))


@dataclass(frozen=True)
class _Target:
    """A database, and how long to wait for it."""

    url: str
    name: str
    wait: float

    def use(self, action: Callable[[Migrator], Awaitable[T]]) -> T:
        """What `action` makes of a migrator; its errors end the command."""
        try:
            return asyncio.run(self._use(action))
        except asyncio.CancelledError as error:
            text = "stopped; what is done stays done, and the next run goes on from there"
            raise CliError(text, code="stopped", exit_code=ExitCode.INTERRUPTED) from error
        except (DatabaseUnavailableError, TimeoutError) as error:
            text = f"the database does not answer: {str(error) or f'not within {self.wait:g} s'}"
            raise CliError(text, code="database_unreachable", exit_code=ExitCode.UNREACHABLE) from error
        except AsinflowError as error:
            raise CliError(error.message, code=error.code, exit_code=ExitCode.FAILED) from error

    async def _use(self, action: Callable[[Migrator], Awaitable[T]]) -> T:
        # As process 1 of a container it would not be ended by a signal that it does not handle.
        task = cast("asyncio.Task[T]", asyncio.current_task())
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        owner = f"migrate-{socket.gethostname()}-{os.getpid()}"
        async with connect(self.url, self.name, app=owner) as database:
            migrator = Migrator(database, STEPS, all_indexes(), owner)
            async with asyncio.timeout(self.wait):
                async for attempt in until_back(DatabaseUnavailableError):
                    with attempt:
                        await migrator.states()
            return await action(migrator)


def _target(session: Session, wait: float) -> _Target:
    url = session.environment.get("ASINFLOW_MONGO_URL") or read_local(session.folders).get("MONGO_URL")
    if not url:
        raise CliError("no database: neither ASINFLOW_MONGO_URL nor .run/env", code="no_database", hint="make up")
    return _Target(url, session.environment.get("ASINFLOW_MONGO_DATABASE") or "asinflow", wait)


def _show_states(states: list[State], *, as_json: bool) -> None:
    if as_json:
        print_json([asdict(state) for state in states])
    else:
        print_table(COLUMNS, states, "no steps")


def _show_plan(plan: Plan, *, done: bool, as_json: bool) -> None:
    if as_json:
        print_json(_as_dict(plan))
        return
    for name in plan.indexes:
        print("created" if done else "would create", "index", name)
    for step, changed in plan.steps:
        print("applied" if done else "would apply", f"{step.id} ({step.phase}, {changed} changed): {step.summary}")
    if not plan.indexes and not plan.steps:
        print("nothing to do")


def _as_dict(plan: Plan) -> dict[str, Any]:
    steps = [{"id": step.id, "phase": step.phase, "summary": step.summary, "changed": n} for step, n in plan.steps]
    return {"indexes": plan.indexes, "steps": steps}
