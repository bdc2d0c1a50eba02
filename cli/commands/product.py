"""`asinflow product`: one of your products, and what is yours of it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.client import calls
from cli.commands.jobs import say_deleted
from cli.inputs import read_product
from cli.options import Json, Marketplace, ProductArgument
from cli.output import print_fields, print_json
from cli.session import session_of
from cli.text import amount, moment, percent

app = typer.Typer()
product = typer.Typer(help="Show a product; mark it, note something, or forget it.", no_args_is_help=True)
app.add_typer(product, name="product")


@product.command()
def show(ctx: typer.Context, name: ProductArgument, marketplace: Marketplace = None, as_json: Json = False) -> None:
    """Show all that is known of a product."""
    item = read_product(name, marketplace)
    with session_of(ctx).api() as api:
        _tell(api.ask(calls.product(item.marketplace, item.asin)), as_json=as_json)


@product.command()
def note(
    ctx: typer.Context,
    name: ProductArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help='What to note; "" removes it.', show_default=False)],
    marketplace: Marketplace = None,
    as_json: Json = False,
) -> None:
    """Note something about a product."""
    _change(ctx, name, marketplace, {"notes": text}, as_json=as_json)


@product.command()
def favorite(
    ctx: typer.Context,
    name: ProductArgument,
    *,
    off: Annotated[bool, typer.Option("--off", help="It is none any more.")] = False,
    marketplace: Marketplace = None,
    as_json: Json = False,
) -> None:
    """Mark a product as a favorite."""
    _change(ctx, name, marketplace, {"favorite": not off}, as_json=as_json)


@product.command()
def forget(ctx: typer.Context, name: ProductArgument, marketplace: Marketplace = None, as_json: Json = False) -> None:
    """Delete a product with its notes; a later job that collects it makes it anew."""
    item = read_product(name, marketplace)
    with session_of(ctx).api() as api:
        api.ask(calls.delete_product(item.marketplace, item.asin))
    say_deleted(f"{item.marketplace} {item.asin}", as_json=as_json)


def _change(ctx: typer.Context, name: str, marketplace: str | None, changes: dict[str, Any], *, as_json: bool) -> None:
    item = read_product(name, marketplace)
    with session_of(ctx).api() as api:
        _tell(api.ask(calls.change_product(item.marketplace, item.asin, **changes)), as_json=as_json)


def _tell(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    analysis, currency = found.get("analysis") or {}, found.get("currency")
    plain = (
        "marketplace",
        "asin",
        "url",
        "title",
        "brand",
        "author",
        "rating",
        "review_count",
        "availability",
        "seller",
    )
    print_fields(
        {
            **{name.replace("_", " "): found.get(name) for name in plain},
            "price": amount(found.get("price"), currency),
            "list price": amount(found.get("list_price"), currency),
            "previous price": amount(found.get("previous_price"), currency),
            "change": percent(found.get("price_change_percent")),
            "sell at": amount(analysis.get("recommended_price_krw"), "KRW"),
            "margin": f"{analysis['margin_percent']:g} %" if analysis.get("margin_percent") is not None else None,
            "categories": " > ".join(found.get("categories") or ()),
            "favorite": "yes" if found.get("favorite") else None,
            "notes": found.get("notes"),
            "collected": moment(found.get("collected_at")),
            **{f"no {name}": reason for name, reason in (found.get("missing") or {}).items()},
        }
    )
