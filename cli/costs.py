"""What a resale costs besides the product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from cli.options import Tier


@dataclass(frozen=True)
class Costs:
    """What a resale costs besides the product, and what it must leave."""

    margin: Annotated[float | None, typer.Option(metavar="PERCENT", help="Margin to reach.", show_default="10")] = None
    japan_shipping: Annotated[int | None, typer.Option(min=0, help="Shipping within Japan, JPY.", show_default="0")] = (
        None
    )
    korea_shipping: Annotated[int | None, typer.Option(min=0, help="Shipping within Korea, KRW.", show_default="0")] = (
        None
    )
    packaging: Annotated[int | None, typer.Option(min=0, help="Packaging, KRW.", show_default="0")] = None
    tier: Tier = None

    def fields(self) -> dict[str, Any]:
        """The same as the API names it."""
        return {
            "target_margin": self.margin,
            "japan_shipping_jpy": self.japan_shipping,
            "korea_shipping_krw": self.korea_shipping,
            "packaging_krw": self.packaging,
            "shipping_tier": self.tier,
        }
