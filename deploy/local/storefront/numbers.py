"""How pages print money, counts, ratings and measures, by marketplace."""

from decimal import Decimal

from deploy.local.storefront.marketplaces import Marketplace


def grouped(value: Decimal | int, market: Marketplace, minor_digits: int = 0) -> str:
    """``1234.5`` as ``1,234.50``, ``1.234,50`` or ``1 234,50``, as the marketplace writes it."""
    group, point = market.marks[0], market.marks[1]
    return f"{value:,.{minor_digits}f}".translate({ord(","): group, ord("."): point})


def money(value: Decimal, market: Marketplace, *, old: bool = False) -> str:
    """A price as printed: ``￥1,234``, ``12,34 €``; ``old`` gives the form of the years before 2020 (``EUR 12,34``)."""
    form = (old and market.old_money) or market.money
    return form.format(grouped(value, market, market.minor_digits))


def money_parts(value: Decimal, market: Marketplace) -> tuple[str, str, str]:
    """Symbol, whole and fraction of a price, as the pages print them in separate elements; no fraction of a yen."""
    whole, _, fraction = grouped(value, market, market.minor_digits).partition(market.marks[1])
    return market.money.replace("{}", "").strip(), whole, fraction if market.minor_digits else ""


def decimal_text(value: Decimal, market: Marketplace) -> str:
    """A short decimal such as a rating or a length, with the marketplace's decimal mark: ``4.3``, ``4,3``."""
    return f"{value:f}".replace(".", market.marks[1])
