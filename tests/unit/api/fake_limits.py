"""Idempotency keys and quotas in memory."""

from dataclasses import replace

from services.api.ratelimits import Grant, Policy
from services.api.records import KeyRecord


class FakeKeyStore:
    """Keys on a clock of their own, in seconds."""

    def __init__(self, lifetime: float = 86_400, lease: float = 60) -> None:
        self.records: dict[tuple[str, str], tuple[KeyRecord, float, float]] = {}
        self.time = 0.0
        self._lifetime = lifetime
        self._lease = lease

    async def claim(self, user_id: str, key: str, owner: str, fingerprint: str | None) -> KeyRecord:
        known = self.records.get((user_id, key))
        epoch = owner
        if known is not None:
            record, lease_until, expires_at = known
            if self.time <= expires_at:
                if record.owner is not None and (record.response is not None or self.time <= lease_until):
                    return record
                epoch = record.epoch
        record = KeyRecord(owner=owner, epoch=epoch, fingerprint=fingerprint, response=None)
        self.records[user_id, key] = (record, self.time + self._lease, self.time + self._lifetime)
        return record

    async def renew(self, user_id: str, key: str, owner: str) -> None:
        if (record := self._own(user_id, key, owner)) is not None:
            self.records[user_id, key] = (record, self.time + self._lease, self.records[user_id, key][2])

    async def complete(self, user_id: str, key: str, owner: str, fingerprint: str, response: str) -> None:
        if (own := self._own(user_id, key, owner)) is not None:
            record = replace(own, fingerprint=fingerprint, response=response)
            self.records[user_id, key] = (record, self.time, self.time + self._lifetime)

    async def release(self, user_id: str, key: str, owner: str) -> None:
        record = self._own(user_id, key, owner)
        if record is not None and record.response is None:
            self.records[user_id, key] = (replace(record, owner=None), *self.records[user_id, key][1:])

    def _own(self, user_id: str, key: str, owner: str) -> KeyRecord | None:
        known = self.records.get((user_id, key))
        return known[0] if known is not None and known[0].owner == owner else None


class FakeQuotaStore:
    """Quotas on a clock of their own, in seconds."""

    def __init__(self) -> None:
        self.time = 0.0
        self.draws = 0
        self._until: dict[tuple[str, str], float] = {}

    async def draw(self, user_id: str, policy: Policy, wanted: int) -> Grant:
        self.draws += 1
        base = max(self.time, self._until.get((user_id, policy.name), 0.0))
        fitting = int((policy.window - (base - self.time)) / policy.spacing + 0.001)
        granted = max(0, min(wanted, fitting))
        self._until[user_id, policy.name] = base + granted * policy.spacing
        return Grant(granted=granted, used_seconds=self._until[user_id, policy.name] - self.time)
