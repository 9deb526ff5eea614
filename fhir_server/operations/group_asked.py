"""Which members a request is about: a Group that lists them, or Parameters that name them.

https://hl7.org/fhir/R5/operations-for-large-resources.html,
https://hl7.org/fhir/us/davinci-atr/OperationDefinition-member-add.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from conformance.errors import BadRequest, InvalidContent, Unprocessable
from conformance.issues import Issue
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import TYPE_MISMATCH, UNKNOWN_INPUT
from fhir_server.exchange.request import Request
from fhir_server.exchange.service import Service
from fhir_server.operations.group_members import COVERAGE, PROVIDER, Member
from fhir_server.operations.messages import (
    INPUT_MISSING,
    MEMBER_AMBIGUOUS,
    MEMBER_SHAPE,
    MEMBER_UNKNOWN,
    MEMBER_UNREADABLE,
)
from fhir_server.operations.parameters import rows
from fhir_server.search.places import local
from fhir_server.store.protocol import Key

#: Parameters by name, with the member that holds their value. Those that name members may be repeated.
PARAMETERS = {
    "additions": "resource",
    "removals": "resource",
    "member": "valueReference",
    "patientReference": "valueReference",
    "memberId": "valueIdentifier",
    "providerReference": "valueReference",
    "providerNpi": "valueIdentifier",
    "coverageReference": "valueReference",
    "attributionPeriod": "valuePeriod",
}
_WHOLE = ("additions", "removals")
_PATIENTS, _PROVIDERS = ("Patient",), ("Practitioner", "Organization")


async def members_of(service: Service, context: Context, request: Request, *, is_strict: bool) -> list[Member]:
    """The members that a request names, references in the form of this server.

    With ``is_strict`` an identifier must lead to a Patient. Raises BadRequest, InvalidContent, Unprocessable.
    """
    content = request.content()
    if content.get("resourceType") == "Group":
        found = list(_listed(content, "Group"))
    elif content.get("resourceType") == "Parameters":
        found = await _named(service, context, _values(content), is_strict=is_strict)
    else:
        raise InvalidContent.of(TYPE_MISMATCH, given=content.get("resourceType"), wanted="Group | Parameters")
    if not found:
        raise BadRequest.of(INPUT_MISSING, operation=request.target.operation, name="member")
    return [_at_home(member, context.base_url) for member in found]


def _listed(group: Any, place: str) -> Iterator[Member]:
    """The members of a Group in the request. Raises BadRequest for one without an entity."""
    if not isinstance(group, dict) or group.get("resourceType") != "Group":
        raise BadRequest.of(UNKNOWN_INPUT, place, name=place)
    members = group.get("member", [])
    for index, member in enumerate(members if isinstance(members, list) else [None]):
        entity = member.get("entity") if isinstance(member, dict) else None
        if not isinstance(entity, dict) or not _names_something(entity):
            raise BadRequest.of(MEMBER_UNREADABLE, f"{place}.member[{index}].entity")
        if not _tells_apart(member):
            raise BadRequest.of(MEMBER_SHAPE, f"{place}.member[{index}]")
        yield member


def _tells_apart(member: dict[str, Any]) -> bool:
    """True when what narrows a member down can be read: were it passed over, more would be removed than is meant."""
    rows = member.get("extension", [])
    if not isinstance(member.get("period", {}), dict) or not isinstance(rows, list):
        return False
    return all(isinstance(row, dict) and isinstance(row.get("valueReference", {}), dict) for row in rows)


def _names_something(entity: dict[str, Any]) -> bool:
    identifier = entity.get("identifier")
    reference = entity.get("reference")
    if reference is None:
        return isinstance(identifier, dict) and isinstance(identifier.get("value"), str)
    return isinstance(reference, str) and reference != ""


def _values(parameters: dict[str, Any]) -> dict[str, list[Any]]:
    """The values of each parameter. Raises BadRequest for one that is not known, or has no such value."""
    found: dict[str, list[Any]] = {}
    for index, row in enumerate(rows(parameters)):
        name = row["name"]
        value = row.get(PARAMETERS.get(name, ""))
        if not isinstance(value, dict):
            raise BadRequest.of(UNKNOWN_INPUT, f"Parameters.parameter[{index}]", name=name)
        found.setdefault(name, []).append(value)
    return found


async def _named(service: Service, context: Context, values: dict[str, list[Any]], *, is_strict: bool) -> list[Member]:
    """The members that Parameters name: whole, or by references and identifiers with what stands beside them."""
    whole = [member for name in _WHOLE for group in values.get(name, ()) for member in _listed(group, name)]
    entities = [*values.get("member", ()), *values.get("patientReference", ())]
    for identifier in values.get("memberId", ()):
        entities.append(await _entity(service, context, identifier, _PATIENTS, is_strict=is_strict))  # noqa: PERF401
    beside = await _beside(service, context, values)
    named = {"resourceType": "Group", "member": [{"entity": one} | beside for one in entities]}
    return [*whole, *_listed(named, "Parameters")]


async def _beside(service: Service, context: Context, values: dict[str, list[Any]]) -> Member:
    """What all members that are named by parameters have in common."""
    found: Member = {}
    extensions = []
    for url, name in ((PROVIDER, "providerReference"), (COVERAGE, "coverageReference")):
        extensions += [{"url": url, "valueReference": one} for one in values.get(name, ())[-1:]]
    for identifier in values.get("providerNpi", ())[-1:]:
        provider = await _entity(service, context, identifier, _PROVIDERS, is_strict=True)
        extensions.append({"url": PROVIDER, "valueReference": provider})
    if extensions:
        found["extension"] = extensions
    for period in values.get("attributionPeriod", ())[-1:]:
        found["period"] = period
    return found


async def _entity(
    service: Service, context: Context, identifier: dict[str, Any], types: Iterable[str], *, is_strict: bool
) -> dict[str, Any]:
    """A reference to the one resource with an identifier, or the identifier alone. Raises Unprocessable."""
    key = await holder(service, context, identifier, types)
    if key:
        return {"reference": str(key)}
    if is_strict:
        told = f"{identifier.get('system', '')}|{identifier['value']}"
        raise Unprocessable(Issue(MEMBER_UNKNOWN, params={"member": told}))
    return {"identifier": identifier}


async def holder(service: Service, context: Context, identifier: dict[str, Any], types: Iterable[str]) -> Key | None:
    """The one resource with an identifier, of the first type that has any. Raises BadRequest, Unprocessable."""
    value, system = identifier.get("value"), identifier.get("system", "")
    if not isinstance(value, str) or not isinstance(system, str):
        raise BadRequest.of(MEMBER_UNREADABLE)
    token = f"{_escaped(system)}|{_escaped(value)}" if system else _escaped(value)
    for name in types:
        found = await service.repository.matches(name, [("identifier", token)], limit=2, visible=context.visible)
        if len(found) > 1:
            raise Unprocessable(Issue(MEMBER_AMBIGUOUS, params={"member": f"{system}|{value}"}))
        if found:
            return found[0].key
    return None


def _escaped(text: str) -> str:
    """https://hl7.org/fhir/R4/search.html#escaping"""
    return "".join(f"\\{mark}" if mark in "\\|,$" else mark for mark in text)


def _at_home(member: Member, base_url: str) -> Member:
    """The same with references as they are indexed: without our own base and without a version."""
    entity = dict(member["entity"])
    if "reference" in entity:
        entity["reference"] = local(entity["reference"], base_url)
    return member | {"entity": entity}
