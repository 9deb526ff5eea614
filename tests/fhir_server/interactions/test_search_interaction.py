"""search and capabilities, without HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir_asking import BASE, Asking, codes

FAMILIES = ["Nguyễn", "Trần", "Lê", "Phạm", "Đỗ"]


def patient(index: int) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": f"p-{index}",
        "name": [{"family": FAMILIES[index % 5]}],
        "birthDate": f"{1950 + index}-05-17",
        "gender": "female" if index % 2 else "male",
    }


@pytest.fixture
def filled(fhir: Asking) -> Asking:
    for index in range(10):
        fhir.ask("PUT", f"/Patient/p-{index}", patient(index))
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    fhir.ask("PUT", "/Observation/o", observation | {"id": "o", "subject": {"reference": "Patient/p-3"}})
    return fhir


def ids(bundle: dict[str, Any]) -> list[str]:
    return [row["resource"]["id"] for row in bundle.get("entry", [])]


def link(bundle: dict[str, Any], relation: str) -> str:
    return next((row["url"] for row in bundle["link"] if row["relation"] == relation), "")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("/Patient?_id=p-3", ["p-3"]),
        ("/Patient?name=nguyen", ["p-0", "p-5"]),
        ("/Patient?family=do", ["p-4", "p-9"]),
        ("/Patient?birthdate=ge1958", ["p-8", "p-9"]),
        ("/Patient?gender=male&_sort=-birthdate&_count=2", ["p-8", "p-6"]),
        ("/Patient?_sort=-_id&_count=1", ["p-9"]),
        ("/Observation?subject=Patient/p-3", ["o"]),
        ("/Observation?patient.name=pham", ["o"]),
        ("/Patient?_has:Observation:patient:status=final", ["p-3"]),
        ("/?_type=Observation,Patient&_id=o", ["o"]),
        ("/Patient/p-3/Observation", ["o"]),
        ("/Patient/p-4/Observation", []),
        ("/Patient?_lastUpdated=lt2020", []),
    ],
)
def test_search_finds(filled: Asking, url: str, found: list[str]) -> None:
    bundle = filled.json("GET", url)
    assert bundle["resourceType"] == "Bundle", bundle
    assert bundle["type"] == "searchset"
    assert ids(bundle) == found
    assert all(row["search"]["mode"] == "match" for row in bundle.get("entry", []))


def test_pages_give_each_match_once_while_others_write(filled: Asking) -> None:
    seen: list[str] = []
    url = "/Patient?_count=3&_sort=family&_total=accurate"
    while url:
        bundle = filled.json("GET", url)
        assert bundle["total"] == 10
        seen += ids(bundle)
        filled.created({"resourceType": "Patient", "name": [{"family": "An"}]})
        url = link(bundle, "next")
    assert sorted(seen) == [f"p-{index}" for index in range(10)]
    assert len(seen) == 10


def test_links(filled: Asking) -> None:
    bundle = filled.json("GET", "/Patient?_count=3&name=nguyen,tran,le,pham")
    assert link(bundle, "self").startswith(f"{BASE}/Patient?")
    assert "_count=3" in link(bundle, "self")
    second = filled.json("GET", link(bundle, "next"))
    assert link(second, "first") == link(bundle, "self")
    assert bundle["entry"][0]["fullUrl"] == f"{BASE}/Patient/p-0"


def test_includes(filled: Asking) -> None:
    bundle = filled.json("GET", "/Observation?_include=Observation:subject")
    assert [(row["resource"]["id"], row["search"]["mode"]) for row in bundle["entry"]] == [
        ("o", "match"),
        ("p-3", "include"),
    ]
    reverse = filled.json("GET", "/Patient?_id=p-3&_revinclude=Observation:patient")
    assert ids(reverse) == ["p-3", "o"]


def test_counts_and_subsets(filled: Asking) -> None:
    counted = filled.json("GET", "/Patient?gender=male&_summary=count")
    assert counted["total"] == 5
    assert "entry" not in counted
    assert filled.json("GET", "/Patient?_count=0")["total"] == 10
    row = filled.json("GET", "/Patient?_id=p-1&_elements=gender")["entry"][0]["resource"]
    assert set(row) == {"resourceType", "id", "meta", "gender"}


@pytest.mark.parametrize("query", ["colour=blue", "name:upper=x", "birthdate=xx2020", "_count=many", "_cursor=x"])
def test_what_is_not_understood_is_refused_by_name(filled: Asking, query: str) -> None:
    response = filled.ask("GET", f"/Patient?{query}")
    assert response.status == 400
    outcome = json.loads(response.body)
    assert codes(outcome)


def test_lenient_search_ignores_and_says_so(filled: Asking) -> None:
    bundle = filled.json("GET", "/Patient?colour=blue&_id=p-1", strict=False)
    assert [row["search"]["mode"] for row in bundle["entry"]] == ["match", "outcome"]
    assert "colour" not in link(bundle, "self")
    assert bundle["entry"][1]["resource"]["issue"][0]["severity"] == "warning"


def test_count_is_limited_by_the_server(filled: Asking) -> None:
    assert len(ids(filled.json("GET", "/Patient?_count=100000"))) == 10


def test_only_compartments_are_searched(filled: Asking) -> None:
    assert filled.ask("GET", "/Observation/o/Patient").status == 404


def test_capability_statement_is_made_from_the_registries(fhir: Asking) -> None:
    statement = fhir.json("GET", "/metadata")
    assert statement["fhirVersion"] == "4.0.1"
    assert not [issue for issue in fhir.service.checks.validator.validate(statement) if issue.is_error]
    (rest,) = statement["rest"]
    assert {row["code"] for row in rest["interaction"]} == {
        "transaction",
        "batch",
        "search-system",
        "history-system",
    }
    types = {row["type"]: row for row in rest["resource"]}
    assert tuple(types) == fhir.service.definitions.resource_types
    row = types["Patient"]
    assert {code["code"] for code in row["interaction"]} == {
        "read",
        "vread",
        "create",
        "patch",
        "update",
        "delete",
        "search-type",
        "history-instance",
        "history-type",
    }
    offered = {operation.code for operation in fhir.service.router.operations if operation.is_of("Patient")}
    assert {code["name"] for code in row["operation"]} == offered >= {"everything", "health-book", "validate"}
    parameters = {parameter["name"]: parameter["type"] for parameter in row["searchParam"]}
    assert parameters["birthdate"] == "date"
    assert "Observation:subject" in row["searchRevInclude"]
    for name, told in types.items():
        assert {row["name"] for row in told["searchParam"]} == set(fhir.service.registry.parameters(name))
    assert fhir.json("GET", "/metadata?_summary=true")["resourceType"] == "CapabilityStatement"
