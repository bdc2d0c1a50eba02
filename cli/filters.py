"""Which products are meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from cli.options import Marketplace


@dataclass(frozen=True)
class Filters:
    """Those that all of these fit; without any, all."""

    job: Annotated[str | None, typer.Option(metavar="JOB", help="Only what this job collected.")] = None
    q: Annotated[str | None, typer.Option("--q", metavar="WORDS", help="Only titles with these words.")] = None
    marketplace: Marketplace = None
    category: Annotated[str | None, typer.Option(help="Only of this category, for example toys_hobbies.")] = None
    availability: Annotated[str | None, typer.Option(help="Only of this availability, for example in_stock.")] = None
    favorite: Annotated[bool | None, typer.Option("--favorite/--no-favorite", help="Only (no) favorites.")] = None
    profitable: Annotated[
        bool | None,
        typer.Option(
            "--profitable/--not-profitable",
            help="Only what reaches its margin, or does not: at your price, else the recommended.",
        ),
    ] = None
    priced: Annotated[
        bool | None, typer.Option("--priced/--not-priced", help="Only what has a selling price of yours, or has none.")
    ] = None
    min_price: Annotated[float | None, typer.Option(help="Only from this price on.")] = None
    max_price: Annotated[float | None, typer.Option(help="Only up to this price.")] = None
    min_margin: Annotated[float | None, typer.Option(help="Only from this margin on, in percent.")] = None
    max_margin: Annotated[float | None, typer.Option(help="Only up to this margin, in percent.")] = None
    min_change: Annotated[float | None, typer.Option(help="Only whose price changed by this much, in percent.")] = None
    max_change: Annotated[float | None, typer.Option(help="Only whose price changed by no more, in percent.")] = None
    changes: Annotated[
        bool, typer.Option("--changes", help="Only products whose price has changed: old, new, by how much, when.")
    ] = False
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD",
            help="collected_at, price, title, margin, change, category, favorite; a minus before it: descending.",
        ),
    ] = None

    @property
    def asked_about(self) -> frozenset[str]:
        """What the list is sorted or narrowed by, by the API's names of what it sorts by."""
        narrowed = {
            "margin": (self.min_margin, self.max_margin),
            "price_change_percent": (self.min_change, self.max_change),
            "category": (self.category,),
            "favorite": (self.favorite,),
        }
        by = {name for name, given in narrowed.items() if any(value is not None for value in given)}
        return frozenset(by | {(self._order or "").removeprefix("-")})

    @property
    def _order(self) -> str | None:
        """As the API is told: `change` is short for the change of the price in percent."""
        if self.sort in {"change", "-change"}:
            return self.sort.replace("change", "price_change_percent")
        return self.sort or ("-price_changed_at" if self.changes else None)

    def wanted(self) -> dict[str, Any]:
        """The same as the API is asked: of changes the latest first, unless told otherwise."""
        chosen = {
            "job_id": self.job,
            "q": self.q,
            "marketplace": self.marketplace,
            "category": self.category,
            "availability": self.availability,
            "favorite": self.favorite,
            "profitable": self.profitable,
            "priced": self.priced,
            "changed": True if self.changes else None,
            "sort": self._order,
        }
        bounds = ("price", "margin", "change")
        return {**chosen, **{f"{end}_{of}": getattr(self, f"{end}_{of}") for of in bounds for end in ("min", "max")}}
