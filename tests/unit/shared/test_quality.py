"""Quality gates: exact at the threshold, and every rule that was not kept is named."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.quality import gate_of, judge, lacking, verdict_of


def gate(rate: float | None = None, **coverage: float) -> dict[str, object]:
    return {"min_success_rate": rate, "min_coverage": coverage}


@pytest.mark.parametrize(
    ("total", "succeeded", "lacks", "reasons"),
    [
        (100, 95, {}, []),
        (100, 94, {}, [("min_success_rate", 95, 94.0)]),
        (1000, 950, {"price": 95}, []),
        (1000, 950, {"price": 96}, [("min_coverage.price", 90, 89.89)]),
        (10, 5, {"price": 5}, [("min_success_rate", 95, 50.0), ("min_coverage.price", 90, 0.0)]),
        (10, 0, {}, [("min_success_rate", 95, 0.0), ("min_coverage.price", 90, None)]),
        (0, 0, {}, [("min_success_rate", 95, None), ("min_coverage.price", 90, None)]),
    ],
)
def test_rules_that_were_not_kept_are_named(
    total: int, succeeded: int, lacks: dict[str, int], reasons: list[tuple[str, float, float | None]]
) -> None:
    found = judge(gate(95, price=90), total, succeeded, lacks)
    assert [(each.rule, each.wanted, each.got) for each in found.reasons] == reasons
    assert found.status == ("failed" if reasons else "passed")


@given(st.integers(1, 10**6), st.data())
def test_share_is_compared_exactly_and_never_shown_as_reached(total: int, data: st.DataObject) -> None:
    succeeded = data.draw(st.integers(0, total))
    wanted = data.draw(st.decimals(0, 100, places=2))
    found = judge(gate(float(wanted)), total, succeeded, {})
    assert (found.status == "passed") == (Fraction(100 * succeeded, total) >= Fraction(wanted))
    for each in found.reasons:
        assert each.got is not None
        assert Decimal(str(each.got)) < wanted


def test_empty_fields_are_lacking() -> None:
    page = {"title": "x", "price": None, "images": [], "review_count": 0}
    assert lacking(page, gate(title=1, price=1, images=1, brand=1, review_count=1)) == ["brand", "images", "price"]
    assert lacking(page, None) == []


def test_verdict_of_an_earlier_run_is_none() -> None:
    job = {"run": 2, "settings": {}, "quality": {"run": 1, "status": "passed", "reasons": []}}
    assert verdict_of(job) is None
    assert gate_of(job) is None
    verdict = verdict_of({**job, "run": 1})
    assert verdict is not None
    assert verdict.status == "passed"
