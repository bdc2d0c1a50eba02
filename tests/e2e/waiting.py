"""Waiting for a system that is to spend the machine on its own work, not on being asked how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from tests.waiting import NotYet, eventually

T = TypeVar("T")

# Asking as often as the other tests do, 50 times a second, would take a third of a processor.
_PAUSE_SECONDS = 0.1


def wait_until(condition: Callable[[], T | NotYet], deadline: float = 60.0) -> T:
    """`tests.waiting.wait_until`, at leisure."""

    async def at_leisure() -> T | NotYet:
        try:
            return condition()
        finally:
            await asyncio.sleep(_PAUSE_SECONDS)

    asked: Callable[[], Any] = at_leisure  # mypy cannot tell an awaitable result from a result that is an awaitable
    result: T = asyncio.run(eventually(asked, deadline))
    return result
