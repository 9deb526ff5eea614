"""capabilities: the CapabilityStatement, made from the registries. https://hl7.org/fhir/R4/http.html#capabilities"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any
from weakref import WeakKeyDictionary

from conformance.definitions import SearchParameter
from conformance.errors import BadRequest
from conformance.json_codec import encode
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import BAD_PARAMETER
from fhir_server.exchange.patching import FORMATS
from fhir_server.exchange.registry import Router
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.subset import subset_of
from fhir_server.interactions.terminology_capabilities import terminology_statement
from fhir_server.search import SearchRegistry
from fhir_server.store.protocol import Store, instant

#: Codes of interactions with the system as a whole; the others are told with each type.
SYSTEM_CODES = ("transaction", "batch", "search-system", "history-system")
_HL7 = "http://hl7.org/fhir"
_POLICY = {
    "versioning": "versioned-update",
    "readHistory": True,
    "updateCreate": True,
    "conditionalCreate": True,
    "conditionalRead": "full-support",
    "conditionalUpdate": True,
    "conditionalDelete": "single",
    "referencePolicy": ["literal", "local"],
}

#: Operation -> the CapabilityStatement of its guide. https://hl7.org/fhir/uv/bulkdata/CapabilityStatement-bulk-data.html
_GUIDES = {
    f"{_HL7}/uv/bulkdata/OperationDefinition/export": f"{_HL7}/uv/bulkdata/CapabilityStatement/bulk-data",
}

#: Elements of a resource type's row that are for trial use.
_TRIAL_USE = frozenset((*_POLICY, "supportedProfile", "searchInclude", "searchRevInclude"))

#: Statement bytes by base URL and mode, of each running server, with the registry of search parameters that they tell.
#: Those of the last base URL are kept.
_made: WeakKeyDictionary[Router, dict[tuple[str, str], tuple[SearchRegistry, bytes]]] = WeakKeyDictionary()


async def handle(service: Service, context: Context, request: Request) -> Response:
    """What this server does. Raises BadRequest for an unknown mode."""
    mode = request.parameter("mode") or "full"
    if mode not in _STATEMENTS:
        raise BadRequest.of(BAD_PARAMETER, parameter="mode", value=mode, expected=" | ".join(_STATEMENTS))
    made = _made.setdefault(service.router, {})
    place = (context.base_url, mode)
    if place not in made or made[place][0] is not service.registry:
        for old in [old for old in made if old[0] != context.base_url]:
            del made[old]
        made[place] = service.registry, encode(_STATEMENTS[mode](service, context.base_url))
    return Response(200, subset_of(request.pairs).cut(made[place][1], service.definitions))


def statement(service: Service, base_url: str) -> dict[str, Any]:
    """The CapabilityStatement resource. https://hl7.org/fhir/R4/capabilitystatement.html"""
    return {
        "resourceType": "CapabilityStatement",
        "id": "server",
        "status": "active",
        "date": instant(service.started).decode(),
        "kind": "instance",
        **_instantiated(service),
        "software": {"name": "vn-fhir-server", "version": version("vn-fhir-server")},
        "implementation": {"description": "FHIR R4 server for Vietnam", "url": base_url},
        "fhirVersion": service.definitions.version,
        "format": ["application/fhir+json", "application/fhir+xml", "json", "xml"],
        "patchFormat": list(FORMATS),
        "rest": [_rest(service)],
    }


def normative(service: Service, base_url: str) -> dict[str, Any]:
    """The same, without what is for trial use in R4."""
    told = statement(service, base_url)
    for rest in told["rest"]:
        for row in rest["resource"]:
            for name in _TRIAL_USE.intersection(row):
                del row[name]
    return told


def _instantiated(service: Service) -> dict[str, list[str]]:
    """The statements of guides that are met, by the operations that they ask for."""
    known = {row.canonical for row in service.router.operations}
    met = [url for operation, url in _GUIDES.items() if operation in known]
    return {"instantiates": met} if met else {}


def _rest(service: Service) -> dict[str, Any]:
    codes = {row.code for row in service.router.interactions}
    leading = _leading(service)
    told = {
        "mode": "server",
        "documentation": _promises(service.repository.store),
        "security": {"cors": service.cors},
        "resource": [_resource(service, name, codes, leading) for name in service.definitions.resource_types],
        "interaction": [{"code": code} for code in SYSTEM_CODES if code in codes],
        "operation": _operations(service, ""),
        "compartment": [f"{_HL7}/CompartmentDefinition/{_lower(name)}" for name in service.definitions.compartments],
    }
    return {key: value for key, value in told.items() if value}


def _promises(store: Store) -> str:
    """Which engine keeps the data, and what it promises (docs/engines.md)."""
    return f"Store engine: {store.name}. Promises: {', '.join(sorted(store.promises)) or 'none, for trials only'}."


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]


def _leading(service: Service) -> dict[str, list[str]]:
    """Target type -> every ``Type:parameter`` that may refer to it."""
    leading: dict[str, list[str]] = {}
    for name in service.definitions.resource_types:
        for row in service.registry.published(name):
            for target in _targets(service, row) if row.type == "reference" else ():
                leading.setdefault(target, []).append(f"{name}:{row.code}")
    return leading


def _targets(service: Service, row: SearchParameter) -> tuple[str, ...]:
    return service.definitions.resource_types if {"Resource", *row.targets} == {"Resource"} else row.targets


def _resource(service: Service, name: str, codes: set[str], leading: dict[str, list[str]]) -> dict[str, Any]:
    parameters = service.registry.published(name)
    told: dict[str, Any] = {
        "type": name,
        "profile": f"{_HL7}/StructureDefinition/{name}",
        "interaction": [{"code": code} for code in sorted(codes.difference(SYSTEM_CODES, ("capabilities",)))],
        **_POLICY,
        **_chosen(service),
        "searchInclude": [f"{name}:{row.code}" for row in parameters if row.type == "reference"],
        "searchRevInclude": leading.get(name, []),
        "searchParam": [{"name": row.code, "definition": row.url, "type": row.type} for row in parameters],
        "operation": _operations(service, name),
    }
    return {key: value for key, value in told.items() if value != []}


def _chosen(service: Service) -> dict[str, Any]:
    """What settings decide of the policy."""
    multiple = {"conditionalDelete": "multiple"} if service.delete_multiple else {}
    return {"updateCreate": service.update_create, **multiple}


def _operations(service: Service, type: str) -> list[dict[str, str]]:
    """Operations of a type, or (\"\") of the system."""
    rows = [
        {"name": row.code, "definition": row.canonical, "documentation": row.documentation}
        for row in service.router.operations
        if row.is_of(type)
    ]
    return [{name: text for name, text in row.items() if text} for row in rows]


#: ``mode`` -> what is answered. https://hl7.org/fhir/R4/http.html#capabilities
_STATEMENTS: dict[str, Callable[[Service, str], dict[str, Any]]] = {
    "full": statement,
    "normative": normative,
    "terminology": terminology_statement,
}
