"""Query text to a request for the store. https://hl7.org/fhir/R4/search.html"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timezone

from conformance.errors import BadRequest, TooCostly
from conformance.issues import Issue, Words
from conformance.temporal import VIETNAM
from fhir_server.search.clauses import Reader
from fhir_server.search.compartments import compartment_predicate
from fhir_server.search.controls import CONTROLS, WITH_MODIFIER, Controls
from fhir_server.search.messages import BAD_VALUE, IGNORED_PARAMETER, TOO_LONG, UNKNOWN_PARAMETER, UnknownParameter
from fhir_server.search.registry import SearchRegistry
from fhir_server.search.request import CURSOR, MAX_COUNT, SearchRequest
from fhir_server.search.vocabulary import Vocabulary
from fhir_server.store.query import And, Chain, Not, Or, Predicate, Query, ReverseChain

#: Restricts a search of the whole system to some types.
TYPE = "_type"

#: Parameters in one search.
MAX_PARAMETERS = 200
#: Comparisons of one parameter, each counted once for every type that is searched.
MAX_TERMS = 20_000


def parse_search(
    type: str | None,
    pairs: Sequence[tuple[str, str]],
    registry: SearchRegistry,
    *,
    zone: timezone = VIETNAM,
    strict: bool = True,
    base_url: str = "",
    now: int | None = None,
    compartment: tuple[str, str] | None = None,
    default_count: int | None = None,
    max_count: int = MAX_COUNT,
    vocabulary: Vocabulary | None = None,
) -> SearchRequest:
    """The request that these (name, value) pairs make, of one type, or of all (None).

    ``now`` (microseconds) widens ``ap`` on dates; ``compartment``, as ``("Patient", "42")``, limits the search to it;
    ``default_count`` stands for a ``_count`` that is not given, ``max_count`` caps it; ``vocabulary`` is where value
    sets come from, by default the definitions. Raises BadRequest that names the parameter; with ``strict`` false
    unknown parameters become warnings instead.
    """
    if len(pairs) > MAX_PARAMETERS:
        raise BadRequest.of(TOO_LONG, limit=MAX_PARAMETERS, what="parameters")
    reader = Reader(registry, zone, base_url, now, vocabulary or registry.vocabulary)
    types = _types(reader, type, pairs)
    controls = Controls(reader, types or registry.resource_types, max_count, count=default_count)
    search = _Search(controls, types, is_system=type is None, strict=strict)
    for name, value in pairs:
        search.take(name, value)
    return search.request(compartment)


def _types(reader: Reader, type: str | None, pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The types to search; none means all."""
    if type is not None:
        return (reader.known_type(type, type),)
    asked = [reader.known_type(name, TYPE) for key, value in pairs if key == TYPE for name in value.split(",")]
    return tuple(dict.fromkeys(asked))


def _size(predicate: Predicate) -> int:
    """Comparisons in it."""
    match predicate:
        case And(parts) | Or(parts):
            return sum(map(_size, parts))
        case Not(part) | Chain(_, _, part) | ReverseChain(_, _, part):
            return _size(part)
    return 1


class _Search:
    def __init__(self, controls: Controls, types: tuple[str, ...], *, is_system: bool, strict: bool) -> None:
        self._reader = controls.reader
        self._types = types
        self._controls = controls
        self._is_system = is_system
        self._strict = strict
        self._clauses: list[Predicate] = []
        self._used: list[tuple[str, str]] = []
        self._ignored: list[Issue] = []

    def take(self, name: str, value: str) -> None:
        """Takes one pair into account, or into the ignored ones when that is allowed."""
        try:
            self._read(name, value)
        except UnknownParameter as error:
            if self._strict:
                raise
            self._ignored.append(Issue(IGNORED_PARAMETER, params={"parameter": name, "reason": error.issues[0]}))
        else:
            if name != CURSOR:
                self._used.append((name, value))

    def _read(self, name: str, value: str) -> None:
        base, colon, _ = name.partition(":")
        control = CONTROLS.get(base)
        if control is not None and (not colon or base in WITH_MODIFIER):
            control(self._controls, name, value)
        elif name != TYPE or not self._is_system:
            self._find(name, value)

    def _find(self, name: str, value: str) -> None:
        if not value:
            raise BadRequest.of(BAD_VALUE, value=value, parameter=name, expected=Words("a value", "một giá trị"))
        self._clauses.append(self._clause(name, value))

    def _clause(self, name: str, value: str) -> Predicate:
        try:
            found = self._reader.clause(self._controls.types, name, value)
        except UnknownParameter:
            if len(self._controls.types) == 1:
                raise
            where = ", ".join(self._types) or "all resource types at once"
            raise UnknownParameter.of(UNKNOWN_PARAMETER, parameter=name, type=where) from None
        if _size(found) * len(self._controls.types) > MAX_TERMS:
            raise TooCostly.of(TOO_LONG, limit=MAX_TERMS, what=f"comparisons for '{name}', in all types searched")
        return found

    def request(self, compartment: tuple[str, str] | None) -> SearchRequest:
        """The request of all pairs taken."""
        controls = self._controls
        where = list(dict.fromkeys(self._clauses))
        if compartment is not None:
            where.append(compartment_predicate(self._reader.registry, compartment, self._types))
        return SearchRequest(
            Query(self._types, where[0] if len(where) == 1 else And(tuple(where)), controls.sort),
            tuple(controls.includes),
            tuple(controls.revincludes),
            controls.count,
            controls.total,
            controls.summary,
            controls.elements,
            controls.cursor,
            tuple(self._used),
            tuple(self._ignored),
            compartment,
        )
