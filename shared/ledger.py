"""The ledger: one bit per item, set once the item has its outcome of this run. Pure, and exact under any repetition."""

from __future__ import annotations

from collections.abc import Iterable


def size(total_items: int) -> int:
    """Bytes of a ledger for so many items."""
    return (total_items + 7) // 8


class Ledger:
    """Bit `seq % 8` of byte `seq // 8` belongs to item `seq`; bits beyond the stored bytes are 0."""

    def __init__(self, stored: bytes, total_items: int) -> None:
        self._bits = bytearray(stored.ljust(size(total_items), b"\0"))
        self._total = total_items

    def add(self, seqs: Iterable[int]) -> int:
        """Set the bits of `seqs`; returns how many were not set before. A seq outside the job counts as none."""
        new = 0
        for seq in seqs:
            byte, mask = seq >> 3, 1 << (seq & 7)
            if 0 <= seq < self._total and not self._bits[byte] & mask:
                self._bits[byte] |= mask
                new += 1
        return new

    def remove(self, seqs: Iterable[int]) -> int:
        """Clear the bits of `seqs`; returns how many were set before."""
        gone = 0
        for seq in seqs:
            if self.has(seq):
                self._bits[seq >> 3] &= ~(1 << (seq & 7))
                gone += 1
        return gone

    def has(self, seq: int) -> bool:
        return 0 <= seq < self._total and bool(self._bits[seq >> 3] & 1 << (seq & 7))

    def union(self, other: Ledger) -> bytes:
        """The bits set in either."""
        both = int.from_bytes(self._bits, "little") | int.from_bytes(other._bits, "little")
        return both.to_bytes(len(self._bits), "little")

    @property
    def count(self) -> int:
        """How many items have their outcome."""
        return int.from_bytes(self._bits, "little").bit_count()

    def to_bytes(self) -> bytes:
        return bytes(self._bits)


def missing(stored: bytes, first: int, end: int, limit: int) -> list[int]:
    """Up to `limit` seqs of [first, end) whose bit is not set, ascending."""
    found: list[int] = []
    for byte in range(first >> 3, (end + 7) >> 3):
        bits = stored[byte] if byte < len(stored) else 0
        if bits == 0xFF:
            continue
        found.extend(s for s in range(byte * 8, byte * 8 + 8) if first <= s < end and not bits >> (s & 7) & 1)
        if len(found) >= limit:
            break
    return found[:limit]
