"""Every route of the API as a call: what is sent, and what the answer is read as."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

import httpx
from asinflow.client import models
from asinflow.client.core import Call, Content, Paged, new_key, segment
from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)
F = TypeVar("F", bound=Callable[..., Any])
Body = Mapping[str, Any] | BaseModel
FileFormat = Literal["ndjson", "csv", "parquet"]

# Which route each function below is for, by its name.
ROUTES: dict[str, tuple[str, str]] = {}


def route(method: str, path: str) -> Callable[[F], F]:
    """Notes that the function is the call of this route."""

    def note(function: F) -> F:
        ROUTES[function.__name__] = (method, path)
        return function

    return note


def _as(model: type[M]) -> Callable[[httpx.Response], M]:
    return lambda response: model.model_validate_json(response.content)


def _nothing(_: httpx.Response) -> None:
    return None


def _content(response: httpx.Response) -> bytes:
    return response.content


def _body(given: Body) -> Any:
    return given.model_dump(mode="json", exclude_none=True) if isinstance(given, BaseModel) else dict(given)


def _job(job_id: str, tail: str = "") -> str:
    return f"/v1/jobs/{segment(job_id)}{tail}"


def _product(marketplace: str, asin: str, tail: str = "") -> str:
    return f"/v1/products/{segment(marketplace)}/{segment(asin)}{tail}"


@route("POST", "/v1/jobs")
def submit(request: Body, *, idempotency_key: str | None = None) -> Call[models.JobAccepted]:
    """Submit a job. Sent again when the connection breaks: its key, its own unless one is given, makes it one job."""
    headers = {"Idempotency-Key": idempotency_key or new_key()}
    return Call("POST", "/v1/jobs", _as(models.JobAccepted), json=_body(request), headers=headers)


@route("POST", "/v1/jobs")
def upload(
    content: Content,
    *,
    media_type: str = "text/plain",
    idempotency_key: str | None = None,
    **options: str | float | bool | None,
) -> Call[models.JobAccepted]:
    """Submit a list as `text/plain`, `text/csv` or `application/x-ndjson`: bytes, or pieces as they come."""
    headers = {"Idempotency-Key": idempotency_key or new_key(), "Content-Type": media_type}
    return Call("POST", "/v1/jobs", _as(models.JobAccepted), params=options, content=content, headers=headers)


@route("POST", "/v1/jobs")
def dry_run(request: Body) -> Call[models.Quote]:
    """What a job would come to; nothing is stored."""
    return Call("POST", "/v1/jobs", _as(models.Quote), params={"dry_run": True}, json=_body(request))


@route("POST", "/v1/jobs")
def dry_run_upload(
    content: Content, *, media_type: str = "text/plain", **options: str | float | bool | None
) -> Call[models.Quote]:
    """What an uploaded list would come to."""
    params = {**options, "dry_run": True}
    headers = {"Content-Type": media_type}
    return Call("POST", "/v1/jobs", _as(models.Quote), params=params, content=content, headers=headers)


@route("GET", "/v1/jobs")
def jobs(
    *,
    status: str | None = None,
    type: str | None = None,
    tag: str | None = None,
    q: str | None = None,
    limit: int | None = None,
) -> Paged[models.JobView]:
    """Your jobs, the newest first."""
    wanted = {"status": status, "type": type, "tag": tag, "q": q}
    return Paged(Call("GET", "/v1/jobs", _as(models.JobPage), wanted), limit)


@route("GET", "/v1/jobs/{job_id}")
def job(job_id: str) -> Call[models.JobView]:
    """One of your jobs."""
    return Call("GET", _job(job_id), _as(models.JobView))


@route("POST", "/v1/jobs/{job_id}/cancel")
def cancel(job_id: str) -> Call[models.JobView]:
    """End a job; what is collected stays."""
    return Call("POST", _job(job_id, "/cancel"), _as(models.JobView))


@route("POST", "/v1/jobs/{job_id}/pause")
def pause(job_id: str) -> Call[models.JobView]:
    """Stop a job for a while."""
    return Call("POST", _job(job_id, "/pause"), _as(models.JobView))


@route("POST", "/v1/jobs/{job_id}/resume")
def resume(job_id: str) -> Call[models.JobView]:
    """Let a paused job go on."""
    return Call("POST", _job(job_id, "/resume"), _as(models.JobView))


@route("POST", "/v1/jobs/{job_id}/retry")
def retry(job_id: str, wanted: Body | None = None) -> Call[models.JobView]:
    """Begin a new run of what failed. Not sent twice by itself: the second would find the run begun."""
    path = _job(job_id, "/retry")
    return Call("POST", path, _as(models.JobView), json=None if wanted is None else _body(wanted), safe=False)


@route("POST", "/v1/jobs/{job_id}/recollect")
def recollect(job_id: str, older_than_seconds: int) -> Call[models.JobView]:
    """Begin a new run of the products that were seen longer ago than this."""
    wanted = {"older_than_seconds": older_than_seconds}
    return Call("POST", _job(job_id, "/recollect"), _as(models.JobView), json=wanted, safe=False)


@route("PATCH", "/v1/jobs/{job_id}")
def change_job(job_id: str, *, priority: str, rev: int | None = None) -> Call[models.JobView]:
    """Change a job's place among your own; with `rev` only if it is still at that revision, else refused with 412."""
    headers = {} if rev is None else {"If-Match": f'W/"{rev}"'}
    return Call("PATCH", _job(job_id), _as(models.JobView), json={"priority": priority}, headers=headers)


