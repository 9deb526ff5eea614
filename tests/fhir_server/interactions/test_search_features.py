"""Searches across several resources: lists, places, compartments, includes, pages back. https://hl7.org/fhir/R4/search.html"""

from __future__ import annotations

from typing import Any

import pytest
from fhir_asking import Asking, codes

UCUM = "http://unitsofmeasure.org"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"


def to(target: str) -> dict[str, str]:
    return {"reference": target}


STORED: list[dict[str, Any]] = [
    {"resourceType": "Organization", "id": "main", "name": "Sở Y tế"},
    {"resourceType": "Organization", "id": "part", "name": "Trạm", "partOf": to("Organization/main")},
    {"resourceType": "Location", "id": "hanoi", "position": {"latitude": 21.0285, "longitude": 105.8542}},
    {"resourceType": "Location", "id": "hue", "position": {"latitude": 16.4637, "longitude": 107.5909}},
    {"resourceType": "Patient", "id": "p", "managingOrganization": to("Organization/part"), "gender": "female"},
    {"resourceType": "Patient", "id": "q", "gender": "male"},
    {
        "resourceType": "Condition",
        "id": "c",
        "subject": to("Patient/p"),
        "clinicalStatus": {"coding": [{"system": CLINICAL, "code": "remission"}]},
    },
    {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": {"text": "x"},
        "subject": to("Patient/p"),
        "valueQuantity": {"value": 5, "system": UCUM, "code": "mg"},
    },
    {
        "resourceType": "List",
        "id": "l",
        "status": "current",
        "mode": "working",
        "entry": [{"item": to("Patient/q")}, {"item": to("Condition/c")}],
    },
    {
        "resourceType": "Library",
        "id": "v1",
        "status": "active",
        "type": {"text": "x"},
        "url": "http://x.vn/lib",
        "version": "1",
    },
    {
        "resourceType": "Library",
        "id": "v2",
        "status": "active",
        "type": {"text": "x"},
        "url": "http://x.vn/lib",
        "version": "2",
    },
    {"resourceType": "Measure", "id": "any", "status": "active", "library": ["http://x.vn/lib"]},
    {"resourceType": "Measure", "id": "one", "status": "active", "library": ["http://x.vn/lib|1"]},
]


@pytest.fixture
def clinic(fhir: Asking) -> Asking:
    for resource in STORED:
        written = fhir.ask("PUT", f"/{resource['resourceType']}/{resource['id']}", resource)
        assert written.status == 201, written.body
    return fhir


def found(bundle: dict[str, Any]) -> list[str]:
    assert bundle["resourceType"] == "Bundle", bundle
    return [f"{row['resource']['resourceType']}/{row['resource']['id']}" for row in bundle.get("entry", [])]


