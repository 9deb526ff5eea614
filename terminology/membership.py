"""Membership of a code in a value set, with three answers: yes, no and unknown.

A value set is expanded from the definitions at hand: explicit concepts, whole code systems that are complete, nested
value sets, exclusions. Where a part cannot be enumerated (a system that is not here or not complete, a filter, a
version that differs) only codes of that part are unknown; a code is wrong only when no part could hold it.
https://hl7.org/fhir/R4/valueset.html#compositions
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from terminology.grammars import is_of


class Membership(Enum):
    """Whether a code belongs to a value set."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Resources(Protocol):
    """Where value sets and code systems are looked up by canonical; ``conformance.definitions`` is one."""

    def value_set(self, canonical: str) -> Mapping[str, Any] | None:
        """The ValueSet resource, or None."""

    def code_system(self, canonical: str) -> Mapping[str, Any] | None:
        """The CodeSystem resource, or None."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """What is known of the members of a value set."""

    codes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Member codes by system."""
    doubtful: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Codes by system that an exclusion might take away: neither surely in nor surely out."""
    open_systems: frozenset[str] = frozenset()
    """Systems of which more codes may belong than are listed."""
    is_open: bool = False
    """True when codes of any system may belong: a part of the value set is not known at all."""

    def membership(self, system: str | None, code: str) -> Membership:
        """The answer for ``code``; ``system`` None means that the context implies the system (an element ``code``)."""
        if system is not None:
            return self._of_system(system, code)
        answers = {self._of_system(name, code) for name in (*self.codes, *self.doubtful, *self.open_systems)}
        if Membership.YES in answers:
            return Membership.YES
        return Membership.UNKNOWN if self.is_open or Membership.UNKNOWN in answers else Membership.NO

    def _of_system(self, system: str, code: str) -> Membership:
        if code in self.codes.get(system, ()):
            return Membership.YES
        if self.is_open or system in self.open_systems or code in self.doubtful.get(system, ()):
            return Membership.UNKNOWN
        return Membership.NO

    @property
    def is_complete(self) -> bool:
        """True when every answer is yes or no."""
        return not (self.is_open or self.open_systems or self.doubtful)


#: Code systems of which the content, or that there is none, is remembered.
_KEPT_SYSTEMS = 2000

NOTHING_KNOWN = Expansion(is_open=True)
EMPTY = Expansion()


@dataclass(frozen=True, slots=True)
class CodeSystemContent:
    """What is known of a code system: its codes with the displays that each may have."""

    displays: Mapping[str, tuple[str, ...]]
    is_complete: bool
    is_supplement: bool
    version: str
    property_types: Mapping[str, str]
    """Code of a property -> type of its values."""
    is_case_sensitive: bool = True

    def folded(self, code: str) -> str:
        """The code as it stands in ``displays``."""
        return code if self.is_case_sensitive else code.casefold()


class ValueSets:
    """Value sets of some definitions, expanded at first use and kept."""

    def __init__(self, definitions: Resources) -> None:
        self._definitions = definitions
        self._expansions: dict[str, Expansion] = {}
        self._systems: dict[str, Expansion] = {}
        self._pending: set[str] = set()
        self._contents: dict[str, CodeSystemContent | None] = {}

    def system(self, url: str) -> CodeSystemContent | None:
        """What is known of a code system; None when it is not at hand."""
        if url not in self._contents:
            if len(self._contents) > _KEPT_SYSTEMS:
                self._contents.clear()  # names come from the resources that are validated
            resource = self._definitions.code_system(url)
            self._contents[url] = None if resource is None else _content(resource)
        return self._contents[url]

    def property_type(self, system: str, code: str) -> str | None:
        """The type of a property of a code system; None when either is not known."""
        content = self.system(system)
        return None if content is None else content.property_types.get(code)

    def membership(self, value_set: str, system: str | None, code: str) -> Membership:
        """Whether ``code`` is in the value set with this canonical (a ``|version`` is allowed)."""
        expansion = self.expansion(value_set)
        answer = expansion.membership(system, code)
        return self._by_grammar(expansion, system, code) if answer is Membership.UNKNOWN else answer

    @staticmethod
    def _by_grammar(expansion: Expansion, system: str | None, code: str) -> Membership:
        """What the open systems of a value set themselves say of a code."""
        if system is None:
            systems: Iterable[str] = expansion.open_systems
        else:
            systems = {system} & expansion.open_systems
        answers = {is_of(name, code) for name in systems}
        if True in answers:
            return Membership.YES
        is_doubtful = expansion.is_open or any(code in listed for listed in expansion.doubtful.values())
        return Membership.NO if answers == {False} and not is_doubtful else Membership.UNKNOWN

    def codes(self, value_set: str) -> frozenset[str] | None:
        """All codes of a value set, whatever their system; None when they cannot all be told."""
        return self.listed(value_set) if self.expansion(value_set).is_complete else None

    def listed(self, value_set: str) -> frozenset[str]:
        """The codes that surely are in a value set, whatever their system; there may be more."""
        return frozenset().union(*self.expansion(value_set).codes.values())

    def expansion(self, value_set: str) -> Expansion:
        """What is known of the members of a value set; an unknown or recursive one is wholly open."""
        known = self._expansions.get(value_set)
        if known is not None:
            return known
        resource = self._definitions.value_set(value_set.split("|", 1)[0])
        if resource is None or value_set in self._pending:
            return NOTHING_KNOWN
        self._pending.add(value_set)
        try:
            known = self._expansions[value_set] = self._expand(resource)
        finally:
            self._pending.discard(value_set)
        return known

    def _expand(self, resource: Mapping[str, Any]) -> Expansion:
        compose = resource.get("compose")
        if compose is None:
            return _stored_expansion(resource.get("expansion"))
        included = _union(self._part(part) for part in compose.get("include", ()))
        excluded = [self._part(part) for part in compose.get("exclude", ())]
        return _difference(included, _union(excluded)) if excluded else included

    def _part(self, part: Mapping[str, Any]) -> Expansion:
        """One include or exclude: the codes of its system that are also in all of its value sets."""
        sets = [self.expansion(canonical) for canonical in part.get("valueSet", ())]
        system = part.get("system")
        if system is not None:
            sets.append(self._of_system(system, part))
        return _intersection(sets) if sets else NOTHING_KNOWN

    def _of_system(self, system: str, part: Mapping[str, Any]) -> Expansion:
        concepts = part.get("concept")
        if concepts:
            return Expansion({system: frozenset(concept["code"] for concept in concepts)})
        if part.get("filter") or part.get("version"):
            return self._filtered(system, part)
        return self._whole_system(system)

    def _filtered(self, system: str, part: Mapping[str, Any]) -> Expansion:
        """A pinned version is taken when it is the one at hand; a filter is left to the terminology service."""
        resource = self._definitions.code_system(system)
        if part.get("filter") or resource is None or resource.get("version") != part["version"]:
            return Expansion(open_systems=frozenset((system,)))
        return self._whole_system(system)

    def _whole_system(self, system: str) -> Expansion:
        known = self._systems.get(system)
        if known is None:
            known = self._systems[system] = _system_codes(system, self._definitions.code_system(system))
        return known


def _content(resource: Mapping[str, Any]) -> CodeSystemContent:
    is_case_sensitive = resource.get("caseSensitive") is not False
    displays: dict[str, tuple[str, ...]] = {}
    for concept in _concepts(resource.get("concept", ())):
        told = [concept.get("display"), *(row.get("value") for row in concept.get("designation", ()))]
        code = concept["code"] if is_case_sensitive else concept["code"].casefold()
        displays[code] = tuple(text for text in told if isinstance(text, str))
    return CodeSystemContent(
        displays,
        is_complete=resource.get("content") == "complete" and not resource.get("compositional"),
        is_supplement=resource.get("content") == "supplement" or "supplements" in resource,
        version=str(resource.get("version", "")),
        property_types={str(row.get("code")): str(row.get("type")) for row in resource.get("property", ())},
        is_case_sensitive=is_case_sensitive,
    )


def _system_codes(system: str, resource: Mapping[str, Any] | None) -> Expansion:
    """All codes of a system; open unless its content is complete, not compositional and compared exactly."""
    open_systems = frozenset((system,))
    if resource is None:
        return Expansion(open_systems=open_systems)
    codes = {system: frozenset(_concept_codes(resource.get("concept", ())))}
    is_closed = (
        resource.get("content") == "complete"
        and not resource.get("compositional")
        and resource.get("caseSensitive") is not False
    )
    return Expansion(codes, open_systems=frozenset() if is_closed else open_systems)


def _concept_codes(concepts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    return (concept["code"] for concept in _concepts(concepts))


def _concepts(concepts: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """All concepts of a tree, walked with a stack: a hierarchy may be deep."""
    stack = list(concepts)
    while stack:
        concept = stack.pop()
        yield concept
        stack.extend(concept.get("concept", ()))


def _stored_expansion(expansion: Mapping[str, Any] | None) -> Expansion:
    """An expansion that came with a value set without compose: what it lists is in, the rest is not known."""
    codes: dict[str, set[str]] = {}
    stack = list((expansion or {}).get("contains", ()))
    while stack:
        row = stack.pop()
        stack.extend(row.get("contains", ()))
        if "code" in row and "system" in row and not row.get("abstract"):
            codes.setdefault(row["system"], set()).add(row["code"])
    return Expansion({system: frozenset(listed) for system, listed in codes.items()}, is_open=True)


def _union(parts: Iterable[Expansion]) -> Expansion:
    codes: dict[str, frozenset[str]] = {}
    doubtful: dict[str, frozenset[str]] = {}
    open_systems: frozenset[str] = frozenset()
    is_open = False
    for part in parts:
        for target, source in ((codes, part.codes), (doubtful, part.doubtful)):
            for system, listed in source.items():
                target[system] = target.get(system, frozenset()) | listed
        open_systems |= part.open_systems
        is_open = is_open or part.is_open
    return Expansion(codes, doubtful, open_systems, is_open)


def _intersection(parts: list[Expansion]) -> Expansion:
    """Codes in all parts. A code listed in one part and only possible in another is doubtful."""
    if len(parts) == 1:
        return parts[0]
    listed = _union(parts)
    codes: dict[str, set[str]] = {}
    doubtful: dict[str, set[str]] = {}
    for system in listed.codes.keys() | listed.doubtful.keys():
        for code in listed.codes.get(system, frozenset()) | listed.doubtful.get(system, frozenset()):
            answers = {part.membership(system, code) for part in parts}
            if Membership.NO not in answers:
                target = doubtful if Membership.UNKNOWN in answers else codes
                target.setdefault(system, set()).add(code)
    possible = frozenset(
        system for system in listed.open_systems if all(part.is_open or system in part.open_systems for part in parts)
    )
    return Expansion(_frozen(codes), _frozen(doubtful), possible, all(part.is_open for part in parts))


def _difference(included: Expansion, excluded: Expansion) -> Expansion:
    codes: dict[str, set[str]] = {}
    doubtful = {system: set(listed) for system, listed in included.doubtful.items()}
    for system, listed in included.codes.items():
        for code in listed:
            answer = excluded.membership(system, code)
            if answer is not Membership.YES:
                target = codes if answer is Membership.NO else doubtful
                target.setdefault(system, set()).add(code)
    return Expansion(_frozen(codes), _frozen(doubtful), included.open_systems, included.is_open)


def _frozen(codes: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {system: frozenset(listed) for system, listed in codes.items()}
