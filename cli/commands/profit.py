"""`asinflow profit`: what a resale costs, should cost and leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from cli.client import calls
from cli.completing import one_of
from cli.costs import Costs
from cli.earnings import show_earnings
from cli.groups import grouped
from cli.inputs import read_product
from cli.options import JobId, Json, Marketplace, ProductArgument
from cli.output import print_fields, print_json
from cli.prices import read_prices
from cli.session import session_of
from cli.text import amount, plain
from cli.wishes import given

app = typer.Typer()
profit = typer.Typer(help="Work out what a resale costs, should cost and leaves.", no_args_is_help=True)
app.add_typer(profit, name="profit")

# As many as the API takes at a time.
_PRICES_AT_ONCE = 1_000
Category = Annotated[
    str | None,
    typer.Option(help="For example toys_hobbies; docs/profit.md lists them.", show_default="told from the title"),
]
SellingPrice = Annotated[
    int | None, typer.Option("--sell-at", metavar="KRW", help="Selling price to judge.", show_default="the recommended")
]


@dataclass(frozen=True)
class Described:
    """A product described by hand."""

    price: Annotated[float, typer.Option("--price", "-p", help="Price on the marketplace.", show_default=False)]
    currency: Annotated[str, typer.Option(metavar="CODE", help="Currency of the price.")] = "JPY"
    weight: Annotated[
        float | None, typer.Option(metavar="GRAMS", help="Weight.", show_default="500, marked as assumed")
    ] = None
    category: Category = None
    title: Annotated[str | None, typer.Option(help="Title, from which the category is told.")] = None
    rate: Annotated[float | None, typer.Option(help="KRW for one unit of the currency.", show_default="today's")] = None

    def fields(self) -> dict[str, Any]:
        """The same as the API names it."""
        product = {"price": self.price, "currency": self.currency, "weight_g": self.weight, "rate": self.rate}
        return {**product, "category": self.category, "title": self.title}


@profit.command()
@grouped
def calculate(
    ctx: typer.Context, *, described: Described, sell_at: SellingPrice = None, costs: Costs, as_json: Json = False
) -> None:
    """Work out the resale of a product described by hand: cost, price to ask, margin, fee, duty."""
    question = given({**described.fields(), **costs.fields(), "selling_price_krw": sell_at})
    with session_of(ctx).api() as api:
        _show_analysis(api.ask(calls.calculate(question)), as_json=as_json)


@profit.command()
@grouped
def recommend(ctx: typer.Context, *, described: Described, costs: Costs, as_json: Json = False) -> None:
    """Recommend the least price that reaches the margin."""
    question = given({**described.fields(), **costs.fields()})
    with session_of(ctx).api() as api:
        _show_recommendation(api.ask(calls.recommend_price(question)), as_json=as_json)


@profit.command()
def job(
    ctx: typer.Context,
    job_id: JobId,
    *,
    best: Annotated[int, typer.Option(min=0, max=100, help="How many of the best products to list.")] = 10,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="profit|margin", help="What makes a product better.", autocompletion=one_of("profit", "margin")
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what a job would earn: how many products are profitable, by how much, and the best of them."""
    with session_of(ctx).api() as api:
        found = api.ask(calls.profit(job_id, best=best, by=by))
    if as_json:
        print_json(found)
    else:
        show_earnings(found)


@profit.command()
@grouped
def product(
    ctx: typer.Context,
    *,
    name: ProductArgument,
    marketplace: Marketplace = None,
    sell_at: SellingPrice = None,
    category: Category = None,
    costs: Costs,
    as_json: Json = False,
) -> None:
    """Analyse a collected product anew with the rate of now, and keep the result with it.

    What is not given stays as in its last analysis.
    """
    item = read_product(name, marketplace)
    wanted = given({**costs.fields(), "category": category, "selling_price_krw": sell_at})
    with session_of(ctx).api() as api:
        _show_analysis(api.ask(calls.analyze(item.marketplace, item.asin, wanted)), as_json=as_json)


@profit.command()
def prices(
    ctx: typer.Context,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="CSV with asin and selling_price_krw, or - for a pipe.", show_default=False
        ),
    ],
    *,
    marketplace: Marketplace = None,
    as_json: Json = False,
) -> None:
    """Give many products selling prices of your own, from a table; an empty price takes one away.

    Whatever collects them later judges them by these, and the event product.profitable tells which reach their margin.
    """
    wanted = read_prices(file, marketplace)
    with session_of(ctx).api() as api:
        blocks = [wanted[first : first + _PRICES_AT_ONCE] for first in range(0, len(wanted), _PRICES_AT_ONCE)]
        found = [each for block in blocks for each in api.ask(calls.give_prices({"prices": block}))["items"]]
    if as_json:
        print_json(found)
        return
    good = sum(each["figures"]["is_profitable"] is True for each in found)
    print_fields({"priced": len(found), "profitable": good, "not your products": len(wanted) - len(found) or None})


def _show_analysis(analysis: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(analysis)
        return
    fee = analysis["platform_fee_percent"]
    decisive = analysis["at_selling"] or analysis["at_recommended"] or {}
    print_fields(
        {
            "profitable": {True: "yes", False: "no", None: "unknown"}[analysis["is_profitable"]],
            "sell at": amount(analysis["selling_price_krw"], "KRW"),
            "recommended price": amount(analysis["recommended_price_krw"], "KRW"),
            "profit": amount(analysis["profit_krw"], "KRW"),
            "margin": _percent(analysis["margin_percent"], f"of {analysis['target_margin']:g} % wanted"),
            "cost": amount(analysis["cost_krw"], "KRW"),
            "  price": amount(analysis["price_krw"], "KRW"),
            "  shipping in Japan": amount(analysis["japan_shipping_krw"], "KRW"),
            "  shipping to Korea": amount(analysis["international_shipping_krw"], "KRW"),
            "  shipping in Korea": amount(analysis["korea_shipping_krw"], "KRW"),
            "  packaging": amount(analysis["packaging_krw"], "KRW"),
            "platform fee": f"{amount(decisive.get('platform_fee_krw'), 'KRW')} ({fee:g} %)".strip(),
            "buyer's duty": _duty(analysis["duty"]),
            "category": analysis["category_label"],
            "rate": _rate(analysis["rate"]),
            "remarks": " ".join(reason["message"] for reason in analysis["reasons"]),
        }
    )


def _show_recommendation(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    print_fields(
        {
            "recommended price": amount(found["recommended_price_krw"], "KRW"),
            "profit": amount(found["profit_krw"], "KRW"),
            "margin": _percent(found["margin_percent"], f"of {found['target_margin']:g} % wanted"),
            "cost": amount(found["cost_krw"], "KRW"),
            "platform fee": f"{amount(found['platform_fee_krw'], 'KRW')} ({found['platform_fee_percent']:g} %)",
            "category": found["category"],
            "rate": _rate(found["rate"]),
            "remarks": " ".join(reason["message"] for reason in found["reasons"]),
        }
    )


def _percent(value: float | None, remark: str) -> str:
    return "" if value is None else f"{value:g} % {remark}"


def _duty(duty: dict[str, Any] | None) -> str:
    if duty is None:
        return ""
    return "none, exempt" if duty["exempt"] else amount(duty["total_krw"], "KRW")


def _rate(rate: dict[str, Any] | None) -> str:
    if rate is None:
        return ""
    day = f" of {rate['as_of']}" if rate.get("as_of") else ""
    stale = ", out of date" if rate.get("stale") else ""
    return plain(f"1 {rate['base']} = {rate['value']:g} KRW, {rate['source']}{day}{stale}")
