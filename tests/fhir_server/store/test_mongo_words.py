"""Laws of the texts that stand for entries, of positions that tell the time, and of criteria."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fhir_server.store.entries import Entry, Interval, Kind, Token
from fhir_server.store.mongo import criteria, moments, words
from fhir_server.store.mongo.documents import id_of, place, sort_key, sort_value
from fhir_server.store.ordering import text_after
from fhir_server.store.query import And, Chain, Ids, Not, Or, Query, ReverseChain, TokenTerm

texts = st.text(max_size=6) | st.text("\x00\x01\x02\x03a", max_size=6)


def utf8(text: str) -> bytes:
    return text.encode()


@given(texts, texts)
def test_law_different_texts_stay_different_without_the_separator(one, other):
    assert words.SEPARATOR not in words.escaped(one)
    assert (words.escaped(one) == words.escaped(other)) == (one == other)


@given(texts, texts)
def test_law_what_begins_with_a_text_lies_in_its_span(start, text):
    """Compared byte by byte, as MongoDB does."""
    element = "p\x01s\x01"
    low, high = words.beginning(element + start)
    assert (utf8(low) <= utf8(element + text) < utf8(high)) == text.startswith(start)


@given(texts)
def test_law_the_text_after_is_the_least_that_does_not_begin_so(start):
    after = text_after(start)
    if after is None:
        assert set(start) <= {"\U0010ffff"}
    else:
        assert utf8(start + "\U0010ffff" * 3) < utf8(after)


@given(st.binary(max_size=5), st.binary(max_size=5))
def test_law_bounds_and_sort_values_of_bytes_keep_their_order(one, other):
    assert (utf8(words.bound(one)) < utf8(words.bound(other))) == (one < other)
    assert (utf8(sort_key(one)) < utf8(sort_key(other))) == (one < other)
    assert sort_value(sort_key(one)) == one


@given(st.binary(max_size=3), texts)
def test_law_sort_values_come_back_and_bytes_come_before_texts(data, text):
    assert sort_value(sort_key(text)) == text
    assert utf8(sort_key(data)) < utf8(sort_key(text))
    assert sort_value(sort_key(None)) is None


@given(st.integers(0, 1 << 42), st.integers(1, moments.PER_MILLISECOND - 1))
def test_law_a_vid_tells_its_moment(millisecond, count):
    vid = moments.floor_of(millisecond) + count
    assert moments.moment_of(vid) == millisecond * 1000
    assert moments.first_at(millisecond * 1000) <= vid
    assert moments.first_at(millisecond * 1000 + 1) > vid


@given(st.text(min_size=1, max_size=64))
def test_law_a_place_gives_back_its_id(logical_id):
    assert id_of(place(logical_id)) == logical_id


def test_an_entry_has_one_element_for_each_of_its_keys():
    quantity = Entry("value", Kind.RANGE, ("", "kg", "http://unitsofmeasure.org|kg"), Interval(b"\x01", b"\x02"))
    assert len(words.ranges_of(quantity)) == 3
    token = Entry("code", Kind.TOKEN, ("", "k"), Token("s", "x"))
    assert len(set(words.elements_of(token))) == 4


ONE, TWO = TokenTerm("identifier", "s", "1"), TokenTerm("active", None, "true")


def test_criteria_that_differ_in_order_nesting_and_repetition_only_have_one_guard():
    same = [And((ONE, TWO)), And((TWO, ONE)), And((TWO, And((ONE,)), TWO)), And((And((ONE, TWO)),))]
    assert len({criteria.guard_id(Query(("Patient", "Group"), where)) for where in same}) == 1
    assert criteria.guard_id(Query(("Group", "Patient"), ONE)) == criteria.guard_id(Query(("Patient", "Group"), ONE))


def test_other_criteria_have_other_guards():
    other = [
        ONE,
        TWO,
        And((ONE, TWO)),
        Or((ONE, TWO)),
        Not(ONE),
        Ids(frozenset({"1", "2"})),
        Ids(frozenset({"1"})),
        Chain("subject", ("Patient",), ONE),
        ReverseChain("Patient", "subject", ONE),
    ]
    assert len({criteria.guard_id(Query(("Patient",), where)) for where in other}) == len(other)
    assert criteria.guard_id(Query((), ONE)) != criteria.guard_id(Query(("Patient",), ONE))
    assert criteria.absence_id("a") != criteria.absence_id("b")
