"""Looking up which items have their outcome, alike for every service that must know."""

from __future__ import annotations

from collections.abc import Collection as Several

from shared.jobs import ItemStatus
from shared.mongo import Collection, database_errors


async def find_statuses(outcomes: Collection, outcome_ids: Several[str]) -> dict[str, ItemStatus]:
    """The stored status of those items that have their outcome, by id."""
    with database_errors():
        documents = await outcomes.find({"_id": {"$in": list(outcome_ids)}}, {"status": 1}).to_list(None)
    return {document["_id"]: ItemStatus(document["status"]) for document in documents}
