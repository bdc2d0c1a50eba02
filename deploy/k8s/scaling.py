"""How many collectors and expanders the pace can use. Pure arithmetic over settings and measured figures."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

from services.collector.settings import CollectorSettings
from shared.settings import FetchSettings

FIGURES = Path(__file__).with_name("figures.toml")
# A process is planned to use so much of one core, so that bursts find room.
UTILISATION = 0.7
# What a slow page takes from request to last byte; so long does one of a process's places per marketplace last.
PAGE_SECONDS = 3.0
# One more than the pace can use, for rollouts and lost nodes.
SPARE = 1
# With no interval there is no bound to work out.
UNPACED = 20


def items_per_second() -> float:
    """What one collector works off on one core."""
    figures = tomllib.loads(FIGURES.read_text())
    return UTILISATION * 1000 / float(figures["collector"]["item_ms"])


def pace(settings: FetchSettings) -> float:
    """Requests per second that all marketplaces together allow; infinite without an interval."""
    return sum(_per_second(settings, name) for name in settings.marketplaces)


def useful_collectors(settings: CollectorSettings) -> int:
    """More collectors than this find no work: the pace is used up."""
    return _useful(settings, settings.concurrency)


def useful_expanders(settings: FetchSettings, concurrency: int) -> int:
    """Expanders read listings, which share the pace with the collectors."""
    return _useful(settings, concurrency)


def _useful(settings: FetchSettings, concurrency: int) -> int:
    total = pace(settings)
    if math.isinf(total):
        return UNPACED
    by_processor = total / items_per_second()
    by_places = max(_per_second(settings, name) for name in settings.marketplaces) * PAGE_SECONDS / concurrency
    return max(1, math.ceil(max(by_processor, by_places))) + SPARE


def _per_second(settings: FetchSettings, marketplace: str) -> float:
    seconds = settings.item_seconds(marketplace)
    return math.inf if seconds == 0 else 1 / seconds
