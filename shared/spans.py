"""Spans of OpenTelemetry: the only module that imports it, and only where tracing is switched on."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.tracing import TRACEPARENT, Attributes, Kind

_PROPAGATOR = TraceContextTextMapPropagator()
# Dropped rather than waited for: work never stands still for its traces.
MAX_WAITING_SPANS = 20_000
CLOSE_MILLISECONDS = 3_000


class OpenTelemetrySpans:
    """Spans of one process. A trace is sampled as a whole: whoever begins it decides, everybody after it follows."""

    def __init__(self, service: str, instance: str, processor: SpanProcessor, ratio: float = 1.0) -> None:
        self._provider = TracerProvider(
            resource=Resource.create(
                {"service.name": service, "service.namespace": "asinflow", "service.instance.id": instance}
            ),
            sampler=ParentBased(TraceIdRatioBased(ratio)),
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("asinflow")

    @contextlib.contextmanager
    def span(
        self, name: str, kind: Kind, parent: str | None, links: Iterable[str], attributes: Attributes
    ) -> Iterator[str]:
        with self._tracer.start_as_current_span(
            name,
            context=_context(parent),
            kind=SpanKind[kind.upper()],
            links=[Link(trace.get_current_span(_context(link)).get_span_context()) for link in links],
            attributes=dict(attributes),
        ):
            carrier: dict[str, str] = {}
            _PROPAGATOR.inject(carrier)
            yield carrier[TRACEPARENT]

    def record(self, name: str, parent: str, seconds: float, attributes: Attributes) -> None:
        ended = time.time_ns()
        started = ended - round(seconds * 1e9)
        span = self._tracer.start_span(
            name, context=_context(parent), kind=SpanKind.CLIENT, start_time=started, attributes=dict(attributes)
        )
        span.end(ended)

    def rename(self, name: str, attributes: Attributes) -> None:
        span = trace.get_current_span()
        span.update_name(name)
        span.set_attributes(dict(attributes))
        if int(attributes.get("http.response.status_code", 0)) >= 500:
            span.set_status(Status(StatusCode.ERROR))

    def close(self) -> None:
        self._provider.force_flush(CLOSE_MILLISECONDS)
        self._provider.shutdown()


def _context(traceparent: str | None) -> Context:
    return Context() if traceparent is None else _PROPAGATOR.extract({TRACEPARENT: traceparent}, Context())


def exporting(service: str, instance: str, endpoint: str, ratio: float) -> OpenTelemetrySpans:
    """Spans sent over OTLP/HTTP to `endpoint`, in batches and in the background."""
    processor = BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint), max_queue_size=MAX_WAITING_SPANS)
    return OpenTelemetrySpans(service, instance, processor, ratio)