@route("DELETE", "/v1/jobs/{job_id}")
def delete_job(job_id: str, *, cancel: bool = False) -> Call[None]:
    """Delete an ended job, or `cancel` it first; its products stay."""
    return Call("DELETE", _job(job_id), _nothing, {"cancel": cancel or None})


@route("GET", "/v1/jobs/{job_id}/timeline")
def timeline(job_id: str, *, limit: int | None = None) -> Paged[models.TimelineEntryView]:
    """What was done to a job, the oldest first."""
    return Paged(Call("GET", _job(job_id, "/timeline"), _as(models.TimelinePage)), limit)


@route("GET", "/v1/jobs/{job_id}/items")
def items(job_id: str, *, status: str | None = None, limit: int | None = None) -> Paged[models.ItemView]:
    """The items of a job, in order."""
    return Paged(Call("GET", _job(job_id, "/items"), _as(models.ItemPage), {"status": status}), limit)


@route("GET", "/v1/jobs/{job_id}/items")
def items_file(
    job_id: str, form: FileFormat = "ndjson", *, status: str | None = None, cursor: str | None = None
) -> Call[None]:
    """All items of a job as a file."""
    return Call("GET", _job(job_id, "/items"), _nothing, {"format": form, "status": status, "cursor": cursor})


@route("GET", "/v1/jobs/{job_id}/errors")
def errors(job_id: str, *, limit: int = 100, cursor: str | None = None) -> Call[models.ErrorPage]:
    """Why items failed: how many in which way, and a page of those that did."""
    return Call("GET", _job(job_id, "/errors"), _as(models.ErrorPage), {"limit": limit, "cursor": cursor})


@route("GET", "/v1/jobs/{job_id}/errors")
def errors_file(job_id: str, form: FileFormat = "ndjson", *, cursor: str | None = None) -> Call[None]:
    """All items that failed as a file."""
    return Call("GET", _job(job_id, "/errors"), _nothing, {"format": form, "cursor": cursor})


@route("GET", "/v1/jobs/{job_id}/results")
def results(job_id: str, *, limit: int | None = None) -> Paged[models.ResultView]:
    """The products of a job, in its order."""
    return Paged(Call("GET", _job(job_id, "/results"), _as(models.ResultPage)), limit)


@route("GET", "/v1/jobs/{job_id}/results")
def results_file(job_id: str, form: FileFormat = "ndjson", *, cursor: str | None = None) -> Call[None]:
    """All products of a job as a file."""
    return Call("GET", _job(job_id, "/results"), _nothing, {"format": form, "cursor": cursor})


