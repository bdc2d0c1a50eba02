"""Submitting jobs over HTTP: as JSON, or as a list that is uploaded; for real, or as a dry run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError

from services.api.dependencies import JobsCollector, Parts, PartsOf
from services.api.errors import responses
from services.api.keys import checked_key
from services.api.lines import READERS
from services.api.multipart import FormFile, form_file
from services.api.problems import FieldError, Problem, invalid, invalid_field
from services.api.requests import (
    BULK_EXAMPLE,
    KEYWORD_EXAMPLE,
    URL_EXAMPLE,
    BulkOptionsRequest,
    JobSettings,
    Priority,
)
from services.api.responses import QUOTE_EXAMPLE, JobAccepted, Quote
from services.api.routes.making import REPLAYED_HEADER, IdempotencyKey, tell_made
from services.api.routes.paging import header
from services.api.submission import Submission, bulk_options, refused, understand
from services.api.uploads import UploadReader

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

# Larger bodies are read in a thread: 100,000 lines take about a second.
INLINE_BODY_BYTES = 16_384
SECONDS_TO_FIRST_LOOK = "1"
JSON, FORM = "application/json", "multipart/form-data"


def _list_body(text: str, example: str) -> dict[str, Any]:
    return {"schema": {"type": "string", "description": text}, "example": example}


REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        JSON: {
            "schema": {"$ref": "#/components/schemas/JobRequest"},
            "examples": {
                "asins": {"summary": "Products by ASIN", "value": BULK_EXAMPLE},
                "url": {"summary": "A bestseller list", "value": URL_EXAMPLE},
                "keyword": {"summary": "A search", "value": KEYWORD_EXAMPLE},
            },
        },
        "text/plain": _list_body("ASINs or product addresses, one a line", "B07WXL5YPW\nB0CHX1W1XY\n"),
        "text/csv": _list_body(
            "The column `asin` (or `url`, where that is empty or missing, or else the first), and `marketplace`",
            "asin,marketplace\nB07WXL5YPW,amazon.co.jp\n",
        ),
        "application/x-ndjson": _list_body(
            "A text, or an object with `asin` or `url`, per line", '"B07WXL5YPW"\n{"asin": "B0CHX1W1XY"}\n'
        ),
        FORM: {
            "schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}},
        },
    },
}


class UploadQuery(BaseModel):
    """A dry run of any request; and the options of an uploaded list, which JSON has in its body."""

    dry_run: bool = Field(default=False, description="Say what it would come to, store nothing; no collecting request")
    marketplace: str | None = Field(default=None, max_length=50, description="Of an upload, as in JSON")
    strict: bool | None = Field(default=None, description="Of an upload, as in JSON")
    priority: Priority | None = Field(default=None, description="Of an upload, as in JSON")
    tags: str | None = Field(default=None, max_length=2_000, description="Of an upload: separated by commas")
    metadata: str | None = Field(default=None, max_length=40_000, description="Of an upload: an object as JSON")
    auto_analyze: bool | None = Field(default=None, description="Of an upload, as in `settings`")
    target_margin: float | None = Field(default=None, description="Of an upload, as in `settings`")
    japan_shipping_jpy: int | None = Field(default=None, description="Of an upload, as in `settings`")
    korea_shipping_krw: int | None = Field(default=None, description="Of an upload, as in `settings`")
    packaging_krw: int | None = Field(default=None, description="Of an upload, as in `settings`")
    shipping_tier: str | None = Field(default=None, max_length=20, description="Of an upload, as in `settings`")
    max_age_seconds: int | None = Field(default=None, description="Of an upload, as in `settings`")
    quality_gate: str | None = Field(default=None, max_length=2_000, description="Of an upload: an object as JSON")
    time_limit_seconds: int | None = Field(default=None, description="Of an upload, as in `settings`")

    def options(self) -> BulkOptionsRequest:
        """Raises Problem (422) for an option that JSON would not allow either."""
        given = self.model_dump(exclude_none=True, exclude={"dry_run"})
        settings = {name: given.pop(name) for name in JobSettings.model_fields if name in given}
        if "tags" in given:
            given["tags"] = [tag for tag in given["tags"].split(",") if tag]
        if "metadata" in given:
            given["metadata"] = _parsed("metadata", given["metadata"])
        if "quality_gate" in settings:
            settings["quality_gate"] = _parsed("quality_gate", settings["quality_gate"])
        try:
            return BulkOptionsRequest.model_validate({**given, "settings": JobSettings.model_validate(settings)})
        except ValidationError as error:
            raise refused(error.errors(include_url=False, include_context=False, include_input=False)) from error


async def upload_query(query: Annotated[UploadQuery, Query()]) -> UploadQuery:
    """Read once for all that depend on it."""
    return query


UploadOptions = Annotated[UploadQuery, Depends(upload_query)]


def _parsed(field: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise invalid_field(field, "json_invalid", "must be a JSON object") from error


@dataclass(frozen=True)
class Upload:
    """A list on its way in."""

    reader: UploadReader
    body: AsyncIterator[bytes]


async def asked(request: Request, caller: JobsCollector, using: PartsOf, query: UploadOptions) -> Submission | Upload:
    """The request understood, or a list that is still to be read; nothing of it is read before the caller is known."""
    content_type = request.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == JSON:
        _refuse_options(query)
        body = await request.body()
        if len(body) <= INLINE_BODY_BYTES:
            return understand(body, using.settings)
        return await asyncio.to_thread(understand, body, using.settings)
    if media_type == FORM:
        form = form_file(content_type, UploadQuery.model_fields)
        return await _form_upload(form, form.pieces(request.stream()), query, using)
    if media_type not in READERS:
        taken = ", ".join((JSON, *READERS, FORM))
        raise Problem(415, "unsupported_media_type", f"Send the job as one of {taken}.")
    return Upload(_reader(media_type, query, using), request.stream())


def _reader(media_type: str, query: UploadQuery, using: Parts) -> UploadReader:
    return UploadReader(media_type, bulk_options(query.options(), using.settings), using.settings)


async def _form_upload(form: FormFile, pieces: AsyncIterator[bytes], query: UploadQuery, using: Parts) -> Upload:
    """A form tells the type of its file with the file's first bytes."""
    first = await anext(pieces, b"")

    async def body() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return Upload(_reader(form.media_type or "text/plain", query, using), body())


