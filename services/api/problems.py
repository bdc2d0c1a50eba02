"""Errors as RFC 9457 problem documents: a stable code for machines, a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

MEDIA_TYPE = "application/problem+json"
MAX_FIELD_ERRORS = 100


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one part of a request; `field` is a path such as `settings.target_margin`."""

    field: str
    code: str
    message: str


class Problem(Exception):  # noqa: N818  RFC 9457 calls it a problem
    """Ends a request with `status`; `detail` is for people and never holds an internal error's text.

    `more` are members that only this kind of problem has.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        retryable: bool = False,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[FieldError] = (),
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.retryable = retryable
        self.headers = dict(headers or {})
        self.errors = tuple(errors[:MAX_FIELD_ERRORS])
        self.more = dict(more or {})

    def document(self, request_id: str) -> dict[str, Any]:
        """The body to send."""
        return {
            "type": f"urn:asinflow:problem:{self.code.replace('_', '-')}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "retryable": self.retryable,
            "request_id": request_id,
            "errors": [{"field": error.field, "code": error.code, "message": error.message} for error in self.errors],
            **self.more,
        }


def invalid(code: str, detail: str, errors: Sequence[FieldError] = ()) -> Problem:
    """A request that is well-formed HTTP but asks for what cannot be done."""
    return Problem(422, code, detail, errors=errors)


def invalid_field(field: str, code: str, message: str) -> Problem:
    return invalid("invalid_request", f"{field}: {message}", [FieldError(field, code, message)])


def not_found(what: str) -> Problem:
    return Problem(404, f"{what}_not_found", f"There is no such {what}.")


def not_in_state(code: str, detail: str, status: str, allowed: Sequence[str]) -> Problem:
    """A step that the job's state does not allow; tells the state and the steps that it does allow."""
    return Problem(409, code, detail, more={"job_status": status, "allowed": list(allowed)})


def unavailable(seconds: int = 5) -> Problem:
    return Problem(
        503,
        "database_unavailable",
        "The database cannot be reached now; try again shortly.",
        retryable=True,
        headers={"Retry-After": str(seconds)},
    )
