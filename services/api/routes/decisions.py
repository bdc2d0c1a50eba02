"""What to make of a job's products, over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from services.api.dependencies import JobsReader, PartsOf
from services.api.errors import responses
from services.api.profit_tally import BestBy
from services.api.responses import JobProfit

router = APIRouter(prefix="/v1/jobs/{job_id}", tags=["jobs"])

Best = Annotated[int, Query(ge=0, le=100, description="How many of the best products to list")]
By = Annotated[BestBy, Query(description="What makes a product better: its profit in KRW, or its margin")]


@router.get("/profit", summary="See what a job would earn", responses=responses(401, 403, 404, 422, 503))
async def job_profit(
    job_id: str, caller: JobsReader, using: PartsOf, best: Best = 10, by: By = BestBy.PROFIT
) -> JobProfit:
    """How many of the products collected so far are profitable, by how much, which are best, and why others cannot be
    judged. Every product counts once, with its analysis as it is now. Exact; some seconds for 100,000 items."""
    job = await using.jobs.get(caller.user_id, job_id)
    return await using.job_profit.summary(job, best=best, by=by)
