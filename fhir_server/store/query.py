"""The predicate algebra of the store, and its meaning in plain Python.

``holds`` is the reference meaning of the entry predicates: engines must agree with it (property tests), and an engine
may use it to judge writes that are decided but not yet indexed. Joins need other resources, so they are evaluated by
an engine (``fhir_server.store.reference`` is the plain one).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from fhir_server.store.entries import Bound, Entry, Interval, Kind, Token, fold


class Comparison(StrEnum):
    """R4's prefixes, on intervals. https://hl7.org/fhir/R4/search.html#prefix"""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    LT = "lt"
    GE = "ge"
    LE = "le"
    SA = "sa"
    EB = "eb"
    AP = "ap"
    """Overlap; the caller has already widened the interval."""


class StringMode(StrEnum):
    """How a string term compares."""

    PREFIX = "prefix"
    CONTAINS = "contains"
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class TokenTerm:
    """``system`` or ``code`` None means any; ``system`` "" means that the resource gives no system."""

    param: str
    system: str | None
    code: str | None
    key: str = ""


@dataclass(frozen=True, slots=True)
class StringTerm:
    """PREFIX and CONTAINS compare folded text; EXACT compares the text as written."""

    param: str
    mode: StringMode
    text: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class UriTerm:
    """Equality, or with ``below`` every URI that starts with ``uri``."""

    param: str
    uri: str
    below: bool = False


@dataclass(frozen=True, slots=True)
class RangeTerm:
    """A comparison of the entry's interval with ``[low, high)``."""

    param: str
    comparison: Comparison
    low: Bound
    high: Bound
    key: str = ""


@dataclass(frozen=True, slots=True)
class ReferenceTerm:
    """Equality with a target: "Type/id", or an absolute URL or canonical."""

    param: str
    target: str


@dataclass(frozen=True, slots=True)
class Present:
    """The resource has at least one entry of this parameter."""

    param: str


@dataclass(frozen=True, slots=True)
class Ids:
    """The logical id is one of these."""

    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Updated:
    """lastUpdated, a point in microseconds, compared with ``[low, high)``."""

    comparison: Comparison
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Labelled:
    """The version carries one of these access labels."""

    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class And:
    """All of these; an empty And is true."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of these; an empty Or is false."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """All resources of the query's types but these."""

    part: Predicate


@dataclass(frozen=True, slots=True)
class Chain:
    """Resources whose reference ``param`` leads to a current resource of ``types`` that satisfies ``target``."""

    param: str
    types: tuple[str, ...]
    target: Predicate


@dataclass(frozen=True, slots=True)
class ReverseChain:
    """Resources to which reference ``param`` of a current ``type`` resource that satisfies ``source`` leads."""

    type: str
    param: str
    source: Predicate


Predicate: TypeAlias = (
    TokenTerm
    | StringTerm
    | UriTerm
    | RangeTerm
    | ReferenceTerm
    | Present
    | Ids
    | Updated
    | Labelled
    | And
    | Or
    | Not
    | Chain
    | ReverseChain
)

ALL: Predicate = And(())
NONE: Predicate = Or(())

#: Sort key that orders by lastUpdated, in every engine.
LAST_UPDATED = "_lastUpdated"
#: Sort key that orders by logical id.
ID = "_id"


@dataclass(frozen=True, slots=True)
class Sort:
    """Order by a parameter: ascending by its least value, descending by its greatest; missing last.

    Ties go by vid, in the direction of the first sort key. ``fhir_server.store.ordering`` has the values.
    """

    param: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What to find. No types means every type. Without sort keys the order is ascending vid (commit order)."""

    types: tuple[str, ...] = ()
    where: Predicate = ALL
    sort: tuple[Sort, ...] = ()


def compare(comparison: Comparison, entry: Interval, low: Bound, high: Bound) -> bool:
    """R4's prefix table on half-open intervals: does ``entry`` stand in this relation to ``[low, high)``?"""
    return _COMPARISONS[comparison](entry, low, high)


def _contained(entry: Interval, low: Bound, high: Bound) -> bool:
    return low <= entry.low and entry.high <= high  # type: ignore[operator]


def _reaches_above(entry: Interval, _low: Bound, high: Bound) -> bool:
    return entry.high > high  # type: ignore[operator]


def _reaches_below(entry: Interval, low: Bound, _high: Bound) -> bool:
    return entry.low < low  # type: ignore[operator]


_COMPARISONS: dict[Comparison, Callable[[Interval, Bound, Bound], bool]] = {
    Comparison.EQ: _contained,
    Comparison.NE: lambda e, low, high: not _contained(e, low, high),
    Comparison.GT: _reaches_above,
    Comparison.LT: _reaches_below,
    Comparison.GE: lambda e, low, high: _reaches_above(e, low, high) or _contained(e, low, high),
    Comparison.LE: lambda e, low, high: _reaches_below(e, low, high) or _contained(e, low, high),
    Comparison.SA: lambda e, _low, high: e.low >= high,  # type: ignore[operator]
    Comparison.EB: lambda e, low, _high: e.high <= low,  # type: ignore[operator]
    Comparison.AP: lambda e, low, high: e.low < high and e.high > low,  # type: ignore[operator]
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What ``holds`` judges: one version with its entries."""

    id: str
    last_updated: int
    entries: tuple[Entry, ...]
    labels: frozenset[str] = frozenset()


def holds(predicate: Predicate, subject: Subject) -> bool:
    """The reference meaning of every predicate that needs no other resource. Raises TypeError for a join."""
    match predicate:
        case And(parts):
            return all(holds(part, subject) for part in parts)
        case Or(parts):
            return any(holds(part, subject) for part in parts)
        case Not(part):
            return not holds(part, subject)
        case Ids(ids):
            return subject.id in ids
        case Updated(comparison, low, high):
            point = Interval(subject.last_updated, subject.last_updated + 1)
            return compare(comparison, point, low, high)
        case Labelled(labels):
            return not labels.isdisjoint(subject.labels)
        case Chain() | ReverseChain():
            raise TypeError(f"a join needs an engine: {predicate}")
        case _:
            return any(_entry_matches(predicate, entry) for entry in _of(subject.entries, predicate.param))


def _of(entries: Iterable[Entry], param: str) -> Iterable[Entry]:
    return (entry for entry in entries if entry.param == param)


def _entry_matches(term: Predicate, entry: Entry) -> bool:
    match term, entry:
        case Present(), _:
            return True
        case TokenTerm(_, system, code, key), Entry(_, Kind.TOKEN, keys, Token(entry_system, entry_code)):
            return key in keys and system in (None, entry_system) and code in (None, entry_code)
        case StringTerm(_, mode, text, key), Entry(_, Kind.STRING, keys, str() as value):
            return key in keys and _string_matches(mode, text, value)
        case UriTerm(_, uri, below), Entry(_, Kind.URI, _, str() as value):
            return value.startswith(uri) if below else value == uri
        case RangeTerm(_, comparison, low, high, key), Entry(_, Kind.RANGE, keys, Interval() as interval):
            return key in keys and compare(comparison, interval, low, high)
        case ReferenceTerm(_, target), Entry(_, Kind.REFERENCE, _, str() as value):
            return target == value
        case _:
            return False


def _string_matches(mode: StringMode, text: str, value: str) -> bool:
    match mode:
        case StringMode.EXACT:
            return value == text
        case StringMode.PREFIX:
            return fold(value).startswith(fold(text))
        case StringMode.CONTAINS:
            return fold(text) in fold(value)
