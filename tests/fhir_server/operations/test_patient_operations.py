"""Patient/[id]/$everything and $health-book, without HTTP."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest
from fhir_asking import Asking, codes, entry

from terminology.names import Names


@pytest.fixture
def record(fhir: Asking) -> Asking:
    """A person with two visits, one observation that tells of HIV, and a stranger."""
    put(fhir, {"resourceType": "Patient", "id": "p", "name": [{"family": "Nguyễn"}]})
    put(fhir, {"resourceType": "Patient", "id": "stranger"})
    put(fhir, {"resourceType": "Organization", "id": "org", "name": "Bệnh viện"})
    for number in (1, 2):
        put(
            fhir,
            {
                "resourceType": "Encounter",
                "id": f"e{number}",
                "status": "finished",
                "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
                "subject": {"reference": "Patient/p"},
                "serviceProvider": {"reference": "Organization/org"},
                "period": {"start": f"2026-01-0{number}T08:00:00+07:00"},
            },
        )
    put(fhir, observation("plain", "Patient/p"))
    put(fhir, observation("hiv", "Patient/p", meta={"security": [Names().hiv_label]}))
    put(fhir, observation("other", "Patient/stranger"))
    return fhir


def put(fhir: Asking, resource: dict[str, Any]) -> None:
    response = fhir.ask("PUT", f"/{resource['resourceType']}/{resource['id']}", resource)
    assert response.status == 201, response.body


def observation(id: str, subject: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": {"text": id},
        "subject": {"reference": subject},
        "encounter": {"reference": "Encounter/e1"},
    } | more


def ids(bundle: dict[str, Any]) -> list[str]:
    return [row["resource"]["id"] for row in bundle.get("entry", [])]


def test_everything_is_the_record_of_one_patient(record: Asking) -> None:
    bundle = record.json("GET", "/Patient/p/$everything")
    assert bundle["type"] == "searchset"
    assert ids(bundle) == ["p", "e1", "e2", "hiv", "plain", "org"]
    assert bundle["total"] == 6


def test_everything_is_paged(record: Asking) -> None:
    seen: list[str] = []
    url = "/Patient/p/$everything?_count=4"
    while url:
        bundle = record.json("GET", url)
        seen += ids(bundle)
        put_again = observation("plain", "Patient/p") | {"issued": f"2026-01-01T00:00:0{len(seen)}Z"}
        record.ask("PUT", "/Observation/plain", put_again)
        url = next((row["url"] for row in bundle["link"] if row["relation"] == "next"), "")
    assert seen == ["p", "e1", "e2", "hiv", "plain", "org"]


def test_everything_by_type_and_time(record: Asking) -> None:
    assert ids(record.json("GET", "/Patient/p/$everything?_type=Encounter")) == ["e1", "e2"]
    late = record.json("GET", "/Patient/p/$everything?_since=2026-01-02T03:04:10Z")
    assert set(ids(late)) == {"hiv", "plain"}
    body = {"resourceType": "Parameters", "parameter": [{"name": "_type", "valueCode": "Patient"}]}
    assert ids(record.json("POST", "/Patient/p/$everything", body)) == ["p"]


@pytest.mark.parametrize(
    ("method", "url", "body", "refusal"),
    [
        ("GET", "/Patient/p/$everything?begin=2020", None, (400, "RST-4106")),
        ("GET", "/Patient/p/$everything?_type=Pacient", None, (400, "RST-4107")),
        ("GET", "/Patient/p/$everything?_cursor=%21", None, (400, "RST-4107")),
        ("GET", "/Patient/p/$health-book?include-sensitive=maybe", None, (400, "RST-4107")),
        ("POST", "/Patient/p/$everything", {"resourceType": "Patient"}, (400, "RST-4201")),
        (
            "POST",
            "/Patient/p/$everything",
            {"resourceType": "Parameters", "parameter": [{"name": "begin", "valueDate": "2020"}]},
            (400, "RST-4213"),
        ),
    ],
)
def test_refusals(record: Asking, method: str, url: str, body: dict[str, Any] | None, refusal: tuple[int, str]) -> None:
    response = record.ask(method, url, body)
    assert (response.status, *codes(json.loads(response.body))) == refusal


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_operations_that_change_nothing_in_a_bundle(record: Asking, kind: str) -> None:
    def asking(**more: Any) -> dict[str, Any]:
        return {"resourceType": "Parameters", "parameter": [{"name": name} | value for name, value in more.items()]}

    male, female = ({"resourceType": "Patient", "gender": gender} for gender in ("male", "female"))
    answer = record.transact(
        entry("POST", "Patient/$validate", {"resourceType": "Patient", "gender": "nam"}),
        entry("POST", "Patient/p/$everything", asking(_type={"valueCode": "Encounter"})),
        entry("POST", "$diff", asking(**{"from": {"resource": male}, "to": {"resource": female}})),
        entry("POST", "$fhirpath", asking(expression={"valueString": "1 + 1"}, resource={"resource": male})),
        entry("GET", "Patient/p/$everything?_type=Patient"),
        kind=kind,
    )
    rows = json.loads(answer.body)["entry"]
    assert [row["response"]["status"] for row in rows] == ["200 OK"] * 5
    (found,) = rows[0]["response"]["outcome"]["issue"]
    assert (found["expression"], "extension" in found) == (["Patient.gender"], False)
    assert ids(rows[1]["resource"]) == ["e1", "e2"]
    assert [row["resource"]["parameter"][0]["name"] for row in rows[2:4]] == ["operation", "parameters"]
    assert ids(rows[4]["resource"]) == ["p"]


def test_operations_that_change_something_are_no_entry_of_a_bundle(record: Asking) -> None:
    adding = {"name": "meta", "valueMeta": {"tag": [{"code": "new"}]}}
    body = {"resourceType": "Parameters", "parameter": [adding]}
    answer = record.transact(entry("POST", "Patient/p/$meta-add", body))
    assert (answer.status, codes(json.loads(answer.body))) == (400, ["RST-4306"])


@pytest.mark.parametrize("operation", ["everything", "health-book"])
def test_record_of_nobody(record: Asking, operation: str) -> None:
    assert record.ask("GET", f"/Patient/none/${operation}").status == 404
    record.ask("DELETE", "/Patient/stranger")
    assert record.ask("GET", f"/Patient/stranger/${operation}").status == 410


def test_health_book_is_a_document(record: Asking) -> None:
    document = record.json("GET", "/Patient/p/$health-book")
    assert (document["resourceType"], document["type"]) == ("Bundle", "document")
    held = [row["resource"] for row in document["entry"]]
    assert held[0]["resourceType"] == "Composition"
    assert {"p", "e1", "e2", "plain"} <= {resource.get("id") for resource in held}
    assert "hiv" not in {resource.get("id") for resource in held}
    assert held[0]["title"] == "Sổ sức khỏe điện tử"


def test_health_book_is_dated_in_the_zone_of_the_server(record: Asking) -> None:
    document = record.json("GET", "/Patient/p/$health-book")
    date = "2026-01-02T10:04:05.678+07:00"
    assert (document["timestamp"], document["entry"][0]["resource"]["date"]) == (date, date)
    record.service = replace(record.service, zone=timezone(-timedelta(hours=3, minutes=30)))
    assert record.json("GET", "/Patient/p/$health-book")["timestamp"] == "2026-01-01T23:34:05.678-03:30"


def test_health_book_holds_sensitive_data_only_when_asked(record: Asking) -> None:
    document = record.json("GET", "/Patient/p/$health-book?include-sensitive=true", language="en")
    held = [row["resource"] for row in document["entry"]]
    assert "hiv" in {resource.get("id") for resource in held}
    assert held[0]["title"] == "Electronic health book"
