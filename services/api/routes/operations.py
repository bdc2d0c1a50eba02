"""The pace of marketplaces and the services at work over HTTP, for operators."""

from __future__ import annotations

from fastapi import APIRouter

from services.api.dependencies import Operator, PartsOf
from services.api.errors import responses
from services.api.operations import SWEEPER, PaceList, PaceView, ServiceList, pace_view, service_views
from services.api.routes.queues import list_queues

router = APIRouter(prefix="/v1", tags=["operators"])


async def _paces(using: PartsOf) -> list[PaceView]:
    documents, now = await using.operations.find_paces()
    return [pace_view(document, now) for document in documents]


@router.get("/pace", summary="Look at the pace", responses=responses(401, 403, 503))
async def list_paces(_: Operator, using: PartsOf) -> PaceList:
    """Every line to a marketplace that was asked so far: how often it may be, and whether it is paused."""
    return PaceList(items=await _paces(using))


@router.get("/services", summary="Look at the services", responses=responses(401, 403, 503))
async def list_services(caller: Operator, using: PartsOf) -> ServiceList:
    """Whether each kind of process is there, told by who consumes from its queues and which sweeper leads."""
    told = await list_queues(caller, using)
    lease = await using.operations.find_lease(SWEEPER)
    return ServiceList(items=service_views(told.items, await _paces(using), lease))
