"""One (name, value) pair to a predicate: modifiers, chains and reverse chains.

https://hl7.org/fhir/R4/search.html#modifiers, https://hl7.org/fhir/R4/search.html#chaining
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timezone
from itertools import count

from conformance.errors import BadRequest, TooCostly
from conformance.issues import Words
from fhir_server.search.chains import chained, require_reference, require_target
from fhir_server.search.composite import composite_term
from fhir_server.search.date import updated_term
from fhir_server.search.escaping import split, unescape
from fhir_server.search.kinds import Asked
from fhir_server.search.messages import (
    BAD_FORM,
    BAD_VALUE,
    NOT_A_TARGET,
    NOT_COMMON,
    TOO_LONG,
    UNKNOWN_PARAMETER,
    UNKNOWN_TYPE,
    UNSUPPORTED_MODIFIER,
    UNSUPPORTED_PARAMETER,
    UnknownParameter,
)
from fhir_server.search.parameter import BUILT_IN, COMPOSITE, FILTER, KINDS, LAST_UPDATED, Parameter
from fhir_server.search.reference import REFERENCE
from fhir_server.search.registry import SearchRegistry
from fhir_server.search.special import LIST, SPECIAL
from fhir_server.search.vocabulary import Vocabulary
from fhir_server.store.query import ALL, Ids, Not, Or, Predicate, Present, ReverseChain

HAS = "_has"

#: Values in one parameter, and links in one chain, that are looked at.
MAX_VALUES = 2000
MAX_LINKS = 8
#: Clauses of one search: a chain without types counts for each type that it may lead to.
MAX_CLAUSES = 5000

#: Of a parameter whose values are of types that are not known.
_ANY_TYPE: frozenset[str] = frozenset()
#: Modifier that negates -> the one that it negates.
_NEGATED = {"not": "", "not-in": "in"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads pairs for one search: the definitions and settings that their meaning depends on."""

    registry: SearchRegistry
    zone: timezone
    base_url: str
    now: int | None
    vocabulary: Vocabulary
    clauses: Iterator[int] = field(default_factory=count, compare=False)

    def count(self) -> None:
        """Counts a clause. Raises TooCostly when they are too many."""
        if next(self.clauses) >= MAX_CLAUSES:
            raise TooCostly.of(TOO_LONG, limit=MAX_CLAUSES, what="clauses, its chains followed to every type")

    def clause(self, types: Sequence[str], name: str, value: str) -> Predicate:
        """The predicate of ``name=value`` on resources of ``types``. Raises BadRequest that names the parameter.

        Several types must agree on the meaning.
        """
        first = _Clause(self, types[0], name, value, name).predicate()
        if self._is_common(types[0], name):
            return first
        if any(_Clause(self, one, name, value, name).predicate() != first for one in types[1:]):
            raise UnknownParameter.of(NOT_COMMON, parameter=name, type=", ".join(types))
        return first

    def _is_common(self, resource_type: str, name: str) -> bool:
        """True when ``name`` means the same in every type."""
        code = name.partition(":")[0]
        found = self.registry.parameters(resource_type).get(code)
        return code == LIST or (found is not None and found.is_common and code != FILTER)

    def known_type(self, name: str, shown: str) -> str:
        """``name`` when it is a resource type. Raises BadRequest."""
        if not self.registry.definitions.is_resource(name):
            raise BadRequest.of(UNKNOWN_TYPE, type=name, parameter=shown)
        return name

    def parameter(self, resource_type: str, code: str, shown: str) -> Parameter:
        """The parameter of a type. Raises UnknownParameter for one that is unknown or not offered."""
        found = self.registry.parameters(resource_type).get(code)
        if found is None:
            published = self.registry.definitions.search_parameters.get(resource_type, {})
            message = UNSUPPORTED_PARAMETER if code in published else UNKNOWN_PARAMETER
            raise UnknownParameter.of(message, parameter=shown, type=resource_type)
        return found


