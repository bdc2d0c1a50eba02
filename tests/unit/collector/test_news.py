"""What users are told of products: what this observation has found, once for all who use it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from services.collector.news import news
from services.collector.pricehistory import next_point
from services.collector.products import page_document
from services.collector.results import Observation, Result
from shared.amazon.pages import Product
from shared.profit.analysis import analyze
from shared.profit.models import AnalysisSettings, ProductFacts, Rate
from shared.profit.tables import load_tables
from tests.builders import HOME, NOW, asin, state, task
from tests.unit.collector.test_products import KEY, PRODUCT

LATER = NOW + timedelta(hours=1)


def seen(product: Product = PRODUCT, before: Observation | None = None) -> Observation:
    at = NOW if before is None else LATER
    fresh = Observation(page_document(product), at)
    last = None if before is None else before.point
    return replace(fresh, point=next_point(KEY, fresh, last) or last)


FIRST = seen()
CHEAPER = seen(replace(PRODUCT, price=Decimal("1480.5")), FIRST)


def result(seq: int = 1, job_id: str = "j", user_id: str = "ann") -> Result:
    return Result(task(seq, job=state(user_id=user_id), job_id=job_id))


def test_only_the_observation_that_found_a_change_tells_it() -> None:
    assert news([(result(), FIRST, None)], NOW) == []
    [told] = news([(result(), CHEAPER, None)], NOW)
    [change] = told.price_changes
    assert (change.asin, change.marketplace, change.seq) == (asin(1), HOME, 1)
    assert (change.price, change.previous_price, change.currency) == (Decimal("1480.5"), Decimal("1980"), "JPY")
    again = replace(CHEAPER, observed_at=LATER + timedelta(hours=1))
    assert news([(result(), again, None)], NOW) == []


def test_each_job_is_told_of_its_own_in_one_message() -> None:
    batch = [(result(1, "a"), CHEAPER, None), (result(2, "b", "bob"), CHEAPER, None), (result(3, "a"), CHEAPER, None)]
    told = news(batch, NOW)
    assert [(each.job_id, each.user_id, [c.seq for c in each.price_changes]) for each in told] == [
        ("a", "ann", [1, 3]),
        ("b", "bob", [2]),
    ]


def test_product_that_reaches_its_margin_at_its_users_price_is_told() -> None:
    rate = Rate(base="JPY", value=Decimal("9.3"), as_of=NOW.date(), source="x", fetched_at=NOW)
    facts = ProductFacts(price=Decimal(1000), currency="JPY", weight_g=Decimal(200))
    unpriced, good, poor = (
        analyze(facts, AnalysisSettings(), load_tables(None), {"JPY": rate}, price) for price in (None, 90_000, 100)
    )
    assert (unpriced.is_profitable, good.is_profitable, poor.is_profitable) == (True, True, False)
    [told] = news([(result(), FIRST, good)], NOW)
    [product] = told.profitable
    assert (product.selling_price_krw, product.recommended_price_krw) == (90_000, good.recommended_price_krw)
    assert news([(result(), FIRST, unpriced), (result(), FIRST, poor)], NOW) == []
