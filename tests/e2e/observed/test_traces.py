"""One trace leads from a request to the last write of its job."""

from __future__ import annotations

import pytest

from tests.e2e.observed.spans import Span, SpanCollector
from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

TRACE = "0af7651916cd43dd8448eb211c80319c"
CLIENT_SPAN = "b7ad6b7169203331"


def submit(system: System, trace_id: str) -> str:
    """A job of three products, whose client goes on with a trace of its own."""
    body = {"type": "BULK_ASIN", "asins": fresh_asins(3)}
    headers = {"traceparent": f"00-{trace_id}-{CLIENT_SPAN}-01"}
    user = system.user()
    job_id = str(user.client.post("/v1/jobs", json=body, headers=headers).raise_for_status().json()["id"])
    user.wait_for_end(job_id)
    return job_id


def test_one_trace_id_stands_in_the_logs_of_all_services_of_a_job(system: System) -> None:
    job_id = submit(system, TRACE)

    def lines(service: str) -> list[str]:
        about = [line for line in system.log_of(service) if line.get("trace_id") == TRACE]
        return [line["event"] for line in about if line.get("job_id") == job_id]

    expected = {
        "api": "job_accepted",
        "expander": "job_expanded",
        "collector-1": "items_finished",
        "aggregator": "job_ended",
    }

    def written() -> bool:
        assert all(event in lines(service) for service, event in expected.items()), {s: lines(s) for s in expected}
        return True

    wait_until(written, 10)
    for service in expected:
        foreign = [
            line for line in system.log_of(service) if line.get("job_id") == job_id and line.get("trace_id") != TRACE
        ]
        assert not foreign, service


def path_to_root(span: Span, spans: dict[str, Span]) -> list[str]:
    path = [f"{span.service}: {span.name}"]
    while span.parent_id in spans:
        span = spans[span.parent_id]
        path.append(f"{span.service}: {span.name}")
    return path[::-1]


def test_spans_lead_from_the_request_to_the_writes_of_every_service(system: System, spans: SpanCollector) -> None:
    trace_id = TRACE[::-1]
    submit(system, trace_id)

    def whole() -> dict[str, Span]:
        found = spans.of(trace_id)
        names = {f"{span.service}: {span.name}" for span in found.values()}
        assert {"aggregator: send job.completed.v1", "aggregator: update jobs", "collector: store items"} <= names
        orphans = {s.name for s in found.values() if s.parent_id not in found and s.parent_id != CLIENT_SPAN}
        assert not orphans, orphans
        return found

    found = wait_until(whole, 20)
    paths = {tuple(path_to_root(span, found)) for span in found.values()}
    request = ("api: POST /v1/jobs",)
    submitted = (*request, "api: send job.submitted.v1", "expander: process job.submitted.v1")
    assert (*request, "api: update jobs") in paths
    assert (*submitted, "expander: insert items") in paths
    collected = [path for path in paths if path[-1] == "collector: insert outcomes"]
    counted = [path for path in paths if path[-1] == "aggregator: update jobs"]
    assert collected
    assert all(path[:3] == submitted or path[0] == request[0] for path in collected)
    assert all("collector: process item.collect.v1" in path for path in collected), collected
    assert counted
    assert any("collector: send items.finished.v1" in path for path in counted), counted
