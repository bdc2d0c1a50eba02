"""A collector whose source answers at once, so that what is left is the cost of the pipeline.

    python -m bench.pipeline.noop

Runs like `python -m services.collector`, with the same settings; every product is the same one under its own ASIN.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

from shared import lean

lean.leave_out()  # as the collector does

from services.collector.bootstrap import build
from services.collector.settings import CollectorSettings
from shared.amazon.identifiers import Item
from shared.amazon.pages import Availability, Listing, Product, Rank
from shared.errors import NoLongerWantedError, PermanentError
from shared.runner import main
from shared.source import Wanted

# As much as a usual page gives.
PRODUCT = Product(
    title="ステンレス水筒 真空断熱 直飲み 480ml 軽量 保温保冷 食洗機対応 ワンタッチオープン マットブラック",
    price=Decimal("2980.00"),
    currency="JPY",
    list_price=Decimal("3980.00"),
    brand="Hoshizora",
    rating=Decimal("4.3"),
    review_count=1287,
    images=tuple(f"https://images.example/I/71q{n}x8Kd2L._AC_SL1500_.jpg" for n in range(6)),
    features=tuple(f"特長 {n}: 毎日の通勤や通学に使いやすい、軽くて丈夫なつくりです。" for n in range(5)),
    categories=("ホーム＆キッチン", "キッチン用品・食器", "水筒・弁当箱", "水筒・マグボトル"),
    weight_g=Decimal(230),
    dimensions_mm=(Decimal(65), Decimal(65), Decimal(215)),
    availability=Availability.IN_STOCK,
    availability_text="在庫あり。",
    seller="Hoshizora Store",
    condition="new",
    variation={"色": "マットブラック", "サイズ": "480ml"},
    bestseller_ranks=(Rank(312, "ホーム＆キッチン"), Rank(14, "水筒・マグボトル")),
)


class NoopSource:
    """Implements `shared.source.Source` without asking anybody."""

    async def product(self, item: Item, wanted: Wanted) -> Product:
        if not wanted():
            raise NoLongerWantedError("the job ended")
        return replace(PRODUCT, asin=item.asin)

    async def listing(self, url: str, marketplace: str, wanted: Wanted) -> Listing:
        raise PermanentError("this source has no listings")


async def serve(settings: CollectorSettings, stop: asyncio.Event) -> None:
    """As the collector serves, with the source that answers at once."""
    async with build(settings, NoopSource()) as collector:
        await collector.run(stop, settings.shutdown_seconds / 2, settings.exit_after_disconnected_seconds)


if __name__ == "__main__":
    main("collector", CollectorSettings, serve)
