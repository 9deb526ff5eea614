"""One search parameter of one resource type, as this server offers it. https://hl7.org/fhir/R4/searchparameter.html"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.definitions import Component, SearchParameter
from fhir_server.search.date import DATE
from fhir_server.search.kinds import ParameterKind
from fhir_server.search.near import POSITION
from fhir_server.search.number import NUMBER
from fhir_server.search.quantity import QUANTITY
from fhir_server.search.reference import REFERENCE
from fhir_server.search.string import STRING
from fhir_server.search.token import TOKEN
from fhir_server.search.uri import URI
from fhir_server.search.words import FULL_TEXT, WORDS

#: Parameter types whose values stand alone. Composites are made of them.
KINDS: Mapping[str, ParameterKind] = {
    kind.name: kind for kind in (TOKEN, STRING, REFERENCE, DATE, NUMBER, QUANTITY, URI, POSITION, WORDS)
}
COMPOSITE = "composite"

#: Kept by the store itself, so they have no entries.
ID = "_id"
LAST_UPDATED = "_lastUpdated"
BUILT_IN: Mapping[str, frozenset[str]] = {ID: frozenset({"missing", "not"}), LAST_UPDATED: frozenset({"missing"})}
"""Their modifiers."""
FILTER = "_filter"
#: Types that a published parameter may have and this server understands.
_PUBLISHED = frozenset({"token", "string", "reference", "date", "number", "quantity", "uri"})
_NEAR = "http://hl7.org/fhir/SearchParameter/Location-near"

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
    """Its type, such as ``token`` or ``composite``; ``words`` for ``_text`` and ``_content``."""
    expression: str
    url: str
    targets: tuple[str, ...] = ()
    """What a reference may lead to; every resource type where the definition sets no limit."""
    components: tuple[Component, ...] = ()
    is_common: bool = False
    """True when every resource type has it."""
    types: frozenset[str] | None = None
    """FHIR types of its values; None when only a value tells."""
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
        if self.code in BUILT_IN:
            return BUILT_IN[self.code]
        if self.code == FILTER:
            return frozenset()
        return frozenset({"missing"}) if self.kind == COMPOSITE else KINDS[self.kind].modifiers_of(self.types)

    @property
    def is_sortable(self) -> bool:
        """True when ``_sort`` may name it."""
        return self.kind != COMPOSITE and KINDS[self.kind].sortable and len(self.entries) == 1


def is_supported(published: SearchParameter, *, full_text: bool = False) -> bool:
    """True for a parameter that this server offers: with an expression, and of a type that it indexes.

    ``full_text``: whether words are indexed.
    """
    if published.code in FULL_TEXT:
        return full_text
    if published.type == COMPOSITE:
        return bool(published.expression) and all(part.type in _PUBLISHED for part in published.components)
    has_own_way = published.code == FILTER or published.url == _NEAR
    return has_own_way or (bool(published.expression) and published.type in _PUBLISHED)


def kind_of(published: SearchParameter) -> str:
    """The kind that a published parameter is searched as."""
    return WORDS.name if published.code in FULL_TEXT else published.type


def corrected(published: SearchParameter) -> tuple[Component, ...]:
    """The components of a composite with published slips put right."""
    parts = published.components
    expressions = [_COMPONENT_SLIPS.get(part.expression, part.expression) for part in parts]
    if published.url in _SWAPPED:
        expressions.reverse()
    return tuple(Component(part.code, part.url, part.type, text) for part, text in zip(parts, expressions, strict=True))