def link(bundle: dict[str, Any], relation: str) -> str:
    return next((row["url"] for row in bundle["link"] if row["relation"] == relation), "")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/Patient?_list=l", ["Patient/q"]),
        ("/?_list=l", ["Patient/q", "Condition/c"]),
        ("/Observation?patient._list=l", []),
        ("/Location?near=21|105.8|20|km", ["Location/hanoi"]),
        ("/Location?near=18|106.5|600|km&_sort=_id", ["Location/hanoi", "Location/hue"]),
        (f"/Observation?value-quantity=0.005|{UCUM}|g", ["Observation/o"]),
        (f"/Condition?clinical-status:below={CLINICAL}|inactive", ["Condition/c"]),
        ("/Condition?clinical-status:in=http://hl7.org/fhir/ValueSet/condition-clinical", ["Condition/c"]),
        ("/Condition?clinical-status:not-in=http://hl7.org/fhir/ValueSet/condition-clinical", []),
        ("/Patient?_filter=organization.partof.name co te", ["Patient/p"]),
        ("/Patient?_filter=gender eq male or _id eq p", ["Patient/p", "Patient/q"]),
        ("/Patient?_filter=gender eq male" + " or _id eq x" * 600, ["Patient/q"]),
        ("/Patient?_filter=" + "name eq x or not (" * 12 + "name eq x" + ")" * 12, []),
        ("/Patient?_filter=" + "gender ne x and not (" * 11 + "gender eq male" + ")" * 11, ["Patient/p"]),
        ("/Patient?_has:Condition:subject:patient.organization.partof.name=so y", ["Patient/p"]),
        ("/Observation?subject:Patient._has:Condition:patient:_id=c", ["Observation/o"]),
        ("/Organization?_has:Patient:organization:_has:Observation:patient:status=final", ["Organization/part"]),
        ("/Patient/p/*", ["Patient/p", "Condition/c", "Observation/o"]),
        ("/Patient/p/*?_type=Condition,Observation", ["Condition/c", "Observation/o"]),
        ("/Patient/q/*", ["Patient/q"]),
        ("/Measure?_include=Measure:depends-on&_id=any", ["Measure/any", "Library/v1", "Library/v2"]),
        ("/Measure?_include=Measure:depends-on:Library&_id=one", ["Measure/one", "Library/v1"]),
        ("/Library?_id=v1&_revinclude=Measure:depends-on", ["Library/v1", "Measure/any", "Measure/one"]),
        ("/Library?_id=v2&_revinclude=Measure:depends-on:Library", ["Library/v2", "Measure/any"]),
        ("/Library?_id=v2&_revinclude=Measure:*", ["Library/v2", "Measure/any"]),
        ("/Measure?_id=one&_include=Measure:depends-on&_revinclude:iterate=Measure:depends-on",
         ["Measure/one", "Library/v1", "Measure/any"]),
        ("/Condition?_include:iterate=*", ["Condition/c", "Patient/p", "Organization/part", "Organization/main"]),
        ("/Condition?_include=*", ["Condition/c", "Patient/p"]),
        ("/Patient?_id=p&_revinclude=*&_include=Patient:organization:Organization",
         ["Patient/p", "Organization/part", "Condition/c", "Observation/o"]),
        ("/Organization?_id=main&_revinclude:iterate=Organization:partof&_revinclude:iterate=Patient:organization",
         ["Organization/main", "Organization/part", "Patient/p"]),
        ("/Patient?_id:missing=true", []),
    ],
)  # fmt: skip
def test_what_is_found(clinic: Asking, url: str, expected: list[str]) -> None:
    bundle = clinic.json("GET", url)
    if "_revinclude=*" in url:
        assert set(found(bundle)) == set(expected)
    else:
        assert found(bundle) == expected


def test_stored_value_sets(clinic: Asking) -> None:
    """They are found by URL, version and id, with what they are made of; what is not whole is refused."""

    def value_set(name: str, *include: dict[str, Any], **more: str) -> None:
        made = {"resourceType": "ValueSet", "id": name, "status": "active", "url": f"http://x.vn/{name}", **more}
        clinic.ask("PUT", f"/ValueSet/{name}", made | {"compose": {"include": list(include)}})

    own = {"resourceType": "CodeSystem", "id": "own", "status": "active", "content": "complete", "url": "urn:own"}
    tree = [{"code": "a", "concept": [{"code": "a1"}]}, {"code": "b"}]
    written = clinic.ask("PUT", "/CodeSystem/own", own | {"concept": tree})
    assert written.status == 201, written.body
    value_set("inner", {"system": "urn:own"})
    value_set("outer", {"valueSet": ["http://x.vn/inner"]}, {"system": CLINICAL, "concept": [{"code": "remission"}]})
    value_set("open", {"system": "http://loinc.org"})
    coded = {"resourceType": "Condition", "id": "d", "subject": to("Patient/q")}
    clinic.ask("PUT", "/Condition/d", coded | {"code": {"coding": [{"system": "urn:own", "code": "a1"}]}})

    def search(query: str) -> list[str]:
        return found(clinic.json("GET", f"/Condition?{query}"))

    assert search("code:in=http://x.vn/inner") == ["Condition/d"]
    assert search("code:in=http://x.vn/outer") == ["Condition/d"]
    assert search("code:in=ValueSet/outer") == ["Condition/d"]
    assert search("code:not-in=http://x.vn/outer") == ["Condition/c"]
    assert search("clinical-status:in=http://x.vn/outer") == ["Condition/c"]
    assert search("code:below=urn:own|a") == ["Condition/d"]
    assert search("code:below=urn:own|b") == []
    assert search("code:above=urn:own|a1") == ["Condition/d"]
    assert codes(clinic.json("GET", "/Condition?code:in=http://x.vn/open")) == ["REQ-3017"]
    assert codes(clinic.json("GET", "/Condition?code:in=http://x.vn/inner|9")) == ["REQ-3016"]
    clinic.ask("DELETE", "/ValueSet/inner")
    assert codes(clinic.json("GET", "/Condition?code:in=http://x.vn/inner")) == ["REQ-3016"]
    assert codes(clinic.json("GET", "/Condition?code:in=http://x.vn/outer")) == ["REQ-3017"]


