"""Every search parameter, modifier and sort key of every resource type, over HTTP.

What the CapabilityStatement claims of a parameter is its name and type; its modifiers follow from the type.
"""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from fhir_asking import NOW, SECOND, Asking
from http_edge import FHIR_JSON, Edge
from search_samples import names, sample

from conformance import json_codec
from conformance.definitions import Definitions
from conformance.fhirpath import Environment, compile  # noqa: A004
from fhir_server.repository import Repository
from fhir_server.rest import FhirApplication
from fhir_server.search import Indexer
from fhir_server.search.parameter import KINDS
from fhir_server.store.reference import ReferenceStore
from strategies.valid_resources import ValidResources
from terminology.membership import ValueSets

MODIFIERS = {modifier for kind in KINDS.values() for modifier in kind.modifiers_of(None)} | {"missing"}


@pytest.fixture
def edge(fhir: Asking) -> Edge:
    app = FhirApplication()
    app.service = fhir.service
    return Edge(app, fhir.runner.run)


def count(edge: Edge, kind: str, name: str, value: str) -> int:
    answer = edge.send("GET", f"/{kind}?{quote(name)}={quote(value)}&_summary=count")
    assert answer.status == 200, (kind, name, value, answer.body)
    return int(answer.json()["total"])


def store(edge: Edge, resource: dict[str, Any]) -> dict[str, Any]:
    """The resource as it was stored: a rule of the server refuses a reference that only a Bundle could resolve."""
    body = re.sub(rb'"reference":"urn:(oid|uuid):', b'"reference":"http://example.org/', json_codec.encode(resource))
    answer = edge.send("PUT", f"/{resource['resourceType']}/{resource['id']}", body, FHIR_JSON)
    assert answer.status in (200, 201), answer.body
    return json_codec.decode(body)


def test_every_parameter_is_claimed_with_its_type(edge: Edge, fhir: Asking) -> None:
    rows = edge.send("GET", "/metadata").json()["rest"][0]["resource"]
    for row in rows:
        offered = fhir.service.registry.parameters(row["type"])
        claimed = {claim["name"]: claim["type"] for claim in row["searchParam"]}
        kinds = {code: "string" if one.kind == "words" else one.kind for code, one in offered.items()}
        assert {code: claimed[code] for code in kinds} == kinds, row["type"]


@pytest.mark.slow
def test_every_modifier_of_every_parameter_is_taken_and_every_other_refused(edge: Edge, fhir: Asking) -> None:
    assert len(MODIFIERS) > 10
    registry = fhir.service.registry
    asked = 0
    for kind in registry.resource_types:
        for code, parameter in registry.parameters(kind).items():
            for name in names(parameter):
                count(edge, kind, name, sample(parameter, name.partition(":")[2]))
                asked += 1
            # One that exists, on what cannot have it.
            for modifier in sorted(MODIFIERS - parameter.modifiers)[:1]:
                answer = edge.send("GET", f"/{kind}?{code}:{modifier}=x")
                assert answer.status == 400, (kind, code, modifier, answer.body)
                assert modifier in json.dumps(answer.json()), (kind, code, modifier)
    assert asked > 6_000


SEARCHABLE = {
    "token": {"code", "system", "value"},
    "reference": {"reference"},
    "date": {"start", "end", "event", "boundsPeriod"},
    "number": {"low", "high", "value"},
    "quantity": {"value", "low", "high"},
    "uri": set[str](),
    "string": {"text", "family", "given", "prefix", "suffix", "line", "city", "district", "state", "country",
               "postalCode"},
}  # fmt: skip


def is_searchable(value: Any, kind: str, of_type: str = "") -> bool:
    """True for a value that a search of this kind can name: not text beside a code, not a contained resource."""
    if not isinstance(value, dict):
        return kind != "date" or of_type != "string"
    if value.get("reference", "").startswith("#"):
        return False
    inner = (one for one in value.get("coding", ()))
    return bool(SEARCHABLE[kind] & value.keys()) or any(is_searchable(one, kind) for one in inner)


def test_who_has_a_value_is_not_missing_and_who_has_none_is(edge: Edge, fhir: Asking, definitions: Definitions) -> None:
    """What FHIRPath finds by the published expression, a search finds too: on resources of every type."""
    registry, source = fhir.service.registry, ValidResources(definitions, ValueSets(definitions), 22, size=3)
    seen = 0
    for kind in registry.resource_types:
        resource = store(edge, json_codec.decode(json_codec.encode(source.resource(kind))) | {"id": "a"})
        for code, parameter in registry.parameters(kind).items():
            if not parameter.expression or parameter.kind not in SEARCHABLE or code.startswith("_"):
                continue
            values = compile(parameter.expression, definitions, kind).evaluate(resource, Environment())
            is_there = count(edge, kind, f"{code}:missing", "false") == 1
            assert count(edge, kind, f"{code}:missing", "true") == (not is_there)
            assert not is_there or values, (kind, code)
            if any(is_searchable(node.value, parameter.kind, node.type) for node in values):
                assert is_there, (kind, code, values)
                seen += 1
    assert seen > 150


def walked(edge: Edge, url: str, disturb: dict[str, Any]) -> list[str]:
    """The ids of all pages; before each further page something is written that belongs at its front or its end."""
    found: list[str] = []
    while url:
        page = edge.send("GET", url).json()
        found += [row["resource"]["id"] for row in page.get("entry", ())]
        url = next((link["url"].partition("/fhir")[2] for link in page["link"] if link["relation"] == "next"), "")
        if url:
            store(edge, disturb | {"id": f"new-{len(found) % 3}"})
            store(edge, disturb | {"id": "a"})
            assert edge.send("DELETE", f"/{disturb['resourceType']}/d").status == 204
    return found


def emptied(fhir: Asking) -> Edge:
    """The same service over a store of its own."""
    service, ticks = fhir.service, itertools.count(NOW, SECOND)
    repository = Repository(
        ReferenceStore(clock=lambda: next(ticks)), Indexer(service.definitions), service.definitions, cursor_key=b"test"
    )
    app = FhirApplication()
    app.service = replace(service, repository=repository)
    return Edge(app, fhir.runner.run)


@pytest.mark.slow
def test_pages_by_every_sort_key_under_writes(fhir: Asking, definitions: Definitions) -> None:
    """Each match once, in the order of one large page, whatever is written between the pages."""
    registry, keys = fhir.service.registry, 0
    for kind in registry.resource_types:
        edge, source = emptied(fhir), ValidResources(definitions, ValueSets(definitions), 31, size=2)
        made = [json_codec.decode(json_codec.encode(source.resource(kind))) | {"id": name} for name in "abcd"]
        for resource in made:
            store(edge, resource)
        for number, code in enumerate(one.code for one in registry.parameters(kind).values() if one.is_sortable):
            sort = f"{'-' if number % 2 else ''}{code}"
            whole = edge.send("GET", f"/{kind}?_sort={sort}&_count=1000").json()
            expected = [row["resource"]["id"] for row in whole["entry"]]
            assert len(set(expected)) == len(expected) > 2
            size = len(expected) // 3 + 1
            assert walked(edge, f"/{kind}?_sort={sort}&_count={size}", made[number % 4]) == expected, (kind, sort)
            keys += 1
    assert keys > 2_000
