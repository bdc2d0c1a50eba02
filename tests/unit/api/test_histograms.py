"""Histograms: every number in exactly one bin, edges round, outliers no harm."""

from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from services.api.histograms import BINS, Bin, bins, doubled_median

NUMBERS = st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=400).map(sorted)


@given(NUMBERS)
def test_every_number_lies_in_exactly_one_bin(numbers: list[int]) -> None:
    found = bins(numbers, 100)
    for each in found:
        inside = [
            n
            for n in numbers
            if (each.at_least is None or n >= each.at_least) and (each.below is None or n < each.below)
        ]
        assert each.count == len(inside)
    assert sum(each.count for each in found) == len(numbers)
    assert [each.below for each in found[:-1]] == [each.at_least for each in found[1:]]
    assert len(found) <= BINS + 2


@given(NUMBERS)
def test_median_is_exact(numbers: list[int]) -> None:
    assert doubled_median(numbers) == 2 * median(numbers)


def test_bins_have_round_edges() -> None:
    assert bins([750, 1000], 100) == [Bin(700, 800, 1), Bin(800, 900, 0), Bin(900, 1000, 0), Bin(1000, 1100, 1)]
    assert bins([0, 199_999], 100)[0] == Bin(0, 20_000, 1)
    assert bins([], 100) == []


def test_outlier_does_not_widen_the_bins() -> None:
    found = bins(sorted([-450_000_000, *range(1000, 1200)]), 100)
    assert found == [Bin(None, 1000, 1), Bin(1000, 1100, 100), Bin(1100, 1200, 100)]
