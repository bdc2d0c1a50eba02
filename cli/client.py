"""The API for commands: the calls of `asinflow.client`, with their answers as the documents that came."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
from asinflow.client import calls
from asinflow.client.core import Call, Paged, Retries
from asinflow.client.errors import ApiProblem
from asinflow.client.errors import Unreachable as ApiUnreachable
from asinflow.client.sse import read_events
from asinflow.client.transport import SyncTransport

from cli.endpoint import Endpoint

__all__ = ["Api", "ApiProblem", "ApiUnreachable", "JobUpdate", "calls"]

# Who sits before the screen is told at once that nobody answers.
_RETRIES = Retries(connecting=False)


@dataclass(frozen=True, slots=True)
class JobUpdate:
    """One event of a job's live stream: its name, its id to resume after, and the job's fields in it."""

    event: str
    id: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Page:
    items: list[Any]
    next_cursor: str | None


class Api(SyncTransport):
    """The API as one user sees it. Every method raises ApiProblem when refused, ApiUnreachable when out of reach.

    Answers are not read into models: `--json` shows what the API said, also what this version does not know.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(
            endpoint.url, endpoint.token, retries=_RETRIES, user_agent="asinflow-cli", transport=transport, sleep=sleep
        )

    def ask(self, call: Call[Any]) -> Any:
        """The document that a call is answered with; None where there is none."""
        return self.send(replace(call, read=_document))

    def listed(self, paged: Paged[Any]) -> Iterator[Any]:
        """Every entry of a list, page by page."""
        return self.entries(replace(paged, call=replace(paged.call, read=_page)))

    def file(self, call: Call[Any]) -> Iterator[bytes]:
        """An answer that may be large, in pieces as they arrive."""
        with self.stream(call) as pieces:
            yield from pieces

    def events(self, job_id: str, last_event_id: str = "") -> Iterator[JobUpdate]:
        """The job's live stream, until the API closes it. Heartbeats are not shown."""
        with self.stream(calls.events(job_id, last_event_id)) as pieces:
            for event in read_events(pieces):
                data = json.loads(event.data)
                if isinstance(data, dict):
                    yield JobUpdate(event.name, event.id, data)


def _document(response: httpx.Response) -> Any:
    return response.json() if response.content else None


def _page(response: httpx.Response) -> _Page:
    page = response.json()
    return _Page(page["items"], page["next_cursor"])
