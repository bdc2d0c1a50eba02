"""What can go wrong: the API refuses, or it cannot be reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import httpx


class AsinflowClientError(Exception):
    """The root of all errors of this package."""


class Unreachable(AsinflowClientError):  # noqa: N818  a state of the network, not a fault of the caller
    """The API could not be reached, or the connection broke: then it was `connected`."""

    def __init__(self, message: str, *, connected: bool = True) -> None:
        self.connected = connected
        super().__init__(message)


class ApiProblem(AsinflowClientError):  # noqa: N818  RFC 9457 calls it a problem
    """The API's refusal (RFC 9457): `code` is stable, `errors` name the fields at fault; `retry_after` in seconds."""

    def __init__(self, status: int, document: Mapping[str, Any], retry_after: float | None = None) -> None:
        self.status = status
        self.document = document
        self.code = str(document.get("code") or f"http_{status}")
        self.title = str(document.get("title") or f"HTTP {status}")
        self.detail = str(document.get("detail") or self.title)
        self.retryable = bool(document.get("retryable", status in {429, 503}))
        self.request_id = document.get("request_id")
        self.errors: list[Any] = list(document.get("errors") or ())
        self.retry_after = retry_after
        super().__init__(self.detail)

    @classmethod
    def of(cls, response: httpx.Response) -> Self:
        """The problem in a response that was read; a proxy's answer that is no JSON keeps its status and reason."""
        try:
            document = response.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            document = {"title": f"HTTP {response.status_code} {response.reason_phrase}".strip()}
        kind = KINDS.get(response.status_code, cls)
        return kind(response.status_code, document, retry_after(response))  # type: ignore[return-value]


class NotAuthenticated(ApiProblem):
    """401: no token, or one that is not valid."""


class NotAllowed(ApiProblem):
    """403: the token lacks a scope."""


class NotFound(ApiProblem):
    """404: there is no such thing, or it is another user's."""


class Conflict(ApiProblem):
    """409: it is not in a state for this."""


class Invalid(ApiProblem):
    """422: the request is not valid; `errors` names each field."""


class TooManyRequests(ApiProblem):
    """429: try again after `retry_after` seconds."""


class Unavailable(ApiProblem):
    """503: the API cannot serve now."""


KINDS: dict[int, type[ApiProblem]] = {
    401: NotAuthenticated,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    422: Invalid,
    429: TooManyRequests,
    503: Unavailable,
}


def retry_after(response: httpx.Response) -> float | None:
    """The seconds of a `Retry-After`; dates are not understood, and the API sends none."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else None
