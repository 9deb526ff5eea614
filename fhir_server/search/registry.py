"""The search parameters of every resource type, as this server offers them.

https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from conformance.definitions import Component, Definitions, SearchParameter
from conformance.fhirpath import Model, Path, parse, plain_paths
from conformance.fhirpath.paths import RefersTo
from fhir_server.search.date import DATE
from fhir_server.search.kinds import ParameterKind
from fhir_server.search.number import NUMBER
from fhir_server.search.quantity import QUANTITY
from fhir_server.search.reference import REFERENCE
from fhir_server.search.string import STRING
from fhir_server.search.token import TOKEN
from fhir_server.search.uri import URI

#: Parameter types whose values stand alone. Composites are made of them; ``special`` is not offered.
KINDS: Mapping[str, ParameterKind] = {
    kind.name: kind for kind in (TOKEN, STRING, REFERENCE, DATE, NUMBER, QUANTITY, URI)
}
COMPOSITE = "composite"

#: Kept by the store itself, so they have no entries.
ID = "_id"
LAST_UPDATED = "_lastUpdated"
BUILT_IN = frozenset({ID, LAST_UPDATED})

#: Published slips: what an expression of a component says, and what it means.
_COMPONENT_SLIPS = {"value.as(DateTime) | value.as(Period)": "value.as(dateTime) | value.as(Period)"}
#: Composites whose two component expressions are published in the wrong order.
_SWAPPED = frozenset({"http://hl7.org/fhir/SearchParameter/DocumentReference-relationship"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter of one resource type."""

    code: str
    resource_type: str
    kind: str
    """Its type, such as ``token`` or ``composite``."""
    expression: str
    url: str
    targets: tuple[str, ...] = ()
    """What a reference may lead to; every resource type where the definition sets no limit."""
    components: tuple[Component, ...] = ()
    is_common: bool = False
    """True when every resource type has it."""
    entries: tuple[str, ...] = ()
    """Codes under which its values are indexed: its own, or those of parameters whose union it is."""

    @property
    def is_indexed(self) -> bool:
        """True when it has entries of its own."""
        return self.entries == (self.code,)

    @property
    def kinds(self) -> tuple[ParameterKind, ...]:
        """Kinds of its components, or its own alone."""
        names = [component.type for component in self.components] or [self.kind]
        return tuple(KINDS[name] for name in names)

    @property
    def modifiers(self) -> frozenset[str]:
        """The modifiers that may be used with it, without the type names of a reference."""
        return frozenset({"missing"}) if self.kind == COMPOSITE else KINDS[self.kind].modifiers

    @property
    def is_sortable(self) -> bool:
        """True when ``_sort`` may name it."""
        return self.kind != COMPOSITE and len(self.entries) == 1


class SearchRegistry:
    """Parameters by resource type and code, from the definitions; worked out for a type when it is first asked for."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.model = Model(definitions)
        self._types: dict[str, dict[str, Parameter]] = {}

    @property
    def resource_types(self) -> tuple[str, ...]:
        """All concrete resource types."""
        return self.definitions.resource_types

    def parameters(self, resource_type: str) -> Mapping[str, Parameter]:
        """Code -> parameter, of what this server supports for a type, sorted by code."""
        known = self._types.get(resource_type)
        if known is None:
            known = self._types[resource_type] = self._offered(resource_type)
        return known

    def unsupported(self, resource_type: str) -> tuple[str, ...]:
        """Codes that the specification has for a type and this server does not offer, sorted."""
        published = self.definitions.search_parameters.get(resource_type, {})
        return tuple(sorted(published.keys() - self.parameters(resource_type).keys()))

    def references(self, resource_type: str) -> tuple[Parameter, ...]:
        """The reference parameters of a type."""
        return tuple(found for found in self.parameters(resource_type).values() if found.kind == REFERENCE.name)

    def compartment(self, name: str, resource_type: str) -> tuple[str, ...]:
        """Codes of the parameters that put a resource of a type into a compartment; none when it has no part in it."""
        codes = self.definitions.compartments.get(name, {}).get(resource_type, ())
        return tuple(code for code in codes if code in self.parameters(resource_type))

    def paths(self, parameter: Parameter) -> tuple[Path, ...] | None:
        """The plain paths of a parameter; None when its expression is more than that."""
        found = plain_paths(parse(parameter.expression), self.model, parameter.resource_type)
        return None if found is None else tuple(found)

    def _offered(self, resource_type: str) -> dict[str, Parameter]:
        published = self.definitions.search_parameters.get(resource_type, {})
        offered = [self._parameter(resource_type, one) for code, one in sorted(published.items()) if is_supported(one)]
        shared = self._shared(offered)
        return {one.code: replace(one, entries=shared.get(one.code, (one.code,))) for one in offered}

    def _parameter(self, resource_type: str, published: SearchParameter) -> Parameter:
        return Parameter(
            published.code,
            resource_type,
            published.type,
            published.expression,
            published.url,
            self._targets(resource_type, published),
            corrected(published),
            "Resource" in published.base or "DomainResource" in published.base,
        )

    def _targets(self, resource_type: str, published: SearchParameter) -> tuple[str, ...]:
        """Types a reference may lead to: those its expression asks for (``resolve() is Patient``), or as stated."""
        paths = plain_paths(parse(published.expression), self.model, resource_type) or ()
        ends = [path.steps[-1] for path in paths if path.steps]
        asked = tuple(end.type for end in ends if isinstance(end, RefersTo))
        if asked and len(asked) == len(ends):
            return asked
        stated = published.targets
        return self.resource_types if not stated or "Resource" in stated else stated

    def _shared(self, offered: Iterable[Parameter]) -> dict[str, tuple[str, ...]]:
        """Code -> codes whose entries together are its own (``combo-code``: ``code`` and ``component-code``)."""
        found: dict[str, tuple[str, ...]] = {}
        contents = {one.code: content for one in offered if (content := self._content(one))}
        for code, content in sorted(contents.items(), key=lambda item: (len(item[1]), item[0])):
            parts = [other for other in contents if other not in found and _is_part(other, code, contents)]
            if frozenset().union(*(contents[part] for part in parts)) == content:
                found[code] = tuple(sorted(parts))
        return found

    def _content(self, parameter: Parameter) -> frozenset[object] | None:
        """What a parameter indexes, comparable with others; None for references, which joins follow by name."""
        if parameter.kind == REFERENCE.name or parameter.code in BUILT_IN:
            return None
        paths = self.paths(parameter)
        rest = (parameter.kind, tuple((part.type, part.expression) for part in parameter.components))
        return frozenset((path, rest) for path in paths) if paths else None


def _is_part(other: str, code: str, contents: Mapping[str, frozenset[object]]) -> bool:
    """True when ``other`` indexes a part of what ``code`` does; of two alike the first by name stands for both."""
    one, whole = contents[other], contents[code]
    return one < whole or (one == whole and other < code)


def is_supported(published: SearchParameter) -> bool:
    """True for a parameter that this server offers: with an expression, and of a type that it indexes."""
    if not published.expression:
        return False
    if published.type == COMPOSITE:
        return all(component.type in KINDS for component in published.components)
    return published.type in KINDS


def corrected(published: SearchParameter) -> tuple[Component, ...]:
    """The components of a composite with published slips put right."""
    parts = published.components
    expressions = [_COMPONENT_SLIPS.get(part.expression, part.expression) for part in parts]
    if published.url in _SWAPPED:
        expressions.reverse()
    return tuple(Component(part.code, part.url, part.type, text) for part, text in zip(parts, expressions, strict=True))
