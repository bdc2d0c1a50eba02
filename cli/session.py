"""What a command works with: the API, the environment, the clock. Tests hand in their own."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import typer

from cli.client import Api, ApiProblem, ApiUnreachable
from cli.endpoint import find_endpoint, run_folders
from cli.errors import CliError, ExitCode
from cli.program import PROFILE

_WORTH_A_WORD_SECONDS = 2.0
# Where to find what there is, when something is not there.
_LISTS = {
    "product": "asinflow products",
    "schedule": "asinflow schedules list",
    "run": "asinflow schedules runs SCHEDULE",
    "webhook": "asinflow webhooks list",
    "delivery": "asinflow webhooks deliveries WEBHOOK",
    "failure": "asinflow failures list",
    "page_sample": "asinflow samples",
}


@dataclass(frozen=True)
class Session:
    """The outside world of a command."""

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    folders: tuple[Path, ...] = field(default_factory=lambda: run_folders(Path.cwd()))
    transport: httpx.BaseTransport | None = None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    profile: str | None = None

    @contextmanager
    def api(self, *, operator: bool = False) -> Iterator[Api]:
        """The API; what goes wrong with it ends the command with the documented exit code.

        `operator`: of a local stack with the token of its operator; a token of the environment is taken as it is.
        """
        endpoint = find_endpoint(self.environment, self.folders, operator=operator, profile=self.profile)
        with Api(endpoint, self.transport, self._wait) as api:
            try:
                yield api
            except ApiProblem as problem:
                raise refused(problem) from problem
            except ApiUnreachable as error:
                raise CliError(
                    str(error),
                    code="api_unreachable",
                    exit_code=ExitCode.UNREACHABLE,
                    hint="make status   (is it running? `make up` starts it)",
                ) from error

    def _wait(self, seconds: float) -> None:
        """Sleep as the API asks; who watches is told why nothing happens."""
        if seconds >= _WORTH_A_WORD_SECONDS and sys.stderr.isatty():
            print(f"the API asks to come later: going on in {seconds:.0f} s", file=sys.stderr)
        self.sleep(seconds)


def session_of(ctx: typer.Context) -> Session:
    """The session handed in from outside, else the real one, with the profile named on the command line."""
    return replace(ctx.find_object(Session) or Session(), profile=ctx.meta.get(PROFILE))


def refused(problem: ApiProblem) -> CliError:
    """The API's problem as the command line tells it, with the next thing to try."""
    return CliError(
        problem.detail,
        code=problem.code,
        status=problem.status,
        exit_code=ExitCode.REFUSED,
        hint=_hint(problem),
        errors=problem.errors,
        problem=dict(problem.document),
    )


def _hint(problem: ApiProblem) -> str | None:
    if problem.status == 401:
        return "export ASINFLOW_TOKEN=$(asinflow token --user YOU)"
    if problem.status == 403 and "operator" in problem.detail:
        return (
            ". .run/env && export ASINFLOW_TOKEN=$OPERATOR_TOKEN   (the operator of the local system)\n"
            "asinflow token --user YOU --scope operator"
        )
    if problem.status == 403:
        return "asinflow token --user YOU --scope SCOPE   (a token with the scope named above)"
    if problem.status == 404:
        return _LISTS.get(problem.code.removesuffix("_not_found"), "asinflow jobs")
    if problem.status == 429 and problem.retry_after is not None:
        return f"the same again in {problem.retry_after:.0f} s"
    return None
