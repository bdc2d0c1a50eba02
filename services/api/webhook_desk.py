"""What users do with their webhooks. Decides and writes; knows neither HTTP nor the database."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.api.keys import Making
from services.api.places import insert_in_place
from services.api.problems import Problem, not_found
from services.api.stores import Document, WebhookStore
from services.api.webhooks import NewWebhook, Rotation, WebhookPatch, changes_of, check_url, new_webhook, rotated
from shared.clock import Clock
from shared.ids import new_id
from shared.log import get_logger
from shared.settings import WebhookSettings
from shared.user_events import PING, UserEvent, event_id
from shared.webhooks import new_delivery

log = get_logger(__name__)


class WebhookDesk:
    def __init__(self, store: WebhookStore, settings: WebhookSettings, most: int, clock: Clock) -> None:
        """A user has at most `most` webhooks."""
        self._store = store
        self._settings = settings
        self._most = most
        self._clock = clock

    async def create(self, user_id: str, asked: NewWebhook, making: Making) -> Document:
        """The webhook; the one that is there already, when it was made before under this id.

        Raises Problem: 422 for an address that will not do, 409 for one webhook too many.
        """
        check_url(asked.url, self._settings.webhook_trusted)
        document = making.marked(new_webhook(making.id, user_id, asked, self._now()))
        made = await insert_in_place(document, self._most, self._store.find_webhooks, self._store.insert_webhook)
        if made is None:
            raise Problem(409, "too_many_webhooks", f"You may have {self._most} webhooks; delete one first.")
        making.check(made)
        log.info("webhook_created", webhook_id=making.id, user_id=user_id)
        return made

    async def all(self, user_id: str) -> list[Document]:
        return await self._store.find_webhooks(user_id)

    async def get(self, user_id: str, webhook_id: str) -> Document:
        """Raises Problem (404), for another user's as well."""
        return _there(await self._store.find_webhook(user_id, webhook_id))

    async def change(self, user_id: str, webhook_id: str, asked: WebhookPatch) -> Document:
        if asked.url is not None:
            check_url(asked.url, self._settings.webhook_trusted)
        changes = {**changes_of(asked), "updated_at": self._now()}
        return _there(await self._store.change_webhook(user_id, webhook_id, changes))

    async def rotate(self, user_id: str, webhook_id: str, asked: Rotation) -> Document:
        """Its new secret first; raises Problem (409) when two sign already, or another request was faster."""
        webhook, now = await self.get(user_id, webhook_id), self._now()
        secrets = rotated(webhook["secrets"], now + timedelta(hours=asked.overlap_hours), now, asked.drop)
        same = {"secrets": webhook["secrets"]}
        changes = {"secrets": secrets, "updated_at": now}
        changed = await self._store.change_webhook(user_id, webhook_id, changes, same)
        if changed is None:
            raise Problem(409, "secret_changed", "Its secret has been replaced meanwhile.", retryable=True)
        log.info("webhook_secret_rotated", webhook_id=webhook_id)
        return changed

    async def delete(self, user_id: str, webhook_id: str) -> None:
        if not await self._store.delete_webhook(user_id, webhook_id):
            raise not_found("webhook")

    async def ping(self, user_id: str, webhook_id: str) -> Document:
        """A delivery of its own, due at once; raises Problem (409) when the webhook is off."""
        webhook, now = await self.get(user_id, webhook_id), self._now()
        _on(webhook)
        event = UserEvent(event_id(PING, new_id()), PING, user_id, now, {"webhook_id": webhook_id})
        document = new_delivery(webhook_id, event, now, self._settings.deliveries_days)
        await self._store.insert_delivery(document)
        return document

    async def deliveries(
        self, user_id: str, webhook_id: str, *, state: str | None, before: tuple[datetime, str] | None, limit: int
    ) -> tuple[list[Document], bool]:
        """Up to `limit`, the newest first, and whether there are more."""
        await self.get(user_id, webhook_id)
        found = await self._store.find_deliveries(webhook_id, state=state, before=before, limit=limit + 1)
        return found[:limit], len(found) > limit

    async def delivery(self, user_id: str, webhook_id: str, message_id: str) -> Document:
        await self.get(user_id, webhook_id)
        found = await self._store.find_delivery(webhook_id, message_id)
        if found is None:
            raise not_found("delivery")
        return found

    async def replay(self, user_id: str, webhook_id: str, message_id: str) -> Document:
        """The same message once more; raises Problem (409) while it is on its way or the webhook is off."""
        await self.delivery(user_id, webhook_id, message_id)
        _on(await self.get(user_id, webhook_id))
        again = await self._store.replay_delivery(webhook_id, message_id)
        if again is None:
            raise Problem(409, "delivery_under_way", "It is on its way already.")
        return again

    def _now(self) -> datetime:
        """As the database keeps it."""
        now = self._clock.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _there(found: Document | None) -> Document:
    if found is None:
        raise not_found("webhook")
    return found


def _on(webhook: Document) -> None:
    if not webhook["enabled"]:
        raise Problem(409, "webhook_disabled", "The webhook is switched off; switch it on first.")
