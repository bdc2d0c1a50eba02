"""Hands a plan to a supervisor in the background and waits until all of its programs are ready."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

from deploy.local.control import ask
from deploy.local.errors import LocalError
from deploy.local.folder import MARK, ROOT, RunFolder
from deploy.local.lastwords import last_words
from deploy.local.process import processes_of
from deploy.local.program import Plan, Status

Say = Callable[[str], None]

_START_SECONDS = 60.0
# A program that died so often without ever being ready will not recover by waiting.
_HOPELESS_RESTARTS = 4
# That its settings or arguments are wrong, which no restart will change.
_WRONG_SETTING_CODE = 2
_LOOK_SECONDS = 0.1


def launch(folder: RunFolder, plan: Plan, environment: Mapping[str, str], held_ports: list[int]) -> None:
    """Start the supervisor of `plan` and return at once.

    `held_ports` are the file descriptors that reserve the plan's ports: the supervisor takes them over.
    """
    folder.write_private(folder.plan, plan.to_json())
    for old_log in folder.logs.glob("*.log"):
        old_log.unlink()
    with folder.log_of("supervisor").open("ab") as log:
        subprocess.run(
            [sys.executable, "-m", "deploy.local.supervisor", str(folder.plan)],
            cwd=ROOT,
            env={**environment, MARK: str(folder.path)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=held_ports,
            check=True,
        )


def statuses(folder: RunFolder) -> list[Status] | None:
    """Every listed program of the stack; None when no supervisor answers."""
    try:
        reply = ask(folder.path, do="status")
    except OSError:
        return None
    return [Status(**fields) for fields in cast("list[dict[str, Any]]", reply)]


def wait_until_ready(folder: RunFolder, say: Say) -> None:
    """Return when every program is ready, having named each as it became so.

    Raises LocalError with the last log lines of the programs that are not ready after 60 s, die again and again, or
    have a wrong setting.
    """
    started = time.monotonic()
    announced: set[str] = set()
    while True:
        seconds = time.monotonic() - started
        programs = statuses(folder)
        for program in programs or []:
            if program.ready and program.name not in announced:
                announced.add(program.name)
                say(f"  {program.name:<12} ready after {seconds:4.1f} s, port {program.port}")
        if programs is not None and len(announced) == len(programs):
            return
        _give_up_if_hopeless(folder, programs, out_of_time=seconds > _START_SECONDS)
        time.sleep(_LOOK_SECONDS)


def _give_up_if_hopeless(folder: RunFolder, programs: list[Status] | None, *, out_of_time: bool) -> None:
    if programs is None and (out_of_time or not processes_of(folder.path)):
        raise LocalError("the supervisor died\n" + last_words(folder, ["supervisor"]))
    behind = [program for program in programs or [] if not program.ready and program.state != "stopped"]
    hopeless = [
        program
        for program in behind
        if program.restarts >= _HOPELESS_RESTARTS or program.last_code == _WRONG_SETTING_CODE
    ]
    if hopeless or out_of_time:
        names = [program.name for program in hopeless or behind]
        raise LocalError(f"not ready: {', '.join(names)}\n{last_words(folder, names)}")
