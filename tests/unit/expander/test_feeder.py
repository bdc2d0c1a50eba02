"""Items are handed out in windows: published first, then the cursor moves."""

from __future__ import annotations

import pytest

from services.expander.feeder import Feeder
from services.expander.repository import Chunk
from shared.errors import BrokerUnavailableError, DatabaseUnavailableError
from shared.messages import CollectItem
from shared.mongo import Document
from tests.builders import HOME, asin, job_document
from tests.fakes import FakeBroker
from tests.unit.expander.fakes import MemoryExpanderRepository

WINDOW = 10


class Fed:
    """A job of 25 items stored in chunks of 7."""

    def __init__(self, **changes: object) -> None:
        self.job = job_document(**{"status": "PROCESSING", "total_items": 25, **changes})
        self.repository = MemoryExpanderRepository(self.job)
        for first in range(0, 25, 7):
            keys = [f"{HOME}:{asin(place)}" for place in range(first, min(25, first + 7))]
            self.repository.items[self.job["_id"], 1, first] = keys
        self.broker = FakeBroker()
        self.feeder = Feeder(self.repository, self.broker, interval=0, window_seconds=0.5, window_items=WINDOW)

    async def feed(self, **progress: int) -> int:
        self.job.update(progress)
        return await self.feeder.feed(dict(self.job))

    @property
    def commands(self) -> list[CollectItem]:
        return [CollectItem.model_validate_json(message.body) for message in self.broker.of(CollectItem.TYPE)]


@pytest.fixture
def fed() -> Fed:
    return Fed()


async def test_window_by_window_every_item_is_handed_out(fed: Fed) -> None:
    counts = [await fed.feed(), await fed.feed(), await fed.feed(progress=10), await fed.feed(progress=20)]
    assert counts == [10, 0, 10, 5]
    assert [(command.seq, command.asin) for command in fed.commands] == [(seq, asin(seq)) for seq in range(25)]
    assert fed.job["fed"] == 25
    assert await fed.feed(progress=25) == 0


async def test_items_of_a_retry_keep_their_seqs(fed: Fed) -> None:
    fed.job.update(run=2, total_items=3)

    async def find_chunks(job_id: str, run: int, places: range) -> list[Chunk]:
        return [_chunk()]

    fed.repository.find_chunks = find_chunks  # type: ignore[method-assign]  # a chunk with seqs of its own
    await fed.feed()
    assert [(command.run, command.seq) for command in fed.commands] == [(2, 4), (2, 9), (2, 17)]


def _chunk() -> Chunk:
    return Chunk(0, [f"{HOME}:{asin(seq)}" for seq in (4, 9, 17)], [4, 9, 17])


@pytest.mark.parametrize("changes", [{"status": "CANCELLED"}, {"status": "PENDING"}, {"total_items": None}])
async def test_job_that_does_not_run_is_not_fed(changes: Document) -> None:
    fed = Fed(**changes)
    assert await fed.feed() == 0
    assert fed.commands == []


async def test_cursor_stays_when_publishing_fails(fed: Fed) -> None:
    fed.broker.down = True
    with pytest.raises(BrokerUnavailableError):
        await fed.feed()
    assert fed.job["fed"] == 0


async def test_window_published_before_a_crash_is_repeated(fed: Fed) -> None:
    fed.repository.fail_next["move_cursor"] = DatabaseUnavailableError("gone")
    with pytest.raises(DatabaseUnavailableError):
        await fed.feed()
    await fed.feed()
    ids = [message.message_id for message in fed.broker.published]
    assert ids[:WINDOW] == ids[WINDOW:]
    assert fed.job["fed"] == WINDOW


async def test_slower_of_two_feeders_does_not_move_the_cursor(fed: Fed) -> None:
    as_both_read_it = dict(fed.job)
    await fed.feeder.feed(as_both_read_it)
    await fed.feed(progress=10)
    await fed.feeder.feed(as_both_read_it)
    assert fed.job["fed"] == 20
