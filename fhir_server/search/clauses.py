"""One (name, value) pair to a predicate: modifiers, chains and reverse chains.

https://hl7.org/fhir/R4/search.html#modifiers, https://hl7.org/fhir/R4/search.html#chaining
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timezone

from conformance.errors import BadRequest
from fhir_server.search.composite import composite_term
from fhir_server.search.date import updated_term
from fhir_server.search.escaping import split, unescape
from fhir_server.search.kinds import Asked
from fhir_server.search.messages import (
    BAD_FORM,
    BAD_VALUE,
    NOT_A_REFERENCE,
    NOT_A_TARGET,
    NOT_COMMON,
    TOO_LONG,
    UNKNOWN_PARAMETER,
    UNKNOWN_TYPE,
    UNSUPPORTED_MODIFIER,
    UNSUPPORTED_PARAMETER,
    UnknownParameter,
)
from fhir_server.search.reference import REFERENCE
from fhir_server.search.registry import BUILT_IN, COMPOSITE, ID, KINDS, LAST_UPDATED, Parameter, SearchRegistry
from fhir_server.store.query import Chain, Ids, Not, Or, Predicate, Present, ReverseChain

HAS = "_has"

#: Values in one parameter, and links in one chain, that are looked at.
MAX_VALUES = 2000
MAX_LINKS = 8


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads pairs for one search: the definitions and settings that their meaning depends on."""

    registry: SearchRegistry
    zone: timezone
    base_url: str
    now: int | None

    def clause(self, types: Sequence[str], name: str, value: str) -> Predicate:
        """The predicate of ``name=value`` on resources of ``types``. Raises BadRequest that names the parameter.

        Several types must agree on the meaning.
        """
        first = _Clause(self, types[0], name, value).predicate()
        if self._is_common(types[0], name):
            return first
        if any(_Clause(self, one, name, value).predicate() != first for one in types[1:]):
            raise UnknownParameter.of(NOT_COMMON, parameter=name, type=", ".join(types))
        return first

    def _is_common(self, resource_type: str, name: str) -> bool:
        """True when ``name`` means the same in every type."""
        found = self.registry.parameters(resource_type).get(name.partition(":")[0])
        return found is not None and found.is_common

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
    shown: str = ""
    links: int = 0

    def predicate(self) -> Predicate:
        clause = self if self.shown else replace(self, shown=self.name)
        if self.name.startswith(f"{HAS}:"):
            return clause._reverse_chain()
        head, dot, rest = self.name.partition(".")
        code, colon, modifier = head.partition(":")
        parameter = self.reader.parameter(self.type, code, clause.shown)
        if dot:
            return clause._chain(parameter, modifier, rest)
        if colon and not modifier:
            raise UnknownParameter.of(UNKNOWN_PARAMETER, parameter=clause.shown, type=self.type)
        return clause._plain(parameter, modifier)

    # -- chains

    def _reverse_chain(self) -> Predicate:
        parts = self.name.split(":", 3)
        if len(parts) != 4 or not all(parts):
            raise BadRequest.of(BAD_FORM, parameter=self.shown, value=self.value, expected="_has:Type:reference:name")
        _, name, code, rest = parts
        source = self.reader.known_type(name, self.shown)
        parameter = self._reference(self.reader.parameter(source, code, self.shown), rest)
        if self.type not in parameter.targets:
            raise BadRequest.of(NOT_A_TARGET, parameter=f"{source}:{code}", type=self.type)
        return ReverseChain(source, parameter.entries[0], self._next(source, rest))

    def _chain(self, parameter: Parameter, modifier: str, rest: str) -> Predicate:
        self._reference(parameter, rest)
        if modifier:
            target = self._target(parameter, modifier)
            return Chain(parameter.entries[0], (target,), self._next(target, rest))
        return self._untyped_chain(parameter, rest)

    def _untyped_chain(self, parameter: Parameter, rest: str) -> Predicate:
        """A chain over every target type that knows the next name; types of one meaning go together."""
        groups: dict[Predicate, list[str]] = {}
        unknown: UnknownParameter | None = None
        for target in parameter.targets:
            try:
                groups.setdefault(self._next(target, rest), []).append(target)
            except UnknownParameter as error:
                unknown = error
        if unknown is not None and not groups:
            raise UnknownParameter.of(UNKNOWN_PARAMETER, parameter=self.shown, type=self.type) from unknown
        chains = [Chain(parameter.entries[0], tuple(targets), part) for part, targets in groups.items()]
        return chains[0] if len(chains) == 1 else Or(tuple(chains))

    def _next(self, resource_type: str, name: str) -> Predicate:
        if self.links >= MAX_LINKS:
            raise BadRequest.of(TOO_LONG, limit=MAX_LINKS, what="links in a chain")
        return _Clause(self.reader, resource_type, name, self.value, self.shown, self.links + 1).predicate()

    def _reference(self, parameter: Parameter, rest: str) -> Parameter:
        if parameter.kind != REFERENCE.name:
            raise BadRequest.of(
                NOT_A_REFERENCE, parameter=parameter.code, type=parameter.resource_type, name=rest.partition(".")[0]
            )
        return parameter

    def _target(self, parameter: Parameter, name: str) -> str:
        target = self.reader.known_type(name, self.shown)
        if target not in parameter.targets:
            raise BadRequest.of(NOT_A_TARGET, parameter=parameter.code, type=target)
        return target

    # -- values

    def _plain(self, parameter: Parameter, modifier: str) -> Predicate:
        if parameter.code in BUILT_IN:
            return self._built_in(parameter, modifier)
        self._check_modifier(parameter, modifier)
        if modifier == "missing":
            return self._missing(parameter)
        plain = "" if modifier == "not" else modifier
        terms = tuple(self._term(parameter, name, text, plain) for text in self._values() for name in parameter.entries)
        some = terms[0] if len(terms) == 1 else Or(terms)
        return Not(some) if modifier == "not" else some

    def _check_modifier(self, parameter: Parameter, modifier: str) -> None:
        if modifier in ("", *parameter.modifiers):
            return
        if parameter.kind == REFERENCE.name and self.reader.registry.definitions.is_resource(modifier):
            self._target(parameter, modifier)
            return
        raise self._unsupported(parameter, modifier)

    def _unsupported(self, parameter: Parameter, modifier: str) -> UnknownParameter:
        issue = BadRequest.of(UNSUPPORTED_MODIFIER, modifier=modifier, parameter=self.shown, kind=parameter.kind)
        return UnknownParameter(*issue.issues)

    def _values(self) -> list[str]:
        values = split(self.value, ",")
        if len(values) > MAX_VALUES:
            raise BadRequest.of(TOO_LONG, limit=MAX_VALUES, what=f"values of '{self.shown}'")
        return values

    def _asked(self, name: str, text: str, modifier: str = "", targets: tuple[str, ...] = ()) -> Asked:
        reader = self.reader
        return Asked(name, text, self.shown, modifier, reader.zone, targets, reader.base_url, reader.now)

    def _term(self, parameter: Parameter, name: str, text: str, modifier: str) -> Predicate:
        asked = self._asked(name, text, modifier, parameter.targets)
        if parameter.kind == COMPOSITE:
            return composite_term(asked, parameter.kinds)
        return KINDS[parameter.kind].term(asked)

    def _missing(self, parameter: Parameter) -> Predicate:
        if self.value not in ("true", "false"):
            raise BadRequest.of(BAD_VALUE, value=self.value, parameter=self.shown, expected="true or false")
        parts = tuple(Present(name) for name in parameter.entries)
        present = parts[0] if len(parts) == 1 else Or(parts)
        return Not(present) if self.value == "true" else present

    def _built_in(self, parameter: Parameter, modifier: str) -> Predicate:
        if modifier and not (modifier == "not" and parameter.code == ID):
            raise self._unsupported(parameter, modifier)
        if parameter.code == LAST_UPDATED:
            terms = tuple(updated_term(self._asked(LAST_UPDATED, text)) for text in self._values())
            return terms[0] if len(terms) == 1 else Or(terms)
        ids = Ids(frozenset(unescape(text) for text in self._values()))
        return Not(ids) if modifier else ids
