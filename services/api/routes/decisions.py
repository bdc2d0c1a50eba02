"""What to make of a job's products, over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.api.dependencies import JobsReader, PartsOf, ProductsWriter
from services.api.errors import responses
from services.api.profit_tally import BestBy
from services.api.repricing import repricing_view
from services.api.requests import RepriceRequest
from services.api.responses import JobProfit, RepricePreview, Repricing
from services.api.routes.paging import header

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


@router.post(
    "/reprice",
    status_code=202,
    summary="Work a job's prices out anew",
    response_model=Repricing,
    responses={
        200: {"model": RepricePreview, "description": "A dry run"},
        202: {"headers": {"Location": header("Where to see how far it is")}},
        **responses(401, 403, 404, 409, 413, 422, 503),
    },
)
async def reprice_job(
    *,
    job_id: str,
    caller: ProductsWriter,
    using: PartsOf,
    response: Response,
    asked: RepriceRequest,
    dry_run: Annotated[bool, Query(description="Say what it would come to, and store nothing")] = False,
    best: Best = 10,
    by: By = BestBy.PROFIT,
) -> Repricing | Response:
    """Analyses all products that an ended job has collected with other rates, margin or costs; nothing is fetched, no
    price changes, no event is sent. It is done in the background with the rates of this moment, and goes on after a
    crash; the job's settings become those asked for. Asked for again while it runs, it is the same one.

    With `dry_run=true` the answer is the profit of the job before and after, of a job that still runs as well.
    """
    job = await using.jobs.get(caller.user_id, job_id)
    if dry_run:
        preview = await using.repricing.preview_job(job, asked, best=best, by=by)
        return Response(preview.model_dump_json(), media_type="application/json")
    found = await using.repricing.begin(job, asked)
    response.headers["Location"] = f"/v1/jobs/{job.id}/reprice"
    return repricing_view(found)


@router.get("/reprice", summary="See how far a repricing is", responses=responses(401, 403, 404, 503))
async def job_repricing(job_id: str, caller: JobsReader, using: PartsOf) -> Repricing:
    """The last repricing of the job."""
    job = await using.jobs.get(caller.user_id, job_id)
    return repricing_view(await using.repricing.find(job))
