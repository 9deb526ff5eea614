"""A realistic Patient of about 3 KB of JSON, as the mappers write them: for tests and benchmarks."""

from __future__ import annotations

from typing import Any

COMMUNITY = "http://fhir.hl7.org.vn/core"
OURS = "https://w3id.org/vn-ehb"
V2 = "http://terminology.hl7.org/CodeSystem"


def large_patient() -> dict[str, Any]:
    """A new Patient with three identifiers, names, addresses, extensions and contacts; it has no issue."""
    return {
        "resourceType": "Patient",
        "id": "p-3f1c9a2b",
        "meta": {
            "profile": [f"{OURS}/StructureDefinition/patient"],
            "security": [{"system": f"{V2}/v3-Confidentiality", "code": "N"}],
        },
        "extension": _extensions(),
        "identifier": _identifiers(),
        "active": True,
        "name": [
            {"use": "official", "text": "Nguyễn Thị Minh Khai", "family": "Nguyễn", "given": ["Thị", "Minh Khai"]},
            {"use": "old", "family": "Nguyễn", "given": ["Minh"], "period": {"end": "2001-01-01"}},
        ],
        "telecom": [
            {"system": "phone", "value": "+84901234567", "use": "mobile", "rank": 1},
            {"system": "email", "value": "khai@example.vn"},
        ],
        "gender": "female",
        "birthDate": "1985-03-14",
        "_birthDate": {
            "extension": [
                {
                    "url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime",
                    "valueDateTime": "1985-03-14T05:20:00+07:00",
                }
            ]
        },
        "address": _addresses(),
        "maritalStatus": {"coding": [{"system": f"{V2}/v3-MaritalStatus", "code": "M"}]},
        "multipleBirthBoolean": False,
        "contact": _contacts(),
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "vi"}]}, "preferred": True}],
        "generalPractitioner": [{"reference": "Practitioner/pr-1", "display": "BS. Phạm Hùng"}],
        "managingOrganization": {"reference": "Organization/79024", "display": "Bệnh viện Quận 1"},
    }


def _identifiers() -> list[dict[str, Any]]:
    return [
        {
            "use": "official",
            "type": {"coding": [{"system": f"{V2}/v2-0203", "code": "NI"}], "text": "CCCD"},
            "system": f"{COMMUNITY}/sid/cccd",
            "value": "079085012345",
            "period": {"start": "2021-05-03"},
            "assigner": {"display": "Cục Cảnh sát quản lý hành chính về trật tự xã hội"},
        },
        {
            "use": "official",
            "type": {"coding": [{"system": f"{V2}/v2-0203", "code": "SB"}]},
            "system": f"{COMMUNITY}/sid/bhyt",
            "value": "DN4797912345678",
            "period": {"start": "2024-01-01", "end": "2024-12-31"},
        },
        {"use": "usual", "system": f"{OURS}/sid/patient/79024", "value": "BN00012345"},
    ]


def _extensions() -> list[dict[str, Any]]:
    ethnicity = {"system": f"{COMMUNITY}/CodeSystem/vn-ethnicity-cs", "code": "01", "display": "Kinh"}
    nationality = {"coding": [{"system": "urn:iso:std:iso:3166", "code": "VN"}]}
    occupation = {"coding": [{"system": f"{OURS}/CodeSystem/occupation", "code": "00000"}]}
    return [
        {
            "url": f"{COMMUNITY}/StructureDefinition/vn-ext-ethnicity",
            "valueCodeableConcept": {"coding": [ethnicity]},
        },
        {
            "url": "http://hl7.org/fhir/StructureDefinition/patient-nationality",
            "extension": [{"url": "code", "valueCodeableConcept": nationality}],
        },
        {"url": f"{COMMUNITY}/StructureDefinition/vn-ext-occupation", "valueCodeableConcept": occupation},
        {"url": f"{OURS}/StructureDefinition/ext-as-of", "valueDateTime": "2024-06-01T08:30:00+07:00"},
    ]


def _addresses() -> list[dict[str, Any]]:
    province = {"system": f"{COMMUNITY}/CodeSystem/vn-province-cs", "code": "79", "display": "TP. Hồ Chí Minh"}
    return [
        {
            "extension": [
                {"url": f"{COMMUNITY}/StructureDefinition/vn-ext-province", "valueCoding": province},
                {
                    "url": f"{COMMUNITY}/StructureDefinition/vn-ext-ward",
                    "valueCoding": {"code": "26740", "display": "Phường Sài Gòn"},
                },
            ],
            "use": "home",
            "type": "both",
            "text": "12 Lê Lợi, Phường Sài Gòn, TP. Hồ Chí Minh",
            "line": ["12 Lê Lợi"],
            "city": "TP. Hồ Chí Minh",
            "country": "VN",
        },
        {"use": "work", "line": ["Khu công nghệ cao", "Quận 9"], "city": "TP. Hồ Chí Minh", "country": "VN"},
    ]


def _contacts() -> list[dict[str, Any]]:
    return [
        {
            "relationship": [{"coding": [{"system": f"{V2}/v2-0131", "code": "N"}]}],
            "name": {"text": "Trần Văn Nam", "family": "Trần", "given": ["Văn", "Nam"]},
            "telecom": [{"system": "phone", "value": "+84907654321"}],
            "gender": "male",
        },
        {"relationship": [{"text": "Mẹ"}], "name": {"text": "Lê Thị Hoa"}},
    ]
