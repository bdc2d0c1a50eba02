"""What the pace tells about itself. How marketplaces stand is measured by the sweeper, once for all processes."""

from __future__ import annotations

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
# Rises with every answer that asked us to slow down.
BLOCKS = Counter("asinflow_marketplace_blocks_total", "Answers that asked us to slow down", ["marketplace", "reason"])
