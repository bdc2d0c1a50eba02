"""Decimals as MongoDB keeps them: the driver's own conversions, which go bit by bit, in a fraction of their time."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from bson import Decimal128
from bson.codec_options import TypeDecoder, TypeRegistry

from shared.mongo import Collection

# IEEE 754-2008 decimal128 with a binary integer significand: sign, 14 bits of exponent, 113 bits of significand.
_DIGITS = 34
_BIAS = 6176
_LARGEST_EXPONENT = 6111
_SIGNIFICAND = (1 << 113) - 1
_SPECIAL = 0b11  # the exponent's first bits of infinities, of what is no number, and of another encoding


def to_decimal128(value: Decimal) -> Decimal128:
    """`value` with its exponent, as `Decimal128(value)` gives it; raises what that raises."""
    # By its text, in which 1.0 and 1.00 differ: prices, ratings and weights come again and again.
    return _encoded(str(value))


@lru_cache(maxsize=4096)
def _encoded(text: str) -> Decimal128:
    value = Decimal(text)
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or len(digits) > _DIGITS or not -_BIAS <= exponent <= _LARGEST_EXPONENT:
        return Decimal128(value)
    significand = int("".join(map(str, digits)))
    return Decimal128.from_bid((sign << 127 | exponent + _BIAS << 113 | significand).to_bytes(16, "little"))


def to_decimal(value: Decimal128) -> Decimal:
    """`value` with its exponent, as `value.to_decimal()` gives it."""
    bits = int.from_bytes(value.bid, "little")
    if bits >> 125 & _SPECIAL == _SPECIAL:
        return value.to_decimal()
    sign = "-" if bits >> 127 else ""
    return Decimal(f"{sign}{bits & _SIGNIFICAND}E{(bits >> 113 & 0x3FFF) - _BIAS}")


class _Decimals(TypeDecoder):
    bson_type = Decimal128

    def transform_bson(self, value: Decimal128) -> Decimal:
        return to_decimal(value)


_REGISTRY = TypeRegistry([_Decimals()])


def with_decimals(collection: Collection) -> Collection:
    """The same collection, whose decimals are read as Python's; those to be written are still `to_decimal128`."""
    return collection.with_options(codec_options=collection.codec_options.with_options(type_registry=_REGISTRY))
