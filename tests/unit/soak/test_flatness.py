"""What grows is told from what is merely busy."""

from __future__ import annotations

import pytest

from tests.soak.flatness import Sample, course, not_flat


def samples(megabytes: list[float], descriptors: int = 20, sockets: int = 10) -> list[Sample]:
    return [Sample(value, descriptors, sockets) for value in megabytes]


def test_growth_during_the_warm_up_does_not_count() -> None:
    assert not_flat(samples([50.0 + min(n, 20) for n in range(100)])) == []


def test_steady_growth_is_told_with_its_size() -> None:
    [told] = not_flat(samples([50.0 + n for n in range(100)]))
    assert told == "memory grew by 67%, from 84.0 to 140.0 MB"


def test_short_peaks_and_shrinking_are_flat() -> None:
    assert not_flat(samples([200.0 if n % 10 == 0 else 60.0 for n in range(100)])) == []
    assert not_flat(samples([100.0 - n / 2 for n in range(100)])) == []


@pytest.mark.parametrize("name", ["descriptors", "sockets"])
def test_descriptors_and_sockets_that_are_never_closed_are_told(name: str) -> None:
    leaking = [Sample(60.0, *((n, 10) if name == "descriptors" else (50, n))) for n in range(100)]
    assert [told.split()[0] for told in not_flat(leaking)] == [name]


def test_too_few_samples_tell_nothing() -> None:
    with pytest.raises(ValueError, match="too few"):
        course([1.0, 2.0])
