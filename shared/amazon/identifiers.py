"""What an ASIN is, and how ISBNs relate to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

ASIN_PATTERN = r"(?:B[0-9A-Z]{9}|[0-9]{9}[0-9X])"
_ASIN = re.compile(ASIN_PATTERN)
_ISBN13 = re.compile(r"97[89][0-9]{10}")


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """One product of one marketplace."""

    asin: str
    marketplace: str


def looks_like_asin(text: str) -> bool:
    """Whether `text` has the form of an ASIN: `B` and nine more letters or digits, or that of an ISBN-10."""
    return _ASIN.fullmatch(text) is not None


def looks_like_isbn13(text: str) -> bool:
    """Whether `text` is thirteen digits that begin as an ISBN-13 does."""
    return _ISBN13.fullmatch(text) is not None


def isbn10_check(first_nine: str) -> str:
    """The check digit that ends an ISBN-10 (ISO 2108: weights 10 to 2, modulo 11, X for ten)."""
    total = sum((10 - position) * int(digit) for position, digit in enumerate(first_nine))
    return "0123456789X"[-total % 11]


def isbn10_is_valid(text: str) -> bool:
    """Whether an ISBN-10 ends with its right check digit."""
    return isbn10_check(text[:9]) == text[9]


def isbn10_of(isbn13: str) -> str | None:
    """The ISBN-10 of the same book, or None where there is none (prefix 979)."""
    return isbn13[3:12] + isbn10_check(isbn13[3:12]) if isbn13.startswith("978") else None
