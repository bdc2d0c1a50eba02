"""Adds up the analyses of many products, exactly and at some bytes a product. Pure."""

from __future__ import annotations

import heapq
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from services.api.histograms import Bin, bins, doubled_median
from services.api.responses import CodeCount, JobProfit, ProfitBin, ProfitTotals, Spread

HUNDREDTH = Decimal("0.01")
PERCENT = 100  # margins are counted in hundredths of a percent
LEAST_WON = 100  # prices come in steps of 100 KRW
# What of an analysis is looked at.
FIGURES = tuple(
    f"analysis.{name}"
    for name in (
        *("is_profitable", "reasons.code", "margin_percent", "profit_krw", "cost_krw"),
        *("at_selling.price_krw", "at_selling.platform_fee_krw"),
        *("at_recommended.price_krw", "at_recommended.platform_fee_krw"),
    )
)


class BestBy(StrEnum):
    PROFIT = "profit"
    MARGIN = "margin"


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of a product at the top: its analysis decides, its place breaks ties."""

    seq: int
    id: str
    sale_price_krw: int
    cost_krw: int
    profit_krw: int
    margin_hundredths: int
    is_profitable: bool
    priced: bool


class ProfitTally:
    def __init__(self, keep_best: int = 0, by: BestBy = BestBy.PROFIT) -> None:
        self._keep, self._by = keep_best, by
        self._succeeded = self._profitable = 0
        self._priced = self._priced_profitable = 0
        self._sales = self._cost = self._fees = 0
        self._margins, self._profits = array("q"), array("q")
        self._unjudged: Counter[str] = Counter()
        self._assumed: Counter[str] = Counter()
        self._best: list[tuple[int, int, Judged]] = []

    def add_deleted(self) -> None:
        self._succeeded += 1
        self._unjudged["product_deleted"] += 1

    def add(self, seq: int, product_id: str, analysis: Mapping[str, Any] | None) -> None:
        """The analysis of a product as it is stored."""
        self._succeeded += 1
        if analysis is None:
            self._unjudged["not_analyzed"] += 1
            return
        codes = [remark["code"] for remark in analysis["reasons"]]
        # One that is null is left out where only parts of it are asked for.
        sale = analysis.get("at_selling") or analysis.get("at_recommended")
        if analysis["is_profitable"] is None or sale is None:
            self._unjudged[codes[0] if codes else "not_analyzed"] += 1
            return
        self._assumed.update(codes)
        self._sales += sale["price_krw"]
        self._fees += sale["platform_fee_krw"]
        self._judge(
            Judged(
                seq=seq,
                id=product_id,
                sale_price_krw=sale["price_krw"],
                cost_krw=analysis["cost_krw"],
                profit_krw=analysis["profit_krw"],
                margin_hundredths=_hundredths(analysis["margin_percent"]),
                is_profitable=analysis["is_profitable"],
                priced=bool(analysis.get("at_selling")),
            )
        )

    def _judge(self, judged: Judged) -> None:
        self._profitable += judged.is_profitable
        self._priced += judged.priced
        self._priced_profitable += judged.priced and judged.is_profitable
        self._cost += judged.cost_krw
        self._margins.append(judged.margin_hundredths)
        self._profits.append(judged.profit_krw)
        value = judged.profit_krw if self._by is BestBy.PROFIT else judged.margin_hundredths
        entry = (value, -judged.seq, judged)
        if len(self._best) < self._keep:
            heapq.heappush(self._best, entry)
        elif self._best:
            heapq.heappushpop(self._best, entry)

    def best(self) -> list[Judged]:
        """The best first; of equal ones that which comes first in the job."""
        return [judged for _, _, judged in sorted(self._best, key=lambda entry: entry[:2], reverse=True)]

    def summary(self, job_id: str) -> JobProfit:
        """All but the best ones, which are to be looked up."""
        margins, profits = sorted(self._margins), sorted(self._profits)
        return JobProfit(
            job_id=job_id,
            succeeded=self._succeeded,
            judged=len(margins),
            profitable=self._profitable,
            unprofitable=len(margins) - self._profitable,
            priced=self._priced,
            priced_profitable=self._priced_profitable,
            unjudged=_counts(self._unjudged),
            assumed=_counts(self._assumed),
            totals=ProfitTotals(
                sales_krw=self._sales,
                cost_krw=self._cost,
                platform_fees_krw=self._fees,
                profit_krw=sum(profits),
            ),
            margin_percent=_spread(margins, HUNDREDTH),
            profit_krw=_spread(profits, Decimal(1)),
            margins=_bins(bins(margins, PERCENT), HUNDREDTH),
            profits=_bins(bins(profits, LEAST_WON), Decimal(1)),
            best=[],
        )


def percent(hundredths: int) -> Decimal:
    return hundredths * HUNDREDTH


def _hundredths(margin: float | Decimal) -> int:
    # A float prints as the two places that it was stored with.
    return int(Decimal(str(margin)) / HUNDREDTH)


def _counts(counter: Counter[str]) -> list[CodeCount]:
    return [CodeCount(code=c, count=n) for c, n in sorted(counter.items(), key=lambda each: (-each[1], each[0]))]


def _spread(ordered: Sequence[int], unit: Decimal) -> Spread | None:
    if not ordered:
        return None
    return Spread(lowest=ordered[0] * unit, median=doubled_median(ordered) * unit / 2, highest=ordered[-1] * unit)


def _bins(found: Sequence[Bin], unit: Decimal) -> list[ProfitBin]:
    def edge(number: int | None) -> Decimal | None:
        return None if number is None else number * unit

    return [ProfitBin(at_least=edge(each.at_least), below=edge(each.below), count=each.count) for each in found]
