"""What the pace tells about itself: how slots are used, and how marketplaces stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

# Rises with every slot reserved; used, missed (woke up too late) or blocked (a pause began before it).
SLOTS = Counter("asinflow_pace_slots_total", "Slots of the pace by what became of them", ["marketplace", "outcome"])
# How long after its slot a request left.
SLOT_LAG = Histogram(
    "asinflow_pace_slot_lag_seconds",
    "Time from a slot's beginning to its request being sent",
    ["marketplace"],
    buckets=(0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5),
)
# The interval now in force; above the configured one while recovering from a block.
INTERVAL = Gauge("asinflow_pace_interval_seconds", "Interval between requests now in force", ["marketplace"])
# 0 closed (requests leave), 1 half-open (one tries whether the marketplace answers again), 2 open (none leaves).
CIRCUIT = Gauge("asinflow_marketplace_circuit", "0 closed, 1 half-open, 2 open, as last seen", ["marketplace"])
# What was left of the pause when last looked at; 0 when there is none.
BLOCKED = Gauge("asinflow_marketplace_blocked_seconds", "Rest of the pause, as last seen", ["marketplace"])
# Rises with every pause by its length; each is counted by the process that was told, so that all together are exact.
PAUSED = Counter("asinflow_marketplace_paused_seconds_total", "Length of all pauses", ["marketplace"])
# Rises with every answer that asked us to slow down.
BLOCKS = Counter("asinflow_marketplace_blocks_total", "Answers that asked us to slow down", ["marketplace", "reason"])


def note(marketplace: str, pace: Mapping[str, Any]) -> None:
    """Show how a marketplace stands by its pace's document, just read or written."""
    CIRCUIT.labels(marketplace).set(_circuit(pace))
    BLOCKED.labels(marketplace).set(max(0.0, (pace["blocked_until"] - pace["asked"]) / 1_000_000))


def _circuit(pace: Mapping[str, Any]) -> int:
    if not pace.get("open"):
        return 0
    return 2 if pace["asked"] < pace["blocked_until"] else 1
