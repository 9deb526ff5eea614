"""Contributions of a visit to resources that many visits share: Patient, Organization, Practitioner, Location.

They are combined by ``mappers.merge``; every fact that can change says as of when it is true.
https://hl7.org/fhir/R4/patient.html https://hl7.org/fhir/R4/organization.html
https://hl7.org/fhir/R4/practitioner.html https://hl7.org/fhir/R4/location.html
"""

from __future__ import annotations

import re

from mappers.bhyt_xml.transform.visit import Visit
from mappers.bhyt_xml.transform.words import Json, coding, concept, national, period, present, reference
from mappers.merge import normal
from terminology.names import HL7_TERMINOLOGY, Community, Hl7
from terminology.vietnam import displays, province

_BIRTH_TIME = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"
_ORGANIZATION_TYPE = f"{HL7_TERMINOLOGY}/organization-type"
_PASSPORT = re.compile(r"[A-Z]\d{7}")
INSURER_CODE = "BHXH-VN"
INSURER_NAME = "Bảo hiểm xã hội Việt Nam"


def patient(visit: Visit) -> Json:
    """The Patient as this visit knows it."""
    return normal(
        {
            "resourceType": "Patient",
            "id": visit.patient_id,
            "meta": _claims(visit, "patient"),
            **present(
                extension=_patient_extensions(visit),
                identifier=_identifiers(visit),
                name=_names(visit),
                telecom=_telecom(visit),
                address=_addresses(visit),
            ),
            **_gender(visit),
            **_birth(visit),
        }
    )


def _typed(code: str, system: str, value: str, **more: object) -> Json:
    return {"type": concept(coding(Hl7.IDENTIFIER_TYPE, code)), "system": system, "value": value, **more}


def _identifiers(visit: Visit) -> list[Json]:
    names, who = visit.context.names, visit.person
    found = []
    if who.cccd:
        found.append(
            _typed("NI", Community.CCCD, who.cccd, extension=[_guess(visit, "12 digits that fit birth year and sex")])
        )
    else:
        found += _other_person_id(visit)
    if who.insurance_number:
        found.append(_typed("SS", names.sid("bhxh"), who.insurance_number))
    for card in visit.cards:
        valid = period(card.start[:10], card.end[:10])
        found.append(_typed("MB", Community.BHYT, card.number, **({"period": valid} if valid else {})))
    if visit.summary.text("MA_BN"):
        found.append(_typed("MR", names.sid("patient", visit.facility), visit.summary.text("MA_BN")))
    return found


def _other_person_id(visit: Visit) -> list[Json]:
    """SO_CCCD when it is no citizen id that fits: an older card, a passport or an e-ID account, by its shape."""
    number, names = visit.summary.text("SO_CCCD"), visit.context.names
    if not number or (len(number) == 12 and number.isdigit()):
        return []
    if len(number) == 9 and number.isdigit():
        code, system, why = "NI", names.sid("cmnd"), "9 digits"
    elif _PASSPORT.fullmatch(number):
        code, system, why = "PPN", Community.PASSPORT, "a letter and 7 digits"
    else:
        code, system, why = "NI", names.sid("e-id"), "no other known shape"
    return [_typed(code, system, number, extension=[_guess(visit, why)])]


def _guess(visit: Visit, why: str) -> Json:
    return {"url": visit.urls.extension["identifier-guess"], "valueString": why}


def _names(visit: Visit) -> list[Json]:
    """Family name first, as written in Vietnam; https://hl7.org/fhir/R4/datatypes.html#HumanName"""
    words = visit.summary.text("HO_TEN").split()
    if not words:
        return []
    name: Json = {"extension": [visit.as_of], "use": "official", "text": " ".join(words)}
    if len(words) > 1:
        name |= {"family": words[0], "given": words[1:]}
    return [name]


def _gender(visit: Visit) -> Json:
    code = visit.summary.text("GIOI_TINH")
    if not code:
        return {}
    return {"gender": displays("gender").get(code, "unknown"), "_gender": {"extension": [visit.as_of]}}


def _birth(visit: Visit) -> Json:
    value = visit.summary.text("NGAY_SINH")
    if not value:
        return {}
    extensions = [visit.as_of]
    if "T" in value:
        extensions.append({"url": _BIRTH_TIME, "valueDateTime": value})
    return {"birthDate": value[:10], "_birthDate": {"extension": extensions}}


def _telecom(visit: Visit) -> list[Json]:
    phone = visit.summary.text("DIEN_THOAI")
    return [{"extension": [visit.as_of], "system": "phone", "value": phone, "use": "mobile"}] if phone else []


