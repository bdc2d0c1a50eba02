"""Requests made up from the OpenAPI document, to an API with a real database and a real broker."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import given

from shared.auth import SCOPES
from shared.mongo import Database
from tests.integration.api.conftest import Running
from tests.unit.api.builders import asin, bearer, price_point, product, stored_failure
from tests.unit.api.test_schema import CHECKS, made_up, schema


@pytest.mark.timeout(600)
async def test_answers_are_as_documented_with_real_stores(api: Running, database: Database) -> None:
    bulk = {"type": "BULK_ASIN", "asins": [asin(1), asin(2)]}
    await api.client.post("/v1/jobs", json=bulk)
    await database["products"].insert_one(product(1))
    await database["failures"].insert_many([stored_failure(n) for n in range(3)])
    await database["price_history"].insert_one(price_point(1, None))
    url = str(api.client.base_url)
    tried = [await asyncio.to_thread(_try, operation.ok(), url) for operation in schema.get_all_operations()]
    assert len(tried) > 20
    assert all(tried)


def _try(operation: Any, url: str) -> int:
    """How many requests were made."""
    made = 0

    @made_up
    @given(case=operation.as_strategy())
    def answers_as_documented(case: schemathesis.Case[Any]) -> None:
        nonlocal made
        made += 1
        case.call_and_validate(base_url=url, headers=bearer("ann", *SCOPES), checks=CHECKS)

    answers_as_documented()
    return made
