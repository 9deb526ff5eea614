"""What each predicate means, in plain Python.

``holds`` is the reference meaning of the predicates that need no other resource: engines must agree with it (property
tests), and an engine may use it to judge writes that are decided but not yet indexed. Joins are evaluated by an engine
(``fhir_server.store.reference`` is the plain one).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product

from fhir_server.store.earth import distance
from fhir_server.store.entries import Bound, Entry, Interval, Kind, Token, fold
from fhir_server.store.query import (
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
    Predicate,
    Present,
    RangeTerm,
    ReferenceTerm,
    ReverseChain,
    StringMode,
    StringTerm,
    TokenTerm,
    Updated,
    UriTerm,
)


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
    type: str = ""


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
        case OfTypes(types):
            return subject.type in types
        case InCompartment():
            return holds(predicate.spelled_out, subject)
        case Updated(comparison, low, high):
            point = Interval(subject.last_updated, subject.last_updated + 1)
            return compare(comparison, point, low, high)
        case Labelled(labels):
            return not labels.isdisjoint(subject.labels)
        case NearTerm():
            return _is_near(predicate, subject.entries)
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
            return key in keys and _STRINGS[mode](text, value)
        case UriTerm(_, uri, below), Entry(_, Kind.URI, _, str() as value):
            return value.startswith(uri) if below else value == uri
        case RangeTerm(_, comparison, low, high, key), Entry(_, Kind.RANGE, keys, Interval() as interval):
            return key in keys and compare(comparison, interval, low, high)
        case ReferenceTerm(_, target), Entry(_, Kind.REFERENCE, _, str() as value):
            return target == value
        case _:
            return False


def _is_near(term: NearTerm, entries: Iterable[Entry]) -> bool:
    found = list(entries)
    places = product(_lows(found, term.latitude), _lows(found, term.longitude))
    return any(distance(*place, *term.point) <= term.metres for place in places)


def _lows(entries: Iterable[Entry], param: str) -> list[int]:
    values = (entry.value for entry in _of(entries, param) if entry.kind is Kind.RANGE and "" in entry.keys)
    return [value.low for value in values if isinstance(value, Interval) and isinstance(value.low, int)]


_STRINGS: dict[StringMode, Callable[[str, str], bool]] = {
    StringMode.PREFIX: lambda text, value: fold(value).startswith(fold(text)),
    StringMode.CONTAINS: lambda text, value: fold(text) in fold(value),
    StringMode.SUFFIX: lambda text, value: fold(value).endswith(fold(text)),
    StringMode.WHOLE: lambda text, value: fold(value) == fold(text),
    StringMode.EXACT: lambda text, value: value == text,
}
