"""The failure store over HTTP, for operators."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import ConfigDict, Field

from services.api.dependencies import Operator, PartsOf
from services.api.errors import responses
from services.api.failures import (
    JOB_GONE,
    REFUSALS,
    DeleteAnswer,
    FailureDetail,
    FailureFilter,
    FailurePage,
    PruneRequest,
    RetryAnswer,
    Sweeping,
    decode_position,
    encode_position,
)
from services.api.problems import Problem, not_found
from services.api.routes.paging import LINK_HEADER, link_next
from shared.log import get_logger

log = get_logger(__name__)

router = APIRouter(prefix="/v1/failures", tags=["operators"])

FailureId = Annotated[str, Path(max_length=64)]


class ListFilter(FailureFilter):
    """What the list is narrowed to and cut into."""

    model_config = ConfigDict(extra="ignore")  # unknown parameters are refused by name before

    retrying: bool | None = Field(default=None, description="Whether it is about to be sent again")
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=500)


class DeleteFilter(Sweeping):
    model_config = ConfigDict(extra="ignore")  # as above


@router.get("", summary="List failures", responses={200: {"headers": LINK_HEADER}, **responses(401, 403, 422, 503)})
async def list_failures(
    *, request: Request, response: Response, _: Operator, using: PartsOf, wanted: Annotated[ListFilter, Query()]
) -> FailurePage:
    """Messages that nobody could handle, the latest first."""
    after = None if wanted.cursor is None else decode_position(wanted.cursor)
    found = await using.failures.find_failures(
        wanted.choice(), limit=wanted.limit + 1, after=after, retrying=wanted.retrying
    )
    next_cursor = encode_position(found[wanted.limit - 1]) if len(found) > wanted.limit else None
    link_next(request, response, next_cursor)
    return FailurePage(items=found[: wanted.limit], next_cursor=next_cursor)


@router.post("/retry", status_code=202, summary="Retry failures", responses=responses(401, 403, 413, 422, 503))
async def retry_failures(caller: Operator, using: PartsOf, wanted: Sweeping) -> RetryAnswer:
    """Sends all messages chosen again, each to the queue it came from and with its attempts beginning anew. An item
    (its failure is its outcome) is instead collected again by a new run of its job, which begins once that has ended;
    one that has succeeded since is counted as `already_done`, and its failure forgotten.

    Asking twice sends once. A message that fails again is the same failure, with one retry more. At most 20,000 are
    taken at once: ask again, with `until` set to the time you began, while the answer is not `complete`.
    """
    answer = await using.failures.request_retries(wanted.choice(), caller.user_id)
    log.info("failure_retries_requested", by=caller.user_id, **answer.model_dump())
    return answer


@router.post("/prune", summary="Delete old failures", responses=responses(401, 403, 413, 422, 503))
async def prune_failures(caller: Operator, using: PartsOf, wanted: PruneRequest) -> DeleteAnswer:
    """Deletes what failed more than so many hours ago; by itself the store does so after `ASINFLOW_FAILURES_HOURS`."""
    limit = using.clock.now() - timedelta(hours=wanted.older_than_hours)
    until = limit if wanted.until is None else min(limit, wanted.until)
    answer = await using.failures.delete_failures(wanted.model_copy(update={"until": until}).choice())
    log.info("failures_deleted", by=caller.user_id, **answer.model_dump())
    return answer


@router.delete("", summary="Delete failures", responses=responses(401, 403, 422, 503))
async def delete_failures(caller: Operator, using: PartsOf, wanted: Annotated[DeleteFilter, Query()]) -> DeleteAnswer:
    """Deletes all failures chosen, but for those about to be sent again; at most 20,000 at once."""
    answer = await using.failures.delete_failures(wanted.choice())
    log.info("failures_deleted", by=caller.user_id, **answer.model_dump())
    return answer


@router.get("/{failure_id}", summary="Look at a failure", responses=responses(401, 403, 404, 422, 503))
async def get_failure(failure_id: FailureId, _: Operator, using: PartsOf) -> FailureDetail:
    """All that is known of it: payload, headers, traceback."""
    failure = await using.failures.find_failure(failure_id)
    if failure is None:
        raise not_found("failure")
    return failure


@router.post(
    "/{failure_id}/retry", status_code=202, summary="Retry a failure", responses=responses(401, 403, 404, 409, 422, 503)
)
async def retry_failure(failure_id: FailureId, caller: Operator, using: PartsOf) -> RetryAnswer:
    """Sends the message again to the queue it came from, with its attempts beginning anew. Asking twice sends once.

    An item (its failure is its outcome) is instead collected again by a new run of its job, with exact counts, which
    begins once the job has ended; when it has succeeded since, the answer is `already_done`, and the failure forgotten.
    """
    failure = await get_failure(failure_id, caller, using)
    if failure.refusal is not None:
        raise Problem(409, failure.refusal, REFUSALS[failure.refusal])
    answer = await using.failures.request_retry(failure_id, caller.user_id)
    if answer.refused:
        raise Problem(409, JOB_GONE, "The job of its item has been deleted.")
    log.info("failure_retries_requested", by=caller.user_id, failure_id=failure_id, **answer.model_dump())
    return answer


@router.delete(
    "/{failure_id}", status_code=204, summary="Delete a failure", responses=responses(401, 403, 404, 422, 503)
)
async def delete_failure(failure_id: FailureId, caller: Operator, using: PartsOf) -> None:
    """Forgets the message; also one that is about to be sent again, unless it was in this very moment."""
    if not await using.failures.delete_failure(failure_id):
        raise not_found("failure")
    log.info("failures_deleted", by=caller.user_id, failure_id=failure_id)
