"""Idempotency keys and quotas are the same in memory and in the database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from services.api import repository
from services.api.key_repository import MongoKeyStore, MongoQuotaStore
from services.api.ratelimits import Policy, QuotaStore
from services.api.records import KeyRecord
from services.api.stores import KeyStore
from shared.mongo import Database, connect
from tests.unit.api.fakes import FakeKeyStore, FakeQuotaStore

LIFETIME, LEASE = 3600.0, 60.0
POLICY = Policy("general", quota=10)


@dataclass
class Keys:
    """A store of keys, and the way to make time pass for it."""

    store: KeyStore
    database: Database | None = None

    async def pass_time(self, field: str) -> None:
        """Until the lease, or the whole record, is over."""
        if self.database is None:
            assert isinstance(self.store, FakeKeyStore)
            self.store.time += LEASE + 1 if field == "lease_until" else LIFETIME + 1
            return
        moment = {"$dateSubtract": {"startDate": "$$NOW", "unit": "second", "amount": 1}}
        await self.database["idempotency_keys"].update_many({}, [{"$set": {field: moment}}])


@pytest.fixture(params=["memory", "mongodb"])
async def keys(request: pytest.FixtureRequest) -> AsyncIterator[Keys]:
    if request.param == "memory":
        yield Keys(FakeKeyStore(LIFETIME, LEASE))
        return
    url, name = request.getfixturevalue("mongo_url"), request.getfixturevalue("mongo_database")
    async with connect(url, name, app="test") as database:
        await repository.ensure_indexes(database)
        yield Keys(MongoKeyStore(database, LIFETIME, LEASE), database)


async def test_key_is_claimed_by_one_of_many_at_once(keys: Keys) -> None:
    found = await asyncio.gather(*(keys.store.claim("ann", "k", f"owner-{n}", "f") for n in range(20)))
    assert len({record.owner for record in found}) == 1
    assert (await keys.store.claim("bob", "k", "other", "f")).owner == "other"
    assert (await keys.store.claim("ann", "k2", "other", None)).owner == "other"


async def test_answer_is_kept_for_whoever_asks_again(keys: Keys) -> None:
    await keys.store.claim("ann", "k", "one", None)
    await keys.store.complete("ann", "k", "one", "f-1", '{"id": "$x"}')
    assert await keys.store.claim("ann", "k", "two", "f-2") == KeyRecord(
        owner="one", epoch="one", fingerprint="f-1", response='{"id": "$x"}'
    )
    await keys.pass_time("lease_until")
    assert (await keys.store.claim("ann", "k", "three", None)).owner == "one"


async def test_claim_left_by_a_crash_lapses_and_one_that_is_renewed_does_not(keys: Keys) -> None:
    await keys.store.claim("ann", "k", "one", "f")
    await keys.pass_time("lease_until")
    await keys.store.renew("ann", "k", "one")
    assert (await keys.store.claim("ann", "k", "two", "f")).owner == "one"
    await keys.pass_time("lease_until")
    assert (await keys.store.claim("ann", "k", "two", "f")).owner == "two"
    await keys.store.complete("ann", "k", "one", "f", "too late")
    assert (await keys.store.claim("ann", "k", "three", "f")).response is None


async def test_key_is_free_after_its_lifetime(keys: Keys) -> None:
    await keys.store.claim("ann", "k", "one", "f")
    await keys.store.complete("ann", "k", "one", "f", "{}")
    await keys.pass_time("expires_at")
    found = await keys.store.claim("ann", "k", "two", "g")
    assert (found.owner, found.epoch, found.response) == ("two", "two", None)


async def test_epoch_of_a_key_lasts_as_long_as_its_lifetime(keys: Keys) -> None:
    await keys.store.claim("ann", "k", "one", "f")
    await keys.store.release("ann", "k", "one")
    assert (await keys.store.claim("ann", "k", "two", "f")).epoch == "one"
    await keys.pass_time("lease_until")
    assert (await keys.store.claim("ann", "k", "three", "f")).epoch == "one"


async def test_key_is_released_by_its_owner_and_only_unanswered(keys: Keys) -> None:
    await keys.store.claim("ann", "k", "one", "f")
    await keys.store.release("ann", "k", "two")
    assert (await keys.store.claim("ann", "k", "two", "f")).owner == "one"
    await keys.store.release("ann", "k", "one")
    assert (await keys.store.claim("ann", "k", "two", "f")).owner == "two"
    await keys.store.complete("ann", "k", "two", "f", "{}")
    await keys.store.release("ann", "k", "two")
    assert (await keys.store.claim("ann", "k", "three", "f")).response == "{}"


@pytest.fixture(params=["memory", "mongodb"])
async def quotas(request: pytest.FixtureRequest) -> AsyncIterator[QuotaStore]:
    if request.param == "memory":
        yield FakeQuotaStore()
        return
    url, name = request.getfixturevalue("mongo_url"), request.getfixturevalue("mongo_database")
    async with connect(url, name, app="test") as database:
        yield MongoQuotaStore(database)


async def test_many_at_once_draw_the_quota_and_no_more(quotas: QuotaStore) -> None:
    grants = await asyncio.gather(*(quotas.draw("ann", POLICY, 3) for _ in range(8)))
    assert sorted(grant.granted for grant in grants) == [0, 0, 0, 0, 1, 3, 3, 3]
    # Those who draw at once read the database's clock milliseconds apart.
    assert 58 < max(grant.used_seconds for grant in grants) <= 60.5
    assert (await quotas.draw("bob", POLICY, 3)).granted == 3
    assert (await quotas.draw("ann", Policy("other", 1), 3)).granted == 1


async def test_quota_comes_back_with_time(quotas: QuotaStore) -> None:
    quick = Policy("quick", quota=100, window=2.0)
    assert (await quotas.draw("ann", quick, 100)).granted == 100

    async with asyncio.timeout(5):
        granted = 0
        while not granted:
            if isinstance(quotas, FakeQuotaStore):
                quotas.time += 0.05
            granted = (await quotas.draw("ann", quick, 1)).granted
