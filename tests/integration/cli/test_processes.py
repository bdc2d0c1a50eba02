"""`asinflow` as a real process: terminals, pipes, signals and broken connections."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.server import JOB_ID, Play, serving

ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "cli.main"]
SECONDS = 20.0


@pytest.fixture
def play() -> Iterator[Play]:
    with serving() as play:
        yield play


def environment(play: Play) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("ASINFLOW_")}
    size = {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    return {**own, **size, "PYTHONPATH": str(ROOT), "ASINFLOW_API_URL": play.url, "ASINFLOW_TOKEN": "t"}


def run(play: Play, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, its output into pipes."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env={**environment(play), **settings},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


class Terminal:
    """A command on a terminal of 80 columns."""

    def __init__(self, play: Play, *arguments: str) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment(play),
            cwd=ROOT,
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""

    def wait_for(self, text: str) -> None:
        """Read until `text` has been shown."""
        deadline = time.monotonic() + SECONDS
        while text not in self.seen:
            assert time.monotonic() < deadline, f"no {text!r} in {self.seen!r}"
            if select.select([self._master], [], [], 0.1)[0]:
                self.seen += self._read()

    def press(self, key: str) -> None:
        os.write(self._master, key.encode())

    def hang_up(self) -> int:
        """Close the terminal; the exit code."""
        os.close(self._master)
        return self.process.wait(SECONDS)

    def wait(self) -> int:
        """Read to the end; the exit code."""
        while chunk := self._read():
            self.seen += chunk
        os.close(self._master)
        return self.process.wait(SECONDS)

    def _read(self) -> str:
        try:
            return os.read(self._master, 65_536).decode(errors="replace")
        except OSError:
            return ""  # how Linux says that the other side of a terminal is closed


def test_bar_runs_on_a_terminal_and_survives_a_break(play: Play) -> None:
    terminal = Terminal(play, "watch", JOB_ID)
    terminal.wait_for("30/40")
    assert play.resumed_after == [None, "7"]
    assert "━" in terminal.seen
    play.release.set()
    assert terminal.wait() == 0
    assert "COMPLETED: 40 collected, 0 failed, of 40" in terminal.seen


def test_ctrl_c_on_a_terminal_leaves_the_job(play: Play) -> None:
    terminal = Terminal(play, "watch", JOB_ID)
    terminal.wait_for("30/40")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.wait() == 130
    assert f"asinflow watch {JOB_ID}" in terminal.seen
    assert terminal.seen.rstrip().endswith(f"asinflow cancel {JOB_ID}")
    assert "\x1b[?25h" in terminal.seen  # the cursor is back
    assert not play.cancelled


def assert_terminal_is_as_it_was(terminal: Terminal) -> None:
    assert "\x1b[?1049l" in terminal.seen  # the screen that was there before is back
    assert "\x1b[?25h" in terminal.seen  # and the cursor
    assert "Traceback" not in terminal.seen


def test_live_view_obeys_keys_and_leaves_the_terminal_as_it_was(play: Play) -> None:
    terminal = Terminal(play, "top")
    terminal.wait_for("20/40")
    terminal.press("\x1b[Be")  # two keys at once, one of them an arrow
    terminal.wait_for("e show ended jobs")
    terminal.press("q")
    assert terminal.wait() == 0
    assert_terminal_is_as_it_was(terminal)


def test_live_view_ends_with_its_terminal(play: Play) -> None:
    terminal = Terminal(play, "top")
    terminal.wait_for("20/40")
    try:
        terminal.hang_up()
    finally:
        terminal.process.kill()


def test_ctrl_c_ends_the_live_view(play: Play) -> None:
    terminal = Terminal(play, "top")
    terminal.wait_for("20/40")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.wait() == 130
    assert_terminal_is_as_it_was(terminal)


def test_pipe_gets_neither_colours_nor_cursor_moves(play: Play) -> None:
    play.release.set()
    done = run(play, "watch", JOB_ID)
    assert done.returncode == 0
    assert done.stdout == "COMPLETED: 40 collected, 0 failed, of 40\n"
    assert "\x1b" not in done.stdout + done.stderr


def test_reader_that_stops_early_ends_a_command_without_a_word(play: Play) -> None:
    process = subprocess.Popen(
        [*COMMAND, "items", JOB_ID, "--limit", "0"],
        env=environment(play),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(SECONDS) == 128 + signal.SIGPIPE


@pytest.mark.parametrize("arguments", [["jobs"], ["--help"]], ids=["printed", "drawn"])
def test_little_that_nobody_reads_ends_alike(play: Play, arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as unread:
        done = subprocess.run(
            [*COMMAND, *arguments],
            env=environment(play),
            cwd=ROOT,
            stdout=unread,
            stderr=subprocess.PIPE,
            timeout=SECONDS,
            check=False,
        )
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


def test_process_gets_its_options_and_names_wrong_settings(play: Play) -> None:
    wrong = {"ASINFLOW_UNTIL_EMPTY": "perhaps", "ASINFLOW_MAX_ATTEMPTS": "many"}
    done = run(play, "collector", "--until-empty", **wrong)
    assert done.returncode == 2
    assert "ASINFLOW_MAX_ATTEMPTS" in done.stderr
    assert "ASINFLOW_UNTIL_EMPTY" not in done.stderr  # the option has set it right
    assert "Traceback" not in done.stderr
