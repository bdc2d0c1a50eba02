"""The index of price histories by time goes: they are read by number, and every write of a point paid for it."""

from migrations.dropping import dropping

STEP = dropping(
    "0002-drop-price-index-by-time",
    "drop the index of price points by time",
    "price_history",
    "marketplace_1_asin_1_at_-1",
)