@route("GET", "/v1/jobs/{job_id}/audit")
def audit(job_id: str) -> Call[models.JobAudit]:
    """The books of a job, counted anew."""
    return Call("GET", _job(job_id, "/audit"), _as(models.JobAudit))


@route("GET", "/v1/jobs/{job_id}/profit")
def profit(job_id: str, *, best: int | None = None, by: str | None = None) -> Call[models.JobProfit]:
    """What a job's products would earn, and the best of them by `profit` or `margin`."""
    return Call("GET", _job(job_id, "/profit"), _as(models.JobProfit), {"best": best, "by": by})


@route("POST", "/v1/jobs/{job_id}/reprice")
def reprice(job_id: str, wanted: Body | None = None) -> Call[models.Repricing]:
    """Work all prices of an ended job out anew; done in the background. Asked for twice, it is the same one."""
    return Call("POST", _job(job_id, "/reprice"), _as(models.Repricing), json=_body(wanted or {}))


@route("POST", "/v1/jobs/{job_id}/reprice")
def preview_reprice(
    job_id: str, wanted: Body | None = None, *, best: int | None = None, by: str | None = None
) -> Call[models.RepricePreview]:
    """What a repricing would make of a job; nothing is stored."""
    params = {"dry_run": True, "best": best, "by": by}
    return Call("POST", _job(job_id, "/reprice"), _as(models.RepricePreview), params, json=_body(wanted or {}))


@route("GET", "/v1/jobs/{job_id}/reprice")
def repricing(job_id: str) -> Call[models.Repricing]:
    """The last repricing of a job, and how far it is."""
    return Call("GET", _job(job_id, "/reprice"), _as(models.Repricing))


@route("GET", "/v1/jobs/{job_id}/events")
def events(job_id: str, last_event_id: str = "") -> Call[None]:
    """The live stream of a job."""
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_event_id} if last_event_id else {})
    return Call("GET", _job(job_id, "/events"), _nothing, headers=headers)


@route("GET", "/v1/products")
def products(*, limit: int | None = None, **filters: str | float | bool | None) -> Paged[models.ProductView]:
    """Your products; the filters are those of the API."""
    return Paged(Call("GET", "/v1/products", _as(models.ProductPage), filters), limit)


@route("GET", "/v1/products")
def products_file(form: FileFormat = "ndjson", **filters: str | float | bool | None) -> Call[None]:
    """Your products as a file."""
    return Call("GET", "/v1/products", _nothing, {"format": form, **filters})


@route("POST", "/v1/products/reprice-preview")
def preview_products(wanted: Body) -> Call[models.ProductsPreview]:
    """What other rates, margin or costs would make of some of your products; nothing is stored."""
    return Call("POST", "/v1/products/reprice-preview", _as(models.ProductsPreview), json=_body(wanted))


@route("POST", "/v1/products/selling-prices")
def give_prices(wanted: Body) -> Call[models.PricedProducts]:
    """Keep selling prices of your own with up to 1,000 of your products; sent again it does the same."""
    return Call("POST", "/v1/products/selling-prices", _as(models.PricedProducts), json=_body(wanted))


@route("GET", "/v1/products/{marketplace}/{asin}")
def product(marketplace: str, asin: str) -> Call[models.ProductView]:
    """One of your products."""
    return Call("GET", _product(marketplace, asin), _as(models.ProductView))


@route("PATCH", "/v1/products/{marketplace}/{asin}")
def change_product(marketplace: str, asin: str, **changes: Any) -> Call[models.ProductView]:
    """Set `favorite` or `notes` of one of your products."""
    return Call("PATCH", _product(marketplace, asin), _as(models.ProductView), json=changes)


@route("DELETE", "/v1/products/{marketplace}/{asin}")
def delete_product(marketplace: str, asin: str) -> Call[None]:
    """Forget one of your products."""
    return Call("DELETE", _product(marketplace, asin), _nothing)


