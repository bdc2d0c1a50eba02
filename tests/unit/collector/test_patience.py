"""How long a delivery is held before its turn."""

import pytest

from services.collector.pipeline import patience


@pytest.mark.parametrize(("held", "left"), [(0.0, 300.0), (100.0, 200.0), (290.0, 30.0), (900.0, 30.0)])
def test_time_in_hand_counts_towards_the_time_that_a_delivery_is_held(held: float, left: float) -> None:
    assert patience(300.0, held) == left
