"""How many of a thing a user may have, exact over all API processes: each holds a place, which an index gives once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Any

Document = dict[str, Any]
Find = Callable[[str], Awaitable[list[Document]]]
Insert = Callable[[Document], Awaitable[bool]]


async def insert_in_place(document: Document, most: int, find: Find, insert: Insert) -> Document | None:
    """Store the document in a free one of its user's `most` places; None when there is none.

    `find` gives what the user has, `insert` stores unless the id or the `place` is taken. Under an id that is taken,
    what is there is returned.
    """
    while True:
        found = await find(document["user_id"])
        if there := next((each for each in found if each["_id"] == document["_id"]), None):
            return there
        free = free_places([each.get("place") for each in found], most)
        if not free:
            return None
        for place in free:
            placed = {**document, "place": place}
            if await insert(placed):
                return placed
        # Others were faster at all of them: what there is now tells whether any is free.


def free_places(taken: Sequence[int | None], most: int) -> list[int]:
    """The lowest that are free, as many as may still be had; what has no place, being older than places, counts too."""
    free = (place for place in range(most + len(taken)) if place not in taken)
    return list(islice(free, max(0, most - len(taken))))
