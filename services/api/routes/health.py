"""What the process tells about itself."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.api.dependencies import PartsOf
from services.api.responses import Health, Readiness
from shared.health import run_checks

router = APIRouter(tags=["health"])

STATIC = Path(__file__).parent.parent / "static"
# Every message between the services; `make docs` writes it.
MESSAGES = STATIC / "asyncapi.json"


@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> Health:
    return Health(status="alive")


@router.get(
    "/readyz",
    summary="Can it serve requests?",
    responses={503: {"model": Readiness, "description": "The database cannot be used"}},
)
async def readyz(using: PartsOf, response: Response) -> Readiness:
    results = await run_checks(using.checks)
    response.status_code = 200 if results["database"] else 503
    return Readiness(ready=results["database"], **results)


@router.get("/metrics", include_in_schema=False)
async def metrics() -> Response:
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


@router.get("/asyncapi.json", include_in_schema=False)
async def asyncapi() -> FileResponse:
    return FileResponse(MESSAGES, media_type="application/json")
