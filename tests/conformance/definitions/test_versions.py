"""Which version is later, and which ones a reference means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.definitions.versions import agrees, order

ASCENDING = [
    "",
    "draft",
    "draft10",
    "0.9",
    "1.0.0-alpha",
    "1.0.0-alpha.2",
    "1.0.0-alpha.10",
    "1.0.0-ballot",
    "1.0.0",
    "1.9.0",
    "1.10.0",
    "1.10.0.1",
    "2.0.0-snapshot1",
    "2.0.0",
    "2018-08-12",
    "2018-11-02",
    "2019-01",
]


def test_versions_stand_in_order() -> None:
    shuffled = ASCENDING[1::2] + ASCENDING[::2]
    assert sorted(shuffled, key=order) == ASCENDING


def test_what_follows_a_plus_does_not_count() -> None:
    assert order("1.0.0+build.7") == order("1.0.0")


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ("1.2.3", "1.2.3", True),
        ("1.2.3", "1.2", True),
        ("1.2.3", "1", True),
        ("1.2.3", "", True),
        ("", "", True),
        ("1.20.3", "1.2", False),
        ("1.2", "1.2.3", False),
        ("", "1", False),
    ],
)
def test_a_reference_may_state_a_part(version: str, wanted: str, expected: bool) -> None:
    assert agrees(version, wanted) is expected


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_law_any_texts_have_an_order(first: str, second: str, third: str) -> None:
    one, two, three = sorted((order(first), order(second), order(third)))
    assert one <= two <= three
    assert one <= three


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=4), st.lists(st.integers(0, 10**6), min_size=1, max_size=4))
def test_law_numbers_go_by_size(first: list[int], second: list[int]) -> None:
    one, other = (".".join(map(str, numbers)) for numbers in (first, second))
    assert (order(one) < order(other)) is (first < second)
