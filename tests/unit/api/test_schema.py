"""The OpenAPI document is true: what it promises holds for requests made up from it."""

import gzip
import json
import os
from itertools import cycle
from typing import Any

import jwt
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from pydantic import BaseModel
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.api.app import create_app
from services.api.failures import FAILURE_DETAIL_EXAMPLE, FAILURE_EXAMPLE, Failure, FailureDetail
from services.api.queues import QUEUE_EXAMPLE, QueueView
from services.api.requests import BULK_EXAMPLE, KEYWORD_EXAMPLE, URL_EXAMPLE, AnalyzeRequest
from services.api.responses import (
    AUDIT_EXAMPLE,
    ERROR_GROUP_EXAMPLE,
    ITEM_EXAMPLE,
    JOB_EXAMPLE,
    PRICE_POINT_EXAMPLE,
    PRODUCT_EXAMPLE,
    ErrorGroupView,
    ItemView,
    JobAudit,
    JobView,
    PricePoint,
    ProductView,
)
from services.api.samples import SAMPLE_EXAMPLE, PageSample
from services.api.submission import understand
from shared.auth import SCOPES, issue_token
from shared.profit import CalculateRequest
from tests.unit.api import openapi_routes as routes
from tests.unit.api.app import app_around
from tests.unit.api.builders import (
    HOME,
    SECRET,
    api_settings,
    asin,
    bearer,
    failure,
    job,
    outcome,
    page_sample,
    price_point,
    product,
    stored_failure,
)
from tests.unit.api.conftest import World
from tests.unit.api.fakes import FakeFailureStore

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def populated() -> World:
    """A world with a job and a product, so that made-up requests meet something."""
    world = World()
    world.jobs.put(job(id="0" * 32, total_items=5))
    world.items.keys = [f"{HOME}:{asin(number)}" for number in range(5)]
    world.items.finish(outcome(0), failure(1))
    stored = product(1)
    world.products.products[stored["_id"]] = stored
    world.products.points = [price_point(1), price_point(2, None)]
    world.failures = FakeFailureStore(*(stored_failure(number) for number in range(5)))
    world.samples.samples = [page_sample(1)]
    world.samples.bodies = {page_sample(1).id: gzip.compress(b"<html>")}
    return world


@schemathesis.serializer("application/x-ndjson")
def ndjson(_: Any, value: Any) -> bytes:
    return str(value).encode()


schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(populated().parts())).exclude(path_regex="/events$")


# A few requests per route with every run of the tests; ASINFLOW_SCHEMA_EXAMPLES=500 takes its time.
EXAMPLES = int(os.environ.get("ASINFLOW_SCHEMA_EXAMPLES", "5"))
made_up = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True
)
# What a client may come with, and what it is answered with for that.
TOKENS: dict[str, tuple[dict[str, str], set[int]]] = {
    "none": ({}, {401}),
    "another scheme": ({"Authorization": "Basic YW5uOmFubg=="}, {401}),
    "no token": ({"Authorization": "Bearer "}, {401}),
    "nonsense": ({"Authorization": "Bearer a.b.c"}, {401}),
    "not signed": ({"Authorization": f"Bearer {jwt.encode({'sub': 'ann'}, '', 'none')}"}, {401}),
    "another's key": ({"Authorization": f"Bearer {issue_token('x' * 40, 'ann', SCOPES)}"}, {401}),
    "expired": ({"Authorization": f"Bearer {issue_token(SECRET, 'ann', SCOPES, -60)}"}, {401}),
    "no scope": (bearer("ann", "nothing"), {401, 403}),
}

# Tells the holder of any token what it allows, be it nothing.
OPEN_TO_ALL_TOKENS = "/v1/me"

tokens = cycle(TOKENS.values())


@schema.parametrize()
@made_up
def test_answers_are_as_documented(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(headers=bearer("ann", *SCOPES), checks=CHECKS)


@schema.include(path_regex="^/v1/").parametrize()
@made_up
def test_answers_to_strangers_are_as_documented(case: schemathesis.Case[Any]) -> None:
    headers, statuses = next(tokens)
    response = case.call_and_validate(headers=headers, checks=CHECKS)
    if case.path == OPEN_TO_ALL_TOKENS and 403 in statuses:
        statuses = {200}
    # What is wrong with the request itself may be told first, but nothing else.
    assert response.status_code in statuses | {405, 413, 415, 422}, (case.path, headers)


@pytest.fixture
def document() -> dict[str, Any]:
    found: dict[str, Any] = app_around(World().parts()).openapi()
    return found


def test_every_path_parameter_is_known_to_the_test_of_isolation(document: dict[str, Any]) -> None:
    """tests/integration/api/test_isolation.py fills each with what another user owns: name a new one there as well."""
    assert {name for each in routes.operations(document) for name in each.parameters} <= routes.PARAMETERS


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(path, operation) for path, methods in document["paths"].items() for operation in methods.values()]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    names = {part.partition('"')[0] for part in json.dumps(document).split('"#/components/schemas/')[1:]}
    assert {"JobRequest", "BulkAsinRequest", "ProblemView", "FieldErrorView"} <= names
    assert names <= document["components"]["schemas"].keys()


def test_every_refusal_is_a_problem_document(document: dict[str, Any]) -> None:
    for path, operation in operations(document):
        refusals = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        if path.startswith("/v1/"):
            # The profit routes ask nobody for anything.
            expected = {"401", "403"} if path.startswith("/v1/profit/") else {"401", "403", "503"}
            assert expected <= refusals.keys(), path
            assert {"application/problem+json"} == {kind for r in refusals.values() for kind in r["content"]}, path


def test_everything_under_v1_needs_a_token(document: dict[str, Any]) -> None:
    unguarded = {path for path, operation in operations(document) if not operation.get("security")}
    assert unguarded == {"/healthz", "/readyz"}


@pytest.mark.parametrize("example", [BULK_EXAMPLE, URL_EXAMPLE, KEYWORD_EXAMPLE])
def test_examples_of_requests_are_accepted(example: dict[str, Any]) -> None:
    assert understand(json.dumps(example).encode(), api_settings())


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (JobView, JOB_EXAMPLE),
        (ItemView, ITEM_EXAMPLE),
        (ErrorGroupView, ERROR_GROUP_EXAMPLE),
        (JobAudit, AUDIT_EXAMPLE),
        (ProductView, PRODUCT_EXAMPLE),
        (PricePoint, PRICE_POINT_EXAMPLE),
        (PageSample, SAMPLE_EXAMPLE),
        (Failure, FAILURE_EXAMPLE),
        (FailureDetail, FAILURE_DETAIL_EXAMPLE),
        (QueueView, QUEUE_EXAMPLE),
    ],
)
def test_examples_of_answers_are_complete(model: type[BaseModel], example: dict[str, Any]) -> None:
    assert model.model_validate(example).model_dump(mode="json") == example


@pytest.mark.parametrize("model", [AnalyzeRequest, CalculateRequest])
def test_examples_of_questions_are_accepted(model: type[BaseModel]) -> None:
    [example] = model.model_json_schema()["examples"]
    assert model.model_validate(example)


def test_interactive_pages_of_third_parties_are_off() -> None:
    app = create_app(World().parts())
    assert (app.docs_url, app.redoc_url) == (None, None)