@route("GET", "/v1/products/{marketplace}/{asin}/price-history")
def price_history(
    marketplace: str, asin: str, *, since: str | None = None, until: str | None = None, limit: int | None = None
) -> Paged[models.PricePoint]:
    """What the price of one of your products did, the newest first."""
    path = _product(marketplace, asin, "/price-history")
    return Paged(Call("GET", path, _as(models.PricePage), {"since": since, "until": until}), limit)


@route("POST", "/v1/products/{marketplace}/{asin}/analyze")
def analyze(marketplace: str, asin: str, wanted: Body | None = None) -> Call[models.Analysis]:
    """Analyse one of your products anew."""
    return Call("POST", _product(marketplace, asin, "/analyze"), _as(models.Analysis), json=_body(wanted or {}))


@route("POST", "/v1/profit/calculate")
def calculate(question: Body) -> Call[models.Analysis]:
    """The resale of a product described by hand."""
    return Call("POST", "/v1/profit/calculate", _as(models.Analysis), json=_body(question))


@route("POST", "/v1/profit/recommend-price")
def recommend_price(question: Body) -> Call[models.RecommendPriceResponse]:
    """The price to ask for a product described by hand."""
    return Call("POST", "/v1/profit/recommend-price", _as(models.RecommendPriceResponse), json=_body(question))


@route("GET", "/v1/stats")
def stats() -> Call[models.Stats]:
    """Your jobs and products in figures."""
    return Call("GET", "/v1/stats", _as(models.Stats))


@route("GET", "/v1/page-samples")
def page_samples(
    *, marketplace: str | None = None, reason: str | None = None, limit: int | None = None
) -> Paged[models.PageSample]:
    """Kept pages, the newest first; for operators."""
    params = {"marketplace": marketplace, "reason": reason}
    return Paged(Call("GET", "/v1/page-samples", _as(models.PageSamplePage), params), limit)


@route("GET", "/v1/page-samples/{sample_id}")
def page_sample(sample_id: str) -> Call[models.PageSample]:
    """What is known of a kept page."""
    return Call("GET", f"/v1/page-samples/{segment(sample_id)}", _as(models.PageSample))


@route("GET", "/v1/page-samples/{sample_id}/body")
def page_sample_body(sample_id: str) -> Call[bytes]:
    """The source of a kept page."""
    return Call("GET", f"/v1/page-samples/{segment(sample_id)}/body", _content)


@route("GET", "/v1/failures")
def failures(*, limit: int | None = None, **filters: str | bool | None) -> Paged[models.Failure]:
    """Messages that nobody could handle, the newest first; for operators, as all that follows."""
    return Paged(Call("GET", "/v1/failures", _as(models.FailurePage), filters), limit)


@route("GET", "/v1/failures/{failure_id}")
def failure(failure_id: str) -> Call[models.FailureDetail]:
    """One failure with its message."""
    return Call("GET", f"/v1/failures/{segment(failure_id)}", _as(models.FailureDetail))


@route("POST", "/v1/failures/{failure_id}/retry")
def retry_failure(failure_id: str) -> Call[models.RetryAnswer]:
    """Send a failure's message again."""
    return Call("POST", f"/v1/failures/{segment(failure_id)}/retry", _as(models.RetryAnswer), safe=False)


@route("POST", "/v1/failures/retry")
def retry_failures(wanted: Body) -> Call[models.RetryAnswer]:
    """Send the messages of many failures again."""
    return Call("POST", "/v1/failures/retry", _as(models.RetryAnswer), json=_body(wanted), safe=False)


@route("DELETE", "/v1/failures/{failure_id}")
def delete_failure(failure_id: str) -> Call[None]:
    """Forget a failure."""
    return Call("DELETE", f"/v1/failures/{segment(failure_id)}", _nothing)


@route("DELETE", "/v1/failures")
def delete_failures(**filters: str | bool | None) -> Call[models.DeleteAnswer]:
    """Forget the failures that fit, or `all`."""
    return Call("DELETE", "/v1/failures", _as(models.DeleteAnswer), filters)


