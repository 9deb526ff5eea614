"""The walk from a value along the selections of a query. https://hl7.org/fhir/R4/graphql.html#fields"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

from conformance.errors import BadRequest
from conformance.fhirpath.model import actual_type
from fhir_server.operations.graphql.cost import NODES, Budget
from fhir_server.operations.graphql.directives import shape_of
from fhir_server.operations.graphql.document import Field, Selection
from fhir_server.operations.graphql.elements import Choice, Element, require_arguments
from fhir_server.operations.graphql.output import Graph, Where
from fhir_server.operations.graphql.schema import Member, Schema
from fhir_server.operations.messages import GRAPHQL_CONFLICT, GRAPHQL_SELECTION

#: The field of a Reference that brings what it refers to. https://hl7.org/fhir/R4/graphql.html#references
RESOURCE = "resource"

#: Different fields under one name, as ``resource(type: …)`` may be asked for each type.
_MOST_ALTERNATIVES = 20


class Found(NamedTuple):
    """What stands under a field of one value: its elements, and whether the answer holds them as a list."""

    member: Member
    elements: Sequence[Element]
    is_list: bool
    shows_nothing: bool = False
    """True when an empty list is an answer, as it is of a search."""


class Sources(Protocol):
    """Brings the resources that are not part of the value itself."""

    async def referred(self, reference: Element, field: Field) -> Found:
        """The resource that a Reference leads to."""
        ...

    async def searched(self, of: str, suffix: str, field: Field, focus: Element) -> Found:
        """The resources of type ``of`` that refer to the resource ``focus``."""
        ...


@dataclass(frozen=True, slots=True)
class Walk:
    """One query at work."""

    schema: Schema
    sources: Sources
    budget: Budget
    choice: Choice

    async def graph(self, element: Element, selections: Sequence[Selection]) -> dict[str, Any]:
        """The object that the selections make of a value."""
        made = Graph()
        await self._select(element, selections, made, Where())
        return made.values

    async def _select(self, element: Element, selections: Sequence[Selection], graph: Graph, where: Where) -> None:
        fields = merged(self.fields(element.type, selections))
        self.budget.spend(NODES, len(fields))
        for field in fields:
            if field.name == "__typename":
                graph.put(field.key + where.suffix, element.type)
            else:
                await self.put(field, await self._found(element, field), graph, where)

    def fields(self, type: str, selections: Iterable[Selection]) -> Iterator[Field]:
        """The fields that apply to a value of ``type``, those of its fragments among them."""
        for one in selections:
            if isinstance(one, Field):
                yield one
            elif self.schema.applies(one.type, type):
                yield from self.fields(type, one.selections)

    async def put(self, field: Field, found: Found, graph: Graph, where: Where) -> None:
        """Put what was found under a field into the graph, in the shape that its directives ask for."""
        require_selections(field, found.member)
        shape = shape_of(field.directives)
        elements = found.elements[:1] if shape.first else found.elements
        if found.shows_nothing and not shape.flatten:
            graph.begin(field.key + where.suffix)
        for element, mark in zip(elements, self.choice.marks(elements, shape.slice), strict=True):
            if shape.flatten:
                inner = where.inside(mark, is_list=found.is_list)
                await self._select(element, field.selections or (), graph, inner)
                continue
            name, value = field.key + where.suffix + mark, element.value
            if field.selections is not None:
                value = await self.graph(element, field.selections)
            if shape.singleton or not (found.is_list or where.is_collated):
                graph.put(name, value)
            else:
                graph.append(name, value, element.type if where.is_collated else "")

    async def _found(self, element: Element, field: Field) -> Found:
        if element.type == "Reference" and field.name == RESOURCE:
            return await self.sources.referred(element, field)
        if self.schema.is_resource(element.type):
            searched = self.schema.searched(field.name)
            if searched:
                return await self.sources.searched(*searched, field, element)
        member = self.schema.member(element.type, field.name)
        require_arguments(self.schema, member, field.name, field.arguments)
        elements = self.choice.narrowed(_inside(element, member), field.arguments)
        return Found(member, elements, member.is_list)


def _inside(element: Element, member: Member) -> list[Element]:
    """The elements under a JSON property, nulls of primitive lists left out."""
    held = element.value.get(member.key)
    values = held if isinstance(held, list) else [held]
    found = []
    for value in values:
        if value is not None:
            is_whole = isinstance(value, dict) and "resourceType" in value and member.key != "contained"
            found.append(Element(value, actual_type(value, member.type), value if is_whole else element.root))
    return found


def merged(fields: Iterable[Field]) -> list[Field]:
    """The fields in order; of those that ask the same under one name the selections are taken together."""
    kept: list[Field] = []
    places: dict[str, list[int]] = {}
    for field in fields:
        under = places.setdefault(field.key, [])
        place = next((at for at in under if kept[at].is_same(field)), None)
        if place is None:
            under.append(len(kept))
            kept.append(field)
        elif field.selections:
            kept[place] = replace(kept[place], selections=(*(kept[place].selections or ()), *field.selections))
        if len(under) > _MOST_ALTERNATIVES:
            raise BadRequest.of(GRAPHQL_CONFLICT, name=field.key)
    return kept


def require_selections(field: Field, member: Member) -> None:
    """Raises BadRequest for an object without selections, and for a plain value with some."""
    if member.is_primitive and field.selections is not None:
        raise _misplaced(field, "no selection: it is a plain value", "để trống: đây là giá trị đơn")
    if not member.is_primitive and not field.selections:
        raise _misplaced(field, "a selection of its fields", "danh sách các trường bên trong")


def _misplaced(field: Field, expected: str, expected_vi: str) -> Exception:
    return BadRequest.of(GRAPHQL_SELECTION, name=field.name, expected=expected, expected_vi=expected_vi)
