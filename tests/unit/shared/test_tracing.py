"""A trace goes on across messages, stored jobs and batches; without a collector of spans only its id does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared import tracing
from shared.messages import JobSubmitted
from shared.outgoing import command
from shared.spans import OpenTelemetrySpans

SAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
OTHER = "00-2af7651916cd43dd8448eb211c80319c-c7ad6b7169203331-01"
SUBMITTED = command(JobSubmitted(job_id="a-job"))


@contextmanager
def kept_spans(ratio: float = 1.0) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.use(OpenTelemetrySpans("tester", "tester-1", SimpleSpanProcessor(exporter), ratio))
    try:
        yield exporter
    finally:
        tracing.close()


def named(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


def ids_of(span: ReadableSpan) -> tuple[str, str]:
    assert span.context is not None
    return f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}"


def parent_of(span: ReadableSpan) -> str | None:
    return None if span.parent is None else f"{span.parent.span_id:016x}"


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        "",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-0af7651916cd43dd8448eb211c80319c-{'0' * 16}-01",
        SAMPLED.upper(),
        SAMPLED + "\n",
    ],
)
def test_what_is_no_traceparent_counts_as_none(text: object) -> None:
    assert tracing.valid(text) is None
    with tracing.continuing(text):
        assert tracing.current() is None


def test_request_goes_on_with_the_trace_of_its_client() -> None:
    with tracing.request(SAMPLED):
        assert tracing.current_trace_id() == "0af7651916cd43dd8448eb211c80319c"
    assert tracing.current() is None


def test_request_without_a_trace_begins_one() -> None:
    seen = set()
    for given in (None, "nonsense"):
        with tracing.request(given):
            assert tracing.valid(tracing.current())
            seen.add(tracing.current_trace_id())
    assert len(seen) == 2


def test_message_carries_the_trace_it_is_sent_in() -> None:
    assert tracing.TRACEPARENT not in (SUBMITTED.properties("api").headers or {})
    with tracing.continuing(SAMPLED):
        headers = SUBMITTED.properties("api").headers or {}
    assert headers[tracing.TRACEPARENT] == SAMPLED


def test_message_about_a_stored_job_carries_the_trace_of_the_job() -> None:
    job = {"_id": "a-job", tracing.TRACEPARENT: SAMPLED}
    with tracing.continuing(OTHER):
        message = command(JobSubmitted(job_id="a-job"), headers=tracing.headers_of(job))
        assert (message.properties("sweeper").headers or {})[tracing.TRACEPARENT] == SAMPLED
    with tracing.continuing(SAMPLED[:36] + "1" * 16 + "-01"):
        assert tracing.headers_of(job) == {}  # deeper in the same trace already


@pytest.mark.parametrize("stored", [{}, {tracing.TRACEPARENT: None}, {tracing.TRACEPARENT: "x"}])
def test_job_from_before_traces_has_none(stored: dict[str, object]) -> None:
    assert tracing.headers_of(stored) == {}


async def test_tasks_do_not_share_their_traces() -> None:
    async def within(traceparent: str) -> str | None:
        with tracing.continuing(traceparent):
            await asyncio.sleep(0)
            return tracing.current()

    assert await asyncio.gather(within(SAMPLED), within(OTHER)) == [SAMPLED, OTHER]


def test_spans_hang_together_from_the_request_to_the_database() -> None:
    with kept_spans() as exporter:
        with tracing.request(None):
            with tracing.publishing([JobSubmitted.TYPE]):
                carried = SUBMITTED.properties("api").headers or {}
            tracing.rename("POST /v1/jobs", **{"http.response.status_code": 202})
        with tracing.handling(JobSubmitted.TYPE, carried):
            tracing.record("mongodb insert", 0.25)
        spans = named(exporter)
    request, sent = spans["POST /v1/jobs"], spans["send job.submitted.v1"]
    handled, written = spans["process job.submitted.v1"], spans["mongodb insert"]
    assert {ids_of(span)[0] for span in spans.values()} == {ids_of(request)[0]}
    chain = [parent_of(request), parent_of(sent), parent_of(handled), parent_of(written)]
    assert chain == [None, ids_of(request)[1], ids_of(sent)[1], ids_of(handled)[1]]
    assert written.end_time is not None
    assert written.start_time is not None
    assert written.end_time - written.start_time == 250_000_000


def test_messages_handled_together_are_linked() -> None:
    with kept_spans() as exporter:
        with tracing.handling("items.finished.v1", {"traceparent": SAMPLED}, [{"traceparent": OTHER}, {}]):
            pass
        [span] = exporter.get_finished_spans()
    assert ids_of(span)[0] == SAMPLED[3:35]
    assert [f"{link.context.trace_id:032x}" for link in span.links] == [OTHER[3:35]]


def test_batch_of_several_traces_is_shown_in_each_once() -> None:
    deeper = SAMPLED[:36] + "1" * 16 + "-01"
    with kept_spans() as exporter:
        with tracing.batch("store items", [SAMPLED, None, OTHER, deeper, SAMPLED]):
            tracing.record("mongodb update", 0.001)
        spans = [(span.name, ids_of(span)[0]) for span in exporter.get_finished_spans()]
    ours = SAMPLED[3:35]
    assert spans == [("mongodb update", ours), ("store items", ours), ("store items", OTHER[3:35])]


@pytest.mark.parametrize(("client", "ratio", "kept"), [(SAMPLED, 0.0, 1), (UNSAMPLED, 1.0, 0), (None, 0.0, 0)])
def test_whoever_begins_a_trace_decides_whether_it_is_kept(client: str | None, ratio: float, kept: int) -> None:
    with kept_spans(ratio) as exporter:
        with tracing.request(client), tracing.span("inner"):
            assert tracing.valid(tracing.current())
        assert len(exporter.get_finished_spans()) == 2 * kept


def test_failure_of_the_server_is_an_error_of_its_span() -> None:
    with kept_spans() as exporter:
        with tracing.request(None):
            tracing.rename("GET /v1/jobs", **{"http.response.status_code": 500})
        [span] = exporter.get_finished_spans()
    assert not span.status.is_ok


def test_nothing_is_recorded_outside_of_a_trace() -> None:
    with kept_spans() as exporter:
        tracing.record("mongodb find", 0.001)
        with tracing.publishing(["job.progressed.v1"]):
            assert tracing.current() is None
        assert exporter.get_finished_spans() == ()