@route("POST", "/v1/failures/prune")
def prune_failures(wanted: Body) -> Call[models.DeleteAnswer]:
    """Forget old failures."""
    return Call("POST", "/v1/failures/prune", _as(models.DeleteAnswer), json=_body(wanted))


@route("GET", "/v1/queues")
def queues() -> Call[models.QueueList]:
    """How full the queues are."""
    return Call("GET", "/v1/queues", _as(models.QueueList))


@route("GET", "/v1/me")
def me() -> Call[models.Me]:
    """Who the token says you are, and what it allows."""
    return Call("GET", "/v1/me", _as(models.Me))


@route("GET", "/v1/pace")
def pace() -> Call[models.PaceList]:
    """How often each marketplace may be asked, and which are paused."""
    return Call("GET", "/v1/pace", _as(models.PaceList))


@route("GET", "/v1/services")
def services() -> Call[models.ServiceList]:
    """Whether each kind of process is there."""
    return Call("GET", "/v1/services", _as(models.ServiceList))


def _webhook(webhook_id: str, tail: str = "") -> str:
    return f"/v1/webhooks/{segment(webhook_id)}{tail}"


@route("GET", "/v1/webhooks")
def webhooks() -> Paged[models.WebhookView]:
    """Your webhooks, the newest first."""
    return Paged(Call("GET", "/v1/webhooks", _as(models.WebhookPage)), page_size=None)


@route("POST", "/v1/webhooks")
def create_webhook(wanted: Body, *, idempotency_key: str | None = None) -> Call[models.WebhookWithSecret]:
    """Make a webhook; its secret is shown this once. Sent again when the connection breaks, as a job is."""
    headers = {"Idempotency-Key": idempotency_key or new_key()}
    return Call("POST", "/v1/webhooks", _as(models.WebhookWithSecret), json=_body(wanted), headers=headers)


@route("GET", "/v1/webhooks/{webhook_id}")
def webhook(webhook_id: str) -> Call[models.WebhookView]:
    """One of your webhooks."""
    return Call("GET", _webhook(webhook_id), _as(models.WebhookView))


@route("PATCH", "/v1/webhooks/{webhook_id}")
def change_webhook(webhook_id: str, **changes: Any) -> Call[models.WebhookView]:
    """Change `url`, `events`, `progress`, `description` or `enabled` of a webhook."""
    return Call("PATCH", _webhook(webhook_id), _as(models.WebhookView), json=changes)


@route("DELETE", "/v1/webhooks/{webhook_id}")
def delete_webhook(webhook_id: str) -> Call[None]:
    """Delete a webhook with its deliveries."""
    return Call("DELETE", _webhook(webhook_id), _nothing)


@route("POST", "/v1/webhooks/{webhook_id}/rotate-secret")
def rotate_secret(
    webhook_id: str, *, overlap_hours: float = 24.0, drop: str | None = None
) -> Call[models.WebhookWithSecret]:
    """Replace a webhook's secret; the old one signs as well for the overlap.

    While two sign already, `drop` names the one that stops: `present` or `previous`.
    """
    wanted = {"overlap_hours": overlap_hours} | ({} if drop is None else {"drop": drop})
    return Call("POST", _webhook(webhook_id, "/rotate-secret"), _as(models.WebhookWithSecret), json=wanted, safe=False)


@route("POST", "/v1/webhooks/{webhook_id}/ping")
def ping_webhook(webhook_id: str) -> Call[models.DeliveryDetail]:
    """Send an event of type `ping` to a webhook."""
    return Call("POST", _webhook(webhook_id, "/ping"), _as(models.DeliveryDetail), safe=False)


@route("GET", "/v1/webhooks/{webhook_id}/deliveries")
def deliveries(webhook_id: str, *, state: str | None = None, limit: int | None = None) -> Paged[models.DeliveryView]:
    """What was sent to a webhook or is to be, the newest first."""
    return Paged(Call("GET", _webhook(webhook_id, "/deliveries"), _as(models.DeliveryPage), {"state": state}), limit)


