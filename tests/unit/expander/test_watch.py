"""A request that waits for its turn is given up once its job stops; one that was sent is not."""

from __future__ import annotations

import asyncio

import pytest

from services.expander.watch import while_running
from shared.errors import DatabaseUnavailableError, NoLongerWantedError
from shared.source import Wanted


class Request:
    """Waits for `turn`, then asks whether it is wanted, then waits for `answer`."""

    def __init__(self) -> None:
        self.turn, self.answer = asyncio.Event(), asyncio.Event()
        self.ended = ""

    async def __call__(self, wanted: Wanted) -> str:
        try:
            await self.turn.wait()
            assert wanted()
            await self.answer.wait()
        except asyncio.CancelledError:
            self.ended = "given up"
            raise
        return "page"


async def no() -> bool:
    return False


async def yes() -> bool:
    return True


async def test_request_waiting_for_its_turn_is_given_up() -> None:
    request = Request()
    with pytest.raises(NoLongerWantedError):
        await asyncio.wait_for(while_running(request, no), 2.0)
    assert request.ended == "given up"


async def test_request_that_was_sent_is_awaited() -> None:
    request = Request()
    request.turn.set()
    asyncio.get_running_loop().call_later(0.6, request.answer.set)
    assert await while_running(request, no) == "page"


async def test_request_of_a_running_job_may_wait() -> None:
    request = Request()
    request.answer.set()
    asyncio.get_running_loop().call_later(0.6, request.turn.set)
    assert await while_running(request, yes) == "page"


async def test_outage_of_the_database_gives_nothing_up() -> None:
    async def away() -> bool:
        raise DatabaseUnavailableError("gone")

    request = Request()
    request.answer.set()
    asyncio.get_running_loop().call_later(0.6, request.turn.set)
    assert await while_running(request, away) == "page"


async def test_cancelled_wait_leaves_no_request_behind() -> None:
    request = Request()
    waiting = asyncio.create_task(while_running(request, yes))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert request.ended == "given up"
