"""Metrics of the API, each with what it means."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

# Time from a request's first byte to the response's last, event streams left out; by route template, never the path.
REQUEST_SECONDS = Histogram(
    "asinflow_http_request_duration_seconds",
    "Time to serve one request, by route, method and status",
    ["route", "method", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
# Live event streams that are open now.
STREAMS = Gauge("asinflow_api_streams", "Live event streams open at this process")
# Rises with every job taken in, by type; a replay is none.
JOBS_ACCEPTED = Counter("asinflow_api_jobs_accepted_total", "Jobs taken in", ["type"])
