"""Who asks for a status all the time is told to wait; others are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import TooMany
from fhir_server.rest import polls
from fhir_server.rest.polls import MOST, SPAN, Polls

SECOND = 1_000_000


def test_twenty_times_a_second_is_no_matter() -> None:
    counted = Polls()
    for number in range(10 * MOST):
        counted.count("a", number * SPAN // MOST)


def test_more_than_that_has_to_wait_for_the_rest_of_the_span() -> None:
    counted = Polls()
    for number in range(MOST):
        counted.count("a", number * 1000)
    with pytest.raises(TooMany) as caught:
        counted.count("a", 3 * SECOND)
    assert caught.value.issues[0].params["seconds"] == 7
    counted.count("b", 3 * SECOND)
    counted.count("a", SPAN)


@given(st.lists(st.integers(0, 2 * SPAN), max_size=50))
def test_law_a_clock_that_goes_back_refuses_nobody(times: list[int]) -> None:
    counted = Polls()
    for now in times:
        counted.count("a", now)


def test_only_so_many_jobs_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polls, "_JOBS", 3)
    counted = Polls()
    for number in range(10):
        counted.count(str(number), 0)
    assert len(counted._spans) == 3
