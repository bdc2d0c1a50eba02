"""Waiting for the broker or the database to come back: nobody's fault, so the work is held and tried again in place."""

from __future__ import annotations

from collections.abc import AsyncIterator

import stamina
from stamina import Attempt

from shared.errors import BrokerUnavailableError, DatabaseUnavailableError, UnroutableError

# A consumer that has not started yet is away like a broker that has not.
INFRASTRUCTURE_ERRORS = (BrokerUnavailableError, DatabaseUnavailableError, UnroutableError)


class FirstTry:
    """The attempt that nearly always is the only one: it costs a fraction of what the machinery behind it does."""

    def __init__(self, errors: tuple[type[Exception], ...]) -> None:
        self._errors = errors
        self.failed = False

    def __enter__(self) -> None:
        return

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> bool:
        self.failed = isinstance(error, self._errors)
        return self.failed


async def until_back(*errors: type[Exception]) -> AsyncIterator[Attempt | FirstTry]:
    """Attempts without end, from a tenth of a second to five apart: `async for attempt in until_back(): with attempt:`.

    Only `errors`, by default those of infrastructure, are waited out; any other is raised.
    """
    waited_out = errors or INFRASTRUCTURE_ERRORS
    first = FirstTry(waited_out)
    yield first
    if first.failed:
        async for attempt in stamina.retry_context(
            on=waited_out, attempts=None, timeout=None, wait_initial=0.1, wait_max=5.0
        ):
            yield attempt
