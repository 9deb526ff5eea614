"""Predicates as MongoDB filters: equality is a point of the index of elements, prefixes are intervals of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fhir_server.store.entries import fold
from fhir_server.store.mongo import words
from fhir_server.store.mongo.documents import place
from fhir_server.store.mongo.moments import OPEN, first_at
from fhir_server.store.mongo.words import Document, Mark, Span
from fhir_server.store.protocol import Op
from fhir_server.store.query import (
    Comparison,
    Ids,
    Labelled,
    OfTypes,
    Predicate,
    Present,
    RangeTerm,
    ReferenceTerm,
    StringMode,
    StringTerm,
    TokenTerm,
    Updated,
    UriTerm,
)

#: Finds nothing.
NOTHING: Document = {"_id": {"$in": []}}
_LIVE = {"$lt": int(Op.DELETE)}


def visible(position: int) -> Document:
    """Live versions at a position."""
    return {"p": {"$lte": position}, "x": {"$gt": position}, "o": _LIVE}


#: Live versions that are current, readable or not: what a writer decides on.
CURRENT: Document = {"x": OPEN, "o": _LIVE}
#: Versions of which something is left.
LEFT: Document = {"o": {"$lt": int(Op.EXPUNGED)}}
#: The last version of each key, deletions too.
LATEST: Document = {"x": OPEN, **LEFT}


def of_types(types: tuple[str, ...]) -> Document:
    """Versions of these types."""
    return {"t": types[0] if len(types) == 1 else {"$in": list(types)}}


def every(filters: list[Document]) -> Document:
    """All of these."""
    parts = [part for part in filters if part]
    return {"$and": parts} if len(parts) > 1 else (parts[0] if parts else {})


def some(filters: list[Document]) -> Document:
    """One of these."""
    if not filters:
        return NOTHING
    return filters[0] if len(filters) == 1 else {"$or": filters}


def no(part: Document) -> Document:
    """All but these."""
    return {"$nor": [part]}


def any_of(elements: list[str]) -> Document:
    """Versions with one of these elements."""
    if not elements:
        return NOTHING
    return {"e": elements[0]} if len(elements) == 1 else {"e": {"$in": elements}}


def within(span: Span) -> Document:
    """Versions with an element in a span."""
    return {"e": {"$elemMatch": {"$gte": span.low, "$lt": span.high}}}


def token(term: TokenTerm) -> Document:
    """A token."""
    if term.code is None and term.system is not None:
        return any_of([words.element(term.param, Mark.SYSTEM, term.key, words.hashed(term.system))])
    start = words.element(term.param, Mark.TOKEN, term.key, "")
    if term.code is None:
        return within(words.beginning(start))
    if term.system is None:
        return within(words.beginning(f"{start}{words.escaped(term.code)}{words.SEPARATOR}"))
    return any_of([start + words.token(term.system, term.code)])


def string(term: StringTerm) -> Document:
    """A string as written, as a whole, or by its beginning. Other modes look through ``texts`` first."""
    if term.mode is StringMode.EXACT:
        return any_of([words.element(term.param, Mark.EXACT, term.key, words.hashed(term.text))])
    found = words.element(term.param, Mark.FOLDED, term.key, fold(term.text))
    return any_of([found]) if term.mode is StringMode.WHOLE else within(words.beginning(found))


def uri(term: UriTerm) -> Document:
    """A uri, or those below it."""
    found = words.element(term.param, Mark.URI, "", term.uri)
    return within(words.beginning(found)) if term.below else any_of([found])


def reference(term: ReferenceTerm) -> Document:
    """A reference to a target."""
    return any_of([words.element(term.param, Mark.REFERENCE, "", term.target)])


def present(term: Present) -> Document:
    """Any entry of a parameter."""
    span = words.of_param(term.param)
    named = {"r": {"$elemMatch": {"n": {"$gte": span.low, "$lt": span.high}}}}
    return {"$or": [within(span), named]}


def labelled(term: Labelled) -> Document:
    """One of some access labels."""
    return any_of([words.label(label) for label in sorted(term.labels)])


def typed(term: OfTypes) -> Document:
    """One of some types."""
    return {"t": {"$in": sorted(term.types)}}


def ids(term: Ids) -> Document:
    """One of some logical ids."""
    return {"k": {"$in": sorted(map(place, term.ids))}}


def is_point(predicate: Predicate) -> bool:
    """True for what is one point of the index of elements, where matches lie in commit order: no plan is better."""
    match predicate:
        case TokenTerm(system=system):
            return system is not None
        case StringTerm(mode=mode):
            return mode is StringMode.EXACT or (mode is StringMode.WHOLE and bool(predicate.text))
        case UriTerm(below=below):
            return not below
        case _:
            return isinstance(predicate, ReferenceTerm)


def _within(low: Any, high: Any) -> list[Document]:
    return [{"l": {"$gte": low, "$lte": high}, "h": {"$lte": high}}]


def _below(low: Any, _high: Any) -> list[Document]:
    return [{"l": {"$lt": low}}]


def _above(_low: Any, high: Any) -> list[Document]:
    return [{"h": {"$gt": high}}]


#: ``meaning.compare`` as conditions on an element of ``r``, one of which must hold. ``l`` comes first in the index, so
#: what follows for it is said too.
_COMPARISONS: dict[Comparison, Callable[[Any, Any], list[Document]]] = {
    Comparison.EQ: _within,
    Comparison.NE: lambda low, high: _below(low, high) + _above(low, high),
    Comparison.GT: _above,
    Comparison.LT: _below,
    Comparison.GE: lambda low, high: _above(low, high) + _within(low, high),
    Comparison.LE: lambda low, high: _below(low, high) + _within(low, high),
    Comparison.SA: lambda _low, high: [{"l": {"$gte": high}}],
    Comparison.EB: lambda low, _high: [{"l": {"$lte": low}, "h": {"$lte": low}}],
    Comparison.AP: lambda low, high: [{"l": {"$lt": high}, "h": {"$gt": low}}],
}


def span(term: RangeTerm) -> Document:
    """A range compared with an interval."""
    name = words.range_name(term.param, term.key)
    conditions = _COMPARISONS[term.comparison](words.bound(term.low), words.bound(term.high))
    return some([{"r": {"$elemMatch": {"n": name, **condition}}} for condition in conditions])


def updated(term: Updated) -> Document:
    """lastUpdated stands in the vid, so a comparison with it is one with vids."""
    low, high = first_at(term.low), first_at(term.high)
    below, above = {"_id": {"$lt": low}}, {"_id": {"$gte": high}}
    within = {"_id": {"$gte": low, "$lt": high}}
    conditions = {
        Comparison.EQ: within,
        Comparison.NE: no(within),
        Comparison.GT: above,
        Comparison.LT: below,
        Comparison.GE: some([above, within]),
        Comparison.LE: some([below, within]),
        Comparison.SA: above,
        Comparison.EB: below,
        Comparison.AP: within,
    }
    return conditions[term.comparison]


#: Predicates that need no look into the store.
LEAVES: dict[type, Callable[[Any], Document]] = {
    TokenTerm: token,
    StringTerm: string,
    UriTerm: uri,
    RangeTerm: span,
    ReferenceTerm: reference,
    Present: present,
    Ids: ids,
    OfTypes: typed,
    Updated: updated,
    Labelled: labelled,
}