@dataclass(frozen=True, slots=True)
class _Clause:
    """A pair as it is asked of one resource type; ``shown`` is the whole name, for errors."""

    reader: Reader
    type: str
    name: str
    value: str
    shown: str
    links: int = 0

    def predicate(self) -> Predicate:
        self.reader.count()
        if self.name.startswith(f"{HAS}:"):
            return self._reverse_chain()
        if self.name in SPECIAL:
            return SPECIAL[self.name](_Asking(self), self.type, self.value)
        head, dot, rest = self.name.partition(".")
        code, colon, modifier = head.partition(":")
        parameter = self.reader.parameter(self.type, code, self.shown)
        if dot:
            return self._chain(parameter, modifier, rest)
        if colon and not modifier:
            raise UnknownParameter.of(UNKNOWN_PARAMETER, parameter=self.shown, type=self.type)
        return self._plain(parameter, modifier)

    # -- chains

    def _reverse_chain(self) -> Predicate:
        parts = self.name.split(":", 3)
        if len(parts) != 4 or not all(parts):
            raise BadRequest.of(BAD_FORM, parameter=self.shown, value=self.value, expected="_has:Type:reference:name")
        _, name, code, rest = parts
        source = self.reader.known_type(name, self.shown)
        parameter = require_reference(self.reader.parameter(source, code, self.shown), rest)
        if self.type not in parameter.targets:
            raise UnknownParameter.of(NOT_A_TARGET, parameter=f"{source}:{code}", type=self.type)
        return ReverseChain(source, parameter.entries[0], self._next(source, rest))

    def _chain(self, parameter: Parameter, modifier: str, rest: str) -> Predicate:
        require_reference(parameter, rest)
        target = self.reader.known_type(modifier, self.shown) if modifier else ""
        return chained(parameter, target, self.shown, lambda one: self._next(one, rest))

    def _next(self, resource_type: str, name: str) -> Predicate:
        if self.links >= MAX_LINKS:
            raise BadRequest.of(TOO_LONG, limit=MAX_LINKS, what="links in a chain")
        return _Clause(self.reader, resource_type, name, self.value, self.shown, self.links + 1).predicate()

    # -- values

    def _plain(self, parameter: Parameter, modifier: str) -> Predicate:
        self._check_modifier(parameter, modifier)
        if modifier == "missing":
            return self._missing(parameter)
        plain = _NEGATED.get(modifier, modifier)
        if parameter.code in BUILT_IN:
            some = self._built_in(parameter)
        else:
            names = parameter.entries
            some = _one_of([self._term(parameter, name, text, plain) for text in self._values() for name in names])
        return some if plain == modifier else Not(some)

    def _check_modifier(self, parameter: Parameter, modifier: str) -> None:
        if not modifier or modifier in parameter.modifiers:
            return
        if parameter.kind == REFERENCE.name and self.reader.registry.definitions.is_resource(modifier):
            require_target(parameter, modifier)
            return
        issue = BadRequest.of(UNSUPPORTED_MODIFIER, modifier=modifier, parameter=self.shown, kind=parameter.kind)
        raise UnknownParameter(*issue.issues)

    def _values(self) -> list[str]:
        values = split(self.value, ",")
        if len(values) > MAX_VALUES:
            raise BadRequest.of(TOO_LONG, limit=MAX_VALUES, what=f"values of '{self.shown}'")
        return values

    def _term(self, parameter: Parameter, name: str, text: str, modifier: str) -> Predicate:
        reader = self.reader
        asked = Asked(
            name,
            text,
            self.shown,
            modifier,
            reader.zone,
            parameter.targets,
            reader.base_url,
            reader.now,
            vocabulary=reader.vocabulary,
            types=parameter.types or _ANY_TYPE,
        )
        if parameter.kind == COMPOSITE:
            return composite_term(asked, parameter.kinds)
        return KINDS[parameter.kind].term(asked)

    def _missing(self, parameter: Parameter) -> Predicate:
        if self.value not in ("true", "false"):
            raise BadRequest.of(
                BAD_VALUE, value=self.value, parameter=self.shown, expected=Words("true or false", "true hoặc false")
            )
        present = ALL if parameter.code in BUILT_IN else _one_of([Present(name) for name in parameter.entries])
        return Not(present) if self.value == "true" else present

    def _built_in(self, parameter: Parameter) -> Predicate:
        if parameter.code == LAST_UPDATED:
            zone, now = self.reader.zone, self.reader.now
            asked = (Asked(LAST_UPDATED, text, self.shown, "", zone, now=now) for text in self._values())
            return _one_of(list(map(updated_term, asked)))
        ids = frozenset(map(unescape, self._values()))
        if "" in ids:
            raise BadRequest.of(
                BAD_VALUE,
                value=self.value,
                parameter=self.shown,
                expected=Words("one id or several", "một hoặc nhiều id"),
            )
        return Ids(ids)


@dataclass(frozen=True, slots=True)
class _Asking:
    """What a special parameter may ask of the clause that it stands in."""

    clause: _Clause

    def parameter(self, resource_type: str, code: str) -> Parameter:
        return self.clause.reader.parameter(resource_type, code, code)

    def predicate(self, resource_type: str, name: str, value: str) -> Predicate:
        return replace(self.clause, type=resource_type, name=name, value=value, shown=name).predicate()


def _one_of(terms: Sequence[Predicate]) -> Predicate:
    return terms[0] if len(terms) == 1 else Or(tuple(terms))
