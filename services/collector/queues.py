"""The collector's queues: one per marketplace, so that a slow or blocked one holds up only itself."""

from __future__ import annotations

from shared.topology import COMMANDS, Queue, collect_key, work_queue


def collect_queue(marketplace: str) -> Queue:
    return work_queue(f"collector.item_collect.{marketplace}", COMMANDS, collect_key(marketplace))
