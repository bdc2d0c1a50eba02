"""A thin typed client of the HTTP API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self, TypeVar, cast

import httpx
from asinflow.client.core import STREAM_TIMEOUT, TIMEOUT, given_only, new_key, segment
from asinflow.client.errors import ApiProblem
from asinflow.client.errors import Unreachable as ApiUnreachable
from asinflow.client.sse import read_events

from cli.documents import Failure, Job, JobItem, Page, PageSample, PricePoint, Product, Queue, TimelineEntry
from cli.endpoint import Endpoint

__all__ = ["Api", "ApiProblem", "ApiUnreachable", "JobUpdate"]

T = TypeVar("T")
Params = Mapping[str, str | int | None]

_LARGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class JobUpdate:
    """One event of a job's live stream: its name, its id to resume after, and the job's fields in it."""

    event: str
    id: str
    data: dict[str, Any]


def resource(path: str, *parts: str) -> str:
    """A path below another, each part quoted."""
    return "/".join((path, *map(segment, parts)))


class Api:
    """The API as one user sees it. Every method raises ApiProblem when refused, ApiUnreachable when out of reach."""

    def __init__(self, endpoint: Endpoint, transport: httpx.BaseTransport | None = None) -> None:
        self.endpoint = endpoint
        self._http = httpx.Client(
            base_url=endpoint.url,
            headers={"Authorization": f"Bearer {endpoint.token}", "User-Agent": "asinflow-cli"},
            timeout=TIMEOUT,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def submit(self, request: Mapping[str, Any], idempotency_key: str | None = None) -> Job:
        """Submit a job. A connection that breaks is tried once more: the key makes sure there is one job only."""
        headers = {"Idempotency-Key": idempotency_key or new_key()}
        try:
            response = self._send("POST", "/v1/jobs", json=request, headers=headers)
        except ApiUnreachable as error:
            if isinstance(error.__cause__, httpx.ConnectError):
                raise
            response = self._send("POST", "/v1/jobs", json=request, headers=headers)
        return cast("Job", response.json())

    def job(self, job_id: str) -> Job:
        """One job."""
        return cast("Job", self._send("GET", f"/v1/jobs/{segment(job_id)}").json())

    def act(self, job_id: str, step: str, asked: Mapping[str, Any] | None = None) -> Job:
        """Take a step with a job (cancel, pause, resume, retry, recollect); the job as it then is."""
        path = f"/v1/jobs/{segment(job_id)}/{step}"
        return cast("Job", (self._send("POST", path) if asked is None else self._send("POST", path, json=asked)).json())

    def change(self, job_id: str, changes: Mapping[str, Any]) -> Job:
        """Change fields of a job; the job as it then is."""
        return cast("Job", self._send("PATCH", f"/v1/jobs/{segment(job_id)}", json=changes).json())

    def delete(self, job_id: str, *, cancel: bool = False) -> None:
        """Delete a job, with `cancel` also one that has not ended."""
        self._send("DELETE", f"/v1/jobs/{segment(job_id)}", params={"cancel": "true"} if cancel else None)

    def jobs(self, limit: int | None = None, **filters: str | None) -> Iterator[Job]:
        """Jobs, newest first."""
        return cast("Iterator[Job]", self._pages("/v1/jobs", filters, limit))

    def items(self, job_id: str, limit: int | None = None, **filters: str | None) -> Iterator[JobItem]:
        """The items of a job, in order."""
        return cast("Iterator[JobItem]", self._pages(f"/v1/jobs/{segment(job_id)}/items", filters, limit))

    def timeline(self, job_id: str, limit: int | None = None) -> Iterator[TimelineEntry]:
        """What was done to a job, oldest first."""
        return cast("Iterator[TimelineEntry]", self._pages(f"/v1/jobs/{segment(job_id)}/timeline", {}, limit))

    def products(self, limit: int | None = None, **filters: str | None) -> Iterator[Product]:
        """Collected products."""
        return cast("Iterator[Product]", self._pages("/v1/products", filters, limit))

    def price_history(
        self, marketplace: str, asin: str, limit: int | None = None, **bounds: str | None
    ) -> Iterator[PricePoint]:
        """What the price of one of your products did, newest first."""
        return cast("Iterator[PricePoint]", self._pages(f"{_product(marketplace, asin)}/price-history", bounds, limit))

    def analyze(self, marketplace: str, asin: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Analyse one of your products anew; its new analysis."""
        return self._ask(f"{_product(marketplace, asin)}/analyze", wanted)

    def calculate(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The analysis of a product described by hand."""
        return self._ask("/v1/profit/calculate", question)

    def recommend_price(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The price to ask for a product described by hand."""
        return self._ask("/v1/profit/recommend-price", question)

    def samples(self, limit: int | None = None, **filters: str | None) -> Iterator[PageSample]:
        """Kept pages, newest first; for operators."""
        return cast("Iterator[PageSample]", self._pages("/v1/page-samples", filters, limit))

    def sample(self, sample_id: str) -> tuple[PageSample, bytes]:
        """A kept page: what is known of it, and its source."""
        path = f"/v1/page-samples/{segment(sample_id)}"
        return cast("PageSample", self._send("GET", path).json()), self._send("GET", f"{path}/body").content

    def failures(self, limit: int | None = None, **filters: str | None) -> Iterator[Failure]:
        """Messages that nobody could handle, the latest first; for operators."""
        return cast("Iterator[Failure]", self._pages("/v1/failures", filters, limit))

    def failure(self, failure_id: str) -> Failure:
        """All that is known of one of them."""
        return cast("Failure", self._send("GET", _failure(failure_id)).json())

    def retry_failure(self, failure_id: str) -> dict[str, Any]:
        """Have the message sent again."""
        return cast("dict[str, Any]", self._send("POST", f"{_failure(failure_id)}/retry").json())

    def delete_failure(self, failure_id: str) -> None:
        """Forget the message."""
        self._send("DELETE", _failure(failure_id))

    def retry_failures(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Have many sent again; the answer says whether there are more."""
        return self._ask("/v1/failures/retry", chosen)

    def prune_failures(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Forget old ones; the answer says whether there are more."""
        return self._ask("/v1/failures/prune", chosen)

    def delete_failures(self, chosen: Params) -> dict[str, Any]:
        """Forget many; the answer says whether there are more."""
        return cast("dict[str, Any]", self._send("DELETE", "/v1/failures", params=given_only(chosen)).json())

    def queues(self) -> list[Queue]:
        """The broker's queues; for operators."""
        return cast("list[Queue]", self._send("GET", "/v1/queues").json()["items"])

    def items_export(self, job_id: str, form: str, status: str | None = None) -> Iterator[bytes]:
        """All items of a job as `csv` or `ndjson`, as they arrive."""
        with self._stream(f"/v1/jobs/{segment(job_id)}/items", {"format": form, "status": status}) as response:
            yield from self._body(response)

    def events(self, job_id: str, last_event_id: str = "") -> Iterator[JobUpdate]:
        """The job's live stream, until the API closes it. Heartbeats are not shown."""
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_event_id} if last_event_id else {})
        with self._stream(f"/v1/jobs/{segment(job_id)}/events", {}, headers) as response:
            for event in read_events(self._body(response)):
                data = json.loads(event.data)
                if isinstance(data, dict):
                    yield JobUpdate(event.name, event.id, data)

    def listed(self, path: str, limit: int | None = None, **filters: str | None) -> Iterator[dict[str, Any]]:
        """The entries of the list at `path`."""
        return self._pages(path, filters, limit)

    def document(self, path: str, **params: str | None) -> dict[str, Any]:
        """What is at `path`."""
        return cast("dict[str, Any]", self._send("GET", path, params=given_only(params)).json())

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What is answered to `body`. Not sent twice by itself."""
        return cast("dict[str, Any]", self._send("POST", path, json=body).json())

    def patch(self, path: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """What is at `path` after the changes."""
        return cast("dict[str, Any]", self._send("PATCH", path, json=changes).json())

    def remove(self, path: str) -> None:
        """Delete what is at `path`."""
        self._send("DELETE", path)

    def _ask(self, path: str, question: Mapping[str, Any]) -> dict[str, Any]:
        return cast("dict[str, Any]", self._send("POST", path, json=question).json())

    def _pages(self, path: str, filters: Params, limit: int | None) -> Iterator[dict[str, Any]]:
        """Follow cursors up to `limit` rows; None means all."""
        left, cursor = limit, None
        while left is None or left > 0:
            size = _LARGEST_PAGE if left is None else min(left, _LARGEST_PAGE)
            reply = self._send("GET", path, params=given_only({**filters, "limit": size, "cursor": cursor}))
            page = cast("Page[dict[str, Any]]", reply.json())
            yield from page["items"]
            left = None if left is None else left - len(page["items"])
            if (cursor := page["next_cursor"]) is None:
                return

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        with self._reaching():
            response = self._http.request(method, path, **request)
        if response.is_error:
            raise ApiProblem.of(response)
        return response

    @contextmanager
    def _stream(self, path: str, params: Params, headers: Mapping[str, str] | None = None) -> Iterator[httpx.Response]:
        request = self._http.build_request(
            "GET", path, params=given_only(params), headers=headers, timeout=STREAM_TIMEOUT
        )
        with self._reaching():
            response = self._http.send(request, stream=True)
        try:
            if response.is_error:
                with self._reaching():
                    response.read()
                raise ApiProblem.of(response)
            yield response
        finally:
            response.close()

    def _body(self, response: httpx.Response) -> Iterator[bytes]:
        with self._reaching():
            yield from response.iter_bytes()

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except httpx.TransportError as error:
            raise ApiUnreachable(f"{self.endpoint.url} cannot be reached: {error or type(error).__name__}") from error


def _failure(failure_id: str) -> str:
    return f"/v1/failures/{segment(failure_id)}"


def _product(marketplace: str, asin: str) -> str:
    return f"/v1/products/{segment(marketplace)}/{segment(asin)}"
