"""Every wire message: a frozen model with a class-level type, which is its routing key as well.

Commands are imperative and have one handler; events are facts in the past tense. A reader ignores fields it does not
know, so that a newer writer may add some; a changed meaning gets a new version in the type.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from shared.jobs import JobStatus
from shared.quality import Quality

# Far above the largest job; a larger one is a mistake, and would not fit the database.
MAX_SEQ = 100_000_000
Seq = Annotated[int, Field(ge=0, le=MAX_SEQ)]
# Shares of a job, in percent, of which its user can be told; a webhook chooses among them.
PROGRESS_STEP = 5
ASIN_RULE = r"^[0-9A-Z]{10}$"
MARKETPLACE_RULE = r"^amazon(\.[a-z]{2,3}){1,2}$"


class Message(BaseModel):
    """Base of all wire messages."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    TYPE: ClassVar[str]

    job_id: str = Field(min_length=1, max_length=64, description="The job it is about; the correlation id as well")
    run: int = Field(default=1, ge=1, le=1_000_000, description="Run of the job: 1, then one more with each retry")

    def encode(self) -> bytes:
        return self.__pydantic_serializer__.to_json(self)


class JobSubmitted(Message):
    """Command to the expander: find out which products the job is about. Sent again for each further page."""

    TYPE: ClassVar[str] = "job.submitted.v1"


class CollectItem(Message):
    """Command to a collector: get this one product for this job."""

    TYPE: ClassVar[str] = "item.collect.v1"

    seq: Seq = Field(description="Place of the item in the job, from 0")
    asin: str = Field(pattern=ASIN_RULE)
    marketplace: str = Field(pattern=MARKETPLACE_RULE)
    rev: int = Field(
        default=0, ge=0, description="Revision of the job that handed it out: who knows an older one must look again"
    )


class ItemsFinished(Message):
    """Facts from a collector: these items have their outcome. Batched per job; sets, so order means nothing."""

    TYPE: ClassVar[str] = "items.finished.v1"

    succeeded: tuple[Seq, ...] = ()
    failed: tuple[Seq, ...] = ()


class NotedProduct(BaseModel):
    """An item of a job of which its user may want to be told."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    seq: Seq
    asin: str = Field(pattern=ASIN_RULE)
    marketplace: str = Field(pattern=MARKETPLACE_RULE)


class PriceChange(NotedProduct):
    """Its price is another than the one seen before, in the same currency."""

    currency: str
    price: Decimal
    previous_price: Decimal


class ProfitableProduct(NotedProduct):
    """At the selling price that its user has given it, it reaches the margin that its job asks for."""

    margin_percent: float | None = None
    profit_krw: int | None = None
    selling_price_krw: int | None = None
    recommended_price_krw: int | None = None


class ProductsNoted(Message):
    """What a collector saw of products that their user may want to be told of. Batched per job."""

    TYPE: ClassVar[str] = "products.noted.v1"

    user_id: str
    at: datetime
    price_changes: tuple[PriceChange, ...] = ()
    profitable: tuple[ProfitableProduct, ...] = ()


class JobExpanded(Message):
    """The job's items are known and stored; feeding may begin."""

    TYPE: ClassVar[str] = "job.expanded.v1"

    total_items: int = Field(ge=0)


class JobEvent(Message):
    """A job as it stands at one moment; base of the events that users follow."""

    user_id: str
    rev: int = Field(ge=0, description="Rises with every change of the job: an older event is recognised by it")
    status: JobStatus
    total_items: int | None
    progress: int
    success_count: int
    error_count: int
    at: datetime
    quality: Quality | None = Field(
        default=None, description="With the end of a job: whether it kept what its quality gate asks for, if it has one"
    )


class JobProgressed(JobEvent):
    """Some items more are finished; at most five a second per job."""

    TYPE: ClassVar[str] = "job.progressed.v1"


class JobReached(JobEvent):
    """A share of the items is finished, each told at most once per run: for those who want no more than a few words."""

    TYPE: ClassVar[str] = "job.reached.v1"

    percent: int = Field(ge=PROGRESS_STEP, le=100 - PROGRESS_STEP, multiple_of=PROGRESS_STEP)


class JobPaused(JobEvent):
    """Its user has stopped it for a while: nothing more is handed out, what was under way is still counted."""

    TYPE: ClassVar[str] = "job.paused.v1"


class JobResumed(JobEvent):
    """A paused job waits for its turn again, and then goes on where it stood."""

    TYPE: ClassVar[str] = "job.resumed.v1"


class JobCompleted(JobEvent):
    """Every item has its outcome. Once per run."""

    TYPE: ClassVar[str] = "job.completed.v1"


class JobFailed(JobEvent):
    """The job ended without all outcomes; the reason says why. Once per run."""

    TYPE: ClassVar[str] = "job.failed.v1"

    reason: str


class JobCancelled(JobEvent):
    """Its user ended it, or had a run that left items out, which is done. Once per run."""

    TYPE: ClassVar[str] = "job.cancelled.v1"


MESSAGES: dict[str, type[Message]] = {
    model.TYPE: model
    for model in (
        JobSubmitted,
        CollectItem,
        ItemsFinished,
        ProductsNoted,
        JobExpanded,
        JobProgressed,
        JobReached,
        JobPaused,
        JobResumed,
        JobCompleted,
        JobFailed,
        JobCancelled,
    )
}

FINAL_EVENTS: dict[JobStatus, type[JobEvent]] = {
    JobStatus.COMPLETED: JobCompleted,
    JobStatus.FAILED: JobFailed,
    JobStatus.CANCELLED: JobCancelled,
}
