"""What a log of arrivals says of a pace."""

from __future__ import annotations

import pytest

from bench.pace.arrivals import judged, quantile


def test_every_permitted_request_made_is_a_share_of_one() -> None:
    found = judged([10.0, 10.5, 11.0, 11.5], 0.5)
    assert (found["share_used"], found["too_early"], found["requests"]) == (pytest.approx(1.0), 0, 4)


def test_slot_left_unused_is_missing_from_the_share() -> None:
    assert judged([10.0, 10.5, 11.5, 12.0], 0.5)["share_used"] == pytest.approx(3 / 4)


def test_request_before_its_time_is_told_though_the_share_is_right() -> None:
    found = judged([10.0, 10.49, 11.0], 0.5)
    assert (found["too_early"], found["shortest_gap"]) == (1, pytest.approx(0.49))


def test_quantile_lies_within_its_bucket() -> None:
    buckets = {0.001: 50.0, 0.002: 100.0, float("inf"): 100.0}
    assert [quantile(buckets, share) for share in (0.25, 0.5, 0.75, 1.0)] == pytest.approx(
        [0.0005, 0.001, 0.0015, 0.002]
    )


def test_quantile_beyond_the_last_bound_is_that_bound() -> None:
    assert quantile({0.001: 1.0, float("inf"): 2.0}, 0.99) == 0.001