def _addresses(visit: Visit) -> list[Json]:
    summary, urls = visit.summary, visit.urls
    code, ward, district = (summary.text(name) for name in ("MATINH_CU_TRU", "MAXA_CU_TRU", "MAHUYEN_CU_TRU"))
    if not (code or ward or district or summary.text("DIA_CHI")):
        return []
    state = province(code, summary.text("NGAY_RA")[:10] or visit.submitted) if code else None
    extensions = [visit.as_of]
    if code:
        extensions.append(_coded(Community.PROVINCE, coding(Community.PROVINCE_CODES, code, state)))
    if ward:
        extensions.append(_coded(Community.WARD, coding(urls.system["ward"], ward)))
    if district:
        extensions.append({"url": urls.extension["district"], "valueString": district})
    parts = present(extension=extensions, use="home", text=summary.text("DIA_CHI"), state=state, country="VN")
    return [parts]


def _coded(url: str, code: Json, *extensions: Json) -> Json:
    value = concept(code)
    return {"url": url, "valueCodeableConcept": {"extension": list(extensions), **value} if extensions else value}


def _patient_extensions(visit: Visit) -> list[Json]:
    summary, urls, as_of = visit.summary, visit.urls, visit.as_of
    found = []
    if code := summary.text("MA_DANTOC"):
        found.append(_coded(Community.ETHNICITY, national(urls, "ethnicity", code), as_of))
    if code := summary.text("MA_NGHE_NGHIEP"):
        found.append(_coded(Community.OCCUPATION, national(urls, "occupation", code), as_of))
    if code := summary.text("MA_QUOCTICH"):
        nested = _coded("code", national(urls, "nationality", code), as_of)
        found.append({"url": Hl7.NATIONALITY, "extension": [nested]})
    if group := summary.text("NHOM_MAU"):
        value = {"extension": [as_of], "text": group}
        found.append({"url": urls.extension["blood-group"], "valueCodeableConcept": value})
    return found


def _claims(visit: Visit, profile: str) -> Json:
    """The meta element of a shared resource: labels and rows of one visit are not its own."""
    return {"profile": [visit.urls.profile[profile]]}


def facility(visit: Visit, code: str) -> Json:
    """A reference to the Organization of a facility code, which becomes part of the visit's contributions."""
    key = visit.ids.often("organization", code)
    if key not in visit.organizations:
        system = visit.context.names.sid("gln" if len(code) == 13 and code.isdigit() else "facility")
        visit.organizations[key] = {
            "resourceType": "Organization",
            "id": key,
            "meta": _claims(visit, "organization"),
            "identifier": [{"system": system, "value": code}],
            "type": [concept(coding(_ORGANIZATION_TYPE, "prov"))],
        }
    return reference("Organization", key)


def department(visit: Visit, code: str) -> Json:
    """A reference to the Organization of a department of this facility."""
    key = visit.ids.often("organization", visit.facility, code)
    if key not in visit.organizations:
        system = visit.context.names.sid("facility", visit.facility)
        visit.organizations[key] = {
            "resourceType": "Organization",
            "id": key,
            "meta": _claims(visit, "organization"),
            "identifier": [{"system": system, "value": code}],
            "type": [concept(coding(_ORGANIZATION_TYPE, "dept"), coding(visit.urls.system["department"], code))],
            "name": code,
            "partOf": facility(visit, visit.facility),
        }
    return reference("Organization", key)


def insurer(visit: Visit) -> Json:
    """A reference to the Organization of the social-insurance agency."""
    key = visit.ids.often("organization", "insurer", INSURER_CODE)
    if key in visit.organizations:
        return reference("Organization", key)
    visit.organizations[key] = {
        "resourceType": "Organization",
        "id": key,
        "meta": _claims(visit, "organization"),
        "identifier": [{"system": visit.context.names.sid("insurer"), "value": INSURER_CODE}],
        "type": [concept(coding(_ORGANIZATION_TYPE, "pay"))],
        "name": INSURER_NAME,
    }
    return reference("Organization", key)


def practitioners(visit: Visit) -> list[Json]:
    """A Practitioner for each licence number that was referred to."""
    return [
        {
            "resourceType": "Practitioner",
            "id": key,
            "meta": _claims(visit, "practitioner"),
            "identifier": [_typed("MD", Community.CCHN, licence)],
        }
        for licence, key in visit.practitioners.items()
    ]


def locations(visit: Visit) -> list[Json]:
    """A Location for each department of the visit."""
    return [
        {
            "resourceType": "Location",
            "id": location_id(visit, code),
            "meta": _claims(visit, "location"),
            "identifier": [{"system": visit.context.names.sid("facility", visit.facility), "value": code}],
            "name": code,
            "managingOrganization": department(visit, code),
        }
        for code in dict.fromkeys(visit.summary.listed("MA_KHOA"))
    ]


def location_id(visit: Visit, code: str) -> str:
    """The id of the Location of a department."""
    return visit.ids.often("location", visit.facility, code)
