"""What the queues hold: asked of the broker itself, or of its management API, which knows more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlsplit

import httpx
from aiormq.exceptions import ChannelNotFoundEntity
from pydantic import BaseModel, ConfigDict, Field

from shared.broker import Broker
from shared.failures import safety_queues
from shared.log import get_logger
from shared.topology import DEAD_LETTERS

log = get_logger(__name__)

QUEUE_EXAMPLE: dict[str, Any] = {
    "name": "collector.item_collect.amazon.co.jp",
    "kind": "work",
    "ready": 840,
    "unacknowledged": 200,
    "consumers": 4,
    "publish_rate": 12.4,
    "deliver_rate": 12.2,
    "ack_rate": 12.2,
    "oldest_age_seconds": None,
}
# The work queues of all services, but for those that there are per marketplace. A test compares this with the services.
WORK_QUEUES = (
    "expander.job_submitted",
    "expander.job_news",
    "aggregator.items_finished",
    "aggregator.job_expanded",
    "sweeper.user_events",
)
PER_MARKETPLACE = ("collector.item_collect",)
TIMEOUT_SECONDS = 5.0


class QueueView(BaseModel):
    """A queue as it is now. What is null only the management API could tell, and not every broker does."""

    model_config = ConfigDict(json_schema_extra={"examples": [QUEUE_EXAMPLE]})

    name: str
    kind: str = Field(description="`work`, `retry` (waits to be tried again), `dead` (on the way to the failure store)")
    ready: int = Field(description="Messages that wait")
    unacknowledged: int | None = Field(description="Messages that consumers have in hand")
    consumers: int
    publish_rate: float | None = Field(description="Messages a second that come in")
    deliver_rate: float | None = Field(description="Messages a second given to consumers")
    ack_rate: float | None = Field(description="Messages a second that are finished")
    oldest_age_seconds: float | None = Field(description="Age of the first message that waits")


class QueueList(BaseModel):
    items: list[QueueView]
    source: str = Field(description="`management`, or `amqp` where ASINFLOW_AMQP_MANAGEMENT_URL is not set")


class QueueReader(Protocol):
    async def queues(self) -> QueueList:
        """Every queue there is, by name. Raises BrokerUnavailableError."""


class BrokerQueues:
    """Asks the broker for each queue by name; one that was never declared is left out."""

    def __init__(self, broker: Broker, marketplaces: Sequence[str]) -> None:
        self._broker = broker
        self._names = sorted(known_names(marketplaces))

    async def queues(self) -> QueueList:
        found = [view for name in self._names if (view := await self._look_at(name)) is not None]
        return QueueList(items=found, source="amqp")

    async def _look_at(self, name: str) -> QueueView | None:
        try:
            async with self._broker.channel() as channel:  # one for each: it does not outlive a missing queue
                declared = (await channel.declare_queue(name, passive=True)).declaration_result
        except ChannelNotFoundEntity:
            return None
        return _view(name, declared.message_count or 0, declared.consumer_count or 0)


class ManagedQueues:
    """Asks the management API, once for all queues of the virtual host; `otherwise`, while it does not answer."""

    def __init__(self, client: httpx.AsyncClient, url: str, vhost: str, otherwise: QueueReader) -> None:
        self._client = client
        self._otherwise = otherwise
        self._url = f"{url.rstrip('/')}/api/queues/{quote(vhost, safe='')}"

    async def queues(self) -> QueueList:
        try:
            response = await self._client.get(self._url, timeout=TIMEOUT_SECONDS)
            listed = response.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            log.warning("management_unavailable", error=type(error).__name__)
            return await self._otherwise.queues()
        now = datetime.now(UTC)
        views = [_managed(each, now) for each in listed if not each.get("exclusive")]
        return QueueList(items=sorted(views, key=lambda view: view.name), source="management")


def known_names(marketplaces: Iterable[str]) -> set[str]:
    """The names of all queues that services declare."""
    collecting = {f"{prefix}.{name}" for prefix in PER_MARKETPLACE for name in marketplaces}
    return {*WORK_QUEUES, *collecting, *(queue.name for queue in safety_queues())}


def vhost_of(amqp_url: str) -> str:
    """The virtual host that an AMQP address, or the first of several, names (RabbitMQ URI specification)."""
    path = urlsplit(amqp_url.partition(",")[0]).path
    return unquote(path[1:]) if len(path) > 1 else "/"


def _kind(name: str) -> str:
    if name == DEAD_LETTERS.name:
        return "dead"
    return "retry" if name in {queue.name for queue in safety_queues()} else "work"


def _view(name: str, ready: int, consumers: int, **more: Any) -> QueueView:
    unknown = dict.fromkeys(("unacknowledged", "publish_rate", "deliver_rate", "ack_rate", "oldest_age_seconds"))
    return QueueView(name=name, kind=_kind(name), ready=ready, consumers=consumers, **{**unknown, **more})


def _managed(told: Mapping[str, Any], now: datetime) -> QueueView:
    stats = told.get("message_stats") or {}
    head = told.get("head_message_timestamp")
    return _view(
        told["name"],
        told.get("messages_ready") or 0,
        told.get("consumers") or 0,
        unacknowledged=told.get("messages_unacknowledged"),
        publish_rate=_rate(stats, "publish"),
        deliver_rate=_rate(stats, "deliver_get"),
        ack_rate=_rate(stats, "ack"),
        oldest_age_seconds=max(0.0, now.timestamp() - head) if isinstance(head, int) else None,
    )


def _rate(stats: Mapping[str, Any], name: str) -> float:
    """Messages a second; of what has never happened, the broker tells nothing."""
    return float((stats.get(f"{name}_details") or {}).get("rate") or 0.0)
