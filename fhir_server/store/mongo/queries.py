"""Predicates as filters, with the looks into the store that some need first: chains, texts, places on Earth.

Each look has a limit. Beyond it the search is refused; it is never answered in part.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from conformance.errors import TooCostly
from fhir_server.store import earth
from fhir_server.store.entries import fold
from fhir_server.store.messages import TOO_MANY_JOINED
from fhir_server.store.mongo import filters, words
from fhir_server.store.mongo.documents import id_of, place
from fhir_server.store.mongo.filters import LEAVES, NOTHING
from fhir_server.store.mongo.looks import TIME, Looks
from fhir_server.store.mongo.texts import Texts
from fhir_server.store.mongo.words import Document, Mark
from fhir_server.store.query import (
    And,
    Chain,
    InCompartment,
    NearTerm,
    Not,
    Or,
    Predicate,
    ReverseChain,
    StringMode,
    StringTerm,
)

#: Resources that a hop of a chain, or a look around a place, may find.
JOIN_CAP = 10_000


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a predicate is sought: the types, the visible versions, and how they are looked at."""

    versions: Looks
    texts: Texts
    every_type: tuple[str, ...]
    """The types that have resources."""
    types: tuple[str, ...]
    visible: Document

    def of(self, types: tuple[str, ...]) -> Scope:
        """The same place for other types; none means every type."""
        return replace(self, types=types or self.every_type)

    async def filter(self, where: Predicate) -> Document:
        """The filter of the visible matches of a predicate."""
        return filters.every([filters.of_types(self.types), await compiled(where, self), self.visible])

    async def found(self, where: Predicate, fields: Document, param: str) -> list[Document]:
        """These fields of all visible matches; ``TooCostly`` when there are too many."""
        pipeline: list[Document] = [
            {"$match": await self.filter(where)},
            {"$limit": JOIN_CAP + 1},
            {"$project": fields},
        ]
        return require_few(await self.versions.aggregate(pipeline), param)


async def compiled(predicate: Predicate, scope: Scope) -> Document:
    """The filter of a predicate."""
    match predicate:
        case And(parts):
            return filters.every([await compiled(part, scope) for part in parts])
        case Or(parts):
            return filters.some([await compiled(part, scope) for part in parts])
        case Not(part):
            return filters.no(await compiled(part, scope))
        case InCompartment():
            return await compiled(predicate.spelled_out, scope)
        case StringTerm(mode=StringMode.CONTAINS | StringMode.SUFFIX) if fold(predicate.text):
            return await _inside(predicate, scope)
        case _:
            look = _LOOKS.get(type(predicate))
            return await look(predicate, scope) if look else LEAVES[type(predicate)](predicate)


def require_few(found: list[Document], param: str) -> list[Document]:
    """``found``, unless there are too many."""
    if len(found) > JOIN_CAP:
        raise TooCostly.of(TOO_MANY_JOINED, cap=JOIN_CAP, param=param)
    return found


async def _inside(term: StringTerm, scope: Scope) -> Document:
    found = await scope.texts.matching(scope.types, term, scope.versions.session, TIME)
    return filters.any_of([words.element(term.param, Mark.FOLDED, term.key, text) for text in found])


async def _chain(term: Chain, scope: Scope) -> Document:
    targets = await scope.of(term.types).found(term.target, {"t": 1, "k": 1, "_id": 0}, term.param)
    start = words.element(term.param, Mark.REFERENCE, "", "")
    return filters.any_of([f"{start}{target['t']}/{id_of(target['k'])}" for target in targets])


async def _reverse_chain(term: ReverseChain, scope: Scope) -> Document:
    start = words.element(term.param, Mark.REFERENCE, "", "")
    low, high = words.beginning(start)
    within = {"$and": [{"$gte": ["$$this", low]}, {"$lt": ["$$this", high]}]}
    fields = {"e": {"$filter": {"input": "$e", "cond": within}}, "_id": 0}
    sources = await scope.of((term.type,)).found(term.source, fields, term.param)
    targets = {element[len(start) :] for source in sources for element in source["e"]}
    places: dict[str, list[str]] = {}
    for target in sorted(targets):
        of_type, _, logical_id = target.partition("/")
        if of_type in scope.types:
            places.setdefault(of_type, []).append(place(logical_id))
    return filters.some([{"t": of_type, "k": {"$in": found}} for of_type, found in places.items()])


async def _near(term: NearTerm, scope: Scope) -> Document:
    low, high = earth.latitudes(term.point[0], term.metres)
    names = [words.range_name(param, "") for param in (term.latitude, term.longitude)]
    around = {"r": {"$elemMatch": {"n": names[0], "l": {"$gte": low, "$lte": high}}}}
    match = filters.every([filters.of_types(scope.types), around, scope.visible])
    found = require_few(await scope.versions.find(match, {"r": 1}, limit=JOIN_CAP + 1), term.latitude)
    near = [document["_id"] for document in found if _is_near(document["r"], names, term)]
    return {"_id": {"$in": near}} if near else NOTHING


def _is_near(ranges: list[Document], names: list[str], term: NearTerm) -> bool:
    latitudes, longitudes = (
        [one["l"] for one in ranges if one["n"] == name and isinstance(one["l"], int)] for name in names
    )
    return any(earth.distance(a, b, *term.point) <= term.metres for a in latitudes for b in longitudes)


#: Predicates that look into the store.
_LOOKS: dict[type, Callable[[Any, Scope], Awaitable[Document]]] = {
    Chain: _chain,
    ReverseChain: _reverse_chain,
    NearTerm: _near,
}
