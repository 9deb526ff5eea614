"""capabilities of terminology: the code systems that this server knows. https://hl7.org/fhir/R4/terminologycapabilities.html"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from fhir_server.exchange.service import Service
from fhir_server.store.protocol import instant
from profiles.vn.catalogue import catalogue

#: ``CodeSystem.content`` of systems whose codes are here, all or some of them.
_HELD = frozenset(("complete", "fragment"))


def terminology_statement(service: Service, base_url: str) -> dict[str, Any]:
    """The TerminologyCapabilities resource: systems whose codes are checked, and no operation that is not offered."""
    return {
        "resourceType": "TerminologyCapabilities",
        "id": "terminology",
        "status": "active",
        "date": instant(service.started).decode(),
        "kind": "instance",
        "software": {"name": "vn-fhir-server", "version": version("vn-fhir-server")},
        "implementation": {"description": "FHIR R4 server for Vietnam", "url": base_url},
        "codeSystem": [_told(system) for _, system in sorted(_systems(service))],
    }


def _systems(service: Service) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from catalogue(service.names, service.definitions).code_systems.items()
    for url in service.definitions.canonicals("CodeSystem"):
        system = service.definitions.code_system(url)
        if system and system.get("content") in _HELD:
            yield url, system


def _told(system: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"uri": system["url"]}
    if "version" in system:
        told["version"] = [{"code": system["version"], "isDefault": True}]
    return told
