"""Metrics that several services share, each declared once with what it means. Never a job id or ASIN as label."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

# Rises with every message a consumer has finished with; outcome is ok, retry or dead.
MESSAGES_PROCESSED = Counter(
    "asinflow_messages_processed_total", "Messages finished with, by outcome", ["queue", "type", "outcome"]
)
# Rises with every message confirmed by the broker.
MESSAGES_PUBLISHED = Counter("asinflow_messages_published_total", "Messages confirmed by the broker", ["type"])
# 1 while the process has its broker connection and consumers, else 0.
BROKER_CONNECTED = Gauge("asinflow_broker_connected", "1 while connected to RabbitMQ")
# Rises each time the broker connection had to be made anew.
BROKER_RECONNECTS = Counter("asinflow_broker_reconnects_total", "Broker connections made after the first")
# Deliveries in this process that are not yet acknowledged.
MESSAGES_IN_FLIGHT = Gauge("asinflow_messages_in_flight", "Deliveries not yet acknowledged", ["queue"])
# Time from a batch's first delivery being handed to its handler until the effects are durable.
BATCH_SECONDS = Histogram("asinflow_batch_seconds", "Time to handle one batch of messages", ["queue"])
