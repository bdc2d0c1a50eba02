"""What a person or a test can do with a local stack: bring it up, look at it, stop parts of it, take it down."""

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, cast

from deploy.local.control import ask
from deploy.local.errors import LocalError
from deploy.local.folder import MARK, ROOT, RUN, RunFolder
from deploy.local.ports import Ports
from deploy.local.process import end_all, processes_of
from deploy.local.program import Plan, Status
from deploy.local.stack import Stack

Say = Callable[[str], None]

_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
# A program that died so often without ever being ready will not recover by waiting.
_HOPELESS_RESTARTS = 4
_LOOK_SECONDS = 0.1


def up(  # noqa: PLR0913  each is one way in which a test's or a demo's stack differs from a person's
    folder: RunFolder = RUN,
    *,
    settings: Mapping[str, str] | None = None,
    only: Collection[str] | None = None,
    durable: bool = True,
    while_pid: int | None = None,
    say: Say = print,
) -> dict[str, str]:
    """Bring the stack up and return its endpoints (API_URL, TOKEN, …) once every program is ready.

    `settings` are added to the caller's environment. `only` names the programs to run, `durable=False` is for a stack
    that is thrown away, and a stack with `while_pid` ends when that process does. Does nothing when it is up already.
    Raises LocalError with the last log lines of whoever failed, after having taken everything down again.
    """
    folder.create()
    with _only_one(folder):
        if is_up(folder):
            say(f"already up: {endpoints(folder)['API_URL']} (`make down` ends it)")
            return endpoints(folder)
        end_all(folder.path)
        environment = {**os.environ, **(settings or {})}
        _launch(folder, environment, only=only, durable=durable, while_pid=while_pid)
        try:
            _wait_until_ready(folder, say)
        except BaseException:
            down(folder, say=lambda _: None)
            raise
        return endpoints(folder)


def down(folder: RunFolder = RUN, *, say: Say = print) -> None:
    """End every process of the stack, in reverse order of their start; also what a killed supervisor left behind."""
    supervised = _end_supervisor(folder)
    left_behind = end_all(folder.path)
    for pid_file in folder.pids.glob("*"):
        pid_file.unlink(missing_ok=True)
    folder.environment.unlink(missing_ok=True)
    say("down" if supervised or left_behind else "nothing was up")


def status(folder: RunFolder = RUN) -> list[Status]:
    """Every program of the stack; empty when it is not up."""
    try:
        reply = ask(folder.path, do="status")
    except OSError:
        return []
    return [Status(**fields) for fields in cast("list[dict[str, Any]]", reply)]


def stop(name: str, folder: RunFolder = RUN) -> None:
    """Take one program down and keep it down. Raises LocalError when there is none of that name."""
    _command(folder, "stop", name)


def start(name: str, folder: RunFolder = RUN) -> bool:
    """Bring one program back, on the same port and with the same data; tells whether it was ready within 60 s."""
    _command(folder, "start", name)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if any(program.ready for program in status(folder) if program.name == name):
            return True
        time.sleep(_LOOK_SECONDS)
    return False


def is_up(folder: RunFolder = RUN) -> bool:
    """Whether a supervisor answers for this folder."""
    try:
        ask(folder.path, do="ping")
    except OSError:
        return False
    return True


def endpoints(folder: RunFolder = RUN) -> dict[str, str]:
    """What `.run/env` tells; raises LocalError when the stack is not up."""
    if not folder.environment.exists():
        raise LocalError("the local stack is not up: run `make up`")
    pairs = (line.partition("=") for line in folder.environment.read_text().splitlines())
    return {name: value for name, _, value in pairs}


def _end_supervisor(folder: RunFolder) -> bool:
    """Ask the supervisor to end and wait until it has; False when none answers."""
    try:
        ask(folder.path, do="end")
    except OSError:
        return False
    deadline = time.monotonic() + _STOP_SECONDS
    while processes_of(folder.path) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    return True


def _command(folder: RunFolder, action: str, name: str) -> None:
    try:
        ask(folder.path, _STOP_SECONDS, do=action, name=name)
    except OSError as error:
        raise LocalError("the local stack is not up: run `make up`") from error


@contextlib.contextmanager
def _only_one(folder: RunFolder) -> Iterator[None]:
    """Let one caller at a time bring this stack up."""
    with folder.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _launch(
    folder: RunFolder,
    environment: Mapping[str, str],
    *,
    only: Collection[str] | None,
    durable: bool,
    while_pid: int | None,
) -> None:
    """Start the supervisor, which takes over the reservations of the ports, in a session of its own."""
    ports = Ports.from_file(folder.ports)
    stack = Stack(folder, environment, ports, only, durable)
    try:
        plan = Plan(str(folder.path), stack.programs(), while_pid)
        folder.write_private(folder.plan, plan.to_json())
        folder.write_private(folder.environment, "".join(f"{k}={v}\n" for k, v in stack.endpoints().items()))
        ports.save(folder.ports)
        for log in folder.logs.glob("*.log"):
            log.unlink()
        _spawn_supervisor(folder, environment, ports.descriptors())
    finally:
        ports.close()


def _spawn_supervisor(folder: RunFolder, environment: Mapping[str, str], descriptors: list[int]) -> None:
    with folder.log_of("supervisor").open("ab") as log:
        subprocess.run(
            [sys.executable, "-m", "deploy.local.supervisor", str(folder.plan)],
            cwd=ROOT,
            env={**environment, MARK: str(folder.path)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=descriptors,
            check=True,
        )


def _wait_until_ready(folder: RunFolder, say: Say) -> None:
    started = time.monotonic()
    announced: set[str] = set()
    while True:
        seconds = time.monotonic() - started
        programs = status(folder)
        for program in programs:
            if program.ready and program.name not in announced:
                announced.add(program.name)
                say(f"  {program.name:<12} ready after {seconds:4.1f} s, port {program.port}")
        if len(announced) == len(programs) and is_up(folder):
            return
        _give_up_if_hopeless(folder, programs, out_of_time=seconds > _START_SECONDS)
        time.sleep(_LOOK_SECONDS)


def _give_up_if_hopeless(folder: RunFolder, programs: list[Status], *, out_of_time: bool) -> None:
    if not programs and not processes_of(folder.path):
        raise LocalError(last_words(folder, ["supervisor"]))
    behind = [program for program in programs if not program.ready and program.state != "stopped"]
    hopeless = [program for program in behind if program.restarts >= _HOPELESS_RESTARTS]
    if hopeless or out_of_time:
        raise LocalError(last_words(folder, [program.name for program in hopeless or behind]))


def last_words(folder: RunFolder, names: list[str]) -> str:
    """The ends of these programs' logs, for an error message."""
    parts = []
    for name in names:
        lines = folder.last_lines(name) or ["(it wrote nothing)"]
        parts.append("\n  ".join([f"{name} failed; the end of {folder.log_of(name)}:", *lines]))
    return "\n".join(parts)