@route("GET", "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}")
def delivery(webhook_id: str, delivery_id: str) -> Call[models.DeliveryDetail]:
    """A delivery with its body and its last attempts."""
    path = _webhook(webhook_id, f"/deliveries/{segment(delivery_id)}")
    return Call("GET", path, _as(models.DeliveryDetail))


@route("POST", "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay")
def replay_delivery(webhook_id: str, delivery_id: str) -> Call[models.DeliveryDetail]:
    """Send a delivery again, as the same message."""
    path = _webhook(webhook_id, f"/deliveries/{segment(delivery_id)}/replay")
    return Call("POST", path, _as(models.DeliveryDetail), safe=False)


def _schedule(schedule_id: str, tail: str = "") -> str:
    return f"/v1/schedules/{segment(schedule_id)}{tail}"


@route("GET", "/v1/schedules")
def schedules() -> Paged[models.ScheduleView]:
    """Your schedules, the newest first."""
    return Paged(Call("GET", "/v1/schedules", _as(models.SchedulePage)), page_size=None)


@route("POST", "/v1/schedules")
def create_schedule(wanted: Body, *, idempotency_key: str | None = None) -> Call[models.ScheduleAccepted]:
    """Make a schedule; lines that name no product are told. Sent again when the connection breaks, as a job is."""
    headers = {"Idempotency-Key": idempotency_key or new_key()}
    return Call("POST", "/v1/schedules", _as(models.ScheduleAccepted), json=_body(wanted), headers=headers)


@route("GET", "/v1/schedules/times")
def schedule_times(cron: str, *, timezone: str | None = None) -> Call[models.ScheduleTimes]:
    """When a schedule would be due; nothing is stored."""
    params = {"cron": cron, "timezone": timezone}
    return Call("GET", "/v1/schedules/times", _as(models.ScheduleTimes), params=params)


@route("GET", "/v1/schedules/{schedule_id}")
def schedule(schedule_id: str) -> Call[models.ScheduleView]:
    """One of your schedules."""
    return Call("GET", _schedule(schedule_id), _as(models.ScheduleView))


@route("PATCH", "/v1/schedules/{schedule_id}")
def change_schedule(schedule_id: str, **changes: Any) -> Call[models.ScheduleAccepted]:
    """Change `name`, `cron`, `timezone`, `missed`, `overlap`, `paused` or `job` of a schedule."""
    return Call("PATCH", _schedule(schedule_id), _as(models.ScheduleAccepted), json=changes)


@route("DELETE", "/v1/schedules/{schedule_id}")
def delete_schedule(schedule_id: str) -> Call[None]:
    """Delete a schedule; its jobs stay."""
    return Call("DELETE", _schedule(schedule_id), _nothing)


@route("GET", "/v1/schedules/{schedule_id}/products")
def schedule_products(schedule_id: str) -> Call[models.ScheduleProducts]:
    """The list that a schedule's jobs are made of."""
    return Call("GET", _schedule(schedule_id, "/products"), _as(models.ScheduleProducts))


@route("GET", "/v1/schedules/{schedule_id}/runs")
def schedule_runs(schedule_id: str, *, limit: int | None = None) -> Paged[models.ScheduleRunView]:
    """The times of a schedule that have come, the latest first."""
    return Paged(Call("GET", _schedule(schedule_id, "/runs"), _as(models.ScheduleRunPage)), limit)


@route("GET", "/v1/schedules/{schedule_id}/runs/{run_id}/delta")
def schedule_delta(schedule_id: str, run_id: str, *, change: str | None = None) -> Call[models.RunDelta]:
    """What a run found changed since the run before."""
    path = _schedule(schedule_id, f"/runs/{segment(run_id)}/delta")
    return Call("GET", path, _as(models.RunDelta), {"change": change})


@route("GET", "/healthz")
def health() -> Call[models.Health]:
    """Whether the API is alive."""
    return Call("GET", "/healthz", _as(models.Health))


@route("GET", "/readyz")
def readiness() -> Call[models.Readiness]:
    """Whether the API can serve; Unavailable when it cannot."""
    return Call("GET", "/readyz", _as(models.Readiness))
