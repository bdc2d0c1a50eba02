"""Real product pages, read by hand beforehand, go through the whole system: their titles and prices come out."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from deploy.local.folder import ROOT
from tests.e2e.exactness import assert_counted_exactly
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

SAVED = ROOT.parent / "shared" / "pages"
# Pages whose title the parser may miss; a price must be right on every page.
TITLES_MISSED_AT_MOST = 1


@dataclass(frozen=True)
class SavedPage:
    file: str
    marketplace: str
    url: str
    truth: dict[str, Any]

    @property
    def key(self) -> tuple[str, str]:
        return self.marketplace, self.truth["asin"]


def product_pages() -> list[SavedPage]:
    rows = [json.loads(line) for line in (SAVED / "TRUTH.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        SavedPage(row["file"], row["marketplace"], row["url"], row["truth"]) for row in rows if row["kind"] == "product"
    ]


def rounds(pages: list[SavedPage]) -> Iterator[list[SavedPage]]:
    """Several pages of one product, saved in different years, cannot be served together: one of each per round."""
    by_product: dict[tuple[str, str], list[SavedPage]] = defaultdict(list)
    for page in pages:
        by_product[page.key].append(page)
    while remaining := [versions.pop() for versions in by_product.values() if versions]:
        yield remaining


def serve(system: System, folder: Path, pages: list[SavedPage]) -> None:
    """Have the storefront serve these pages and no others."""
    system.stop("storefront")
    for old in folder.iterdir():
        old.unlink()
    for page in pages:
        (folder / page.file).symlink_to(SAVED / page.file)
    system.start("storefront")


def collect(system: System, pages: list[SavedPage]) -> dict[tuple[str, str], dict[str, Any]]:
    """Run one job for all pages, named by their addresses; what is stored of each."""
    user = system.user()
    addresses = [f"https://www.{page.marketplace}/some-title/dp/{page.truth['asin']}?th=1" for page in pages]
    job_id = user.submit_asins(addresses, settings={"max_age_seconds": 0})
    user.wait_for_end(job_id)
    assert [(item["asin"], item["error"]) for item in user.items(job_id) if item["status"] != "succeeded"] == []
    assert_counted_exactly(system, job_id, total=len(pages))
    products = system.database["products"].find({"user_id": user.name})
    return {(product["marketplace"], product["asin"]): product for product in products}


def folded(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "").strip().casefold()


@pytest.mark.skipif(not (SAVED / "TRUTH.jsonl").exists(), reason="there are no saved pages in ../shared/pages")
def test_saved_pages_come_out_as_read_by_hand(system: System, pages_folder: Path) -> None:
    wrong_prices, missed_titles = [], []
    for pages in rounds(product_pages()):
        serve(system, pages_folder, pages)
        products = collect(system, pages)
        for page in pages:
            product, truth = products[page.key], page.truth
            if shown(product) != wanted(truth):
                wrong_prices.append((page.file, shown(product), wanted(truth)))
            if folded(product["title"]) != folded(truth["title"]):
                missed_titles.append((page.file, product["title"], truth["title"]))
    serve(system, pages_folder, [])
    assert wrong_prices == []
    assert len(missed_titles) <= TITLES_MISSED_AT_MOST, missed_titles


def shown(product: dict[str, Any]) -> tuple[Decimal, str] | None:
    price = product["price"]
    return None if price is None else (price.to_decimal(), product["currency"])


def wanted(truth: dict[str, Any]) -> tuple[Decimal, str] | None:
    return None if truth["price"] is None else (Decimal(str(truth["price"])), truth["currency"])
