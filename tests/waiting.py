"""Waiting for a condition with a deadline, instead of sleeping and hoping."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar, overload

T = TypeVar("T")
NotYet = Literal[False] | None

_PAUSE_SECONDS = 0.02


@overload
async def eventually(condition: Callable[[], Awaitable[T | NotYet]], deadline: float = 10.0) -> T: ...


@overload
async def eventually(condition: Callable[[], T | NotYet], deadline: float = 10.0) -> T: ...


async def eventually(condition: Callable[[], object], deadline: float = 10.0) -> object:
    """The first truthy result of `condition`, plain or awaitable, asked again and again for `deadline` seconds.

    A condition may also assert: it is asked again while it fails. Raises AssertionError with what it last said.
    """
    end = time.monotonic() + deadline
    while True:
        try:
            result = condition()
            value = await result if isinstance(result, Awaitable) else result
            if value:
                return value
            last: object = value
        except AssertionError as error:
            last = error
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline:g} s; at last: {last!r}")
        await asyncio.sleep(_PAUSE_SECONDS)


def wait_until(condition: Callable[[], T | NotYet], deadline: float = 10.0) -> T:
    """`eventually` for tests without an event loop."""
    return asyncio.run(eventually(condition, deadline))
