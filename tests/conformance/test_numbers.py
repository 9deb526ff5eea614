"""Encoded numbers sort as numbers do, and implicit precision is that of the search page."""

from __future__ import annotations

from decimal import MAX_EMAX, Context, Decimal
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.numbers import bounds, encode_number, number_interval, parse_number

decimals = st.builds(
    lambda sign, digits, exponent: Decimal((sign, tuple(digits), exponent)),
    st.integers(0, 1),
    st.lists(st.integers(0, 9), min_size=1, max_size=40),
    st.integers(-90, 90) | st.integers(-(10**6), 10**6),
)


@given(decimals, decimals)
@example(Decimal(0), Decimal("-0.00"))
@example(Decimal("1E+60"), Decimal("1E+61"))
@example(Decimal("1E-61"), Decimal("1E-60"))
@example(Decimal("-1.2"), Decimal("-1.23"))
@example(Decimal("9.99"), Decimal(10))
def test_bytes_sort_as_numbers(left: Decimal, right: Decimal) -> None:
    a, b = encode_number(left), encode_number(right)
    assert (a < b, a == b) == (left < right, left == right)


@given(st.lists(decimals, min_size=2, max_size=30))
def test_sorting_bytes_sorts_numbers(numbers: list[Decimal]) -> None:
    ordered = sorted(numbers, key=encode_number)
    assert all(left <= right for left, right in pairwise(ordered))


@given(decimals)
def test_no_encoding_is_the_beginning_of_another(number: Decimal) -> None:
    close = Decimal((0, (1,), number.adjusted() - 60))
    other = Context(prec=400, Emax=MAX_EMAX).add(number, close)
    a, b = encode_number(number), encode_number(other)
    assert a == b or not (a.startswith(b) or b.startswith(a))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("100", "99.5", "100.5"),
        ("100.00", "99.995", "100.005"),
        ("1e2", "95", "105"),
        ("5.40", "5.395", "5.405"),
        ("-7", "-7.5", "-6.5"),
        ("0", "-0.5", "0.5"),
        ("1.5e3", "1495", "1505"),
        ("2.50E-3", "0.002495", "0.002505"),
        ("123456789012345678901234567890.1", "123456789012345678901234567890.05", "123456789012345678901234567890.15"),
    ],
)
def test_implicit_precision(text: str, low: str, high: str) -> None:
    assert bounds(Decimal(text)) == (Decimal(low), Decimal(high))
    assert (
        number_interval(text)
        == number_interval(Decimal(text))
        == (
            encode_number(Decimal(low)),
            encode_number(Decimal(high)),
        )
    )


@given(decimals)
def test_a_number_lies_within_its_interval(number: Decimal) -> None:
    low, high = number_interval(number)
    assert low < encode_number(number) < high


@pytest.mark.parametrize(
    "text", ["", "abc", "NaN", "Infinity", "1_000", "٣", "1 ", "1,5", "--1", "1e", "9e99999999999999999999"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a decimal number"):
        parse_number(text)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_only_finite_numbers_are_encoded(text: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        encode_number(Decimal(text))
    with pytest.raises(ValueError, match="finite"):
        number_interval(Decimal(text))


def test_extreme_numbers_take_no_time() -> None:
    numbers = [
        Decimal("-1e999999999999999999"),
        Decimal("-1e-400000000"),
        Decimal("1e-400000000"),
        Decimal("9" * 50_000),
    ]
    assert sorted(numbers, key=encode_number) == numbers
    assert all(len(encode_number(number)) < 25_100 for number in numbers)
    assert number_interval(Decimal("1e400000000"))[0] < encode_number(Decimal("1e400000000"))
