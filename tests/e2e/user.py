"""A user of the system, who knows nothing but its HTTP interface."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
from asinflow.client.sse import read_events

from tests.e2e.waiting import wait_until

Document = dict[str, Any]
ENDED = {"COMPLETED", "FAILED", "CANCELLED"}


class User:
    def __init__(self, name: str, client: httpx.Client) -> None:
        self.name = name
        self.client = client

    def submit(self, job_type: str, *, key: str | None = None, **request: Any) -> Document:
        """Post a job; the answer must be 202."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.client.post("/v1/jobs", json={"type": job_type, **request}, headers=headers)
        assert answer.status_code == 202, answer.text
        return self._document(answer)

    def submit_asins(self, asins: list[str], **request: Any) -> str:
        """Post a list of products; the job's id."""
        return str(self.submit("BULK_ASIN", asins=asins, **request)["id"])

    def job(self, job_id: str) -> Document:
        return self._document(self.client.get(f"/v1/jobs/{job_id}").raise_for_status())

    def wait_for_progress(self, job_id: str, progress: int, deadline: float = 60.0) -> Document:
        """The job once so many of its items have their outcome."""
        return wait_until(lambda: self._if(job_id, lambda job: job["progress"] >= progress), deadline)

    def wait_for_end(self, job_id: str, deadline: float = 60.0) -> Document:
        """The job once it has ended in whatever way."""
        return wait_until(lambda: self._if(job_id, lambda job: job["status"] in ENDED), deadline)

    def _if(self, job_id: str, condition: Callable[[Document], bool]) -> Document | None:
        """The job if it fulfils the condition; None also while the API is away."""
        try:
            answer = self.client.get(f"/v1/jobs/{job_id}")
        except httpx.TransportError:
            return None
        if answer.status_code == 503:
            return None
        job = self._document(answer.raise_for_status())
        assert condition(job), job
        return job

    def act(self, job_id: str, step: str, **asked: Any) -> Document:
        """Pause, resume, retry or cancel a job; the job as it then is."""
        return self._document(self.client.post(f"/v1/jobs/{job_id}/{step}", json=asked or None).raise_for_status())

    def cancel(self, job_id: str) -> Document:
        return self.act(job_id, "cancel")

    def items(self, job_id: str, **query: Any) -> list[Document]:
        return list(self._pages(f"/v1/jobs/{job_id}/items", limit=1000, **query))

    def products(self, **query: Any) -> list[Document]:
        return list(self._pages("/v1/products", limit=200, **query))

    def jobs(self) -> list[Document]:
        return list(self._pages("/v1/jobs", limit=200))

    def events(self, job_id: str) -> Iterator[tuple[str, Document]]:
        """The job's live events by name, until the stream ends."""
        with self.client.stream("GET", f"/v1/jobs/{job_id}/events") as response:
            assert response.status_code == 200
            for event in read_events(response.iter_bytes()):
                yield event.name, json.loads(event.data)

    def _pages(self, path: str, **query: Any) -> Iterator[Document]:
        while True:
            page = self._document(self.client.get(path, params=query).raise_for_status())
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]

    @staticmethod
    def _document(answer: httpx.Response) -> Document:
        document: Document = answer.json()
        return document