def test_pages_back(clinic: Asking) -> None:
    first = clinic.json("GET", "/?_type=Organization,Location,Patient&_count=2&_sort=-_id")
    second = clinic.json("GET", link(first, "next"))
    third = clinic.json("GET", link(second, "next"))
    clinic.created({"resourceType": "Patient"})
    assert not link(first, "previous")
    assert not link(third, "next")
    back = clinic.json("GET", link(third, "previous"))
    assert found(back) == found(second)
    start = clinic.json("GET", link(back, "previous"))
    assert found(start) == found(first)
    assert not link(start, "previous")
    assert link(start, "first") == link(first, "self")
    assert found(clinic.json("GET", link(start, "next"))) == found(second)


@pytest.mark.parametrize(
    ("url", "status", "id"),
    [
        ("/Patient?_text=x", 400, "REQ-3002"),
        ("/Patient?_content=x", 400, "REQ-3002"),
        ("/Patient?_query=mine", 400, "REQ-3023"),
        ("/Patient?_list=$current-allergies", 400, "REQ-3022"),
        ("/Condition?code:in=http://example.org/none", 400, "REQ-3016"),
        ("/Condition?code:below=http://loinc.org|1-8", 400, "REQ-3018"),
        ("/Patient?_filter=gender is male", 400, "REQ-3021"),
        ("/Patient?_filter=gender eq male" + " and _id eq x or _id eq y" * 300, 400, "REQ-3021"),
        ("/Patient?_filter=" + "name eq x or not (" * 18 + "name eq x" + ")" * 18, 400, "REQ-3021"),
        ("/Measure?depends-on.version=1", 400, "REQ-3025"),
        ("/Measure?depends-on:Library.version=1", 400, "REQ-3025"),
        ("/Measure?_filter=depends-on.version eq 1", 400, "REQ-3025"),
        ("/Library?_has:Measure:depends-on:_id=one", 400, "REQ-3025"),
        ("/Bundle?composition.title=x", 400, "REQ-3025"),
        ("/Patient/p/Medication", 400, "REQ-3013"),
    ],
)
def test_what_is_refused(clinic: Asking, url: str, status: int, id: str) -> None:
    response = clinic.ask("GET", url)
    assert (response.status, codes(clinic.json("GET", url))) == (status, [id])
    assert b"fhir" in response.body or response.body


def test_the_statement_tells_what_is_offered(clinic: Asking) -> None:
    rows = {row["type"]: row for row in clinic.json("GET", "/metadata")["rest"][0]["resource"]}
    for name, row in rows.items():
        assert [one["name"] for one in row["searchParam"]] == list(clinic.service.registry.parameters(name))
    assert "near" in [one["name"] for one in rows["Location"]["searchParam"]]
    assert not {"_text", "_content", "_query"} & {one["name"] for one in rows["Patient"]["searchParam"]}