def _refuse_options(query: UploadQuery) -> None:
    given = query.model_dump(exclude_none=True, exclude={"dry_run"})
    if given:
        errors = [FieldError(name, "belongs_to_body", "belongs into the body of a JSON request") for name in given]
        raise invalid("invalid_request", f"The request is not valid: {', '.join(given)}.", errors)


@router.post(
    "",
    status_code=202,
    summary="Submit a job",
    response_model=JobAccepted,
    openapi_extra={"requestBody": REQUEST_BODY},
    responses={
        200: {"model": Quote, "description": "A dry run", "content": {JSON: {"example": QUOTE_EXAMPLE}}},
        202: {
            "headers": {
                "Location": header("Where the job is"),
                "Retry-After": header("When to look at it for the first time, in seconds"),
                **REPLAYED_HEADER,
            }
        },
        **responses(401, 403, 409, 413, 415, 422, 429, 503),
    },
)
async def submit_job(
    job: Annotated[Submission | Upload, Depends(asked)],
    caller: JobsCollector,
    using: PartsOf,
    response: Response,
    query: UploadOptions,
    idempotency_key: IdempotencyKey = None,
) -> JobAccepted | Response:
    """Takes the job in and answers at once; its products are collected afterwards.

    A list of products may be uploaded instead of being written into JSON: as `text/plain`, `text/csv`,
    `application/x-ndjson`, or as the file of a form, with the options as query parameters; fields beside the file are
    refused. It is read as it arrives.
    Lines that name no product are reported and left out, unless `strict` is set. With `dry_run=true` the answer is what
    the job would come to.

    Under an `Idempotency-Key` the same request is answered with the first one's answer, or 409 while that is under way;
    another request is refused with 422. A request that was refused uses up no key.
    """
    key = checked_key(idempotency_key)
    if query.dry_run:
        return await _quote(job, caller.user_id, using)
    if isinstance(job, Upload):
        accepted = await using.submitter.upload(caller.user_id, job.reader, job.body, key)
    else:
        accepted = await using.submitter.submit(caller.user_id, job, key)
    tell_made(response, f"/v1/jobs/{accepted.view.id}", replayed=accepted.replayed)
    response.headers["Retry-After"] = SECONDS_TO_FIRST_LOOK
    return accepted.view


async def _quote(job: Submission | Upload, user_id: str, using: Parts) -> Response:
    if isinstance(job, Upload):
        quote = await using.quoter.quote_upload(user_id, job.reader, job.body)
    else:
        quote = await using.quoter.quote(user_id, job)
    return JSONResponse(quote.model_dump(mode="json"))
