"""A user's figures over HTTP."""

from __future__ import annotations

from fastapi import APIRouter

from services.api.dependencies import JobsReader, PartsOf
from services.api.errors import responses
from services.api.responses import Stats

router = APIRouter(prefix="/v1/stats", tags=["stats"])


@router.get("", summary="See your figures", responses=responses(401, 403, 503))
async def stats(caller: JobsReader, using: PartsOf) -> Stats:
    """Your jobs by status, how often collecting succeeds, your products, and the last hours and days."""
    return await using.stats.stats(caller.user_id)
