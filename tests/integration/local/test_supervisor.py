"""The supervisor with fake programs: restarts, order, commands, and leaving nothing behind."""

import os
import signal
import socket
import subprocess
import sys
from itertools import pairwise

import pytest

from deploy.local import commands
from deploy.local.errors import LocalError
from deploy.local.ports import LOOPBACK
from deploy.local.process import processes_of
from tests.integration.local.conftest import FakeStack
from tests.waiting import wait_until


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((LOOPBACK, port)) == 0


def test_killed_program_comes_back_on_its_port(stack: FakeStack) -> None:
    stack.run(stack.program("api"))
    before = stack.status("api")
    os.kill(int((stack.folder.pids / "api").read_text()), signal.SIGKILL)

    after = wait_until(lambda: (status := stack.status("api")).ready and status.restarts == 1 and status)

    assert after.pid != before.pid
    assert after.port == before.port
    assert int((stack.folder.pids / "api").read_text()) == after.pid


def test_program_that_keeps_dying_is_restarted_ever_later(stack: FakeStack) -> None:
    stack.launch(stack.program("api", "--broken"))
    starts = wait_until(lambda: len(times := stack.times_of("start api")) >= 4 and times)
    pauses = [later - earlier for earlier, later in pairwise(starts)]
    assert pauses[0] >= 0.2
    assert pauses[1] >= 0.4
    assert pauses[2] >= 0.8


def test_stopped_program_stays_down_until_started(stack: FakeStack) -> None:
    stack.run(stack.program("api"), stack.program("sweeper"))
    port = stack.status("api").port

    commands.stop("api", stack.folder)
    assert not listens(port)
    down = stack.status("api")
    assert (down.state, down.pid, down.ready) == ("stopped", None, False)
    assert not (stack.folder.pids / "api").exists()
    assert stack.status("sweeper").ready

    assert commands.start("api", stack.folder)
    assert listens(port)
    assert stack.status("api").state == "running"


def test_unknown_program_is_refused(stack: FakeStack) -> None:
    stack.run(stack.program("api"))
    with pytest.raises(LocalError, match="nobody"):
        commands.stop("nobody", stack.folder)


def test_commands_say_when_nothing_is_up(stack: FakeStack) -> None:
    assert commands.status(stack.folder) == []
    with pytest.raises(LocalError, match="make up"):
        commands.stop("api", stack.folder)


def test_stage_starts_when_the_one_before_is_ready(stack: FakeStack) -> None:
    stack.run(stack.program("api", stage=1), stack.program("mongo", "--slow", "0.4"))
    assert stack.events() == ["start mongo", "ready mongo", "start api", "ready api"]


def test_down_ends_stages_in_reverse_and_frees_ports(stack: FakeStack) -> None:
    stack.run(stack.program("mongo"), stack.program("api", stage=1))
    ports = [status.port for status in commands.status(stack.folder)]

    commands.down(stack.folder)

    assert stack.events()[-2:] == ["end api", "end mongo"]
    assert processes_of(stack.folder.path) == []
    assert not any(listens(port) for port in ports)
    assert list(stack.folder.pids.iterdir()) == []


def test_program_that_ignores_the_polite_end_is_killed(stack: FakeStack) -> None:
    stack.run(stack.program("api", "--stubborn", grace_seconds=0.3))
    commands.down(stack.folder)
    assert processes_of(stack.folder.path) == []


def test_children_of_a_killed_program_end_with_it(stack: FakeStack) -> None:
    stack.run(stack.program("api", "--with-child"))
    before = set(processes_of(stack.folder.path))
    pid = stack.status("api").pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: stack.status("api").restarts == 1 and stack.status("api").ready)
    assert before & set(processes_of(stack.folder.path)) == {stack.supervisor_pid()}


def test_nothing_outlives_a_killed_supervisor(stack: FakeStack) -> None:
    stack.run(stack.program("api"), stack.program("sweeper"))
    os.kill(stack.supervisor_pid(), signal.SIGKILL)
    wait_until(lambda: processes_of(stack.folder.path) == [], deadline=5)
    assert commands.status(stack.folder) == []

    stack.run(stack.program("api"))
    assert stack.status("api").ready


def test_down_ends_what_a_killed_supervisor_left_behind(stack: FakeStack) -> None:
    stack.run(stack.program("api", "--with-child"))
    os.kill(stack.supervisor_pid(), signal.SIGKILL)
    wait_until(lambda: len(processes_of(stack.folder.path)) == 1)  # the child of a child, which nothing binds
    commands.down(stack.folder)
    assert processes_of(stack.folder.path) == []


def test_down_ends_a_supervisor_that_does_not_answer(stack: FakeStack) -> None:
    stack.run(stack.program("api"))
    os.kill(stack.supervisor_pid(), signal.SIGSTOP)
    commands.down(stack.folder, patience_seconds=0.2)
    assert processes_of(stack.folder.path) == []


def test_stack_ends_with_the_process_it_is_bound_to(stack: FakeStack) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as owner:
        stack.launch(stack.program("api"), while_pid=owner.pid)
        stack.wait()
    wait_until(lambda: processes_of(stack.folder.path) == [])
    assert stack.events()[-1] == "end api"


def test_waiting_for_a_broken_program_shows_its_last_words(stack: FakeStack) -> None:
    stack.launch(stack.program("api", "--broken"))
    with pytest.raises(LocalError, match=r"not ready: api\n(.|\n)*wrong phase"):
        stack.wait()


def test_program_with_a_wrong_setting_is_not_waited_for(stack: FakeStack) -> None:
    stack.launch(stack.program("api", "--misled"))
    with pytest.raises(LocalError, match="not ready: api"):
        stack.wait()
    assert len(stack.times_of("start api")) < 3
