"""Query parameters are taken as strictly as bodies: a filter that is misspelt must not silently be none."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Request
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import AfterValidator, AwareDatetime

from services.api.problems import FieldError, invalid


def _printable(text: str | None) -> str | None:
    if text is not None and not text.isprintable():
        raise ValueError("must not hold control characters")
    return text


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("must be a year from 1 to 9999") from error


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
Text = Annotated[str | None, AfterValidator(_printable)]

# By path and method of a route, as far as they have been asked for.
_known: dict[tuple[str, str], list[str]] = {}


async def only_known(request: Request) -> None:
    """Raises a problem that names every parameter the route does not document, or was given more than once."""
    given = Counter(name for name, _ in request.query_params.multi_items())
    if not given:
        return
    known = _documented(request.scope["route"], request.method.lower())
    told = f"is not known here; there are {', '.join(known)}" if known else "is not known here; there are none"
    found = [FieldError(name, "unknown_parameter", told) for name in given if name not in known]
    found += [FieldError(n, "repeated_parameter", "is given more than once") for n in known if given[n] > 1]
    if found:
        names = ", ".join(error.field for error in found)
        raise invalid("invalid_request", f"The request is not valid: {names}.", found)


def _documented(route: APIRoute, method: str) -> list[str]:
    """The names of its query parameters. To document all routes takes half a second, for which others would wait."""
    key = route.path, method
    if key not in _known:
        operation = get_openapi(title="", version="", routes=[route])["paths"][route.path][method]
        _known[key] = sorted(each["name"] for each in operation.get("parameters", []) if each["in"] == "query")
    return _known[key]
