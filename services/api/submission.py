"""From a request to a job that can be stored, or the reasons why not. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from services.api.keyset import ProductSet
from services.api.problems import FieldError, Problem, invalid, invalid_field
from services.api.requests import (
    JOB_REQUEST,
    NO_SUCH_TYPE,
    TYPES,
    BulkAsinRequest,
    BulkOptionsRequest,
    KeywordRequest,
    OptionsRequest,
    UrlRequest,
)
from services.api.settings import ApiSettings
from shared.amazon.addresses import UnsupportedAddress, recognise
from shared.amazon.asins import InvalidAsin, Item, normalise
from shared.ids import product_key
from shared.jobs import JobType
from shared.validation import sentence

AnyRequest = BulkAsinRequest | UrlRequest | KeywordRequest

MAX_REPORTED = 1_000
MAX_ECHO = 200
KEYWORD_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class BadLine:
    """`line` is its line in an upload, or its place in a list, from 1."""

    input: str
    code: str
    message: str
    line: int


@dataclass(slots=True)
class Tally:
    """What became of the lines of a list."""

    accepted: int = 0
    duplicate: int = 0
    invalid: int = 0

    @property
    def lines(self) -> int:
        return self.accepted + self.duplicate + self.invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions:
    """What a job of any type is asked to be, with every default filled in."""

    priority: str
    settings: Mapping[str, Any]
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOptions(JobOptions):
    """And what a list of products is asked to be."""

    marketplace: str
    strict: bool

    def canonical(self) -> bytes:
        """The same for the same options."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A request understood. `keys` are the distinct products that it named, in order; listings have none yet.

    Of the lines that name no product `invalid` holds the first 1,000.
    """

    type: JobType
    options: JobOptions
    request: Mapping[str, Any]
    fingerprint: str
    keys: Sequence[str] = ()
    tally: Tally | None = None
    invalid: Sequence[BadLine] = ()


def understand(body: bytes, settings: ApiSettings) -> Submission:
    """Raises Problem (422) naming every field that is wrong. Takes about a second for 100,000 lines."""
    try:
        request = JOB_REQUEST.validate_json(body)
    except ValidationError as error:
        raise refused(error.errors(include_url=False, include_context=False, include_input=False)) from error
    return submission_of(request, settings)


def submission_of(request: AnyRequest, settings: ApiSettings) -> Submission:
    """Raises Problem (422) for what the form of a request does not tell."""
    match request:
        case BulkAsinRequest():
            return _bulk(request, settings)
        case UrlRequest():
            return _url(request, settings)
        case _:
            return _keyword(request, settings)


def refused(errors: Iterable[Mapping[str, Any]]) -> Problem:
    """The problem that names what pydantic found wrong; the tag of a union is no part of a field's path."""
    found = [_field_error(error) for error in errors]
    names = ", ".join(dict.fromkeys(error.field for error in found[:5]))
    return invalid("invalid_request", f"The request is not valid: {names}.", found)


def _field_error(error: Mapping[str, Any]) -> FieldError:
    if error["type"] in NO_SUCH_TYPE:
        return FieldError("type", str(error["type"]), f"must be {', '.join(TYPES[:-1])} or {TYPES[-1]}")
    place = ".".join(str(part) for part in error["loc"] if part not in TYPES)
    return FieldError(place or "body", str(error["type"]), sentence(error))


def _bulk(request: BulkAsinRequest, settings: ApiSettings) -> Submission:
    if len(request.asins) > settings.max_items_per_job:
        raise invalid_field("asins", "too_many", f"a job takes at most {settings.max_items_per_job} lines")
    options = bulk_options(request, settings)
    asked = fingerprint(request)  # which takes a copy of the list, while nothing else is made of it
    seen, keys = ProductSet(), list[str]()
    bad: list[BadLine] = []
    for place, line in enumerate(request.asins, 1):
        try:
            item = product_named(line, options.marketplace, settings)
        except InvalidAsin as error:
            bad.append(BadLine(line[:MAX_ECHO], error.code, error.message, place))
            continue
        if seen.add(item):
            keys.append(product_key(item.marketplace, item.asin))
    tally = Tally(len(keys), len(request.asins) - len(bad) - len(keys), len(bad))
    check_tally(tally, bad, strict=options.strict, field="asins")
    return Submission(
        type=JobType.BULK_ASIN,
        options=options,
        request={"count": tally.accepted},
        fingerprint=asked,
        keys=tuple(keys),
        tally=tally,
        invalid=bad[:MAX_REPORTED],
    )


