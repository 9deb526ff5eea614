"""Composition/[id]/$document over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir_asking import Asking, codes
from http_edge import FHIR_JSON, Edge

BASE = "http://localhost/fhir"


def put(fhir: Asking, resource: dict[str, Any]) -> None:
    response = fhir.ask("PUT", f"/{resource['resourceType']}/{resource['id']}", resource)
    assert response.status in (200, 201), response.body


def composition(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Composition",
        "id": "c",
        "status": "final",
        "type": {"text": "Tóm tắt"},
        "date": "2026-01-02",
        "title": "Tóm tắt",
        "subject": {"reference": "Patient/p"},
        "author": [{"reference": "Practitioner/d"}],
        "section": [{"title": "Kết quả", "entry": [{"reference": f"{BASE}/Observation/o"}]}],
    } | more


@pytest.fixture
def ward(fhir: Asking) -> Asking:
    put(fhir, {"resourceType": "Organization", "id": "hospital", "name": "Bệnh viện"})
    put(fhir, {"resourceType": "Patient", "id": "p", "managingOrganization": {"reference": "Organization/hospital"}})
    put(fhir, {"resourceType": "Practitioner", "id": "d"})
    put(fhir, {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"}} | {
        "subject": {"reference": "Patient/p"}, "device": {"reference": "Device/lost"}
    })  # fmt: skip
    put(fhir, composition())
    return fhir


def test_a_document_holds_all_that_it_refers_to(ward: Asking, http: Edge) -> None:
    document = http.send("GET", "/Composition/c/$document").json()
    assert (document["resourceType"], document["type"]) == ("Bundle", "document")
    urls = [row["fullUrl"].removeprefix(f"{BASE}/") for row in document["entry"]]
    assert urls[0] == "Composition/c"
    assert sorted(urls[1:]) == ["Observation/o", "Organization/hospital", "Patient/p", "Practitioner/d"]
    assert document["identifier"]["value"].startswith("urn:uuid:")
    assert document["timestamp"]
    issues = ward.json("POST", "/Bundle/$validate", document)["issue"]
    assert [row for row in issues if row["severity"] in ("error", "fatal")] == []


def test_by_id_at_the_type(ward: Asking, http: Edge) -> None:
    for named in ("c", f"{BASE}/Composition/c"):
        assert len(http.send("GET", f"/Composition/$document?id={named}").json()["entry"]) == 5


def test_persist_stores_it_and_tells_where(ward: Asking, http: Edge) -> None:
    body = {"resourceType": "Parameters", "parameter": [{"name": "persist", "valueBoolean": True}]}
    answer = http.send("POST", "/Composition/c/$document", json.dumps(body).encode(), FHIR_JSON)
    assert answer.status == 200
    document = answer.json()
    assert answer.headers["location"] == f"{BASE}/Bundle/{document['id']}/_history/1"
    assert http.send("GET", f"/Bundle/{document['id']}").json() == document
    http.send("GET", "/Composition/c/$document?persist=false")
    assert ward.json("GET", "/Bundle?_summary=count")["total"] == 1


def test_a_document_that_cannot_be_whole_is_refused(ward: Asking, http: Edge) -> None:
    put(ward, composition(custodian={"reference": "Organization/lost"}, encounter={"reference": "http://x.org/E/1"}))
    answer = http.send("GET", "/Composition/c/$document")
    assert (answer.status, codes(answer.json())) == (422, ["RST-4605"])
    assert answer.json()["issue"][0]["expression"] == ["Composition.custodian.reference"]


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("/Composition/none/$document", 404, "RST-4401"),
        ("/Composition/$document", 400, "RST-4601"),
        ("/Composition/$document?id=http://else.org/Composition/1", 400, "RST-4107"),
        ("/Composition/c/$document?id=c", 400, "RST-4107"),
        ("/Composition/c/$document?persist=maybe", 400, "RST-4107"),
        ("/Composition/c/$document?graph=http://x.org/g", 400, "RST-4106"),
    ],
)
def test_refusals(ward: Asking, http: Edge, url: str, status: int, code: str) -> None:
    answer = http.send("GET", url)
    assert (answer.status, codes(answer.json())) == (status, [code])
