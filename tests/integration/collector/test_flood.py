"""While every item fails for a bug, a collector gives up few of them, and is at full speed again once it is mended."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog
from prometheus_client import REGISTRY

from shared.amazon.identifiers import Item
from shared.amazon.pages import Product
from shared.flood import LEAST_FAILURES, LONGEST_PAUSE_SECONDS
from shared.topology import DEAD_LETTERS
from tests.fakes import FakeSource
from tests.integration.collector.conftest import QUEUE, Collecting
from tests.waiting import eventually

ITEMS = 400


def pause() -> float:
    return REGISTRY.get_sample_value("asinflow_consumption_slowed_seconds", {"queue": QUEUE.name}) or 0.0


@pytest.fixture
def quiet() -> Iterator[None]:
    """Hundreds of tracebacks as a terminal shows them would take longer than everything else."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("quiet")
async def test_flood_of_bugs_does_not_empty_the_queue(collecting: Collecting) -> None:
    source = FakeSource()
    working = source.products

    async def broken(item: Item) -> Product:
        raise ZeroDivisionError(f"a bug that {item.asin} shows")

    source.products = broken
    job = await collecting.job()
    await collecting.send(job, *range(ITEMS))
    async with collecting.collector(source, max_attempts=1, prefetch=ITEMS // 2):
        await eventually(lambda: pause() == LONGEST_PAUSE_SECONDS, 30.0)
        given_up = await collecting.rabbit.ready(DEAD_LETTERS)
        assert given_up < LEAST_FAILURES + 30
        assert await collecting.rabbit.ready(QUEUE) > 0
        source.products = working
        await eventually(lambda: pause() == 0, 30.0)
        outcomes = await collecting.outcomes(ITEMS)
    succeeded = sum(outcome["status"] == "succeeded" for outcome in outcomes.values())
    assert succeeded >= ITEMS - 200 - given_up  # what it held when the bug was mended had failed already
