"""Sends what is due to users' webhooks; any number of sweepers share the work, claim by claim."""

from __future__ import annotations

import asyncio
import random
from collections import Counter as Tally

from prometheus_client import Counter, Gauge, Histogram

from services.sweeper.deliveries import Attempt, judge
from services.sweeper.postman import Postman
from services.sweeper.webhook_repository import WebhookRepository
from shared.clock import Clock
from shared.errors import AsinflowError
from shared.log import get_logger
from shared.mongo import Document
from shared.webhooks import DeliveryState

log = get_logger(__name__)

# Rises with every request to a webhook; outcome is delivered, retry (it is tried again), failed (it is not) or gone.
ATTEMPTS = Counter("asinflow_webhook_attempts_total", "Requests to webhooks", ["outcome"])
# From sending a request to a webhook to the end of its answer.
SECONDS = Histogram(
    "asinflow_webhook_seconds", "Time of a request to a webhook", buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30)
)
# Rises with every webhook switched off because its receiver is gone or takes nothing.
DISABLED = Counter("asinflow_webhooks_disabled_total", "Webhooks switched off", ["reason"])
# Requests to webhooks under way.
UNDER_WAY = Gauge("asinflow_webhook_requests", "Requests to webhooks under way")

CONCURRENCY = 32
# Slow receivers take no more than so many of them each.
PER_WEBHOOK = 4
# Longer than any request may take: then whoever held it has died.
LEASE_MARGIN_SECONDS = 30.0


class Deliverer:
    def __init__(
        self,
        repository: WebhookRepository,
        postman: Postman,
        clock: Clock,
        *,
        period_seconds: float,
        timeout_seconds: float,
        disable_after_seconds: float,
    ) -> None:
        self._repository = repository
        self._postman = postman
        self._clock = clock
        self._period = period_seconds
        self._timeout = timeout_seconds
        self._disable_after = disable_after_seconds
        self._jitter = random.Random()
        self._busy: Tally[str] = Tally()
        self._running: set[asyncio.Task[None]] = set()
        # Set when a webhook that had its share takes more again.
        self._freed = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled; what was under way is then sent again, as the same message, when its lease is over."""
        try:
            while True:
                try:
                    claimed = await self._start_due()
                except AsinflowError as error:
                    log.warning("deliveries_postponed", error=error.message)
                    claimed = 0
                if not claimed:
                    await self._rest()
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _rest(self) -> None:
        """Until the next round, or until a webhook that may have more due is free for it."""
        freed = asyncio.create_task(self._freed.wait())
        period = asyncio.create_task(self._clock.sleep(self._period))
        try:
            await asyncio.wait((freed, period), return_when=asyncio.FIRST_COMPLETED)
        finally:
            freed.cancel()
            period.cancel()

    async def _start_due(self) -> int:
        room = CONCURRENCY - len(self._running)
        if room <= 0:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            return 1
        self._freed.clear()
        full = [webhook_id for webhook_id, count in self._busy.items() if count >= PER_WEBHOOK]
        claimed = await self._repository.claim_due(
            min(room, PER_WEBHOOK), self._timeout + LEASE_MARGIN_SECONDS, without=full
        )
        if not claimed:
            return 0
        webhooks = await self._repository.find_webhooks({each["webhook_id"] for each in claimed})
        for delivery in claimed:
            self._start(delivery, webhooks.get(delivery["webhook_id"]))
        return len(claimed)

    def _start(self, delivery: Document, webhook: Document | None) -> None:
        webhook_id = delivery["webhook_id"]
        self._busy[webhook_id] += 1
        UNDER_WAY.inc()
        task = asyncio.create_task(self._deliver(delivery, webhook), name=delivery["_id"])
        self._running.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._running.discard(task)
            UNDER_WAY.dec()
            if self._busy[webhook_id] >= PER_WEBHOOK:
                self._freed.set()
            self._busy[webhook_id] -= 1
            if not self._busy[webhook_id]:
                del self._busy[webhook_id]

        task.add_done_callback(ended)

    async def _deliver(self, delivery: Document, webhook: Document | None) -> None:
        """Send and note; what cannot be noted now is sent again when the lease is over."""
        try:
            if webhook is None or not webhook["enabled"]:
                await self._give_up(delivery)
                return
            try:
                async with asyncio.timeout(self._timeout):
                    attempt = await self._postman.send(webhook, delivery)
            except TimeoutError:
                attempt = Attempt(None, "no whole answer in time", round(self._timeout * 1000))
            await self._note(delivery, attempt)
        except AsinflowError as error:
            log.warning("attempt_not_noted", delivery=delivery["_id"], error=error.message)
        except Exception:
            log.exception("delivery_failed", delivery=delivery["_id"])

    async def _note(self, delivery: Document, attempt: Attempt) -> None:
        webhook_id, number = delivery["webhook_id"], delivery["attempts"]
        verdict = judge(attempt, number, self._jitter)
        SECONDS.observe(attempt.milliseconds / 1000)
        await self._repository.mark_attempt(delivery, attempt, verdict)
        outcome = "gone" if verdict.gone else "retry" if verdict.wait is not None else str(verdict.state)
        ATTEMPTS.labels(outcome).inc()
        log.info("webhook_attempt", delivery=delivery["_id"], outcome=outcome, number=number, status=attempt.status)
        if attempt.succeeded:
            await self._repository.mark_working(webhook_id)
            return
        await self._repository.mark_failing(webhook_id)
        if verdict.gone:
            await self._disable(webhook_id, "gone", "its receiver answered 410 Gone", 0.0)
        elif verdict.state == DeliveryState.FAILED:
            days = self._disable_after / 86_400
            reason = f"its receiver has taken nothing for {days:g} days"
            await self._disable(webhook_id, "failing", reason, self._disable_after)

    async def _disable(self, webhook_id: str, kind: str, reason: str, failing_seconds: float) -> None:
        if await self._repository.disable(webhook_id, reason, failing_seconds):
            DISABLED.labels(kind).inc()
            log.warning("webhook_disabled", webhook_id=webhook_id, reason=reason)

    async def _give_up(self, delivery: Document) -> None:
        """Nothing is sent to a webhook that is off; its user may have it sent once it is on again."""
        off = Attempt(None, "the webhook is switched off", 0)
        await self._repository.mark_attempt(delivery, off, judge(off, 10, self._jitter))
