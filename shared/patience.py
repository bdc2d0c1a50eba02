"""Waiting for the broker or the database to come back: nobody's fault, so the work is held and tried again in place."""

from __future__ import annotations

from collections.abc import AsyncIterator

import stamina
from stamina import Attempt

from shared.errors import BrokerUnavailableError, DatabaseUnavailableError, UnroutableError

# A consumer that has not started yet is away like a broker that has not.
INFRASTRUCTURE_ERRORS = (BrokerUnavailableError, DatabaseUnavailableError, UnroutableError)


def until_back(*errors: type[Exception]) -> AsyncIterator[Attempt]:
    """Attempts without end, from a tenth of a second to five apart: `async for attempt in until_back(): with attempt:`.

    Only `errors`, by default those of infrastructure, are waited out; any other is raised.
    """
    return stamina.retry_context(
        on=errors or INFRASTRUCTURE_ERRORS, attempts=None, timeout=None, wait_initial=0.1, wait_max=5.0
    ).__aiter__()
