"""Generated histories, small enough that things meet. Queries for them: ``query_cases``."""

from __future__ import annotations

from hypothesis import strategies as st
from query_cases import codes, entry_keys, keys, labels, points, systems, texts, uris
from store_writes import delete, put, reference, span, string, token, unit

from fhir_server.store.entries import NO_KEY, Entry, Interval, Kind


def _span(param: str, low: int, length: int, keys: tuple[str, ...]) -> Entry:
    return span(param, low, low + length, *keys)


def _token(param: str, code: str, system: str, keys: tuple[str, ...]) -> Entry:
    return token(param, code, system, *keys)


def _string(param: str, text: str, keys: tuple[str, ...]) -> Entry:
    return string(param, text, *keys)


def _bytes_span(low: int, length: int) -> Entry:
    return Entry("weight", Kind.RANGE, NO_KEY, Interval(bytes([low]), bytes([low + length])))


def _place(param: str, at: int) -> Entry:
    return span(param, at * 10_000_000, at * 10_000_000 + 1)


spans = st.builds(_span, st.sampled_from(["date", "period"]), points, st.integers(0, 3), entry_keys)
entries = st.lists(
    st.one_of(
        st.builds(_token, st.sampled_from(["code", "mixed"]), codes, systems, entry_keys),
        st.builds(_string, st.sampled_from(["name", "mixed"]), texts, entry_keys),
        st.builds(Entry, st.just("url"), st.just(Kind.URI), st.just(NO_KEY), uris),
        spans,
        spans,
        st.builds(_span, st.just("mixed"), points, st.just(1), st.just(NO_KEY)),
        st.builds(_bytes_span, points, st.integers(0, 3)),
        st.builds(_place, st.sampled_from(["latitude", "longitude"]), st.integers(-2, 2)),
        st.builds(_place, st.sampled_from(["latitude", "longitude"]), st.integers(-2, 2)),
        st.builds(reference, st.sampled_from(["subject", "partOf"]), keys),
        st.builds(reference, st.sampled_from(["subject", "partOf"]), keys),
    ),
    max_size=6,
).map(tuple)


@st.composite
def changes(draw: st.DrawFn, key: str) -> object:
    if draw(st.integers(0, 5)) == 0:
        return delete(key)
    return put(key, *draw(entries), labels=draw(labels))


@st.composite
def units(draw: st.DrawFn) -> object:
    chosen = draw(st.lists(keys, unique=True, min_size=1, max_size=3))
    return unit(*(draw(changes(key)) for key in chosen))


#: Calls of several units each, and seconds that the clock moves before each call.
histories = st.lists(st.tuples(st.integers(-2, 5), st.lists(units(), min_size=1, max_size=3)), min_size=1, max_size=6)
