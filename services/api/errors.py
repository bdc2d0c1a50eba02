"""Turns whatever ends a request into a problem document, and documents the problems of each route."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from services.api.problems import MEDIA_TYPE, FieldError, Problem, invalid, invalid_field, unavailable
from services.api.responses import ProblemView
from shared.errors import AsinflowError, DatabaseUnavailableError
from shared.log import get_logger
from shared.profit.errors import ImpossibleMarginError, NoRecommendationError, UnknownCategoryError
from shared.validation import sentence

log = get_logger(__name__)

# The first part of a pydantic location in a request: where the value was, which is no part of its name.
_PLACES = frozenset({"body", "query", "path", "header"})

# The field of a request that a question about profit fails on.
_PROFIT_FIELDS = {"impossible_margin": "target_margin", "unknown_category": "category"}

MEANINGS: Mapping[int, str] = {
    401: "No token, or one that is not valid",
    403: "The token lacks the scope",
    404: "There is no such thing, or it is another user's",
    405: "This resource does not know the method",
    409: "It is not in a state for this",
    412: "It has changed since the `ETag` in `If-Match`",
    413: "The body is too large",
    415: "The body is of a type that is not taken here",
    422: "The request is not valid; `errors` names each field",
    429: "Too many requests, or too many streams at once; try again after the seconds in `Retry-After`",
    503: "The database or the broker cannot be reached; try again after the seconds in `Retry-After`",
}


def install(app: FastAPI) -> None:
    """Register a handler for every kind of failure that a route or the framework may raise."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
    app.add_exception_handler(DatabaseUnavailableError, _on_database)
    for kind in (ImpossibleMarginError, UnknownCategoryError, NoRecommendationError):
        app.add_exception_handler(kind, _on_profit)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI entries of the problems a route may answer with; whoever needs a token may be asked to slow down."""
    limited = {429} if 401 in statuses else set()
    return {status: _response(status) for status in sorted({*statuses, *limited})}


def _response(status: int) -> dict[str, Any]:
    phrase = HTTPStatus(status).phrase
    code = phrase.lower().replace(" ", "_")
    example = Problem(status, code, MEANINGS[status], retryable=status in {429, 503}).document("019ab0c2d7e4")
    schema = {"$ref": f"#/components/schemas/{ProblemView.__name__}"}
    return {"description": MEANINGS[status], "content": {MEDIA_TYPE: {"schema": schema, "example": example}}}


def to_response(request: Request, problem: Problem) -> JSONResponse:
    return JSONResponse(
        problem.document(request.state.request_id), problem.status, headers=problem.headers, media_type=MEDIA_TYPE
    )


async def _on_problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)  # noqa: S101  narrows to what it is registered for
    return to_response(request, error)


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  narrows to what it is registered for
    if error.status_code == HTTPStatus.BAD_REQUEST:  # the framework's word for a body that is not even text
        return to_response(request, invalid_field("body", "json_invalid", "is not JSON"))
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_")
    detail = MEANINGS.get(error.status_code, phrase) + "."
    return to_response(request, Problem(error.status_code, code, detail, headers=_headers(request, error)))


def _headers(request: Request, error: HTTPException) -> Mapping[str, str] | None:
    """The error's own, with every method of the path for 405 (RFC 9110, 15.5.6), not the first route's only."""
    if error.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
        return error.headers
    path = getattr(request.scope.get("route"), "path", None)
    methods = request.app.openapi()["paths"].get(path)
    if methods is None:
        return error.headers
    return {"Allow": ", ".join(sorted(method.upper() for method in methods))}


async def _on_validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  narrows to what it is registered for
    # A parameter that two parts of a route read is found wrong by both.
    found = list(dict.fromkeys(_field_error(entry) for entry in error.errors()))
    names = ", ".join(dict.fromkeys(entry.field for entry in found))
    return to_response(request, invalid("invalid_request", f"The request is not valid: {names}.", found))


def _field_error(entry: Mapping[str, Any]) -> FieldError:
    if entry["type"] == "json_invalid":  # its place is that in the bytes, no field
        return FieldError("body", "json_invalid", "is not JSON")
    place = [str(part) for part in entry["loc"]]
    if len(place) > 1 and place[0] in _PLACES:
        place = place[1:]
    return FieldError(".".join(place), entry["type"], sentence(entry))


async def _on_disconnect(request: Request, _: Exception) -> JSONResponse:
    """Nobody is there to read it; it ends the request without being taken for a fault of ours."""
    return to_response(request, Problem(400, "client_disconnected", "The body broke off."))


async def _on_database(request: Request, error: Exception) -> JSONResponse:
    log.warning("database_unavailable", reason=str(error))
    return to_response(request, unavailable())


async def _on_profit(request: Request, error: Exception) -> JSONResponse:
    """A question about profit that has no answer; its sentence is made for those who ask."""
    assert isinstance(error, AsinflowError)  # noqa: S101  narrows to what it is registered for
    field, message, more = _PROFIT_FIELDS.get(error.code), error.message, None
    if isinstance(error, ImpossibleMarginError):
        message, more = f"must be at most {error.largest_margin}", {"largest_margin": float(error.largest_margin)}
    errors = [] if field is None else [FieldError(field, error.code, message)]
    return to_response(request, Problem(422, error.code, error.message, errors=errors, more=more))
