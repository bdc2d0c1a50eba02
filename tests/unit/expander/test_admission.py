"""Which claims on a user's places stand, and who is let in."""

from __future__ import annotations

import pytest

from services.expander.admission import Admission, Claim, Standing, places_taken
from shared.jobs import JobStatus
from shared.mongo import Document
from tests.builders import job_document
from tests.unit.expander.fakes import MemoryAdmissions

S = JobStatus
LIMIT = 2


@pytest.mark.parametrize(
    ("standing", "stands"),
    [
        (Standing(S.PROCESSING, 9), True),
        (Standing(S.PENDING, 3), True),
        (Standing(S.PENDING, 4), False),  # paused and resumed meanwhile: who made the claim cannot start it any more
        (Standing(S.PAUSED, 4), False),
        (Standing(S.CANCELLED, 4), False),
        (None, False),
    ],
)
def test_claim_stands_while_its_job_runs_or_may_be_started_with_it(standing: Standing | None, stands: bool) -> None:
    claim = Claim("a", 3)
    assert places_taken([claim], {} if standing is None else {"a": standing}) == ([claim] if stands else [])


def test_job_that_runs_without_a_claim_takes_a_place() -> None:
    jobs = {"a": Standing(S.PROCESSING, 5), "b": Standing(S.PROCESSING, 2), "c": Standing(S.PENDING, 1)}
    assert places_taken([Claim("b", 1)], jobs) == [Claim("b", 1), Claim("a", 5)]


def jobs(**statuses: str) -> dict[str, Document]:
    return {name: job_document(_id=name, status=status) for name, status in statuses.items()}


async def test_claim_of_a_starter_that_died_counts_until_its_job_is_started() -> None:
    store = MemoryAdmissions(jobs(a="PROCESSING", b="PENDING", c="PENDING"))
    store.claims["ann"] = (1, [Claim("a", 0), Claim("c", 0)])  # c's starter died before the start
    admission = Admission(store, LIMIT)
    assert await admission.admit(dict(store.jobs["b"])) is None
    started = await admission.admit(dict(store.jobs["c"]))
    assert started is not None
    assert started["status"] == "PROCESSING"


@pytest.mark.parametrize("end", ["COMPLETED", "FAILED", "CANCELLED", "PAUSED", None])
async def test_place_of_a_job_that_does_not_run_any_more_is_free(end: str | None) -> None:
    store = MemoryAdmissions(jobs(a="PROCESSING", b="PROCESSING", c="PENDING"))
    store.claims["ann"] = (1, [Claim("a", 0), Claim("b", 0)])
    if end is None:
        del store.jobs["b"]
    else:
        store.jobs["b"].update(status=end, rev=1)
    assert await Admission(store, LIMIT).admit(dict(store.jobs["c"])) is not None
    assert store.claims["ann"] == (2, [Claim("a", 0), Claim("c", 0)])


async def test_job_that_changed_between_claim_and_start_is_started_as_it_is_then() -> None:
    store = MemoryAdmissions(jobs(a="PENDING"))
    as_read = dict(store.jobs["a"])
    store.jobs["a"]["rev"] = 5
    started = await Admission(store, LIMIT).admit(as_read)
    assert started is not None
    assert (started["status"], store.claims["ann"][1]) == ("PROCESSING", [Claim("a", 5)])


async def test_job_that_waits_is_let_in_if_a_place_came_free_before_it_was_marked() -> None:
    class EndsMeanwhile(MemoryAdmissions):
        async def mark_waiting(self, job_id: str, reason: str) -> None:
            self.jobs["a"].update(status="COMPLETED", rev=1)
            await super().mark_waiting(job_id, reason)

    store = EndsMeanwhile(jobs(a="PROCESSING", b="PROCESSING", c="PENDING"))
    assert await Admission(store, LIMIT).admit(dict(store.jobs["c"])) is not None
    assert store.jobs["c"]["status_reason"] is None
