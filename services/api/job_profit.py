"""What the resale of a job's products comes to, added up a block at a time."""

from __future__ import annotations

from services.api.profit_tally import FIGURES, BestBy, Judged, ProfitTally, percent
from services.api.records import Job
from services.api.responses import BestProduct, JobProfit
from services.api.results import ResultReader
from services.api.stores import Document, ProductStore


class ProfitReader:
    """Reads analyses as they are stored; memory is some bytes an item."""

    def __init__(self, results: ResultReader, products: ProductStore) -> None:
        self._results = results
        self._products = products

    async def summary(self, job: Job, *, best: int, by: BestBy) -> JobProfit:
        """Of all items that have succeeded so far, with the `best` of them."""
        tally = ProfitTally(best, by)
        async for found in self._results.stored(job, FIGURES):
            for seq, product in found:
                if product is None:
                    tally.add_deleted()
                else:
                    tally.add(seq, product["_id"], product.get("analysis"))
        return await self.shown(job, tally)

    async def shown(self, job: Job, tally: ProfitTally) -> JobProfit:
        """The summary with its best ones looked up; one deleted meanwhile is left out."""
        best = tally.best()
        products = await self._products.find_by_ids(job.user_id, [judged.id for judged in best]) if best else {}
        listed = [_best(judged, products[judged.id]) for judged in best if judged.id in products]
        return tally.summary(job.id).model_copy(update={"best": listed})


def _best(judged: Judged, product: Document) -> BestProduct:
    return BestProduct(
        seq=judged.seq,
        marketplace=product["marketplace"],
        asin=product["asin"],
        title=product.get("title"),
        image=next(iter(product.get("images") or ()), None),
        price=product.get("price"),
        currency=product.get("currency"),
        sale_price_krw=judged.sale_price_krw,
        cost_krw=judged.cost_krw,
        profit_krw=judged.profit_krw,
        margin_percent=percent(judged.margin_hundredths),
        is_profitable=judged.is_profitable,
    )
