"""What collecting one item came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from services.collector.jobstates import JobState
from shared import tracing
from shared.ids import outcome_id, product_key, user_product_key
from shared.intake import Delivery
from shared.jobs import ItemStatus
from shared.messages import CollectItem
from shared.mongo import Document


@dataclass(eq=False, slots=True)
class Task:
    """One item in hand: the command, the delivery it came in, and its job; with the names it goes by."""

    command: CollectItem
    delivery: Delivery
    job: JobState
    key: str = field(init=False)
    product_id: str = field(init=False)  # of its user's product
    outcome_id: str = field(init=False)

    def __post_init__(self) -> None:
        command = self.command
        self.key = product_key(command.marketplace, command.asin)
        self.product_id = user_product_key(self.job.user_id, command.marketplace, command.asin)
        self.outcome_id = outcome_id(command.job_id, command.run, command.seq)

    @property
    def is_analysed(self) -> bool:
        """Whether its job asked for the resale of its products."""
        return bool(self.job.settings.get("auto_analyze", True))


@dataclass(frozen=True)
class Observation:
    """A product's page as parsed, and when it was seen; `point` is the last of its price history, once it is stored."""

    page: Document
    observed_at: datetime
    point: Document | None = None
    first: bool = False  # nothing was known of the product when it was taken up: storing it need not look again


@dataclass(frozen=True)
class ItemError:
    code: str
    message: str
    retryable: bool

    def as_document(self) -> Document:
        return {"code": self.code, "message": self.message, "retryable": self.retryable}


@dataclass(frozen=True)
class Result:
    """An item's outcome on its way to the database: an observation, or the error that ended it."""

    task: Task
    origin: Literal["fetched", "reused"] = "fetched"
    observation: Observation | None = None
    error: ItemError | None = None
    known_status: ItemStatus | None = None  # already stored by an earlier delivery
    bug: Exception | None = None  # an error nobody foresaw: the message goes to the failure store as well
    span: str | None = field(default_factory=tracing.current)  # in which it came to be

    @property
    def traceparent(self) -> str | None:
        return self.span or tracing.valid(self.task.delivery.headers.get(tracing.TRACEPARENT))

    @property
    def status(self) -> ItemStatus:
        if self.known_status is not None:
            return self.known_status
        return ItemStatus.FAILED if self.error else ItemStatus.SUCCEEDED
