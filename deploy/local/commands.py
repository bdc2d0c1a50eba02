"""What a person or a test can do with a local stack: bring it up, look at it, stop parts of it, take it down."""

import contextlib
import fcntl
import os
import time
from collections.abc import Collection, Iterator, Mapping

from deploy.local.control import ask
from deploy.local.errors import LocalError
from deploy.local.folder import RUN, RunFolder
from deploy.local.launch import Say, launch, statuses, wait_until_ready
from deploy.local.ports import Ports
from deploy.local.process import end_all, processes_of
from deploy.local.program import Plan, Status
from deploy.local.stack import Stack

_READY_SECONDS = 60.0
_STOP_SECONDS = 60.0
_LOOK_SECONDS = 0.1


def up(
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
            say(f"already up, with the settings it was started with: {endpoints(folder)['API_URL']}")
            return endpoints(folder)
        end_all(folder.path)
        with contextlib.closing(Ports.from_file(folder.ports)) as ports:
            stack = Stack(folder, {**os.environ, **(settings or {})}, ports, only, durable)
            _launch_stack(stack, while_pid)
        try:
            wait_until_ready(folder, say)
        except BaseException:
            down(folder, say=lambda _: None)
            raise
        return endpoints(folder)


def down(folder: RunFolder = RUN, *, patience_seconds: float = 10.0, say: Say = print) -> None:
    """End every process of the stack, in reverse order of their start; also what a killed supervisor left behind.

    A supervisor that does not react for `patience_seconds`, and whatever stays after as long again, is killed.
    """
    supervised = _end_supervisor(folder, patience_seconds)
    left_behind = end_all(folder.path, patience_seconds)
    for pid_file in folder.pids.glob("*"):
        pid_file.unlink(missing_ok=True)
    folder.environment.unlink(missing_ok=True)
    say("down" if supervised or left_behind else "nothing was up")


def status(folder: RunFolder = RUN) -> list[Status]:
    """Every program of the stack in order of start; empty when it is not up."""
    return statuses(folder) or []


def stop(name: str, folder: RunFolder = RUN) -> None:
    """Take one program down and keep it down. Raises LocalError when there is none of that name."""
    _command(folder, "stop", name)


def start(name: str, folder: RunFolder = RUN) -> bool:
    """Bring one program back, on the same port and with the same data; tells whether it was ready within 60 s.

    Raises LocalError when there is none of that name.
    """
    _command(folder, "start", name)
    deadline = time.monotonic() + _READY_SECONDS
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


@contextlib.contextmanager
def _only_one(folder: RunFolder) -> Iterator[None]:
    """Let one caller at a time bring this stack up."""
    with folder.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _launch_stack(stack: Stack, while_pid: int | None) -> None:
    folder, ports = stack.folder, stack.ports
    plan = Plan(str(folder.path), stack.programs(), while_pid)
    lines = [f"{name}={value}\n" for name, value in stack.endpoints().items()]
    folder.write_private(folder.environment, "".join(lines))
    ports.save(folder.ports)
    launch(folder, plan, stack.settings, ports.descriptors())


def _end_supervisor(folder: RunFolder, patience_seconds: float) -> bool:
    """Ask the supervisor to end and wait until it has; False when none answers."""
    try:
        ask(folder.path, patience_seconds, do="end")
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
