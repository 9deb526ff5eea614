"""capabilities: the CapabilityStatement, made from the registries. https://hl7.org/fhir/R4/http.html#capabilities"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any
from weakref import WeakKeyDictionary

from conformance.definitions import SearchParameter
from conformance.errors import BadRequest
from conformance.json_codec import encode
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import BAD_PARAMETER
from fhir_server.exchange.registry import Router
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.subset import subset_of
from fhir_server.search.registry import is_supported
from fhir_server.store.protocol import instant

#: Codes of interactions with the system as a whole; the others are told with each type.
SYSTEM_CODES = ("transaction", "batch", "search-system", "history-system")
_MODES = ("full", "normative")
_HL7 = "http://hl7.org/fhir"
_POLICY = {
    "versioning": "versioned-update",
    "readHistory": True,
    "updateCreate": True,
    "conditionalCreate": True,
    "conditionalRead": "full-support",
    "conditionalUpdate": False,
    "conditionalDelete": "not-supported",
    "referencePolicy": ["literal", "local"],
}

#: Statement bytes by base URL, of each running server.
_made: WeakKeyDictionary[Router, dict[str, bytes]] = WeakKeyDictionary()


async def handle(service: Service, context: Context, request: Request) -> Response:
    """What this server does. Raises BadRequest for a mode other than full and normative."""
    mode = request.parameter("mode")
    if mode is not None and mode not in _MODES:
        raise BadRequest.of(BAD_PARAMETER, parameter="mode", value=mode, expected=" | ".join(_MODES))
    by_base = _made.setdefault(service.router, {})
    if context.base_url not in by_base:
        by_base.clear()
        by_base[context.base_url] = encode(statement(service, context.base_url))
    return Response(200, subset_of(request.pairs).cut(by_base[context.base_url], service.definitions))


def statement(service: Service, base_url: str) -> dict[str, Any]:
    """The CapabilityStatement resource. https://hl7.org/fhir/R4/capabilitystatement.html"""
    return {
        "resourceType": "CapabilityStatement",
        "id": "server",
        "status": "active",
        "date": instant(service.started).decode(),
        "kind": "instance",
        "software": {"name": "vn-fhir-server", "version": version("vn-fhir-server")},
        "implementation": {"description": "FHIR R4 server for Vietnam", "url": base_url},
        "fhirVersion": service.definitions.version,
        "format": ["application/fhir+json", "json"],
        "rest": [_rest(service)],
    }


def _rest(service: Service) -> dict[str, Any]:
    codes = {row.code for row in service.router.interactions}
    leading = _leading(service)
    told = {
        "mode": "server",
        "resource": [_resource(service, name, codes, leading) for name in service.definitions.resource_types],
        "interaction": [{"code": code} for code in SYSTEM_CODES if code in codes],
        "operation": _operations(service, ""),
        "compartment": [f"{_HL7}/CompartmentDefinition/{_lower(name)}" for name in service.definitions.compartments],
    }
    return {key: value for key, value in told.items() if value}


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]


def _leading(service: Service) -> dict[str, list[str]]:
    """Target type -> every ``Type:parameter`` that may refer to it."""
    leading: dict[str, list[str]] = {}
    for name in service.definitions.resource_types:
        for row in _parameters(service, name):
            for target in _targets(service, row) if row.type == "reference" else ():
                leading.setdefault(target, []).append(f"{name}:{row.code}")
    return leading


def _targets(service: Service, row: SearchParameter) -> tuple[str, ...]:
    return service.definitions.resource_types if {"Resource", *row.targets} == {"Resource"} else row.targets


def _parameters(service: Service, name: str) -> list[SearchParameter]:
    # Asking the registry would compile every expression of every type, which takes half a second.
    rows = service.definitions.search_parameters.get(name, {})
    return [row for _, row in sorted(rows.items()) if is_supported(row)]


def _resource(service: Service, name: str, codes: set[str], leading: dict[str, list[str]]) -> dict[str, Any]:
    parameters = _parameters(service, name)
    told: dict[str, Any] = {
        "type": name,
        "profile": f"{_HL7}/StructureDefinition/{name}",
        "interaction": [{"code": code} for code in sorted(codes.difference(SYSTEM_CODES, ("capabilities",)))],
        **_POLICY,
        "searchInclude": [f"{name}:{row.code}" for row in parameters if row.type == "reference"],
        "searchRevInclude": leading.get(name, []),
        "searchParam": [{"name": row.code, "definition": row.url, "type": row.type} for row in parameters],
        "operation": _operations(service, name),
    }
    return {key: value for key, value in told.items() if value != []}


def _operations(service: Service, type: str) -> list[dict[str, str]]:
    """Operations of a type, or (\"\") of the system."""
    return [{"name": row.code, "definition": row.canonical} for row in service.router.operations if row.is_of(type)]
