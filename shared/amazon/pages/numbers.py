"""Numbers as Amazon prints them: prices, counts and ratings in every language, read strictly or not at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from shared.amazon.currencies import CURRENCIES
from shared.amazon.marketplaces import Marketplace
from shared.amazon.pages.text import plain

# Longer texts are no prices, counts or ratings, and are not worth reading through.
_LONGEST = 300
# Marks that separate groups of digits, besides the point and the comma.
_SPACES = re.compile(r"(?<=\d)[ '’](?=\d{3}(?!\d))")
# A dollar sign set apart from the letters that say whose it is: "AU $".
_APART = re.compile(r"\b(US|CA|CDN|MX|AU|A|S|SG|NZ|HK|NT|R) \$", re.IGNORECASE)
_NUMBER = r"\d(?:[\d.,]*\d)?"
_GROUPED = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*|\d{1,2}(?:,\d{2})+,\d{3}")
_WITH_DECIMALS = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}|\d+)\.(\d+)|(\d{1,3}(?:\.\d{3})+|\d+),(\d+)")

# Currencies printed without decimals; a few write three. All others write two.
_NO_DECIMALS = frozenset({"JPY", "KRW", "CLP", "VND", "IDR", "HUF", "COP", "TWD", "PYG"})
_THREE_DECIMALS = frozenset({"KWD", "BHD", "OMR", "JOD", "TND"})
# Currencies whose whole amounts are often printed without the cents that others always show.
_CENTS_OPTIONAL = frozenset({"INR"}) | _NO_DECIMALS

_SYMBOLS = {
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "rs.": "INR",
    "rs": "INR",
    "₩": "KRW",
    "₺": "TRY",
    "tl": "TRY",
    "₪": "ILS",
    "zł": "PLN",
    "円": "JPY",
    "元": "CNY",
    "r$": "BRL",
    "us$": "USD",
    "cdn$": "CAD",
    "ca$": "CAD",
    "c$": "CAD",
    "mx$": "MXN",
    "a$": "AUD",
    "au$": "AUD",
    "nz$": "NZD",
    "s$": "SGD",
    "sg$": "SGD",
    "hk$": "HKD",
    "nt$": "TWD",
    "jp¥": "JPY",
    "cn¥": "CNY",
    "\u20c1": "SAR",
    "\u20c3": "AED",
    "درهم": "AED",
    "د.إ.": "AED",
    "د.إ": "AED",
    "ريال": "SAR",
    "ر.س.": "SAR",
    "ر.س": "SAR",
    "جنيه": "EGP",
    "ج.م.": "EGP",
    "ج.م": "EGP",
}
# Symbols that mean the marketplace's own money when it has such a one.
_SHARED_SYMBOLS = {
    "$": ("USD", frozenset({"USD", "CAD", "MXN", "AUD", "SGD"})),
    "¥": ("JPY", frozenset({"JPY", "CNY"})),
    "kr": ("SEK", frozenset({"SEK"})),
}
_MONEY = re.compile(
    rf"(?P<before>[^\d\s.,+()-][^\d\s,+()]*)?\s?(?P<number>{_NUMBER})\s?(?P<after>[^\d\s.,+()-][^\d\s,+()]*)?"
)
_FREE = frozenset({"free", "gratis", "gratuit", "kostenlos", "無料", "grátis", "免费", "ücretsiz", "مجاني", "gratuito"})
# What a price may be followed by without being another price.
_TAX_NOTE = re.compile(
    r"\s?\(?(?:税込|税込み|含税|incl\. (?:vat|tax)|tax included|inkl\. mwst\.?|ttc|iva inclu\w+)\)?$", re.IGNORECASE
)
_COUNT = re.compile(rf"(?<![\d.,]){_NUMBER}(?![\d.,])")
_ABRIDGED = re.compile(r"\d\s?(?:[km]|mil|万|萬|tsd)(?![a-z])", re.IGNORECASE)
_RATING = re.compile(r"\d+(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of a currency (ISO 4217)."""

    amount: Decimal
    currency: str


def minor_digits(currency: str) -> int:
    """How many decimals prices in `currency` are printed with."""
    return 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2


def currency_of(mark: str, place: Marketplace) -> str | None:
    """The currency that a symbol or code stands for on a marketplace, or None for anything else."""
    if mark in CURRENCIES:
        return mark
    folded = mark.casefold()
    if folded in _SHARED_SYMBOLS:
        usual, homes = _SHARED_SYMBOLS[folded]
        return place.currency if place.currency in homes else usual
    return _SYMBOLS.get(folded)


