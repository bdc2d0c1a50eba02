"""While a marketplace is blocked nothing of it is held; one message is enough to try."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from services.collector.valve import LOOK_SECONDS, Prefetch, Valve, prefetch_during
from shared.blocks import Block
from shared.errors import DatabaseUnavailableError
from tests.builders import HOME
from tests.fakes import FakeClock


def block(seconds: float, *, trying: bool = False) -> Block:
    return Block(HOME, datetime(2026, 1, 1, tzinfo=UTC), seconds, "captcha", trying)


@pytest.mark.parametrize(
    ("found", "prefetch"),
    [(None, None), (block(30.0), None), (block(30.1), 0), (block(40.0, trying=True), 1), (block(0, trying=True), 1)],
)
def test_prefetch_follows_the_block(found: Block | None, prefetch: Prefetch) -> None:
    assert prefetch_during(found, 30.0) == prefetch


class Consumer:
    def __init__(self) -> None:
        self.prefetch: list[Prefetch] = []

    async def hold(self, prefetch: Prefetch) -> None:
        self.prefetch.append(prefetch)


async def test_only_the_blocked_marketplace_is_held() -> None:
    clock, home, other = FakeClock(), Consumer(), Consumer()
    answers: list[Mapping[str, Block] | Exception] = [{HOME: block(90.0)}, DatabaseUnavailableError("away"), {}]

    async def find_blocks() -> Mapping[str, Block]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    running = asyncio.create_task(Valve(find_blocks, {HOME: home, "amazon.de": other}, clock, 30.0).run())
    await clock.advance(2.5 * LOOK_SECONDS)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (home.prefetch, other.prefetch) == ([0, None], [None, None])
