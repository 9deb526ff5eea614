"""Queries of tests: every kind of predicate once, and any of them, generated small enough that things meet."""

from __future__ import annotations

from hypothesis import strategies as st

from fhir_server.store.query import (
    ALL,
    ID,
    LAST_UPDATED,
    And,
    Chain,
    Comparison,
    Ids,
    InCompartment,
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

HOUR = 3_600_000_000
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

#: Every kind of predicate.
KINDS = [
    ALL,
    TokenTerm("code", "s", "x"),
    TokenTerm("code", None, "x"),
    TokenTerm("code", "s", None),
    TokenTerm("code", None, None),
    StringTerm("name", StringMode.PREFIX, "an"),
    StringTerm("name", StringMode.WHOLE, "an 1"),
    StringTerm("name", StringMode.EXACT, "An 1"),
    StringTerm("name", StringMode.CONTAINS, "n 1"),
    StringTerm("name", StringMode.SUFFIX, "1"),
    UriTerm("url", "http://a"),
    UriTerm("url", "http://a", below=True),
    *(RangeTerm("date", comparison, 3, 5) for comparison in Comparison),
    ReferenceTerm("link", "Patient/0"),
    InCompartment("Patient/0", ((("link", "of"), frozenset({"Patient"})),)),
    Present("date"),
    Ids(frozenset({"1", "2"})),
    OfTypes(frozenset({"Patient"})),
    *(Updated(comparison, START, START + HOUR) for comparison in Comparison),
    Labelled(frozenset({"s|r"})),
    NearTerm("latitude", "longitude", (100, 100), 10.0),
    And((TokenTerm("code", "s", "x"), StringTerm("name", StringMode.PREFIX, "an"))),
    Or((TokenTerm("code", "s", "x"), RangeTerm("date", Comparison.GE, 3, 5))),
    Not(TokenTerm("code", "s", "x")),
    Not(Present("date")),
    Chain("link", ("Patient",), StringTerm("name", StringMode.PREFIX, "an")),
    ReverseChain("Patient", "link", TokenTerm("code", "s", "x")),
]

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


groups = st.lists(
    st.tuples(st.sampled_from([("subject",), ("partOf",), ("subject", "partOf")]), st.frozensets(types)), max_size=2
).map(tuple)
leaves = st.one_of(
    st.builds(TokenTerm, st.sampled_from(["code", "mixed"]), st.none() | systems, st.none() | codes, units_of_measure),
    st.builds(StringTerm, st.sampled_from(["name", "mixed"]), modes, texts, units_of_measure),
    st.builds(UriTerm, st.just("url"), uris, st.booleans()),
    st.builds(_range, st.sampled_from(["date", "period", "mixed"]), comparisons, points, points, units_of_measure),
    st.builds(_bytes_range, comparisons, points, points),
    st.builds(ReferenceTerm, st.sampled_from(["subject", "partOf"]), keys),
    st.builds(InCompartment, keys, groups),
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
