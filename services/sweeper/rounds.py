"""The leader's rounds: each duty by itself, so that one that fails holds up no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from prometheus_client import Counter

from services.sweeper.lease import Lease
from shared.clock import Clock
from shared.errors import AsinflowError
from shared.log import get_logger

log = get_logger(__name__)

# Rises with every duty that failed; it is done again in the next round.
ROUND_ERRORS = Counter("asinflow_sweeper_errors_total", "Duties of a round that failed", ["duty"])


class Duty(Protocol):
    async def sweep(self) -> None: ...


class Rounds:
    def __init__(
        self,
        lease: Lease,
        duties: Mapping[str, Duty],
        clock: Clock,
        *,
        period_seconds: float,
        renew_seconds: float,
    ) -> None:
        """`renew_seconds`, well below what the lease lasts: duties that are quick share a renewal of so long."""
        self._lease = lease
        self._renew_seconds = renew_seconds
        self._renewed_at = float("-inf")
        self._duties = duties
        for name in duties:  # so that the first failure is a rise
            ROUND_ERRORS.labels(name)
        self._clock = clock
        self._period = period_seconds

    async def run(self) -> None:
        """Until cancelled; then leadership is free at once."""
        try:
            while True:
                await self.once()
                await self._clock.sleep(self._period)
        finally:
            try:
                await self._lease.release()
            except AsinflowError as error:
                log.warning("lease_not_released", error=error.message)

    async def once(self) -> None:
        self._renewed_at = float("-inf")
        for name, duty in self._duties.items():
            try:
                if not await self._leads():
                    return
                await duty.sweep()
            except AsinflowError as error:
                ROUND_ERRORS.labels(name).inc()
                log.warning("duty_postponed", duty=name, error=error.message)
            except Exception:
                ROUND_ERRORS.labels(name).inc()
                log.exception("duty_failed", duty=name)

    async def _leads(self) -> bool:
        """Whether we lead, and will for long enough to begin a duty."""
        now = self._clock.monotonic()
        if now - self._renewed_at < self._renew_seconds:
            return True
        leads = await self._lease.hold()
        if leads:
            self._renewed_at = now
        return leads