def bulk_options(request: BulkOptionsRequest, settings: ApiSettings) -> BulkOptions:
    """Raises Problem (422) for a marketplace that is not served."""
    marketplace = _marketplace(request.marketplace, settings)
    return BulkOptions(**_common(request, settings), marketplace=marketplace, strict=request.strict)


def product_named(line: str, marketplace: str, settings: ApiSettings) -> Item:
    """The product that a line names, by itself or in `marketplace`. Raises InvalidAsin."""
    item = normalise(line, marketplace)
    if item.marketplace not in settings.marketplaces:
        raise InvalidAsin(line, "marketplace", f"{item.marketplace} is not among the configured marketplaces.")
    return item


def check_tally(tally: Tally, bad: Sequence[BadLine], *, strict: bool, field: str) -> None:
    """Raises Problem (422) for a list without any product, and for one with a line that names none if `strict`."""
    if tally.accepted and not (tally.invalid and strict):
        return
    errors = [FieldError(field, line.code, f"line {line.line}, {line.input!r}: {line.message}") for line in bad]
    names_none = f"{tally.invalid} of {tally.lines} lines name no product."
    detail = names_none if tally.lines else "The list is empty: it names no product."
    raise invalid("invalid_items" if tally.accepted else "no_valid_items", detail, errors)


def _url(request: UrlRequest, settings: ApiSettings) -> Submission:
    try:
        address = recognise(request.url, settings.marketplaces)
    except UnsupportedAddress as error:
        raise invalid_field("url", error.code, error.message) from error
    return Submission(
        type=JobType.URL,
        options=JobOptions(**_common(request, settings)),
        request={"url": address.url, "max_results": _max_results(request.max_results, settings)},
        fingerprint=fingerprint(request),
    )


def _keyword(request: KeywordRequest, settings: ApiSettings) -> Submission:
    keyword = " ".join(request.keyword.split())
    if not 1 <= len(keyword) <= KEYWORD_CHARACTERS:
        raise invalid_field("keyword", "length", f"must have 1 to {KEYWORD_CHARACTERS} characters")
    if not keyword.isprintable():
        raise invalid_field("keyword", "unprintable", "must not hold control characters")
    asked = {
        "keyword": keyword,
        "marketplace": _marketplace(request.marketplace, settings),
        "max_results": _max_results(request.max_results, settings),
    }
    options = JobOptions(**_common(request, settings))
    return Submission(type=JobType.KEYWORD, options=options, request=asked, fingerprint=fingerprint(request))


def _marketplace(name: str | None, settings: ApiSettings) -> str:
    chosen = settings.default_marketplace if name is None else name.strip().lower()
    if chosen not in settings.marketplaces:
        known = ", ".join(settings.marketplaces)
        raise invalid_field("marketplace", "unknown_marketplace", f"must be one of {known}")
    return chosen


def _max_results(given: int | None, settings: ApiSettings) -> int:
    if given is None:
        return min(settings.default_max_results, settings.max_items_per_job)
    if given > settings.max_items_per_job:
        raise invalid_field("max_results", "too_many", f"must be at most {settings.max_items_per_job}")
    return given


def _time_limit(given: int | None, settings: ApiSettings) -> int:
    most = settings.max_job_time_limit_seconds
    if given is not None and given > most:
        raise invalid_field("settings.time_limit_seconds", "too_long", f"must be at most {most}")
    return min(settings.job_time_limit_seconds, most) if given is None else given


def _common(request: OptionsRequest, settings: ApiSettings) -> dict[str, Any]:
    chosen = request.settings.model_dump()
    if chosen["max_age_seconds"] is None:
        chosen["max_age_seconds"] = settings.default_max_age_seconds
    chosen["time_limit_seconds"] = _time_limit(chosen["time_limit_seconds"], settings)
    tags = tuple(dict.fromkeys(request.tags))
    return {"priority": request.priority, "settings": chosen, "tags": tags, "metadata": request.metadata}


def fingerprint(request: BaseModel) -> str:
    """The same for two bodies that ask for the same in other spacing or order of members."""
    canonical = json.dumps(request.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
