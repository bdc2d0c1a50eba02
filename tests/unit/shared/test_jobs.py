"""A job's life: which steps are legal, and that nothing but the table says so."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from shared.jobs import LIVE, STEPS, TERMINAL, TRANSITIONS, JobStatus, Step, table_lines, user_steps

ROOT = Path(__file__).parents[3]
S = JobStatus


def test_every_step_has_its_rule() -> None:
    assert set(STEPS) == set(Step)


@pytest.mark.parametrize("status", sorted(LIVE))
def test_living_job_can_end_in_every_way(status: JobStatus) -> None:
    assert TRANSITIONS[status] >= TERMINAL


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_ended_job_only_waits_for_a_new_run(status: JobStatus) -> None:
    assert TRANSITIONS[status] == {S.PENDING}


def test_started_job_never_waits_to_start_again() -> None:
    assert S.PENDING not in TRANSITIONS[S.PROCESSING]


def test_paused_job_goes_on_through_admission_only() -> None:
    assert TRANSITIONS[S.PAUSED] & LIVE == {S.PENDING}


def test_no_state_follows_itself() -> None:
    assert all(status not in following for status, following in TRANSITIONS.items())


@pytest.mark.parametrize(
    ("status", "steps"),
    [
        (S.PENDING, ["pause", "cancel"]),
        (S.PROCESSING, ["pause", "cancel"]),
        (S.PAUSED, ["resume", "cancel"]),
        (S.COMPLETED, ["retry", "recollect", "delete"]),
        (S.FAILED, ["retry", "recollect", "delete"]),
    ],
)
def test_users_are_told_what_they_can_do(status: JobStatus, steps: list[str]) -> None:
    assert user_steps(status) == steps


def test_docs_show_the_table_as_it_is() -> None:
    assert "\n".join(table_lines()) in (ROOT / "docs/data.md").read_text()


def test_status_is_set_in_one_place_only() -> None:
    """An update that sets a status by itself would pass by the table and the timeline."""
    sources = [path for folder in ("services", "shared") for path in (ROOT / folder).rglob("*.py")]
    assert [path.name for path in sources if any(map(sets_status, ast.walk(ast.parse(path.read_text()))))] == []


def sets_status(node: ast.AST) -> bool:
    """Whether it is an update document whose `$set` names `status`."""
    if not isinstance(node, ast.Dict):
        return False
    fields = dict(zip(map(key_of, node.keys), node.values, strict=True)).get("$set")
    return isinstance(fields, ast.Dict) and "status" in map(key_of, fields.keys)


def key_of(key: ast.expr | None) -> object:
    return key.value if isinstance(key, ast.Constant) else None
