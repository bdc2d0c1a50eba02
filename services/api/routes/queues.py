"""The broker's queues over HTTP, for operators."""

from __future__ import annotations

from fastapi import APIRouter

from services.api.dependencies import Operator, PartsOf
from services.api.errors import responses
from services.api.problems import Problem
from services.api.queues import QueueList
from shared.errors import BrokerUnavailableError
from shared.log import get_logger

log = get_logger(__name__)

router = APIRouter(prefix="/v1/queues", tags=["operators"])


@router.get("", summary="Look at the queues", responses=responses(401, 403, 503))
async def list_queues(_: Operator, using: PartsOf) -> QueueList:
    """Every queue with what waits in it and who consumes it, retry queues and dead letters included."""
    try:
        return await using.queues.queues()
    except BrokerUnavailableError as error:
        log.warning("queues_unavailable", reason=error.message)
        raise Problem(
            503,
            "broker_unavailable",
            "The broker cannot be reached now; try again shortly.",
            retryable=True,
            headers={"Retry-After": "5"},
        ) from error
