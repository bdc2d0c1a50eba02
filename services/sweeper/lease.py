"""Leadership among sweepers, as others see it."""

from __future__ import annotations

from prometheus_client import Gauge

from shared import lease
from shared.log import get_logger
from shared.mongo import Database

log = get_logger(__name__)

# 1 in the process that leads, else 0; the sum over all sweepers is 1 in good health.
LEADER = Gauge("asinflow_sweeper_leader", "1 while this sweeper leads")


class Lease(lease.Lease):
    """A lease whose changes of hands are logged and counted."""

    def __init__(self, database: Database, name: str, owner: str, seconds: float) -> None:
        super().__init__(database, name, owner, seconds)
        self._led = False

    async def hold(self) -> bool:
        leads = await super().hold()
        if leads != self._led:
            log.info("leadership_taken" if leads else "leadership_lost")
        self._led = leads
        LEADER.set(leads)
        return leads

    async def release(self) -> None:
        await super().release()
        self._led = False
        LEADER.set(0)
