"""Which product codes exist in the storefront, and drawing new ones."""

import random
import re

# Upper case only: product codes on real pages and in addresses are printed so.
WELL_FORMED = re.compile(r"B0[0-9A-Z]{8}|[0-9]{9}[0-9X]")
MISSING_PREFIX = "B0404"
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTVWXYZ"


def is_well_formed(asin: str) -> bool:
    return WELL_FORMED.fullmatch(asin) is not None


def exists(asin: str) -> bool:
    """Every well-formed code exists, save those that begin with ``B0404``."""
    return is_well_formed(asin) and not asin.startswith(MISSING_PREFIX)


def draw_asin(rng: random.Random) -> str:
    """A code of goods that exists."""
    # Real codes of the last years begin with B07 to B0G, so none drawn here can begin with B0404.
    return "B0" + rng.choice("789BCDFG") + "".join(rng.choices(_ALPHABET, k=7))


def draw_isbn(rng: random.Random) -> str:
    """A 10-digit ISBN with a right check digit."""
    digits = [rng.randrange(10) for _ in range(9)]
    check = -sum((10 - place) * digit for place, digit in enumerate(digits)) % 11
    return "".join(map(str, digits)) + ("X" if check == 10 else str(check))


def isbn13(isbn10: str) -> str:
    """The 13-digit form of a 10-digit ISBN, printed as ``978-…``."""
    digits = "978" + isbn10[:9]
    check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10
    return f"978-{isbn10[:9]}{check}"


def nth_asin(number: int) -> str:
    """A code of goods for a number: different for any two numbers less than 33**7 apart, and scattered."""
    space = len(_ALPHABET) ** 7
    # The factor shares no divisor with the space (33 is 3 x 11), so every number keeps a code of its own.
    rest = number * 1_000_000_007 % space
    letters = []
    for _ in range(7):
        rest, digit = divmod(rest, len(_ALPHABET))
        letters.append(_ALPHABET[digit])
    return "B0C" + "".join(letters)
