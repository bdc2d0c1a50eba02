"""Items that a benchmark hands out are collected as the expander's are."""

from __future__ import annotations

import pytest

from bench.feeding import all_stored, hand_out
from bench.programs import BenchError
from services.aggregator.queues import ITEMS_FINISHED
from services.collector.queues import collect_queue
from shared.amazon.identifiers import Item
from shared.amazon.pages import Product
from shared.errors import PermanentError
from shared.failures import safety_queues
from tests.builders import HOME, asin
from tests.fakes import FakeSource
from tests.integration.collector.conftest import Collecting
from tests.integration.shared.conftest import OpenBroker


async def test_items_handed_out_are_stored(collecting: Collecting, open_broker: OpenBroker) -> None:
    broker = await open_broker(*safety_queues(), collect_queue(HOME), ITEMS_FINISHED)
    source, asins = FakeSource(), [asin(number) for number in range(3)]
    async with collecting.collector(source):
        job_id = await hand_out(collecting.database, broker, asins)
        await all_stored(collecting.database, job_id, 3)
    assert sorted(source.asked) == asins
    assert await collecting.database["products"].count_documents({}) == 3


async def test_item_that_fails_is_no_measurement(collecting: Collecting, open_broker: OpenBroker) -> None:
    async def missing(item: Item) -> Product:
        raise PermanentError(f"{item.asin} is gone", code="not_found")

    broker = await open_broker(*safety_queues(), collect_queue(HOME), ITEMS_FINISHED)
    source = FakeSource()
    source.products = missing
    async with collecting.collector(source):
        job_id = await hand_out(collecting.database, broker, [asin(1)])
        with pytest.raises(BenchError, match="is gone"):
            await all_stored(collecting.database, job_id, 1)
