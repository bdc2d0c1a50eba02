"""`asinflow products`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands.jobs import limit_option, show
from cli.documents import Product
from cli.options import Json, Marketplace
from cli.output import Column
from cli.session import session_of
from cli.text import age, analysed, money

app = typer.Typer()

COLUMNS: tuple[Column[Product], ...] = (
    Column("ASIN", lambda product: product["asin"]),
    Column("MARKETPLACE", lambda product: product["marketplace"], wide=True),
    Column("TITLE", lambda product: product["title"], flexible=True),
    Column("PRICE", money, align="right"),
    Column("RATING", lambda product: product.get("rating"), align="right", wide=True),
    Column("REVIEWS", lambda product: product.get("review_count"), align="right", wide=True),
    Column("AVAILABILITY", lambda product: product.get("availability"), wide=True),
    Column("SELL AT ₩", analysed("recommended_price_krw"), align="right"),
    Column("PROFIT ₩", analysed("profit_krw"), align="right"),
    Column("AGE", lambda product: age(product.get("collected_at")), align="right"),
)


@app.command()
def products(
    ctx: typer.Context,
    *,
    job: Annotated[str | None, typer.Option("--job", metavar="JOB", help="Only what this job collected.")] = None,
    q: Annotated[str | None, typer.Option("--q", metavar="WORDS", help="Only titles with these words.")] = None,
    sort: Annotated[
        str | None,
        typer.Option(metavar="FIELD", help="collected_at, price or title; a minus before it: descending."),
    ] = None,
    marketplace: Marketplace = None,
    limit: Annotated[int, limit_option(50)] = 50,
    as_json: Json = False,
) -> None:
    """List collected products."""
    with session_of(ctx).api() as api:
        found = api.products(limit or None, job_id=job, q=q, sort=sort, marketplace=marketplace)
        show(COLUMNS, found, "No products yet:  asinflow submit --help", as_json=as_json)
