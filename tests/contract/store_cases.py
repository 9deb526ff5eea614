"""Generated histories and queries, small enough that things meet."""

from __future__ import annotations

from hypothesis import strategies as st
from store_writes import delete, put, reference, span, string, token, unit

from fhir_server.store.entries import NO_KEY, Entry, Interval, Kind
from fhir_server.store.query import (
    ID,
    LAST_UPDATED,
    And,
    Chain,
    Comparison,
    Ids,
    Labelled,
    NearTerm,
    Not,
    OfTypes,
    Or,
    Present,
    Query,
    RangeTerm,
    ReferenceTerm,
    ReverseChain,
    Sort,
    StringMode,
    StringTerm,
    TokenTerm,
    Updated,
    UriTerm,
)

TYPES = ("Patient", "Encounter")
START = 1_700_000_000_000_000
ids = st.sampled_from("abcd")
types = st.sampled_from(TYPES)
some_types = st.lists(types, unique=True, max_size=2).map(tuple)
keys = st.builds("{}/{}".format, types, ids)
units_of_measure = st.sampled_from(["", "kg"])
#: Keys of an entry: a quantity answers to every form of its unit.
entry_keys = st.sampled_from([("",), ("kg",), ("", "kg"), ("", "g")])
systems = st.sampled_from(["", "s", "s|x"])
codes = st.sampled_from(["", "1", "A", "a", "x|1", "đ"])
texts = st.one_of(
    st.sampled_from(["", "Nguyễn", "nguyen van", "Nguyen Văn An", "Đỗ", "DO", 'o"k', "a-b*", "ß", "AND", "x\ny"]),
    st.sampled_from(["n" * 199 + "gh", "n" * 210, "n" * 210 + "x"]),
    st.text(max_size=3),
)
uris = st.sampled_from(["http://a", "http://a/b", "http://A", "urn:x", ""])
points = st.integers(0, 6)
labels = st.lists(st.sampled_from(["s|red", "s|blue"]), unique=True, max_size=2).map(tuple)


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

comparisons = st.sampled_from(list(Comparison))
modes = st.sampled_from(list(StringMode))


def _range(param: str, comparison: Comparison, low: int, length: int, key: str) -> RangeTerm:
    return RangeTerm(param, comparison, low, low + length, key)


def _bytes_range(comparison: Comparison, low: int, length: int) -> RangeTerm:
    return RangeTerm("weight", comparison, bytes([low]), bytes([low + length]))


def _updated(comparison: Comparison, low: int, length: int) -> Updated:
    return Updated(comparison, START + low * 500_000 - 700, START + low * 500_000 + length * 700_000)


def _near(latitude: int, longitude: int, kilometres: int) -> NearTerm:
    return NearTerm("latitude", "longitude", (latitude * 10_000_000, longitude * 10_000_000), kilometres * 1000.0)


leaves = st.one_of(
    st.builds(TokenTerm, st.sampled_from(["code", "mixed"]), st.none() | systems, st.none() | codes, units_of_measure),
    st.builds(StringTerm, st.sampled_from(["name", "mixed"]), modes, texts, units_of_measure),
    st.builds(UriTerm, st.just("url"), uris, st.booleans()),
    st.builds(_range, st.sampled_from(["date", "period", "mixed"]), comparisons, points, points, units_of_measure),
    st.builds(_bytes_range, comparisons, points, points),
    st.builds(ReferenceTerm, st.sampled_from(["subject", "partOf"]), keys),
    st.builds(Present, st.sampled_from(["code", "mixed", "date", "subject", "never"])),
    st.builds(_near, st.integers(-2, 2), st.integers(-2, 2), st.sampled_from([0, 120, 160, 500])),
    st.builds(OfTypes, st.frozensets(types)),
    st.builds(Ids, st.frozensets(st.sampled_from("abxy"), max_size=3)),
    st.builds(_updated, comparisons, st.integers(-2, 20), st.integers(0, 5)),
    st.builds(Labelled, st.frozensets(st.sampled_from(["s|red", "s|blue", "s|none"]), max_size=2)),
)
references = st.sampled_from(["subject", "partOf"])
predicates = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple).map(And),
        st.lists(inner, max_size=3).map(tuple).map(Or),
        inner.map(Not),
        st.builds(Chain, references, some_types, inner),
        st.builds(ReverseChain, types, references, inner),
    ),
    max_leaves=5,
)
sorts = st.builds(
    Sort, st.sampled_from(["date", "period", "name", "code", "mixed", "weight", LAST_UPDATED, ID]), st.booleans()
)
sort_keys = st.lists(sorts, max_size=2, unique_by=lambda sort: sort.param).map(tuple)
queries = st.builds(Query, some_types, predicates, sort_keys)