def amount_of(digits: str, currency: str) -> Decimal | None:
    """The amount that `digits` (with separators of any style) print in `currency`; None where it is not certain."""
    number = _SPACES.sub("", digits)
    if number.isdigit():
        return Decimal(number)
    places = minor_digits(currency)
    found = _WITH_DECIMALS.fullmatch(number) if places else None
    if found is not None:
        whole, cents = (found[1], found[2]) if found[2] else (found[3], found[4])
        if len(cents) == places:
            return Decimal(re.sub(r"[.,]", "", whole) + "." + cents)
    return Decimal(re.sub(r"[.,]", "", number)) if places != 3 and _GROUPED.fullmatch(number) else None


def money(text: str, place: Marketplace) -> Money | None:
    """The price that `text` is: a number with its currency and nothing else. "from $5", "$5 - $9" and "5" are none."""
    if len(text) > _LONGEST:
        return None
    printed = _TAX_NOTE.sub("", _SPACES.sub("", _APART.sub(r"\1$", plain(text))))
    found = _MONEY.fullmatch(printed)
    if found is None:
        return Money(Decimal(0), place.currency) if printed.casefold() in _FREE else None
    marks = [mark for mark in (found["before"], found["after"]) if mark]
    currencies = {currency_of(mark, place) for mark in marks}
    if len(currencies) != 1:
        return None
    currency = currencies.pop()
    amount = amount_of(found["number"], currency) if currency else None
    return Money(amount, currency) if amount is not None and currency else None


def split_money(symbol: str, whole: str, cents: str, place: Marketplace) -> Money | None:
    """A price printed in parts. Missing cents make it unknown, unless the currency is printed without them."""
    currency = currency_of(plain(symbol), place)
    digits = plain(whole).rstrip(".,")
    if currency is None or not digits:
        return None
    amount = amount_of(digits, currency)
    if amount is None or amount != amount.to_integral_value():
        return None
    cents = plain(cents)
    if not cents:
        return Money(amount, currency) if currency in _CENTS_OPTIONAL else None
    if not cents.isdigit() or len(cents) != minor_digits(currency):
        return None
    return Money(amount + Decimal(cents).scaleb(-len(cents)), currency)


def count(text: str) -> int | None:
    """The one whole number in `text` ("1,234 ratings", "(201)", "5 182 évaluations"); abridged ones (2.4K) are none."""
    printed = _SPACES.sub("", plain(text[:_LONGEST]))
    found = _COUNT.findall(printed)
    if len(found) != 1 or _ABRIDGED.search(printed):
        return None
    digits = found[0]
    return int(re.sub(r"[.,]", "", digits)) if digits.isdigit() or _GROUPED.fullmatch(digits) else None


def rating(text: str) -> Decimal | None:
    """The stars that `text` states on a scale to five, in any language and order; 0 of 5 means not rated, so None."""
    numbers = [Decimal(number.replace(",", ".")) for number in _RATING.findall(plain(text[:_LONGEST]))[:3]]
    if len(numbers) == 3 and numbers[0] in numbers[1:]:  # "4.4 4.4 out of 5 stars": once seen, once spoken
        numbers = numbers[1:]
    if len(numbers) == 2:
        if Decimal(5) not in numbers:
            return None
        numbers.remove(Decimal(5))
    return numbers[0] if len(numbers) == 1 and 1 <= numbers[0] <= 5 else None


def measure(digits: str, decimal_mark: str) -> Decimal | None:
    """A weight or a length: three digits after the only mark are decimals when that mark is the page's decimal mark."""
    number = _SPACES.sub("", digits)
    if number.isdigit():
        return Decimal(number)
    grouped = _GROUPED.fullmatch(number)
    only_mark = grouped is not None and grouped[1] is not None and number.count(grouped[1]) == 1
    if grouped is not None and not number.startswith("0") and not (only_mark and grouped[1] == decimal_mark):
        return Decimal(re.sub(r"[.,]", "", number))
    found = _WITH_DECIMALS.fullmatch(number)
    if found is None:
        return None
    whole, decimals = (found[1], found[2]) if found[2] else (found[3], found[4])
    return Decimal(re.sub(r"[.,]", "", whole) + "." + decimals)
