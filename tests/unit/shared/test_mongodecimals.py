"""Our conversions against the driver's."""

from decimal import Decimal

from bson import Decimal128
from hypothesis import example, given
from hypothesis import strategies as st

from shared.mongodecimals import to_decimal, to_decimal128

storable = st.builds(
    lambda sign, significand, exponent: Decimal((sign, tuple(map(int, str(significand))), exponent)),
    st.sampled_from([0, 1]),
    st.integers(0, 10**34 - 1),
    st.integers(-6176, 6111),
)


@given(storable)
@example(Decimal("-0.00"))
@example(Decimal("2980.00"))
@example(Decimal("NaN"))
@example(Decimal("-Infinity"))
@example(Decimal("1E+6144"))  # its exponent is too large to be kept as it is
def test_same_bits_as_the_driver_writes_and_same_decimal_as_it_reads(value: Decimal) -> None:
    stored = to_decimal128(value)
    assert stored.bid == Decimal128(value).bid
    assert str(to_decimal(stored)) == str(stored.to_decimal())
