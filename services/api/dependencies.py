"""What routes are given: the parts built at start, and the caller behind a token."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import TypeAdapter, ValidationError

from services.api.audit import Auditor
from services.api.auth import Authenticator, Caller, require
from services.api.error_groups import FailureCounter
from services.api.handlers import JobHandlers
from services.api.item_reader import ItemReader
from services.api.job_profit import ProfitReader
from services.api.keys import KeyDesk
from services.api.lifecycle import LifeCycle
from services.api.live import LiveJobs
from services.api.operations import OperationsStore
from services.api.price_desk import PriceDesk
from services.api.profit import ProfitDesk
from services.api.queues import QueueReader
from services.api.quoter import Quoter
from services.api.ratelimits import RateLimits, refuse_overuse
from services.api.reprice_desk import RepriceDesk
from services.api.results import ResultReader
from services.api.schedule_desk import ScheduleDesk
from services.api.settings import ApiSettings
from services.api.stats import StatsDesk
from services.api.stores import FailureStore, ProductStore, SampleStore
from services.api.submitter import Submitter
from services.api.webhook_desk import WebhookDesk
from shared.clock import Clock
from shared.health import Check
from shared.log import get_logger

log = get_logger(__name__)

BEARER = HTTPBearer(auto_error=False, bearerFormat="JWT", description="`sub` is the user, `scope` what it may do")


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Everything that requests are served with; see bootstrap."""

    settings: ApiSettings
    authenticator: Authenticator
    jobs: JobHandlers
    life: LifeCycle
    submitter: Submitter
    keys: KeyDesk
    quoter: Quoter
    stats: StatsDesk
    limits: RateLimits
    items: ItemReader
    results: ResultReader
    job_profit: ProfitReader
    repricing: RepriceDesk
    prices: PriceDesk
    error_groups: FailureCounter
    auditor: Auditor
    products: ProductStore
    samples: SampleStore
    failures: FailureStore
    queues: QueueReader
    operations: OperationsStore
    profit: ProfitDesk
    webhooks: WebhookDesk
    schedules: ScheduleDesk
    live: LiveJobs
    broker_connected: Callable[[], bool]
    checks: Mapping[str, Check]
    clock: Clock


async def parts(request: Request) -> Parts:
    # Not awaiting anything; whatever is not async is run in a thread.
    found: Parts = request.app.state.parts
    return found


PartsOf = Annotated[Parts, Depends(parts)]


_FLAG = TypeAdapter(bool)


def _is_dry(request: Request) -> bool:
    """Whether `dry_run` says so, in any of the spellings of a flag; one that is none is refused later."""
    try:
        return _FLAG.validate_python(request.query_params.get("dry_run", "false"))
    except ValidationError:
        return False


def allowed(scope: str | None, *, collecting: bool = False) -> Callable[..., Coroutine[Any, Any, Caller]]:
    """A dependency that yields the caller, or ends the request with 401, 403 or 429; without a scope any token will do.

    `collecting` requests make products be collected, and have a limit of their own besides; a dry run does not.
    """

    async def caller(
        request: Request,
        using: PartsOf,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
    ) -> Caller:
        found = await using.authenticator.authenticate(credentials.credentials if credentials else None)
        if scope is not None:
            require(found, scope)
        standings = await using.limits.take(found.user_id, collecting=collecting and not _is_dry(request))
        request.state.rate_limits = standings
        refuse_overuse(standings)
        return found

    return caller


Anybody = Annotated[Caller, Depends(allowed(None))]
JobsReader = Annotated[Caller, Depends(allowed("jobs:read"))]
JobsWriter = Annotated[Caller, Depends(allowed("jobs:write"))]
JobsCollector = Annotated[Caller, Depends(allowed("jobs:write", collecting=True))]
ProductsReader = Annotated[Caller, Depends(allowed("products:read"))]
ProductsWriter = Annotated[Caller, Depends(allowed("products:write"))]
Operator = Annotated[Caller, Depends(allowed("operator"))]
