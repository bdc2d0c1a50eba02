"""Every command that docs/from-laravel.md names in place of an old one runs as it is written there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.session import Session
from deploy.local.access import secret_of
from shared.auth import SCOPES, issue_token
from tests.e2e.storefront import fresh_asins, unknown_asins
from tests.e2e.system import System
from tests.pages import DOCS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

COMMANDS = dict.fromkeys(re.findall(r"`asinflow ([^`]+)`", (DOCS / "from-laravel.md").read_text()))
# What runs until it is told to end, or needs the servers themselves: that it is there, with its options, is enough.
EXPLAINED = ("expander", "collector", "migrate", "queues --watch", "watch")
# What the API says when there is nothing to be done with this job or failure.
NOTHING_TO_DO = ("409 job_already_ended", "404 failure_not_found", "409 nothing_to_retry")


@pytest.fixture
def asinflow(system: System) -> Session:
    """A command line of a user who may do everything."""
    token = issue_token(secret_of(system.folder), system.user().name, SCOPES)
    return Session({"ASINFLOW_API_URL": system.endpoints["API_URL"], "ASINFLOW_TOKEN": token}, ())


def test_commands_that_replace_the_old_ones_run(
    asinflow: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asins = [*fresh_asins(2), *unknown_asins(1)]
    (tmp_path / "asins.txt").write_text("\n".join(asins))
    (tmp_path / "job.json").write_text('{"type": "BULK_ASIN", "asins": ["B07WXL5YPW"]}')
    run = CliRunner()
    job = run.invoke(app, ["submit", "asins.txt"], obj=asinflow).stdout.strip()
    assert run.invoke(app, ["watch", job], obj=asinflow).exit_code == 0
    values = {"JOB": job, "ID": "0" * 32, "NAME": "mornings", "CRON": "0 6 * * *", "FILE": "job.json"}
    for command in COMMANDS:
        words = [values.get(word, word) for word in shlex.split(command.replace("…", f"asins {asins[0]}"))]
        if command.startswith(EXPLAINED[:3]) or command in EXPLAINED:
            options = [word for word in words[1:] if word.startswith("--")]
            shown = run.invoke(app, [words[0], "--help"], obj=asinflow)
            assert all(option in shown.output for option in options), command
            assert shown.exit_code == 0, command
            continue
        done = run.invoke(app, words, obj=asinflow)
        refused = done.exit_code == 4 and any(reason in done.output for reason in NOTHING_TO_DO)
        # `cancel` may have caught the retried item in time: `watch` tells of it, with the exit code of such an end.
        cancelled = words[0] == "watch" and done.exit_code == 1 and done.output.lstrip().startswith("CANCELLED")
        assert done.exit_code == 0 or refused or cancelled, f"asinflow {command}\n{done.output}"
