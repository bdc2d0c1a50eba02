"""ASINs as people type and paste them: normalised, or refused with the reason."""

from __future__ import annotations

import re
import unicodedata

from shared.amazon.addresses import UnsupportedAddress, recognise
from shared.amazon.identifiers import Item, isbn10_is_valid, isbn10_of, looks_like_asin, looks_like_isbn13
from shared.amazon.marketplaces import MARKETPLACES

__all__ = ["InvalidAsin", "Item", "normalise"]

_WRAPPING = " \t\r\n\"'`,;<>()[]{}、。，；「」『』“”‘’„«»"
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_LONGEST_ECHO = 80


class InvalidAsin(ValueError):  # noqa: N818 - a verdict on the input, not a fault
    """What was given names no product. `code` is stable, `message` tells a person what to change."""

    def __init__(self, given: str, code: str, message: str) -> None:
        super().__init__(message)
        self.input = given
        self.code = code
        self.message = message


def normalise(text: str, default_marketplace: str) -> Item:
    """The item that `text` names: an ASIN, an ISBN-10, or the address of a product page on any marketplace.

    Case, width, white space, hyphens in an ISBN, surrounding quotes and commas do not matter. Raises InvalidAsin.
    """
    cleaned = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip(_WRAPPING)
    if "/" in cleaned or cleaned.lower().startswith(("www.", "amazon.")):
        return _from_address(text, cleaned)
    asin = cleaned.upper()
    plain = asin.replace("-", "").replace(" ", "")
    if looks_like_isbn13(plain):
        raise InvalidAsin(text, "isbn13", _isbn13_advice(plain))
    if plain[:9].isdigit() and looks_like_asin(plain):
        asin = plain
    return Item(_checked(text, asin), default_marketplace)


def _checked(given: str, asin: str) -> str:
    if not asin:
        raise InvalidAsin(given, "empty", "An ASIN is missing here: it has 10 characters, for example B07WXL5YPW.")
    if len(asin) != 10:
        raise InvalidAsin(
            given, "length", f"{_echo(given.strip())} is not an ASIN: it has {len(asin)} characters, an ASIN has 10."
        )
    if not looks_like_asin(asin):
        raise InvalidAsin(
            given,
            "form",
            f"{_echo(given.strip())} is not an ASIN: it must be B followed by nine letters or digits, or an ISBN-10.",
        )
    if asin[0] != "B" and not isbn10_is_valid(asin):
        raise InvalidAsin(given, "isbn10_check_digit", f"{asin} is not an ISBN-10: its check digit is wrong.")
    return asin


def _from_address(given: str, address: str) -> Item:
    try:
        found = recognise(address, MARKETPLACES)
    except UnsupportedAddress as error:
        raise InvalidAsin(given, error.code, error.message) from error
    if found.asin is None:
        raise InvalidAsin(
            given,
            "not_a_product_address",
            f"{_echo(address)} lists products instead of naming one; submit it as a URL job.",
        )
    return Item(found.asin, found.marketplace)


def _isbn13_advice(isbn13: str) -> str:
    isbn10 = isbn10_of(isbn13)
    if isbn10 is None:
        return f"{isbn13} is an ISBN-13 without an ISBN-10: use the ASIN that the book's product page shows."
    return f"{isbn13} is an ISBN-13, and Amazon knows books by their ISBN-10: use {isbn10}."


def _echo(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_ECHO else text[:_LONGEST_ECHO] + "…")
