"""Which products a list has named so far: exact, at 12 to 17 bytes a product however many there are. Pure."""

from __future__ import annotations

from array import array

from shared.amazon.identifiers import Item
from shared.amazon.marketplaces import MARKETPLACES

_SMALLEST = 16
_FULLEST = 0.7
# Ten letters and digits are a number below 36**10 < 2**52; which marketplace it is takes five bits more, and 0 is free.
_PLACES = {name: place << 52 for place, name in enumerate(MARKETPLACES, start=1)}
# Spreads neighbouring numbers over the tables (Fibonacci hashing: 2**64 divided by the golden ratio).
_SPREAD = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_PARTS_BITS = 6
# The first bits of a spread number choose its table, those after them its place there.
_REST_BITS = 64 - _PARTS_BITS
_REST = (1 << _REST_BITS) - 1


class ProductSet:
    """Tables of 64-bit numbers, half to seven tenths full; a set of Python's takes seven times as much.

    Many small ones: while one grows it is there twice, and with a single one that would be half as much again.
    """

    def __init__(self) -> None:
        self._tables = [_free(_SMALLEST) for _ in range(1 << _PARTS_BITS)]
        self._counts = [0] * (1 << _PARTS_BITS)

    def __len__(self) -> int:
        return sum(self._counts)

    def add(self, item: Item) -> bool:
        """Whether the product was not there before."""
        number = _PLACES[item.marketplace] | int(item.asin, 36)
        spread = number * _SPREAD & _MASK
        part = spread >> _REST_BITS
        table = self._tables[part]
        place = _find(table, number, spread)
        if table[place]:
            return False
        table[place] = number
        self._counts[part] += 1
        if self._counts[part] > _FULLEST * len(table):
            self._tables[part] = _grown(table)
        return True


def _free(size: int) -> array[int]:
    return array("Q", (0,)) * size


def _find(table: array[int], number: int, spread: int) -> int:
    """Where `number` is, or the free place where it belongs."""
    size = len(table)
    place = (spread & _REST) * size >> _REST_BITS
    while table[place] and table[place] != number:
        place += 1
        if place == size:
            place = 0
    return place


def _grown(table: array[int]) -> array[int]:
    larger = _free(len(table) * 3 // 2)
    for number in table:
        if number:
            larger[_find(larger, number, number * _SPREAD & _MASK)] = number
    return larger
