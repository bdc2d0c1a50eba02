"""Every promise that a campaign may break is found broken by its verdict."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.arena import Freeze
from tests.chaos.crowd import Accepted
from tests.chaos.jobs import PlannedJob
from tests.chaos.table import double_counted, fetched_again, lost_items
from tests.chaos.verdict import Evidence, Found, breaches, close_requests
from tests.e2e.storefront import Request

PLANNED = PlannedJob("user-1", 3, {"type": "BULK_ASIN", "asins": ["a", "b", "c"]}, None)
JOB = {
    **{"_id": "j", "status": "COMPLETED", "run": 1, "announced": True},
    **{"total_items": 3, "progress": 3, "success_count": 2, "error_count": 1, "ledger": b"\x07"},
}
OUTCOMES = {1: {0: "succeeded", 1: "failed", 2: "succeeded"}}
ITEMS = {1: {0, 1, 2}}


def found(outcomes: dict[int, dict[int, str]] | None = None, **changes: Any) -> Found:
    return Found(Accepted("j", PLANNED, 0.1, 1), {**JOB, **changes}, outcomes or OUTCOMES, ITEMS)


def request(time: float, host: str = "amazon.de", status: int = 200) -> Request:
    return Request(time, host, "/dp/B000000001", status)


GOOD = Evidence(
    found=[found()],
    stored_jobs=1,
    failures=Counter({"m-1": 1}),
    failure_codes=Counter({"malformed_message": 1}),
    malformed={"m-1"},
    requests=[request(1.0), request(1.05, "amazon.fr"), request(1.2), request(1.4)],
    interval=0.2,
    freezes=[],
    endings=Counter({("api", -9): 2, ("expander", 0): 1}),
    kills=Counter({"api": 2}),
    stops=Counter({"expander": 1}),
    left_in_queues={},
    statuses={202: 1, 503: 4},
)


def test_campaign_without_fault_has_no_breach() -> None:
    assert breaches(GOOD) == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (replace(found(), job=None), "is lost"),
        (found(status="PROCESSING"), "has not ended"),
        (found(status="FAILED"), "failed, though its products were given"),
        (found(status="CANCELLED"), "cancelled by nobody"),
        (found(total_items=4), "another number of items"),
        (found(announced=False), "never announced"),
        (found(progress=4), "do not add up"),
        (found(ledger=b"\x03"), "2 bits in the ledger"),
        (found({1: {0: "succeeded", 1: "failed"}}), "1 items without an outcome"),
        (found({1: {0: "succeeded", 1: "succeeded", 2: "succeeded"}}), "outcomes {'succeeded': 3}"),
        (found({1: OUTCOMES[1] | {7: "failed"}}), "items that run 1 does not have: [7]"),
    ],
)
def test_wrong_job_is_told(wrong: Found, told: str) -> None:
    assert any(told in breach for breach in breaches(replace(GOOD, found=[wrong])))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"stored_jobs": 2}, "2 jobs are stored, 1 were accepted"),
        ({"found": [found(), found()]}, "a job that was not theirs"),
        ({"statuses": {202: 1, 500: 1}}, "the API answered [500]"),
        ({"failures": Counter()}, "1 malformed messages are not in the failure store"),
        ({"failures": Counter({"m-1": 1, "m-2": 1})}, "are no malformed ones"),
        ({"failures": Counter({"m-1": 2})}, "more than once"),
        (
            {"requests": [request(1.0), request(1.14)]},
            "closer than 0.2 s: amazon.de 140 ms at 00:00:01.140",
        ),
        ({"endings": Counter({("api", -9): 3})}, "api ended with code -9 1 times"),
        ({"endings": Counter({("sweeper", 1): 1})}, "sweeper ended with code 1"),
        ({"left_in_queues": {"q": 3}}, "3 messages are left in q"),
    ],
)
def test_breach_beside_the_jobs_is_told(changes: dict[str, Any], told: str) -> None:
    assert any(told in breach for breach in breaches(replace(GOOD, **changes)))


def test_job_ended_by_its_user_keeps_true_counts() -> None:
    accepted = Accepted("j", PLANNED, 0.1, 1, deed_done="cancel")
    job = {**JOB, "status": "CANCELLED", "progress": 1, "success_count": 1, "error_count": 0, "ledger": b"\x01"}
    cancelled = Found(accepted, job, {1: {0: "succeeded"}}, ITEMS)
    assert breaches(replace(GOOD, found=[cancelled])) == []


def test_process_held_still_between_deciding_and_sending_is_no_breach() -> None:
    close = replace(GOOD, requests=[request(1.0), request(1.14)], freezes=[Freeze("collector-1", 0.2, 1.13)])
    assert close_requests(close) == []
    earlier = replace(close, freezes=[Freeze("collector-1", 0.2, 0.5), Freeze("mongo", 0.9, 1.3)])
    assert close_requests(earlier) == [(request(1.14), pytest.approx(0.14))]


def test_times_that_a_storefront_tells_of_when_it_stood_still_are_not_believed() -> None:
    close = replace(GOOD, requests=[request(1.0), request(1.14)])
    assert close_requests(replace(close, freezes=[Freeze("storefront", 0.9, 3.0)])) == []
    assert len(close_requests(replace(close, freezes=[Freeze("storefront", 0.1, 0.8)]))) == 1


def test_items_are_lost_or_double_by_job() -> None:
    assert [lost_items(each) for each in (found(), found({1: {0: "failed"}}), replace(found(), job=None))] == [0, 2, 3]
    assert [double_counted(each) for each in (found(), found(progress=5))] == [0, 2]


def test_page_served_twice_was_fetched_again() -> None:
    requests = [request(1.0), request(2.0, status=503), request(3.0), request(3.5, "amazon.fr")]
    assert fetched_again(replace(GOOD, requests=requests)) == [3.0]
