"""Who sends and who takes which message: from the models, the topology, and the queues of the services."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from deploy.reference.metrics import SERVICES
from services.api.live import EVENTS as LIVE_EVENTS
from services.collector.queues import collect_queue
from shared.messages import (
    MESSAGES,
    CollectItem,
    ItemsFinished,
    JobCancelled,
    JobCompleted,
    JobExpanded,
    JobFailed,
    JobPaused,
    JobProgressed,
    JobReached,
    JobResumed,
    JobSubmitted,
    Message,
    ProductsNoted,
)
from shared.outgoing import event
from shared.topology import COMMANDS, Exchange, Queue, collect_key

# Commands have one kind of receiver; everything else is an event.
COMMAND_TYPES = {JobSubmitted.TYPE, CollectItem.TYPE}
# The sweeper sends again whatever was lost.
SENDERS: dict[type[Message], tuple[str, ...]] = {
    JobSubmitted: ("api", "expander", "sweeper"),
    CollectItem: ("expander", "sweeper"),
    ItemsFinished: ("collector", "sweeper"),
    ProductsNoted: ("collector",),
    JobExpanded: ("expander", "sweeper"),
    JobProgressed: ("aggregator",),
    JobReached: ("aggregator",),
    JobPaused: ("api",),
    JobResumed: ("api",),
    JobCompleted: ("aggregator", "sweeper"),
    JobFailed: ("expander", "sweeper"),
    JobCancelled: ("api", "sweeper"),
}
MARKETPLACE = "{marketplace}"


@dataclass(frozen=True)
class Route:
    """One message on its way: from whom, through which exchange and key, into which queues of whom."""

    model: type[Message]
    senders: tuple[str, ...]
    exchange: Exchange
    key: str
    queues: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        return self.model.__name__


def routes() -> list[Route]:
    """Every message there is. Raises KeyError for one of which `SENDERS` does not say who sends it."""
    return [_route(model) for model in MESSAGES.values()]


def _route(model: type[Message]) -> Route:
    key = collect_key(MARKETPLACE) if model is CollectItem else model.TYPE
    exchange = COMMANDS if model.TYPE in COMMAND_TYPES else event(_any(model)).exchange
    takers = [
        (service, queue.name) for service in SERVICES for queue in _queues(service) if (exchange, key) in queue.bindings
    ]
    if model in LIVE_EVENTS:
        takers.insert(0, ("api", "api.events.{instance}"))
    return Route(model, SENDERS[model], exchange, key, tuple(takers))


def _any(model: type[Message]) -> Message:
    return model.model_construct(job_id="any", run=1)


def _queues(service: str) -> list[Queue]:
    if service == "collector":
        return [collect_queue(MARKETPLACE)]
    try:
        module = importlib.import_module(f"services.{service}.queues")
    except ModuleNotFoundError:
        return []
    return [value for value in vars(module).values() if isinstance(value, Queue)]
