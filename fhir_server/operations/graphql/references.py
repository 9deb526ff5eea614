"""What brings further resources into a query. https://hl7.org/fhir/R4/graphql.html#references"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.errors import BadRequest, Gone, NotFound
from conformance.json_codec import decode
from fhir_server.exchange.context import Context
from fhir_server.exchange.service import Service
from fhir_server.operations.graphql.cost import RESOURCES, Budget
from fhir_server.operations.graphql.document import Field
from fhir_server.operations.graphql.elements import Element
from fhir_server.operations.graphql.fields import Found
from fhir_server.operations.graphql.literals import bad_value
from fhir_server.operations.graphql.schema import ANY, Member
from fhir_server.operations.graphql.searches import Searches
from fhir_server.operations.messages import GRAPHQL_ARGUMENT, GRAPHQL_UNRESOLVED
from fhir_server.operations.referring import local_key
from fhir_server.store.protocol import Key

_ARGUMENTS = frozenset(("optional", "type"))


@dataclass(frozen=True, slots=True)
class Resources:
    """The resources of one query, each read once."""

    service: Service
    context: Context
    budget: Budget
    searches: Searches
    _read: dict[Key, dict[str, Any] | None] = field(default_factory=dict)

    async def searched(self, of: str, suffix: str, field: Field, focus: Element) -> Found:
        """The resources of type ``of`` that refer to the resource ``focus``."""
        return await self.searches.about(of, suffix, field, focus)

    async def referred(self, reference: Element, field: Field) -> Found:
        """The resource that a Reference leads to. Raises NotFound when there is none and it is not ``optional``."""
        _require_arguments(field)
        text = reference.value.get("reference")
        found = await self._resolved(text, reference.root) if isinstance(text, str) else None
        member = Member(field.name, ANY)
        if found is None:
            if field.arguments.get("optional") is True:
                return Found(member, (), is_list=False)
            raise NotFound.of(GRAPHQL_UNRESOLVED, reference=text or reference.value.get("display", ""))
        if field.arguments.get("type", found.type) != found.type:
            return Found(member, (), is_list=False)
        return Found(member, (found,), is_list=False)

    async def by_id(self, field: Field) -> Found:
        """``Patient(id: 42)``. Raises NotFound, Gone, and BadRequest without an id."""
        unknown = next((name for name in field.arguments if name != "id"), None)
        if unknown is not None:
            raise BadRequest.of(GRAPHQL_ARGUMENT, place=field.name, name=unknown)
        if not isinstance(field.arguments.get("id"), str | int):
            raise bad_value("id", field.name, "an id", "một id")
        self.budget.spend(RESOURCES)
        version = await self.service.repository.read(
            field.name, str(field.arguments["id"]), visible=self.context.visible
        )
        resource = decode(version.body)
        return Found(Member(field.name, field.name), (Element(resource, field.name, resource),), is_list=False)

    async def _resolved(self, text: str, root: Mapping[str, Any]) -> Element | None:
        if text.startswith("#"):
            held = (one for one in root.get("contained", ()) if one.get("id") == text[1:])
            one = next(held, None)
            return Element(one, str(one["resourceType"]), dict(root)) if one else None
        key = local_key(text, self.context.base_url)
        resource = await self._resource(key) if key else None
        return Element(resource, key.type, resource) if key and resource else None

    async def _resource(self, key: Key) -> dict[str, Any] | None:
        if key not in self._read:
            self.budget.spend(RESOURCES)
            try:
                version = await self.service.repository.read(key.type, key.id, visible=self.context.visible)
                self._read[key] = decode(version.body)
            except (NotFound, Gone):
                self._read[key] = None
        return self._read[key]


def _require_arguments(field: Field) -> None:
    unknown = next((name for name in field.arguments if name not in _ARGUMENTS), None)
    if unknown is not None:
        raise BadRequest.of(GRAPHQL_ARGUMENT, place=field.name, name=unknown)
    if not isinstance(field.arguments.get("optional", False), bool):
        raise bad_value("optional", field.name, "true or false", "true hoặc false")
