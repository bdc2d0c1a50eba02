"""The ledger behaves as a set of seqs, whatever is repeated, and stays small."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.ledger import Ledger, missing, size

MILLION = 1_000_000
totals = st.integers(0, 70)
batches = st.lists(st.lists(st.integers(-3, 90), max_size=30), max_size=8)


@given(totals, batches)
def test_ledger_counts_like_a_set(total: int, given_batches: list[list[int]]) -> None:
    stored, model = b"", set[int]()
    for batch in given_batches:
        ledger = Ledger(stored, total)
        inside = {seq for seq in batch if 0 <= seq < total}
        assert ledger.add(batch) == len(inside - model)
        model |= inside
        assert ledger.count == len(model)
        stored = ledger.to_bytes()
    assert len(stored) <= size(total)


@given(totals, st.sets(st.integers(0, 69)), st.integers(0, 80), st.integers(0, 80), st.integers(0, 80))
def test_missing_is_what_the_set_lacks(total: int, done: set[int], first: int, end: int, limit: int) -> None:
    ledger = Ledger(b"", total)
    ledger.add(done)
    lacking = [seq for seq in range(first, end) if seq not in done or seq >= total]
    assert missing(ledger.to_bytes(), first, end, limit) == lacking[:limit]


def test_a_million_items_take_125_kilobytes() -> None:
    ledger = Ledger(b"", MILLION)
    assert ledger.add(range(0, MILLION, 2)) == MILLION // 2
    assert ledger.add(range(MILLION)) == MILLION // 2
    assert ledger.add(range(MILLION)) == 0
    assert ledger.count == MILLION
    assert len(ledger.to_bytes()) == 125_000


def test_last_missing_of_a_million_is_found() -> None:
    ledger = Ledger(b"", MILLION)
    ledger.add(seq for seq in range(MILLION) if seq != MILLION - 1)
    assert missing(ledger.to_bytes(), 0, MILLION, 10) == [MILLION - 1]


def test_seq_outside_the_job_counts_as_none() -> None:
    ledger = Ledger(b"", 8)
    assert ledger.add([-1, 8, 10**30]) == 0
    assert ledger.to_bytes() == b"\0"


def test_nothing_stored_means_all_are_missing() -> None:
    assert missing(b"", 2, 5, 10) == [2, 3, 4]


def test_removed_bits_are_those_that_were_set() -> None:
    ledger = Ledger(b"", 20)
    ledger.add([0, 7, 8, 19])
    assert (ledger.remove([7, 7, 9, 19, 20, -1]), ledger.count) == (2, 2)
    assert [seq for seq in range(20) if ledger.has(seq)] == [0, 8]


def test_million_items_are_counted_cleared_and_found() -> None:
    """All by bits: 125 kB, and no step goes through the items that it is not about."""
    total = 1_000_000
    ledger = Ledger(b"", total)
    assert ledger.add(range(total)) == total
    assert ledger.add(range(0, total, 7)) == 0
    failed = range(1, total, 10)
    assert ledger.remove(failed) == len(failed) == 100_000
    assert (ledger.count, len(ledger.to_bytes())) == (900_000, 125_000)
    assert missing(ledger.to_bytes(), 0, total, 3) == [1, 11, 21]
    assert missing(ledger.to_bytes(), 999_990, total, 9) == [999_991]
    other = Ledger(b"", total)
    other.add(failed)
    assert missing(ledger.union(other), 0, total, 1) == []
