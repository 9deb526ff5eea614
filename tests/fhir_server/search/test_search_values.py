"""What each type of search parameter finds, by the rules of https://hl7.org/fhir/R4/search.html."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

Resource = dict[str, Any]
UCUM = "http://unitsofmeasure.org"

PATIENT: Resource = {
    "resourceType": "Patient",
    "id": "p1",
    "meta": {
        "profile": ["https://w3id.org/vn-ehb/StructureDefinition/patient"],
        "tag": [{"system": "urn:t", "code": "test"}],
        "security": [{"system": "urn:s", "code": "HIV"}],
        "source": "urn:source:1",
    },
    "identifier": [
        {"system": "http://fhir.hl7.org.vn/core/sid/cccd", "value": "001", "type": {"text": "Căn cước"}},
        {"value": "a|b,c$d"},
    ],
    "active": True,
    "name": [{"family": "Nguyễn", "given": ["Đình", "An"], "text": "Nguyễn Đình An"}],
    "telecom": [{"system": "phone", "value": "0912"}, {"system": "email", "value": "a@b.vn"}],
    "gender": "male",
    "birthDate": "1980-05",
    "deceasedDateTime": "2024-01-02T03:04:05+07:00",
    "address": [{"line": ["12 Lý Thường Kiệt"], "city": "Hà Nội", "country": "VN"}],
    "generalPractitioner": [{"reference": "https://here.example/fhir/Practitioner/7/_history/2"}],
    "managingOrganization": {"reference": "Organization/1", "identifier": {"system": "urn:o", "value": "01001"}},
    "link": [{"other": {"reference": "#inner"}, "type": "seealso"}],
}
OBSERVATION: Resource = {
    "resourceType": "Observation",
    "id": "o1",
    "code": {
        "coding": [{"system": "http://loinc.org", "code": "8480-6", "display": "Systolic"}, {"code": "HATT"}],
        "text": "Huyết áp tâm thu",
    },
    "subject": {"reference": "Patient/p1"},
    "encounter": {"reference": "urn:uuid:1"},
    "focus": [{"reference": "Location/9"}, {"type": "Device", "identifier": {"value": "d"}}],
    "effectivePeriod": {"start": "2025-01-01T08:00:00+07:00"},
    "valueQuantity": {"value": Decimal("120.0"), "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"},
    "component": [
        {
            "code": {"coding": [{"system": "http://loinc.org", "code": "8462-4"}]},
            "valueQuantity": {"value": 80, "comparator": "<", "unit": "mmHg"},
        }
    ],
}


@pytest.mark.parametrize(
    "query",
    [
        # strings
        "name=nguyen", "name=dinh", "name=ĐÌNH", "name=Nguyễn Đình", "family=ngu", "given=an", "phonetic=an",
        "name:contains=guye", "name:exact=Nguyễn", "address=12 ly thuong", "address-city=ha noi", "address=vn",
        # tokens
        "identifier=001", "identifier=http://fhir.hl7.org.vn/core/sid/cccd|001",
        "identifier=http://fhir.hl7.org.vn/core/sid/cccd|", r"identifier=a\|b\,c\$d", r"identifier=|a\|b\,c\$d",
        "identifier:text=can cuoc", "identifier=x,001", "identifier:not=002", "active=true", "gender=male",
        "gender=http://hl7.org/fhir/administrative-gender|male", "gender:not=female", "telecom=0912", "phone=0912",
        "email=a@b.vn", "deceased=true", "language:not=vi",
        # dates
        "birthdate=1980", "birthdate=1980-05", "birthdate=lt1980-06", "birthdate=ge1980-05-10", "birthdate=ne1981",
        "birthdate=sa1980-04", "birthdate=eb1981", "birthdate=ap1980-05-15", "death-date=2024-01-01T20:04:05Z",
        "death-date=2024-01-02T03:04",
        # references
        "organization=Organization/1", "organization=1", "organization:Organization=1",
        "organization:identifier=urn:o|01001", "organization=https://here.example/fhir/Organization/1",
        "general-practitioner=Practitioner/7", "general-practitioner=7",
        # uri, meta, presence
        "_profile=https://w3id.org/vn-ehb/StructureDefinition/patient", "_profile:below=https://w3id.org/vn-ehb",
        "_source=urn:source:1", "_tag=test", "_tag=urn:t|test", "_security=HIV", "_id=p1", "_id=p0,p1",
        "_lastUpdated=1970-01-01", "birthdate:missing=false", "language:missing=true", "phonetic:missing=false",
    ],
)  # fmt: skip
def test_patient_is_found(finds: Any, query: str) -> None:
    assert finds(PATIENT, *query.split("=", 1))


@pytest.mark.parametrize(
    "query",
    [
        "name=guyen", "name:exact=nguyễn", "name:exact=Nguy", "name:contains=xyz", "family=an",
        "identifier=00", "identifier=|001", "identifier=urn:x|001", "identifier:not=001", "identifier:text=cuoc",
        "gender=female", "gender=|male", "gender:not=male", "phone=a@b.vn", "deceased=false",
        "birthdate=1980-05-10", "birthdate=gt1980", "birthdate=lt1980", "birthdate=ne1980", "birthdate=sa1980-05",
        "birthdate=eb1980-05", "death-date=2024-01-02T03:05", "organization=Organization/2", "organization=urn:o",
        "link=inner", "link:missing=false", "organization:identifier=01002", "_profile:below=https://w3id.org/x",
        "_id=p2", "_id:not=p1", "_lastUpdated=gt1970-01-02", "birthdate:missing=true", "_tag=urn:s|test",
    ],
)  # fmt: skip
def test_patient_is_not_found(finds: Any, query: str) -> None:
    assert not finds(PATIENT, *query.split("=", 1))


@pytest.mark.parametrize(
    "query",
    [
        "code=8480-6", "code=http://loinc.org|8480-6", "code=|HATT", "code:text=huyet ap", "code:text=systolic",
        "combo-code=8462-4", "component-code=http://loinc.org|8462-4", "combo-code:not=1", "subject=Patient/p1",
        "patient=p1", "subject:Patient=p1", "encounter=urn:uuid:1", "focus=Location/9", "focus:identifier=d",
        "date=ge2025", "date=gt2030", "date=le2025-01-02", "value-quantity=120", "value-quantity=120.0||mm[Hg]",
        "value-quantity=120||mmHg", f"value-quantity=120|{UCUM}|mm[Hg]", "value-quantity=1.2e2", "value-quantity=ne121",
        "value-quantity=gt119.99", "value-quantity=ge120", "value-quantity=ap110", "value-quantity=sa119",
        "combo-value-quantity=lt80", "component-value-quantity=lt80||mmHg", "component-value-quantity=eb80",
        "code-value-quantity=8480-6$gt100", f"code-value-quantity=http://loinc.org|8480-6$120|{UCUM}|mm[Hg]",
        "code-value-quantity=|HATT$120||mmHg", "component-code-value-quantity=8462-4$lt80",
        "combo-code-value-quantity=8462-4$lt80", "combo-code-value-quantity:missing=false",
    ],
)  # fmt: skip
def test_observation_is_found(finds: Any, query: str) -> None:
    assert finds(OBSERVATION, *query.split("=", 1))


@pytest.mark.parametrize(
    "query",
    [
        "code=8462-4", "combo-code:not=8462-4", "patient=p2", "subject:Group=p1", "subject=Group/p1", "encounter=1",
        "date=2025", "date=lt2025", "date=eb2026", "value-quantity=120.01", "value-quantity=120||kPa",
        "value-quantity=gt120", "value-quantity=lt120", "value-quantity=80", "component-value-quantity=gt80",
        "code-value-quantity=8462-4$lt200", "code-value-quantity=8480-6$gt100||kPa",
        "component-code-value-quantity=8480-6$lt80",
    ],
)  # fmt: skip
def test_observation_is_not_found(finds: Any, query: str) -> None:
    assert not finds(OBSERVATION, *query.split("=", 1))


def test_a_name_without_text_is_found_as_it_is_said(finds: Any) -> None:
    said = PATIENT | {"name": [{"family": "Nguyễn", "given": ["Đình", "An"]}]}
    for query in ("name=nguyen dinh an", "name=Nguyễn Đ", "name:exact=Nguyễn Đình An", "name:contains=nh an"):
        assert finds(said, *query.split("=")), query
    for query in ("name=dinh an", "name=an nguyen", "family=nguyen dinh", "given=dinh an"):
        assert not finds(said, *query.split("=")), query
    assert not finds(PATIENT | {"name": [said["name"][0] | {"text": "Bé An"}]}, "name", "nguyen dinh an")


def test_timing_counts_by_its_outer_limits(finds: Any) -> None:
    timing = {
        "event": ["2025-03-01", "2025-01-01"],
        "repeat": {"boundsPeriod": {"start": "2025-02-01", "end": "2025-02"}},
    }
    request = {"resourceType": "ServiceRequest", "occurrenceTiming": timing}
    assert finds(request, "occurrence", "2025")
    assert finds(request, "occurrence", "sa2024")
    assert not finds(request, "occurrence", "2025-02")


def test_canonicals_are_found_with_and_without_version(finds: Any) -> None:
    plan = {"resourceType": "CarePlan", "instantiatesCanonical": ["http://example.org/plan|1.0"]}
    assert finds(plan, "instantiates-canonical", "http://example.org/plan")
    assert finds(plan, "instantiates-canonical", r"http://example.org/plan\|1.0")
    assert not finds(plan, "instantiates-canonical", r"http://example.org/plan\|2.0")


def test_uri_above_and_below(finds: Any) -> None:
    values = {"resourceType": "ValueSet", "url": "http://example.org/fhir/a"}
    assert finds(values, "url:above", "http://example.org/fhir/a/b/c")
    assert finds(values, "url:below", "http://example.org/fhir")
    assert not finds(values, "url:above", "http://example.org/fhir")


def test_numbers_and_money(finds: Any) -> None:
    risk = {"resourceType": "RiskAssessment", "prediction": [{"probabilityDecimal": Decimal("0.1250")}]}
    assert finds(risk, "probability", "0.125")
    assert finds(risk, "probability", "lt0.12501")
    assert not finds(risk, "probability", "gt0.125")
    invoice = {"resourceType": "Invoice", "totalNet": {"value": 150000, "currency": "VND"}}
    assert finds(invoice, "totalnet", "150000|urn:iso:std:iso:4217|VND")
    assert not finds(invoice, "totalnet", "150000||USD")


def test_composites_of_three_components(finds: Any) -> None:
    variant = {"start": 10, "end": 20}
    sequence = {
        "resourceType": "MolecularSequence",
        "referenceSeq": {"chromosome": {"coding": [{"code": "1"}]}, "windowStart": 1, "windowEnd": 9},
        "variant": [variant],
    }
    assert finds(sequence, "chromosome-variant-coordinate", "1$10$le20")
    assert finds(sequence, "chromosome-window-coordinate", "1$1$9")
    assert not finds(sequence, "chromosome-variant-coordinate", "2$10$le20")


def test_published_slips_are_put_right(finds: Any) -> None:
    relates = [{"code": "replaces", "target": {"reference": "DocumentReference/1"}}]
    document = {"resourceType": "DocumentReference", "relatesTo": relates}
    assert finds(document, "relationship", "DocumentReference/1$replaces")
    observation = {"resourceType": "Observation", "code": {"coding": [{"code": "d"}]}, "valueDateTime": "2025-01-01"}
    assert finds(observation, "code-value-date", "d$ge2025")
    plan = {"resourceType": "InsurancePlan", "name": "BHYT", "alias": ["Bảo hiểm y tế"]}
    assert finds(plan, "name", "bao hiem")


def test_extensions_are_found_by_their_value(finds: Any) -> None:
    url = "http://hl7.org/fhir/SearchParameter/device-extensions-Device-din"
    device = {"resourceType": "Device", "extension": [{"url": url, "valueIdentifier": {"value": "7"}}]}
    assert finds(device, "din", "7")
    assert not finds({**device, "extension": [{"url": "x", "valueIdentifier": {"value": "7"}}]}, "din", "7")


def test_resources_inside_a_bundle_count_as_references(finds: Any) -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Composition", "id": "c"}}]}
    assert finds(bundle, "composition", "Composition/c")
