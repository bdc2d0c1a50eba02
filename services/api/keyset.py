"""Which products a list has named so far: exact, at about 16 bytes a product however many there are. Pure."""

from __future__ import annotations

from array import array

from shared.amazon.identifiers import Item
from shared.amazon.marketplaces import MARKETPLACES

_SMALLEST = 1 << 10
# Ten letters and digits are a number below 36**10 < 2**52; which marketplace it is takes five bits more, and 0 is free.
_PLACES = {name: place << 52 for place, name in enumerate(MARKETPLACES, start=1)}
# Spreads neighbouring numbers over the table (Fibonacci hashing: 2**64 divided by the golden ratio).
_SPREAD = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


class ProductSet:
    """An open-addressing table of 64-bit numbers, at most half full; a set of Python's takes six times as much."""

    def __init__(self) -> None:
        self._count = 0
        self._resize(_SMALLEST)

    def __len__(self) -> int:
        return self._count

    def add(self, item: Item) -> bool:
        """Whether the product was not there before."""
        number = _PLACES[item.marketplace] | int(item.asin, 36)
        place = self._find(number)
        if self._table[place]:
            return False
        self._table[place] = number
        self._count += 1
        if 2 * self._count > len(self._table):
            self._grow()
        return True

    def _find(self, number: int) -> int:
        """Where `number` is, or the free place where it belongs."""
        table, last = self._table, len(self._table) - 1
        place = (number * _SPREAD & _MASK) >> self._shift
        while table[place] and table[place] != number:
            place = (place + 1) & last
        return place

    def _resize(self, size: int) -> None:
        self._table = array("Q", bytes(8 * size))
        self._shift = 65 - size.bit_length()

    def _grow(self) -> None:
        before = self._table
        self._resize(2 * len(before))
        for number in before:
            if number:
                self._table[self._find(number)] = number
