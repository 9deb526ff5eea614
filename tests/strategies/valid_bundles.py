"""Bundles of every type with what their rules ask for. https://hl7.org/fhir/R4/bundle.html"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.definitions.model import StructureType
from strategies.valid_values import PRIMITIVES, name

if TYPE_CHECKING:
    from strategies.valid_resources import ValidResources

Value = dict[str, Any]
_KINDS = ("Patient", "Observation", "Organization", "Practitioner", "Condition", "Encounter", "Basic", "Device")


def mend_bundle(make: ValidResources, structure: StructureType, value: Value) -> None:
    """Entries anew: identities, requests and responses as the type of the Bundle asks."""
    kind = value["type"]
    for key in ("entry", "total", "_total", "signature", "link"):
        value.pop(key, None)
    resources = [_resource(make, make.random.choice(_KINDS)) for _ in range(make.random.randint(0, 3))]
    first = _FIRST.get(kind)
    if first is not None:
        resources = [first(make, value), *_linked(make)]
    value["entry"] = [_identified(make, resource) | _extra(make, kind, resource) for resource in resources]
    if first is not None:
        _join(value["entry"])
    if not value["entry"]:
        del value["entry"]
    if kind in ("searchset", "history"):
        value["total"] = len(resources)


def _resource(make: ValidResources, kind: str) -> Value:
    return make.resource(kind, 2) | {"id": f"r{name(make.random)}"[:64]}


def _identified(make: ValidResources, resource: Value) -> Value:
    here = f"{resource['resourceType']}/{resource['id']}"
    url = make.random.choice([f"https://example.org/fhir/{here}", PRIMITIVES["uuid"](make.random)])
    return {"fullUrl": url, "resource": resource}


def _extra(make: ValidResources, kind: str, resource: Value) -> Value:
    here = f"{resource['resourceType']}/{resource['id']}"
    extra: Value = {}
    if kind in ("batch", "transaction", "history"):
        extra["request"] = {"method": "PUT", "url": here}
    if kind in ("batch-response", "transaction-response", "history"):
        extra["response"] = {"status": "201 Created", "location": f"{here}/_history/1"}
    if kind == "searchset" and make.chance(0.7):
        extra["search"] = {"mode": make.random.choice(["match", "include"])}
    return extra


def _linked(make: ValidResources) -> list[Value]:
    """The subject and author of a document, and something about the subject."""
    bare = {"resourceType": "Observation", "id": f"o{name(make.random)}"[:64], "status": "final", "code": {"text": "x"}}
    return [
        {"resourceType": "Patient", "id": f"p{name(make.random)}"[:64], "active": True},
        {"resourceType": "Practitioner", "id": f"q{name(make.random)}"[:64], "active": True},
        bare,
    ]


def _document(make: ValidResources, value: Value) -> Value:
    """bdl-9, bdl-10, bdl-11"""
    value |= {"identifier": {"system": "https://example.org/sid", "value": "1"}, "timestamp": "2024-01-02T03:04:05Z"}
    for key in ("_timestamp",):
        value.pop(key, None)
    return {
        "resourceType": "Composition",
        "id": f"c{name(make.random)}"[:64],
        "status": "final",
        "type": {"text": "Sổ sức khỏe"},
        "date": "2024-01-02",
        "title": "Sổ",
        "section": [{"title": "A", "entry": []}],
    }


def _message(make: ValidResources, value: Value) -> Value:
    """bdl-12"""
    return {
        "resourceType": "MessageHeader",
        "id": f"m{name(make.random)}"[:64],
        "eventUri": "https://example.org/event",
        "source": {"endpoint": "https://example.org/a"},
    }


_FIRST = {"document": _document, "message": _message}


def _join(entries: list[Value]) -> None:
    """References from the first entry to all others."""
    header = entries[0]["resource"]
    links = [{"reference": entry["fullUrl"]} for entry in entries]
    if header["resourceType"] == "Composition":
        header |= {"subject": links[1], "author": [links[2]]}
        header["section"][0]["entry"] = [links[3]]
    else:
        header |= {"focus": [links[1], links[3]], "author": links[2]}
