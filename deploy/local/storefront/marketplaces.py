"""The marketplaces the storefront plays, as a table: language, currency and the way each writes money and numbers."""

from dataclasses import dataclass
from decimal import Decimal

NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Marketplace:
    """How one Amazon site writes its pages.

    ``marks`` holds the thousands and the decimal mark; ``old_money`` the form of prices before about 2020 where it
    differed; ``per_yen`` what a yen is worth, roughly, so that prices look right in every currency.
    """

    tld: str
    language: str
    currency: str
    money: str
    per_yen: str
    marks: str = ",."
    old_money: str = ""
    minor_digits: int = 2

    @property
    def host(self) -> str:
        return f"amazon.{self.tld}"

    @property
    def name(self) -> str:
        """The shop's name as its pages print it, for example ``Amazon.co.jp``."""
        return f"Amazon.{self.tld}"

    @property
    def imperial(self) -> bool:
        """Whether weights are in ounces and pounds and lengths in inches."""
        return self.tld == "com"

    def from_yen(self, yen: Decimal) -> Decimal:
        return yen * Decimal(self.per_yen)


MARKETPLACES: dict[str, Marketplace] = {
    market.host: market
    for market in (
        Marketplace("co.jp", "ja", "JPY", "￥{}", "1", old_money="￥ {}", minor_digits=0),
        Marketplace("com", "en", "USD", "${}", "0.0067"),
        Marketplace("co.uk", "en", "GBP", "£{}", "0.0052"),
        Marketplace("de", "de", "EUR", "{}" + NBSP + "€", "0.0061", ".,", "EUR {}"),
        Marketplace("fr", "fr", "EUR", "{}" + NBSP + "€", "0.0061", NBSP + ",", "EUR {}"),
        Marketplace("it", "it", "EUR", "{}" + NBSP + "€", "0.0061", ".,", "EUR {}"),
        Marketplace("es", "es", "EUR", "{}" + NBSP + "€", "0.0061", ".,", "EUR {}"),
        Marketplace("nl", "de", "EUR", "€" + NBSP + "{}", "0.0061", ".,"),
        Marketplace("se", "en", "SEK", "{}" + NBSP + "kr", "0.070", NBSP + ","),
        Marketplace("pl", "en", "PLN", "{}" + NBSP + "zł", "0.026", NBSP + ","),
        Marketplace("com.be", "fr", "EUR", "€{}", "0.0061", ".,"),
        Marketplace("ca", "en", "CAD", "${}", "0.0092", old_money="CDN$ {}"),
        Marketplace("com.mx", "es", "MXN", "${}", "0.12"),
        Marketplace("com.br", "pt", "BRL", "R$" + NBSP + "{}", "0.036", ".,", "R$ {}"),
        Marketplace("in", "en", "INR", "₹{}", "0.58", old_money="₹ {}"),
        Marketplace("com.au", "en", "AUD", "${}", "0.010"),
        Marketplace("sg", "en", "SGD", "S${}", "0.0087"),
        Marketplace("ae", "en", "AED", "AED" + NBSP + "{}", "0.024"),
        Marketplace("sa", "en", "SAR", "SAR" + NBSP + "{}", "0.025"),
        Marketplace("com.tr", "en", "TRY", "{}" + NBSP + "TL", "0.27", ".,", "{} TL"),
        Marketplace("eg", "en", "EGP", "EGP" + NBSP + "{}", "0.33"),
        Marketplace("cn", "en", "CNY", "¥{}", "0.048", old_money="￥{}"),
    )
}
DEFAULT_HOST = "amazon.co.jp"


def marketplace_of(host: str) -> Marketplace | None:
    """The marketplace of a host name, with or without ``www.`` and a port; None for any other host."""
    name = host.strip().lower().partition(":")[0].removesuffix(".").removeprefix("www.")
    return MARKETPLACES.get(name)


def require_marketplace(host: str) -> Marketplace:
    """Like `marketplace_of`, but a host that is no marketplace raises ``ValueError``."""
    market = marketplace_of(host)
    if market is None:
        raise ValueError(f"{host!r} is not an Amazon marketplace")
    return market
