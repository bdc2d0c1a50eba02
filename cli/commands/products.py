"""`asinflow products` and `asinflow history`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.client import calls
from cli.commands.jobs import limit_option, show
from cli.documents import PricePoint, Product
from cli.filters import Filters
from cli.groups import grouped
from cli.inputs import read_product
from cli.options import Json, Marketplace, ProductArgument, instant
from cli.output import Column
from cli.session import session_of
from cli.text import age, amount, analysed, moment, money, percent, sold_at

app = typer.Typer()


def change_style(product: Product) -> str:
    """Cheaper is green, dearer is red."""
    change = product.get("price_change_percent") or 0
    return "green" if change < 0 else "red" if change > 0 else ""


COLUMNS: tuple[Column[Product], ...] = (
    Column("ASIN", lambda product: product["asin"]),
    Column("MARKETPLACE", lambda product: product["marketplace"], wide=True),
    Column("TITLE", lambda product: product["title"], flexible=True),
    Column("PRICE", money, align="right"),
    Column("RATING", lambda product: product.get("rating"), align="right", wide=True),
    Column("REVIEWS", lambda product: product.get("review_count"), align="right", wide=True),
    Column("AVAILABILITY", lambda product: product.get("availability"), wide=True),
    Column("SELL AT ₩", sold_at, align="right"),
    Column("PROFIT ₩", analysed("profit_krw"), align="right"),
    Column("AGE", lambda product: age(product.get("collected_at")), align="right"),
)
CHANGE_COLUMNS: tuple[Column[Product], ...] = (
    Column("ASIN", lambda product: product["asin"]),
    Column("MARKETPLACE", lambda product: product["marketplace"], wide=True),
    Column("TITLE", lambda product: product["title"], flexible=True),
    Column("OLD", lambda product: amount(product.get("previous_price"), product["currency"]), align="right"),
    Column("NEW", money, align="right"),
    Column("CHANGE", lambda product: percent(product.get("price_change_percent")), align="right", style=change_style),
    Column("SINCE", lambda product: moment(product.get("price_changed_at"))),
)
# What a list is sorted or narrowed by and does not show anyway.
FURTHER: dict[str, Column[Product]] = {
    "margin": Column("MARGIN %", lambda product: _of_analysis(product, "margin_percent"), align="right"),
    "price_change_percent": Column(
        "CHANGE", lambda product: percent(product.get("price_change_percent")), align="right", style=change_style
    ),
    "price_changed_at": Column("SINCE", lambda product: moment(product.get("price_changed_at"))),
    "category": Column("CATEGORY", lambda product: _of_analysis(product, "category")),
    "favorite": Column("FAVORITE", lambda product: "yes" if product.get("favorite") else ""),
}
POINT_COLUMNS: tuple[Column[PricePoint], ...] = (
    Column("FROM", lambda point: moment(point["at"])),
    Column("PRICE", lambda point: amount(point["price"], point["currency"]) or "none", align="right"),
    Column("AVAILABILITY", lambda point: point["availability"]),
)


@app.command()
@grouped
def products(
    ctx: typer.Context, *, filters: Filters, limit: Annotated[int, limit_option(50)] = 50, as_json: Json = False
) -> None:
    """List collected products, or those whose price has changed.

    With --changes the latest change comes first, unless --sort says otherwise. What it is sorted or narrowed by is a
    column.
    """
    with session_of(ctx).api() as api:
        found = api.listed(calls.products(limit=limit or None, **filters.wanted()))
        empty = "No price has changed yet." if filters.changes else "No products yet:  asinflow submit --help"
        show(_columns(filters), found, empty, as_json=as_json)


def _columns(filters: Filters) -> tuple[Column[Product], ...]:
    """What is asked about stands before the age, the last column."""
    columns = CHANGE_COLUMNS if filters.changes else COLUMNS
    shown = {column.title for column in columns}
    further = [FURTHER[name] for name in FURTHER if name in filters.asked_about]
    return (*columns[:-1], *(column for column in further if column.title not in shown), columns[-1])


def _of_analysis(product: Product, name: str) -> Any:
    return (product.get("analysis") or {}).get(name)


@app.command()
def history(
    ctx: typer.Context,
    *,
    product: ProductArgument,
    marketplace: Marketplace = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="From this day or moment on (UTC).")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Before this day or moment (UTC).")] = None,
    limit: Annotated[int, limit_option(50)] = 50,
    as_json: Json = False,
) -> None:
    """Show what a product's price did.

    One line per change of price or availability, the newest first.
    """
    item = read_product(product, marketplace)
    bounds = {"since": instant("--since", since), "until": instant("--until", until)}
    with session_of(ctx).api() as api:
        points = api.listed(calls.price_history(item.marketplace, item.asin, limit=limit or None, **bounds))
        show(POINT_COLUMNS, points, "No price was seen in that time.", as_json=as_json)
