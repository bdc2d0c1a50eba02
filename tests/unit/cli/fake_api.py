"""A small HTTP API in memory that answers as the real one does, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

URL = "http://api.test"
JOB_ID = "019ab0c2d7e47c60a1f2b3c4d5e6f708"


def a_job(**changes: Any) -> dict[str, Any]:
    """A job of four items that is half done."""
    job = {
        "id": JOB_ID,
        "type": "BULK_ASIN",
        "status": "PROCESSING",
        "status_reason": None,
        "priority": "normal",
        "request": {"count": 4, "url": None, "keyword": None, "marketplace": None, "max_results": None},
        "created_at": "2026-11-23T06:00:00Z",
        "started_at": "2026-11-23T06:00:01Z",
        "completed_at": None,
        "total_items": 4,
        "progress": 2,
        "success_count": 1,
        "error_count": 1,
        "cancelled_count": 0,
        "progress_percent": 50.0,
        "success_rate": 50.0,
        "items_per_second": 2.0,
        "eta_seconds": 1.0,
        "duration_seconds": 1.0,
        "error_message": None,
    }
    return {**job, **changes}


def completed(**changes: Any) -> dict[str, Any]:
    """The same job at its end."""
    figures = {"progress": 4, "success_count": 3, "error_count": 1, "progress_percent": 100.0, "eta_seconds": None}
    return a_job(**{"status": "COMPLETED", **figures, "duration_seconds": 2.0, **changes})


def sse(event: str, data: dict[str, Any], event_id: str = "") -> bytes:
    """One event on the wire."""
    return f"id: {event_id}\nevent: {event}\ndata: {json.dumps(data)}\n\n".encode()


class Broken(httpx.SyncByteStream):
    """A body whose connection breaks after the pieces given, by the error given."""

    def __init__(self, pieces: list[bytes], error: BaseException) -> None:
        self._pieces = pieces
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        raise self._error


Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@dataclass
class FakeApi:
    """Answers each route with what was queued for it; the last answer stays."""

    requests: list[httpx.Request] = field(default_factory=list)
    _answers: dict[tuple[str, str], list[Answer]] = field(default_factory=dict)

    def on(self, method: str, path: str, *answers: Answer | dict[str, Any] | list[bytes]) -> None:
        self._answers[method, path] = [_answer(answer) for answer in answers]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answers = self._answers.get((request.method, request.url.path))
        if not answers:
            return problem(404, "job_not_found", "There is no such job.")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self)

    def bodies(self) -> list[Any]:
        """The JSON bodies it was sent."""
        return [json.loads(request.content) for request in self.requests if request.content]


def _answer(given: Answer | dict[str, Any] | list[bytes]) -> Answer:
    if isinstance(given, dict):
        return lambda _: httpx.Response(200, json=given)
    if isinstance(given, list):
        return lambda _: httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=iter(given))
    return given


def problem(status: int, code: str, detail: str, **more: Any) -> httpx.Response:
    """A problem document."""
    headers = more.pop("headers", {})
    document = {"type": f"urn:asinflow:problem:{code}", "title": "Refused", "status": status, "detail": detail}
    return httpx.Response(status, json={**document, "code": code, "errors": [], **more}, headers=headers)
