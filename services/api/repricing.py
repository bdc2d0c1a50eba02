"""A repricing of a job: what is kept of it, and what it makes of a block of products. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.api.profit import ProfitDesk
from services.api.requests import CostRequest, RepriceRequest
from services.api.responses import PreviewedFigures, Repricing, RepricingState
from shared.profit import Analysis, AnalysisSettings, Rate

Document = dict[str, Any]

# What of a product is looked at.
FIELDS = (
    *("marketplace", "asin", "price", "currency", "weight_g", "categories", "title"),
    *("collected_at", "analysis", "resale"),
)


@dataclass(frozen=True, slots=True)
class NewAnalysis:
    """For the product as it was collected then, and for no later one."""

    product_id: str
    collected_at: datetime | None
    analysis: Analysis
    resale: Mapping[str, Any] | None = None  # what its user says of it now; None: as before

    def changes(self) -> Document:
        """What is stored of it."""
        said = {} if self.resale is None else {"resale": dict(self.resale)}
        return {"analysis": self.analysis.as_document(), **said}


@dataclass(frozen=True, slots=True)
class RepricingTask:
    """A repricing under way; `after` is the seq up to which it has come."""

    job_id: str
    id: str
    user_id: str
    asked: RepriceRequest
    rates: Mapping[str, Rate]
    after: int


def repriced(
    products: Sequence[Mapping[str, Any]],
    desk: ProfitDesk,
    asked: CostRequest,
    rates: Mapping[str, Rate],
    otherwise: Mapping[str, Any] | None = None,
) -> list[Analysis]:
    """One analysis for each of the products: about a tenth of a millisecond each."""
    return [desk.reprice(product, asked, rates, otherwise) for product in products]


def settings_asked(asked: CostRequest) -> dict[str, Any]:
    """The settings that a job has from now on; null takes the default."""
    plain = AnalysisSettings().model_dump(mode="json")
    chosen = {name: getattr(asked, name) for name in CostRequest.model_fields if name in asked.model_fields_set}
    return {name: plain[name] if value is None else value for name, value in chosen.items()}


def new_document(
    job_id: str, repricing_id: str, user_id: str, asked: RepriceRequest, rates: Mapping[str, Rate], total: int
) -> Document:
    """All but the times, which are the database's."""
    return {
        "job_id": job_id,
        "id": repricing_id,
        "user_id": user_id,
        "asked": asked.model_dump(mode="json", exclude_unset=True),
        "rates": [rate.model_dump(mode="json") for rate in rates.values()],
        "state": str(RepricingState.RUNNING),
        "after": -1,
        "total": total,
        "repriced": 0,
        "left_out": 0,
        "completed_at": None,
    }


def task_of(document: Mapping[str, Any]) -> RepricingTask:
    rates = [Rate.model_validate(rate) for rate in document["rates"]]
    return RepricingTask(
        job_id=document["job_id"],
        id=document["id"],
        user_id=document["user_id"],
        asked=RepriceRequest.model_validate(document["asked"]),
        rates={rate.base: rate for rate in rates},
        after=document["after"],
    )


def repricing_view(document: Mapping[str, Any]) -> Repricing:
    return Repricing.model_validate({name: document[name] for name in Repricing.model_fields})


def figures(analysis: Mapping[str, Any] | None) -> PreviewedFigures | None:
    """Of an analysis as it is stored."""
    if not analysis:
        return None
    shown = {name: analysis[name] for name in PreviewedFigures.model_fields if name != "reasons"}
    return PreviewedFigures(reasons=[remark["code"] for remark in analysis["reasons"]], **shown)
