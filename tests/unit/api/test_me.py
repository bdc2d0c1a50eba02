"""Who a token says that its bearer is."""

import httpx

from tests.unit.api.builders import bearer


async def test_bearer_is_told_with_what_the_token_allows(client: httpx.AsyncClient) -> None:
    told = await client.get("/v1/me", headers=bearer("ann", "products:read", "jobs:read"))
    assert told.json() == {"user_id": "ann", "scopes": ["jobs:read", "products:read"]}
    assert (await client.get("/v1/me", headers=bearer("bob", "nothing"))).status_code == 200


async def test_nobody_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/me")).status_code == 401
