"""The web application: middleware and routes around the parts it is given."""

from __future__ import annotations

from fastapi import Depends, FastAPI
from starlette.middleware.cors import CORSMiddleware

from services.api import dashboard, errors, openapi
from services.api.compression import Compressed
from services.api.dependencies import Parts
from services.api.head import HeadAsGet
from services.api.middleware import BodyLimit, RequestContext
from services.api.parameters import only_known
from services.api.reference import served as reference
from services.api.routes import (
    decisions,
    events,
    failures,
    health,
    items,
    jobs,
    life,
    me,
    operations,
    products,
    profit,
    queues,
    samples,
    schedules,
    stats,
    submit,
    webhooks,
)

DESCRIPTION = """Collects Amazon products in bulk.

Submit a job, follow it live, read its items and the products it collected. All errors are problem documents (RFC 9457)
with a stable `code`; lists are paged by cursor; times are UTC; money is a JSON number, printed exactly."""

# Enough for whatever is no list of products.
SMALL_BODY_BYTES = 65_536
# For a list of ten thousand products.
SCHEDULE_BODY_BYTES = 1_048_576


def create_app(parts: Parts) -> FastAPI:
    """Nothing is started here: the application serves as long as its parts do."""
    # The framework's pages load scripts from elsewhere: one of our own is at /docs.
    app = FastAPI(title="Asinflow", version="1.0.0", description=DESCRIPTION, docs_url=None, redoc_url=None)
    app.state.parts = parts
    errors.install(app)
    openapi.install(app)
    of_users = (submit, jobs, items, decisions, life, events, stats, products, profit, webhooks, schedules, me)
    for resource in (*of_users, samples, failures, queues, operations):
        app.include_router(resource.router, dependencies=[Depends(only_known)])
    app.include_router(health.router)
    reference.install(app)
    dashboard.install(app, parts.settings.image_hosts)
    # The last added is the outermost.
    bulk = (parts.settings.max_body_bytes, parts.settings.max_upload_bytes)
    larger = {"/v1/jobs": bulk, "/v1/schedules": (SCHEDULE_BODY_BYTES, SMALL_BODY_BYTES)}
    app.add_middleware(BodyLimit, max_bytes=SMALL_BODY_BYTES, larger=larger)
    app.add_middleware(Compressed, minimum_size=1_000, compresslevel=5)
    if parts.settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(parts.settings.cors_origins),
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Idempotency-Key",
                "Last-Event-ID",
                "If-Match",
                "If-None-Match",
                "X-Request-ID",
                "traceparent",
            ],
            expose_headers=[
                "ETag",
                "Idempotency-Replayed",
                "Link",
                "Location",
                "RateLimit",
                "RateLimit-Policy",
                "Retry-After",
                "X-Request-ID",
            ],
        )
    app.add_middleware(HeadAsGet)
    app.add_middleware(RequestContext)
    return app
