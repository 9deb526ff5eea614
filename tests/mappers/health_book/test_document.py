"""The health book: what it lists, what it withholds, and that nothing in it points to what it withholds."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from mappers.health_book import build, render_text
from terminology.names import Names

NOW = "2026-11-21T08:00:00+07:00"
BASE = "http://127.0.0.1:8080/fhir"
URL = "https://fhir.example.org"
HIV = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HIV"}


def resource(kind: str, id: str, **content: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": id, **content}


def ref(target: dict[str, Any]) -> dict[str, str]:
    return {"reference": f"{target['resourceType']}/{target['id']}"}


PATIENT = resource("Patient", "p", name=[{"text": "Nguyễn Văn An"}], gender="male", birthDate="1985-03-15")
FACILITY = resource("Organization", "o", name="Bệnh viện A & B")
STRANGER = resource("Organization", "x", name="Not mentioned")
COVERAGE = resource("Coverage", "c", subscriberId="DN4010123456789", beneficiary=ref(PATIENT))
OLD = resource("Encounter", "e1", period={"start": "2025-01-02T08:00:00+07:00"}, serviceProvider=ref(FACILITY))
NEW = resource("Encounter", "e2", period={"start": "2026-01-02T08:00:00+07:00"}, serviceProvider=ref(FACILITY))
FLU = resource("Condition", "d1", code={"coding": [{"code": "J11"}], "text": "Cúm"}, encounter=ref(NEW))
DRUG = resource(
    "MedicationRequest",
    "m1",
    medicationCodeableConcept={"text": "Paracetamol 500 mg"},
    dosageInstruction=[{"text": "ngày 3 lần"}],
    encounter=ref(NEW),
    reasonReference=[ref(FLU)],
)
CLAIM = resource("Claim", "k", patient=ref(PATIENT))
EVERYTHING = [FACILITY, STRANGER, COVERAGE, OLD, NEW, FLU, DRUG, CLAIM]


def book(resources: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    return build(
        PATIENT, copy.deepcopy(resources), now=NOW, names=Names(), base_url=BASE, server_urls=(f"{URL}/",), **options
    )


def keys(document: dict[str, Any]) -> list[str]:
    return [f"{entry['resource']['resourceType']}/{entry['resource']['id']}" for entry in document["entry"]]


def test_lists_what_belongs_and_what_that_needs() -> None:
    listed = keys(book(EVERYTHING))
    assert listed[0].startswith("Composition/")
    assert listed[1:] == [
        "Patient/p",
        "Coverage/c",
        "Encounter/e2",
        "Condition/d1",
        "MedicationRequest/m1",
        "Encounter/e1",
        "Organization/o",
    ]


def test_nobody_else_is_in_a_book() -> None:
    child = resource("Patient", "child", link=[{"type": "seealso", "other": ref(PATIENT)}])
    told = [
        resource("Condition", "told", subject=ref(child), asserter=ref(PATIENT), code={"text": "Sởi"}),
        resource(
            "Coverage", "paid", beneficiary={"reference": f"{URL}/Patient/child/_history/2"}, payor=[ref(PATIENT)]
        ),
        resource("AllergyIntolerance", "found", patient=ref(child), recorder=ref(PATIENT)),
    ]
    own = resource("AllergyIntolerance", "own", patient={"reference": f"{URL}/Patient/p"})
    assert keys(book([*EVERYTHING, child, *told])) == keys(book(EVERYTHING))
    assert "AllergyIntolerance/own" in keys(book([own, child, *told]))


@pytest.mark.parametrize("written", ["Encounter/e2", "Encounter/e2/_history/1"])
@pytest.mark.parametrize("base", ["", f"{URL}/"])
def test_a_visit_is_found_however_it_is_named(written: str, base: str) -> None:
    named = {"encounter": {"reference": base + written}}
    assert keys(book([FACILITY, NEW, FLU | named])) == keys(book([FACILITY, NEW, FLU]))
    document = book([FACILITY, NEW | {"meta": {"security": [HIV]}}, FLU | named])
    assert keys(document)[1:] == ["Patient/p"]
    assert "Cúm" not in json.dumps(document, ensure_ascii=False)


def test_a_visit_by_another_name_of_the_server_is_listed_apart_and_withheld_all_the_same() -> None:
    other = {"encounter": {"reference": "http://his.local:8080/fhir/Encounter/e2/_history/3"}}
    assert other["encounter"]["reference"] in json.dumps(book([NEW, FLU | other]))
    assert keys(book([NEW | {"meta": {"security": [HIV]}}, FLU | other]))[1:] == ["Patient/p"]
    child = {"subject": {"reference": "http://his.local:8080/fhir/Patient/child"}}
    assert keys(book([NEW, FLU | child]))[1:] == ["Patient/p", "Encounter/e2"]


def test_every_section_entry_is_in_the_bundle_once() -> None:
    document = book(EVERYTHING)
    urls = [entry["fullUrl"] for entry in document["entry"]]
    assert len(urls) == len(set(urls))
    text = json.dumps(document["entry"][0]["resource"]["section"])
    for key in keys(document)[1:-1]:
        assert text.count(f'"reference": "{key}"') == 1


def test_same_input_gives_same_bytes_in_any_order() -> None:
    assert book(EVERYTHING) == book(EVERYTHING[::-1])


def test_a_labelled_visit_takes_all_that_hangs_on_it_along() -> None:
    labelled = NEW | {"meta": {"security": [HIV]}}
    document = book([FACILITY, OLD, labelled, FLU, DRUG])
    assert keys(document)[1:] == ["Patient/p", "Encounter/e1", "Organization/o"]
    composition = document["entry"][0]["resource"]
    assert composition["extension"][0]["valueInteger"] == 3
    assert "Cúm" not in json.dumps(document, ensure_ascii=False)


def test_nothing_points_to_what_is_withheld() -> None:
    hidden = resource("Condition", "d2", code={"text": "B20"}, encounter=ref(NEW), meta={"security": [HIV]})
    visit = NEW | {"diagnosis": [{"condition": ref(FLU), "rank": 1}, {"condition": ref(hidden), "rank": 2}]}
    drug = DRUG | {"reasonReference": [ref(hidden)]}
    document = book([FACILITY, visit, FLU, hidden, drug])
    assert "Condition/d2" not in json.dumps(document)
    kept = {key: entry["resource"] for key, entry in zip(keys(document), document["entry"], strict=True)}
    assert kept["Encounter/e2"]["diagnosis"] == [{"condition": ref(FLU), "rank": 1}]
    assert "reasonReference" not in kept["MedicationRequest/m1"]


def test_the_entitled_see_everything() -> None:
    labelled = NEW | {"meta": {"security": [HIV]}}
    composition = book([FACILITY, labelled, FLU], include_sensitive=True)["entry"][0]["resource"]
    assert "extension" not in composition
    assert composition["confidentiality"] == "R"


def test_an_empty_book_says_so_in_each_section() -> None:
    composition = book([])["entry"][0]["resource"]
    assert [section["code"]["coding"][0]["code"] for section in composition["section"]] == [
        "administrative",
        "history",
        "visits",
        "record-summary",
    ]
    assert all("emptyReason" in section for section in composition["section"][1:])
    assert composition["author"] == [ref(PATIENT)]


def test_markup_in_data_is_escaped() -> None:
    assert "Bệnh viện A &amp; B" in json.dumps(book(EVERYTHING), ensure_ascii=False)


def test_text_in_both_languages() -> None:
    vi = render_text(book(EVERYTHING), "vi")
    en = render_text(book(EVERYTHING, language="en"), "en")
    assert vi.startswith("Sổ sức khỏe điện tử\n")
    assert "Đơn thuốc: Paracetamol 500 mg, ngày 3 lần" in vi
    assert "Prescription: Paracetamol 500 mg, ngày 3 lần" in en
    assert vi.index("2026-01-02") < vi.index("2025-01-02")


def test_a_supply_stands_in_the_visit_that_its_extension_names() -> None:
    url = Names().extension("encounter")
    supply = resource("SupplyDelivery", "s", extension=[{"url": url, "valueReference": ref(NEW)}])
    assert "SupplyDelivery/s" in keys(book([FACILITY, NEW, supply]))
    assert "SupplyDelivery/s" not in keys(book([FACILITY, NEW | {"meta": {"security": [HIV]}}, supply]))


def test_what_hangs_on_a_protected_visit_in_other_ways_is_withheld() -> None:
    shown = resource("Condition", "d3", code={"text": "Đái tháo đường"}, encounter=ref(OLD))
    named = resource("Condition", "d4", code={"text": "B20"})
    letter = resource("DocumentReference", "dr", context={"encounter": [ref(OLD), ref(NEW)]}, description="B20")
    part = resource("Encounter", "e3", partOf=ref(NEW))
    deeper = resource("Encounter", "e4", partOf=ref(part))
    inside = resource("Condition", "d5", code={"text": "B20"}, encounter=ref(deeper))
    visit = NEW | {"diagnosis": [{"condition": ref(shown)}, {"condition": ref(named)}], "participant": [ref(FACILITY)]}
    rows = [FACILITY, OLD, visit, shown, named, letter, part, deeper, inside]
    everything = keys(book(rows))
    assert {"Condition/d4", "DocumentReference/dr", "Encounter/e4", "Condition/d5"} <= set(everything)
    document = book([row | {"meta": {"security": [HIV]}} if row is visit else row for row in rows])
    assert keys(document)[1:] == ["Patient/p", "Encounter/e1", "Condition/d3", "Organization/o"]
    assert "B20" not in json.dumps(document)


def test_a_document_of_a_visit_is_listed_with_it() -> None:
    letter = resource("DocumentReference", "dr", context={"encounter": [ref(NEW)]})
    sections = book([NEW, letter])["entry"][0]["resource"]["section"]
    assert sections[2]["section"][0]["entry"] == [ref(NEW), ref(letter)]
