"""What the CapabilityStatement claims is walked over HTTP, so that no claim is untested."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from fhir_asking import Asking, codes
from http_edge import FHIR_JSON, Answer, Edge

from conformance import json_codec, xml_codec
from conformance.definitions import Definitions
from fhir_server.rest import FhirApplication
from strategies.valid_resources import ValidResources
from terminology.membership import ValueSets

#: Parameters of one search; the server takes twice as many.
MOST = 100
PATCH = {"content-type": "application/json-patch+json"}
#: A value that fits a parameter of each type.
VALUES = {
    "string": "x",
    "token": "http://example.org|x",
    "date": "ge2020-01",
    "number": "gt1.5",
    "quantity": "5.4|http://unitsofmeasure.org|mg",
    "uri": "http://example.org/x",
    "reference": "x",
    "special": "10.5|106.3|20|km",
}
#: The same without prefixes, which only the last component of a composite may have.
PLAIN = VALUES | {"date": "2020-01", "number": "1.5"}
#: Parameters whose values have a form of their own.
BY_NAME = {"_filter": "_id eq x", "_list": "x", "_type": "Patient", "_text": "x", "_content": "x", "_has": "x"}


@pytest.fixture
def edge(fhir: Asking) -> Edge:
    app = FhirApplication()
    app.service = fhir.service
    return Edge(app, fhir.runner.run)


@pytest.fixture
def statement(edge: Edge) -> dict[str, Any]:
    told: dict[str, Any] = edge.send("GET", "/metadata").json()
    return told


class Walk:
    """One resource type: each step sends what an interaction is for, and asks for the answer it promises."""

    def __init__(self, edge: Edge, resource: dict[str, Any]) -> None:
        self.edge, self.resource, self.kind = edge, resource, str(resource["resourceType"])
        self.at = f"/{self.kind}/{resource['id']}"

    def send(self, method: str, url: str, content: Any = None, **headers: str) -> Answer:
        body = b"" if content is None else json_codec.encode(content)
        return self.edge.send(method, url, body, FHIR_JSON | {k.replace("_", "-"): v for k, v in headers.items()})

    def create(self) -> bool:
        made = self.send("POST", f"/{self.kind}", self.resource)
        assert made.status == 201, made.body
        return "location" in made.headers

    def update(self) -> bool:
        # As create, unless the interaction is walked a second time.
        return self.send("PUT", self.at, self.resource).status in (200, 201)

    def read(self) -> bool:
        return self.update() and self.send("GET", self.at).status == 200

    def vread(self) -> bool:
        return self.update() and self.send("GET", f"{self.at}/_history/1").status == 200

    def patch(self) -> bool:
        change = [{"op": "add", "path": "/language", "value": "vi"}]
        return self.update() and self.send("PATCH", self.at, change, **PATCH_HEADERS).json()["language"] == "vi"

    def delete(self) -> bool:
        return (
            self.update() and [self.send(m, self.at).status for m in ("DELETE", "GET")] == [204, 410] and self.update()
        )

    def history_instance(self) -> bool:
        return self.update() and _type(self.send("GET", f"{self.at}/_history")) == "history"

    def history_type(self) -> bool:
        return _type(self.send("GET", f"/{self.kind}/_history")) == "history"

    def search_type(self) -> bool:
        form = self.edge.send("POST", f"/{self.kind}/_search", b"_id=x", {"content-type": FORM})
        return {_type(self.send("GET", f"/{self.kind}?_id=x")), _type(form)} == {"searchset"}

    # -- the policy of a type

    def versioning(self, value: str) -> bool:
        stale = self.update() and self.send("PUT", self.at, self.resource, if_match='W/"999"').status
        return value == "versioned-update" and stale == 412

    def readHistory(self, value: bool) -> bool:  # noqa: N802  (the element's name)
        return value == (self.send("GET", f"{self.at}/_history/1").status != 404 or self.vread())

    def updateCreate(self, value: bool) -> bool:  # noqa: N802
        fresh = self.resource | {"id": "never-there"}
        return value == (self.send("PUT", f"/{self.kind}/never-there", fresh).status == 201)

    def conditionalCreate(self, value: bool) -> bool:  # noqa: N802
        found = self.update() and self.send(
            "POST", f"/{self.kind}", self.resource, if_none_exist=f"_id={self.resource['id']}"
        )
        return value == (found.status == 200)

    def conditionalRead(self, value: str) -> bool:  # noqa: N802
        read = self.update() and self.send("GET", self.at)
        known = [
            self.send("GET", self.at, if_none_match=read.headers["etag"]).status,
            self.send("GET", self.at, if_modified_since=read.headers["last-modified"]).status,
        ]
        return value == "full-support" and known == [304, 304]

    def conditionalUpdate(self, value: bool) -> bool:  # noqa: N802
        done = self.update() and self.send("PUT", f"/{self.kind}?_id={self.resource['id']}", self.resource)
        return value == (done.status == 200)

    def conditionalDelete(self, value: str) -> bool:  # noqa: N802
        gone = self.update() and self.send("DELETE", f"/{self.kind}?_id={self.resource['id']}")
        return value in ("single", "multiple") and gone.status in (200, 204) and self.update()

    def referencePolicy(self, value: list[str]) -> bool:  # noqa: N802
        return value == ["literal", "local"]


PATCH_HEADERS = {"content_type": PATCH["content-type"]}
FORM = "application/x-www-form-urlencoded"
POLICY = (
    "versioning",
    "readHistory",
    "updateCreate",
    "conditionalCreate",
    "conditionalRead",
    "conditionalUpdate",
    "conditionalDelete",
    "referencePolicy",
)


def _type(answer: Answer) -> str:
    return str(answer.json().get("type"))


def test_every_interaction_of_every_type_answers_as_claimed(
    edge: Edge, statement: dict[str, Any], definitions: Definitions
) -> None:
    source = ValidResources(definitions, ValueSets(definitions), 20, size=1)
    rows = statement["rest"][0]["resource"]
    assert [row["type"] for row in rows] == list(definitions.resource_types)
    for row in rows:
        made = json_codec.encode(source.resource(row["type"]))
        # A reference that only a Bundle could resolve is refused by a rule of this server.
        made = re.sub(rb'"reference":"urn:(oid|uuid):', b'"reference":"http://example.org/', made)
        walk = Walk(edge, json_codec.decode(made) | {"id": "walked"})
        for claim in row["interaction"]:
            assert getattr(walk, claim["code"].replace("-", "_"))(), (row["type"], claim)
        for name in POLICY:
            assert getattr(walk, name)(row[name]), (row["type"], name, row[name])
        told = set(row) - {
            "type",
            "profile",
            "interaction",
            "searchInclude",
            "searchRevInclude",
            "searchParam",
            "operation",
        }
        assert told == set(POLICY)


def test_every_interaction_of_the_system_answers_as_claimed(edge: Edge, statement: dict[str, Any]) -> None:
    def bundle(kind: str) -> Answer:
        entry = {"resource": {"resourceType": "Patient"}, "request": {"method": "POST", "url": "Patient"}}
        content = {"resourceType": "Bundle", "type": kind, "entry": [entry]}
        return edge.send("POST", "/", json.dumps(content).encode(), FHIR_JSON)

    steps: dict[str, Callable[[], bool]] = {
        "transaction": lambda: _type(bundle("transaction")) == "transaction-response",
        "batch": lambda: _type(bundle("batch")) == "batch-response",
        "search-system": lambda: _type(edge.send("GET", "/?_type=Patient&_id=x")) == "searchset",
        "history-system": lambda: _type(edge.send("GET", "/_history")) == "history",
    }
    claims = [row["code"] for row in statement["rest"][0]["interaction"]]
    assert set(claims) == set(steps)
    assert [code for code in claims if not steps[code]()] == []


def test_every_format_and_patch_format_is_read_and_written(
    edge: Edge, statement: dict[str, Any], definitions: Definitions
) -> None:
    for name in statement["format"]:
        answer = edge.send("GET", f"/metadata?_format={name.replace('+', '%2B')}")
        assert name.rpartition("+")[2] in answer.headers["content-type"]
    edge.send("PUT", "/Patient/p", b'{"resourceType":"Patient","id":"p","active":true}', FHIR_JSON)
    parts = [{"name": "type", "valueCode": "delete"}, {"name": "path", "valueString": "Patient.active"}]
    fhirpath = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    bodies = {
        "application/json-patch+json": b'[{"op":"test","path":"/id","value":"p"}]',
        "application/fhir+json": json.dumps(fhirpath).encode(),
        "application/fhir+xml": xml_codec.encode(fhirpath, definitions),
    }
    assert set(statement["patchFormat"]) == set(bodies)
    for name in statement["patchFormat"]:
        assert edge.send("PATCH", "/Patient/p", bodies[name], {"content-type": name}).status == 200


def test_every_operation_is_found_where_it_is_claimed(edge: Edge, statement: dict[str, Any]) -> None:
    places = [("", statement["rest"][0])] + [(f"/{row['type']}", row) for row in statement["rest"][0]["resource"]]
    for path, row in places:
        for operation in row.get("operation", ()):
            tried = [
                edge.send(method, f"{at}/${operation['name']}", b"", FHIR_JSON)
                for at in dict.fromkeys((path, f"{path}/x" if path else path))
                for method in ("GET", "POST")
            ]
            assert any(not _is_unknown(answer) for answer in tried), (path, operation)


def _is_unknown(answer: Answer) -> bool:
    return answer.status in (404, 405) and codes(answer.json())[0] in ("RST-4104", "RST-4105")


def test_every_search_parameter_takes_a_value_of_its_type(edge: Edge, statement: dict[str, Any], fhir: Asking) -> None:
    registry = fhir.service.registry
    failed = []
    for row in statement["rest"][0]["resource"]:
        for claim in row["searchParam"]:
            name = claim["name"]
            parts = [part.type for part in registry.parameters(row["type"])[name].components]
            value = BY_NAME.get(name) or "$".join(PLAIN[kind] for kind in parts) or VALUES[claim["type"]]
            answer = edge.send("GET", f"/{row['type']}?{name}={value.replace(' ', '+')}&_total=accurate")
            if answer.status != 200:
                failed.append((row["type"], name, value, answer.body[-200:]))
    assert failed == []


def test_every_include_is_taken(edge: Edge, statement: dict[str, Any]) -> None:
    for row in statement["rest"][0]["resource"]:
        for parameter, claim in (("_include", "searchInclude"), ("_revinclude", "searchRevInclude")):
            values = row.get(claim, ())
            for start in range(0, len(values), MOST):
                query = "&".join(f"{parameter}={value}" for value in values[start : start + MOST])
                answer = edge.send("GET", f"/{row['type']}?{query}")
                assert answer.status == 200, (row["type"], parameter, answer.body)


def test_every_compartment_is_searched(edge: Edge, statement: dict[str, Any], definitions: Definitions) -> None:
    named = {url.rpartition("/")[2].casefold() for url in statement["rest"][0]["compartment"]}
    for name in definitions.compartments:
        assert name.casefold() in named
        for member in ("*", *definitions.compartments[name]):
            if member == "*" or definitions.compartments[name][member]:
                assert edge.send("GET", f"/{name}/x/{member}").status == 200, (name, member)
