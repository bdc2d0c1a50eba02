"""Reading stored items: a run's items by place, whichever service asks."""

from __future__ import annotations

from collections.abc import Collection as Several

from shared.mongo import Collection, Document, database_errors

# No stored chunk has more items: so an index on `first` alone leads to the chunk of a place, however many there are.
CHUNK_ITEMS = 1_000


def seqs_of(chunk: Document) -> list[int] | range:
    """The seqs of a chunk's items; where all items are in the run, they are their places."""
    return chunk.get("seqs") or range(chunk["first"], chunk["first"] + len(chunk["keys"]))


def reaching(place: int) -> Document:
    """The condition on `first` of chunks that may reach `place` or begin after it."""
    return {"$gt": place - CHUNK_ITEMS}


async def find_keys(items: Collection, job_id: str, run: int, places: Several[int]) -> dict[int, tuple[int, str]]:
    """For each of these places of a run: its seq and its key."""
    query = {"job_id": job_id, "run": run, "first": {**reaching(min(places)), "$lte": max(places)}}
    wanted = places if isinstance(places, range) else set(places)
    found: dict[int, tuple[int, str]] = {}
    with database_errors():
        async for chunk in items.find(query):
            pairs = enumerate(zip(seqs_of(chunk), chunk["keys"], strict=True), chunk["first"])
            found.update((place, pair) for place, pair in pairs if place in wanted)
    return found
