"""How many schedules and webhooks a user has, and what a key makes, is exact however much is asked for at once."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.api.settings import ApiSettings
from shared.mongo import Database
from tests.integration.api.conftest import serving, until_ready
from tests.unit.api.builders import asin

SCHEDULE: dict[str, Any] = {"name": "x", "cron": "0 6 * * *", "job": {"type": "BULK_ASIN", "asins": [asin(1)]}}
WEBHOOK: dict[str, Any] = {"url": "https://example.com/", "events": ["job.completed"]}


@pytest.mark.parametrize(("path", "body"), [("schedules", SCHEDULE), ("webhooks", WEBHOOK)])
async def test_many_at_once_stop_at_the_limit(
    settings: Callable[..., ApiSettings], database: Database, path: str, body: dict[str, Any]
) -> None:
    async with serving(settings(schedules_per_user=5, webhooks_per_user=5)) as api:
        await until_ready(api)
        # As they were stored before there were places.
        await database[path].insert_one({"_id": "older", "user_id": "ann"})

        async def create(number: int) -> httpx.Response:
            key = {"Idempotency-Key": f"k{number}"}
            return await api.client.post(f"/v1/{path}", json=body, headers=key)

        answers = await asyncio.gather(*(create(number) for number in range(12)))
        made = [number for number, answer in enumerate(answers) if answer.status_code == 201]
        again = await create(made[0])
    assert Counter(answer.status_code for answer in answers) == {201: 4, 409: 8}
    assert (again.status_code, again.json()) == (201, answers[made[0]].json())
    assert await database[path].count_documents({}) == 5
