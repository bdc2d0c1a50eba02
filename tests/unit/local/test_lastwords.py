"""How a failed program's log is shown."""

import json
from pathlib import Path

from deploy.local.folder import RunFolder
from deploy.local.lastwords import last_words, readable


def test_structured_line_is_shown_in_words() -> None:
    line = json.dumps({"level": "info", "event": "job_expanded", "total": 30, "timestamp": "07:07", "logger": "x"})
    assert readable(line) == "07:07 info job_expanded total=30"


def test_exception_is_named_without_its_frames() -> None:
    error = {"exc_type": "KeyError", "exc_value": "'marketplace'", "frames": [{"locals": {"a": "b"}}]}
    line = json.dumps({"level": "error", "event": "stopped", "exception": [error]})
    assert readable(line) == "error stopped KeyError: 'marketplace'"


def test_traceback_as_text_is_kept() -> None:
    assert readable(json.dumps({"event": "stopped", "exception": "Traceback: boom"})) == "stopped Traceback: boom"


def test_plain_line_is_shown_as_it_is() -> None:
    assert readable("  File 'x', line 1") == "  File 'x', line 1"
    assert readable("42") == "42"


def test_long_line_is_cut() -> None:
    assert len(readable("x" * 10_000)) == 401


def test_only_the_end_of_each_log_is_shown(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.create()
    folder.log_of("api").write_text("\n".join(f"line {number}" for number in range(100)))
    shown = last_words(folder, ["api", "sweeper"])
    assert "line 80" in shown
    assert "line 79" not in shown
    assert shown.endswith("(it wrote nothing)")
