"""What users ask of prices worked out anew: previews, which store nothing, and repricings of whole jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from services.api.job_profit import ProfitReader
from services.api.lifecycle import refused
from services.api.problems import Problem, not_found
from services.api.profit import ProfitDesk
from services.api.profit_tally import BestBy, ProfitTally
from services.api.records import Job
from services.api.repricing import FIELDS, Document, figures, new_document, repriced
from services.api.requests import RepricePreviewRequest, RepriceRequest
from services.api.responses import PreviewedFigures, PreviewedProduct, ProductsPreview, RepricePreview
from services.api.results import ResultReader
from services.api.stores import ProductStore
from shared.ids import new_id, user_product_key
from shared.jobs import TERMINAL
from shared.log import get_logger

log = get_logger(__name__)

# Previews of jobs that one process works out at the same time: each is a tenth of a millisecond a product.
PREVIEWS_AT_ONCE = 2


class RepricingStore(Protocol):
    async def find(self, user_id: str, job_id: str) -> Document | None: ...

    async def begin(self, document: Document) -> Document:
        """Store it, unless one of the job is running: then that one is answered."""


class RepriceDesk:
    def __init__(
        self,
        store: RepricingStore,
        desk: ProfitDesk,
        results: ResultReader,
        products: ProductStore,
        profit: ProfitReader,
    ) -> None:
        self._store = store
        self._desk = desk
        self._results = results
        self._products = products
        self._profit = profit
        self._previews = asyncio.Semaphore(PREVIEWS_AT_ONCE)
        self.asked_for = asyncio.Event()

    async def begin(self, job: Job, asked: RepriceRequest) -> Document:
        """The repricing, under way; the same one when just this is under way already.

        Raises Problem (409) when the job has not ended, or another repricing of it is running.
        """
        if job.status not in TERMINAL:
            raise refused(job, None, "reprice")
        repricing_id = new_id()
        rates = self._desk.rates(asked.rates)
        wanted = new_document(job.id, repricing_id, job.user_id, asked, rates, job.success_count)
        found = await self._store.begin(wanted)
        if found["id"] != repricing_id and found["asked"] != wanted["asked"]:
            detail = "Another repricing of the job is under way; wait until it is done."
            raise Problem(409, "repricing_under_way", detail, retryable=True)
        log.info("repricing_asked_for", job_id=job.id, repricing=found["id"])
        self.asked_for.set()
        return found

    async def find(self, job: Job) -> Document:
        """The last repricing of the job. Raises Problem (404) when there was none."""
        found = await self._store.find(job.user_id, job.id)
        if found is None:
            raise not_found("repricing")
        return found

    async def preview_job(self, job: Job, asked: RepriceRequest, *, best: int, by: BestBy) -> RepricePreview:
        """What the whole job would come to, a block of products at a time."""
        before, after = ProfitTally(best, by), ProfitTally(best, by)
        rates = self._desk.rates(asked.rates)
        async with self._previews:
            async for found in self._results.stored(job, FIELDS):
                there = [product for _, product in found if product is not None]
                new = iter(await asyncio.to_thread(repriced, there, self._desk, asked, rates, job.settings))
                for seq, product in found:
                    if product is None:
                        before.add_deleted()
                        after.add_deleted()
                    else:
                        before.add(seq, product["_id"], product.get("analysis"))
                        after.add(seq, product["_id"], next(new).as_document())
        return RepricePreview(before=await self._profit.shown(job, before), after=await self._profit.shown(job, after))

    async def preview_products(self, user_id: str, asked: RepricePreviewRequest) -> ProductsPreview:
        """What some products would come to, for those who move a slider."""
        ids = [user_product_key(user_id, name.marketplace, name.asin.upper()) for name in asked.products]
        found = await self._products.find_by_ids(user_id, ids, FIELDS)
        products = [found[product_id] for product_id in dict.fromkeys(ids) if product_id in found]
        rates = self._desk.rates(asked.rates)
        new = await asyncio.to_thread(repriced, products, self._desk, asked, rates)
        shown = [_previewed(product, analysis.as_document()) for product, analysis in zip(products, new, strict=True)]
        return ProductsPreview(items=shown)


def _previewed(product: Mapping[str, Any], analysis: Mapping[str, Any]) -> PreviewedProduct:
    after = figures(analysis)
    assert isinstance(after, PreviewedFigures)  # noqa: S101  there is an analysis
    return PreviewedProduct(
        marketplace=product["marketplace"],
        asin=product["asin"],
        before=figures(product.get("analysis")),
        after=after,
    )
