"""What can be wrong with a question about profit, or with the tables that answer it."""

from __future__ import annotations

from decimal import Decimal

from shared.errors import AsinflowError


class TablesError(AsinflowError):
    """A data file is missing or wrong; the message names the file and the key."""

    code = "profit_tables"


class UnknownCategoryError(AsinflowError):
    """The category asked for is in no table."""

    code = "unknown_category"


class ImpossibleMarginError(AsinflowError):
    """No price reaches the target, since margin and fee take all of it; `largest_margin` is the most, in percent."""

    code = "impossible_margin"

    def __init__(self, target_margin: Decimal, fee_percent: Decimal, largest_margin: Decimal) -> None:
        self.largest_margin = largest_margin
        super().__init__(
            f"A margin of {target_margin} % cannot be reached: the platform keeps {fee_percent} % of the price, "
            f"so the largest possible margin is {largest_margin} %."
        )


class NoRecommendationError(AsinflowError):
    """No price can be recommended; `code` and sentence are those of the reason the analysis gives."""

    code = "no_recommendation"
