"""Resources to measure with, built here: a Patient, the record of one person as a transaction, a net of references."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from terminology.names import Names

Json = dict[str, Any]

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_DAYS = [f"2019-{month:02}-1{month % 10}" for month in range(1, 7)]
_PRACTITIONER = {"reference": "Practitioner?identifier=http://example.org/sid/practitioner|0042"}
_FACILITY = {"reference": "Organization?identifier=http://example.org/sid/facility|01999", "display": "Bệnh viện"}


def patient(number: int = 0) -> Json:
    """A Patient of 3 KB: several identifiers, addresses and contacts, as mapped from claims of several facilities.

    Each number gives another person, with numbers, days, phone and ward of its own.
    """
    day = f"{1 + number // 28 % 12:02}-{1 + number % 28:02}"
    coded = {"system": f"{_TERMINOLOGY}/v2-0203", "code": "MR", "display": "Medical record"}
    return {
        "resourceType": "Patient",
        "id": "benchmark",
        "meta": {"source": "urn:benchmark", "profile": [Names().profile("patient")]},
        "identifier": [
            {
                "use": "usual",
                "type": {"coding": [coded], "text": "Mã bệnh nhân"},
                "system": f"https://w3id.org/vn-ehb/sid/patient/{facility}",
                "value": f"BN{facility}{number:08}",
                "period": {"start": f"2024-{day}", "end": "2024-12-31"},
            }
            for facility in range(10001, 10007)
        ],
        "active": True,
        "name": [
            {"use": "official", "text": "Nguyễn Thị Minh Khai", "family": "Nguyễn", "given": ["Thị", "Minh", "Khai"]}
        ],
        "telecom": [{"system": "phone", "value": f"09{number:08}", "use": "mobile"}],
        "gender": "female",
        "birthDate": f"{1940 + number % 80}-{day}",
        "address": [
            {
                "use": "home",
                "text": "12 phố Huế, phường Hai Bà Trưng, thành phố Hà Nội",
                "line": ["12 phố Huế"],
                "city": "Thành phố Hà Nội",
                "country": "VN",
                "extension": [_area("vn-ext-province", "01"), _area("vn-ext-ward", f"{256 + number % 3_000:05}")],
            }
        ]
        * 2,
        "contact": [
            {
                "name": {"text": "Trần Văn Nam", "family": "Trần", "given": ["Văn", "Nam"]},
                "telecom": [{"system": "phone", "value": "0987654321"}],
                "gender": "male",
            }
        ],
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "vi"}]}, "preferred": True}],
    }


def _area(name: str, code: str) -> Json:
    base = "http://fhir.hl7.org.vn/core"
    value = {"coding": [{"system": f"{base}/CodeSystem/vn-{name[7:]}-cs", "code": code}]}
    return {"url": f"{base}/StructureDefinition/{name}", "valueCodeableConcept": value}


def record() -> Json:
    """A transaction of 27 entries: a Patient with encounters, conditions, claims and what was paid for them.

    In types, numbers, depth and size like the records that Synthea makes.
    """
    person, visits = _uuid(0), [_uuid(10 + number) for number in range(6)]
    entries = [_entry(person, patient())]
    entries += [_entry(url, _encounter(person, day)) for url, day in zip(visits, _DAYS, strict=True)]
    entries += [_entry(_uuid(30 + n), _condition(person, visits[n % 6], _DAYS[n % 6])) for n in range(10)]
    for number, visit in enumerate(visits[:5]):
        entries.append(_entry(_uuid(50 + number), _claim(person, visit, _uuid(30 + number), _DAYS[number])))
        entries.append(_entry(_uuid(70 + number), _benefit(person, visit, _uuid(50 + number), _DAYS[number])))
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _uuid(number: int) -> str:
    return f"urn:uuid:00000000-0000-4000-8000-{number:012}"


def _entry(url: str, resource: Json) -> Json:
    name = url.removeprefix("urn:uuid:")
    return {
        "fullUrl": url,
        "resource": {"resourceType": resource["resourceType"], "id": name} | resource | {"id": name},
        "request": {"method": "POST", "url": resource["resourceType"]},
    }


def _coded(system: str, code: str, text: str = "") -> Json:
    found: Json = {"coding": [{"system": system if ":" in system else f"{_TERMINOLOGY}/{system}", "code": code}]}
    return found | {"text": text} if text else found


def _period(day: str) -> Json:
    return {"start": f"{day}T05:06:58+07:00", "end": f"{day}T05:21:58+07:00"}


def _encounter(person: str, day: str) -> Json:
    return {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": f"{_TERMINOLOGY}/v3-ActCode", "code": "AMB"},
        "type": [_coded("http://snomed.info/sct", "410620009", "Khám sức khỏe")],
        "subject": {"reference": person, "display": "Nguyễn Thị Minh Khai"},
        "participant": [
            {"type": [_coded("v3-ParticipationType", "PPRF")], "period": _period(day), "individual": _PRACTITIONER}
        ],
        "period": _period(day),
        "serviceProvider": _FACILITY,
    }


def _condition(person: str, visit: str, day: str) -> Json:
    return {
        "resourceType": "Condition",
        "clinicalStatus": _coded("condition-clinical", "resolved"),
        "verificationStatus": _coded("condition-ver-status", "confirmed"),
        "code": _coded("http://snomed.info/sct", "160968000", "Viêm họng"),
        "subject": {"reference": person},
        "encounter": {"reference": visit},
        "onsetDateTime": f"{day}T05:41:50+07:00",
        "abatementDateTime": f"{day}T06:21:32+07:00",
        "recordedDate": f"{day}T05:41:50+07:00",
    }


def _claim(person: str, visit: str, condition: str, day: str) -> Json:
    return {
        "resourceType": "Claim",
        "status": "active",
        "type": _coded("claim-type", "institutional"),
        "use": "claim",
        "patient": {"reference": person, "display": "Nguyễn Thị Minh Khai"},
        "billablePeriod": _period(day),
        "created": _period(day)["end"],
        "provider": _FACILITY,
        "priority": _coded("processpriority", "normal"),
        "diagnosis": [{"sequence": 1, "diagnosisReference": {"reference": condition}}],
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "BHYT"}}],
        "item": [_item(1) | {"encounter": [{"reference": visit}]}, _item(2) | {"diagnosisSequence": [1]}],
        "total": {"value": 704200, "currency": "VND"},
    }


def _item(sequence: int) -> Json:
    return {"sequence": sequence, "productOrService": _coded("http://snomed.info/sct", "410620009", "Khám bệnh")}


def _benefit(person: str, visit: str, claim: str, day: str) -> Json:
    place = {"servicedPeriod": _period(day), "locationCodeableConcept": _coded("ex-serviceplace", "19")}
    told = {key: value for key, value in _claim(person, visit, "", day).items() if key not in ("priority", "diagnosis")}
    return told | {
        "resourceType": "ExplanationOfBenefit",
        "contained": list(_carried(person)),
        "identifier": [{"system": "http://example.org/sid/claim", "value": claim}],
        "insurer": {"display": "BHXH"},
        "referral": {"reference": "#referral"},
        "claim": {"reference": claim},
        "outcome": "complete",
        "careTeam": [{"sequence": 1, "provider": _PRACTITIONER, "role": _coded("claimcareteamrole", "primary")}],
        "insurance": [{"focal": True, "coverage": {"reference": "#coverage", "display": "BHYT"}}],
        "item": [_item(1) | place | {"encounter": [{"reference": visit}]}, _item(2) | place],
        "total": [{"category": _coded("adjudication", "submitted"), "amount": {"value": 704200, "currency": "VND"}}],
        "payment": {"amount": {"value": 0, "currency": "VND"}},
    }


def _carried(person: str) -> Iterator[Json]:
    yield {
        "resourceType": "ServiceRequest",
        "id": "referral",
        "status": "completed",
        "intent": "order",
        "subject": {"reference": person},
        "requester": _PRACTITIONER,
    }
    yield {
        "resourceType": "Coverage",
        "id": "coverage",
        "status": "active",
        "type": {"text": "BHYT"},
        "beneficiary": {"reference": person},
        "payor": [{"display": "BHXH"}],
    }


def net(references: int) -> Json:
    """A collection of Observations with ten references each to other entries, in no order."""
    count = references // 10
    base = "http://example.org/fhir"
    observations = [
        {
            "resourceType": "Observation",
            "id": f"o{number}",
            "status": "final",
            "code": {"text": "a"},
            "subject": {"reference": "Patient/p"},
            "hasMember": [{"reference": f"Observation/o{(number * 7 + other * 13) % count}"} for other in range(9)],
        }
        for number in range(count)
    ]
    people = [{"resourceType": "Patient", "id": "p", "name": [{"text": "a"}]}]
    entries = [
        {"fullUrl": f"{base}/{resource['resourceType']}/{resource['id']}", "resource": resource}
        for resource in [*people, *observations]
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}
