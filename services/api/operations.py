"""How the system itself fares, for operators: the pace of each marketplace, and who is there to work. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from services.api.queues import QueueView

PACE_EXAMPLE: dict[str, Any] = {
    "line": "amazon.co.jp@tokyo",
    "marketplace": "amazon.co.jp",
    "egress": "tokyo",
    "circuit": "paused",
    "interval_seconds": 4.03,
    "requests_per_minute": 14.9,
    "next_at": "2026-11-23T06:03:20Z",
    "blocked_until": "2026-11-23T06:03:20Z",
    "blocks": 1,
    "reason": "captcha",
    "fetch_seconds": 1.4,
    "asked_at": "2026-11-23T06:02:50Z",
}
SERVICE_EXAMPLE: dict[str, Any] = {
    "name": "sweeper",
    "state": "up",
    "consumers": 2,
    "waiting": 0,
    "leader": "sweeper-0",
    "leads_until": "2026-11-23T06:03:20Z",
}
COLLECTOR, SWEEPER = "collector", "sweeper"
# The queue that every process of a service consumes from; a collector's are one per marketplace.
CONSUMED = {
    "expander": "expander.job_submitted",
    COLLECTOR: "collector.item_collect.",
    "aggregator": "aggregator.items_finished",
    SWEEPER: "sweeper.user_events",
}
_LINE = re.compile(r"[@#]")


class Circuit(StrEnum):
    """`closed`: requests leave; `paused` after a block; `open` after several, `trying`: one request finds out."""

    CLOSED = "closed"
    PAUSED = "paused"
    OPEN = "open"
    TRYING = "trying"


class ServiceState(StrEnum):
    """`resting`: no collector consumes while every marketplace that is asked is paused."""

    UP = "up"
    RESTING = "resting"
    DOWN = "down"


class PaceView(BaseModel):
    """One line to a marketplace: over a way out (`@egress`), or to its own interface (`#creators`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [PACE_EXAMPLE]})

    line: str
    marketplace: str
    egress: str | None = Field(description="The way out, or the interface asked; null for the plain way")
    circuit: Circuit
    interval_seconds: float = Field(description="Least time between two requests as it is now; longer after a block")
    requests_per_minute: float | None = Field(description="How many may leave; null without an interval")
    next_at: datetime | None = Field(description="The next free slot, if it is still to come")
    blocked_until: datetime | None = Field(description="The end of the pause, if there is one")
    blocks: int = Field(description="Blocks in a row")
    reason: str | None = Field(description="Why it was blocked last")
    fetch_seconds: float | None = Field(description="How long a page takes")
    asked_at: datetime | None = Field(description="When it was asked last")


class PaceList(BaseModel):
    items: list[PaceView]


class ServiceView(BaseModel):
    """A kind of process, as the broker's consumers and the database's leases show it."""

    model_config = ConfigDict(json_schema_extra={"examples": [SERVICE_EXAMPLE]})

    name: str
    state: ServiceState
    consumers: int = Field(description="Consumers of its queue: at least one for each process")
    waiting: int = Field(description="Messages that wait for it")
    leader: str | None = Field(description="Of sweepers, the process that leads")
    leads_until: datetime | None = Field(description="When its lease ends unless it is renewed")


class ServiceList(BaseModel):
    items: list[ServiceView]


class OperationsStore(Protocol):
    """Both raise DatabaseUnavailableError when the database cannot be used now."""

    async def find_paces(self) -> tuple[list[dict[str, Any]], datetime]:
        """Every line's document, and the time by the database's clock."""

    async def find_lease(self, name: str) -> Mapping[str, Any] | None:
        """`owner` and `until` of a lease that is held now."""


def pace_view(document: Mapping[str, Any], now: datetime) -> PaceView:
    marketplace, *way = _LINE.split(document["_id"], maxsplit=1)
    interval_us = max(document.get("interval_us", 0), document.get("used_us", 0))
    return PaceView(
        line=document["_id"],
        marketplace=marketplace,
        egress=way[0] if way else None,
        circuit=_circuit(document, now),
        interval_seconds=interval_us / 1e6,
        requests_per_minute=60e6 / interval_us if interval_us else None,
        next_at=_later(document.get("next"), now),
        blocked_until=_later(document.get("blocked_until"), now),
        blocks=document.get("blocks", 0),
        reason=document.get("reason"),
        fetch_seconds=document["fetch_us"] / 1e6 if document.get("fetch_us") else None,
        asked_at=_moment(document.get("asked")),
    )


def _circuit(document: Mapping[str, Any], now: datetime) -> Circuit:
    paused = _later(document.get("blocked_until"), now) is not None
    if document.get("open"):
        trying = not paused and _later(document.get("probe_until"), now) is not None
        return Circuit.TRYING if trying else Circuit.OPEN
    return Circuit.PAUSED if paused else Circuit.CLOSED


def _moment(us: float | None) -> datetime | None:
    return datetime.fromtimestamp(us / 1e6, UTC) if us else None


def _later(us: float | None, now: datetime) -> datetime | None:
    moment = _moment(us)
    return moment if moment is not None and moment > now else None


def service_views(
    queues: Sequence[QueueView], paces: Iterable[PaceView], lease: Mapping[str, Any] | None
) -> list[ServiceView]:
    """Every kind of process that consumes."""
    resting = [pace.circuit is not Circuit.CLOSED for pace in paces]
    return [_service(name, queues, bool(resting) and all(resting), lease or {}) for name in CONSUMED]


def _service(name: str, queues: Sequence[QueueView], all_rest: bool, lease: Mapping[str, Any]) -> ServiceView:
    mine = [queue for queue in queues if queue.name.startswith(CONSUMED[name])]
    consumers = max((queue.consumers for queue in mine), default=0)
    state = ServiceState.UP if consumers else ServiceState.DOWN
    if name == COLLECTOR and not consumers and all_rest:
        state = ServiceState.RESTING
    leads = lease if name == SWEEPER else {}
    return ServiceView(
        name=name,
        state=state,
        consumers=consumers,
        waiting=sum(queue.ready for queue in queues if queue.name.startswith(f"{name}.")),
        leader=leads.get("owner"),
        leads_until=leads.get("until"),
    )
