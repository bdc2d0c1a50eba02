"""One flight at a time per key: whoever asks while it is under way shares its result or its error."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from shared.errors import NoLongerWantedError

T = TypeVar("T")


class Flights(Generic[T]):
    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Future[T]] = {}

    async def fly(self, key: str, start: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
        """The result, and whether this call made the flight itself.

        A passenger whose pilot turns back, cancelled or no longer wanted, starts a flight of its own.
        """
        while (flight := self._under_way.get(key)) is not None:
            try:
                return await asyncio.shield(flight), False
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if not flight.cancelled() or (task is not None and task.cancelling()):
                    raise  # it is the passenger that was cancelled, perhaps together with its pilot
        flight = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            result = await start()
        except (asyncio.CancelledError, NoLongerWantedError):
            flight.cancel()
            raise
        except BaseException as error:
            flight.set_exception(error)
            flight.exception()  # the pilot raises it; without passengers nobody else would look
            raise
        else:
            flight.set_result(result)
            return result, True
        finally:
            del self._under_way[key]
