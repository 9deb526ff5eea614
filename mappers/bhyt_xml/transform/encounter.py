"""The visit itself and what it was for: Encounter and its Conditions.

https://hl7.org/fhir/R4/encounter.html https://hl7.org/fhir/R4/condition.html
"""

from __future__ import annotations

from collections.abc import Iterator

from mappers.bhyt_xml.transform.identity import cards
from mappers.bhyt_xml.transform.shared import facility, location_id
from mappers.bhyt_xml.transform.tables import CLASS_DISPLAYS, CLASSES, EMERGENCY, EXAMINATION
from mappers.bhyt_xml.transform.visit import Visit
from mappers.bhyt_xml.transform.words import (
    Json,
    coding,
    column_extension,
    columns,
    columns_with,
    concept,
    national,
    period,
    present,
    reference,
)
from terminology.names import HL7_TERMINOLOGY, Community, Hl7

_PARTICIPATION = f"{HL7_TERMINOLOGY}/v3-ParticipationType"


def encounter(visit: Visit, diagnoses: list[Json]) -> Json:
    """The Encounter; ``diagnoses`` are its Conditions in order."""
    summary = visit.summary
    kind, code = summary.text("MA_LOAI_KCB"), encounter_class(visit)
    return {
        "resourceType": "Encounter",
        "id": str(visit.encounter["reference"]).partition("/")[2],
        "meta": visit.meta("encounter"),
        **present(extension=_extensions(visit)),
        "identifier": _identifiers(visit),
        "status": "finished",
        **present(classHistory=_class_history(visit, code)),
        "class": _class(code),
        **present(type=[concept(national(visit.urls, "visit-kind", kind))] if kind else []),
        "subject": visit.patient,
        **present(
            basedOn=_letter(visit),
            participant=_participants(visit),
            period=period(summary.get("NGAY_VAO"), summary.get("NGAY_RA")),
            length=_length(visit),
            reasonCode=_reasons(visit),
            diagnosis=[_diagnosis(item) for item in diagnoses],
            hospitalization=_hospitalization(visit),
            location=[
                {"location": reference("Location", location_id(visit, code))}
                for code in dict.fromkeys(summary.listed("MA_KHOA"))
            ],
        ),
        "serviceProvider": facility(visit, visit.facility),
    }


def encounter_class(visit: Visit) -> str:
    """The class by MA_LOAI_KCB; an emergency is one only where nobody is admitted."""
    code = CLASSES.get(visit.summary.text("MA_LOAI_KCB"), "AMB")
    return "EMER" if code == "AMB" and visit.summary.text("MA_DOITUONG_KCB") == EMERGENCY else code


def _class(code: str) -> Json:
    return coding(Hl7.ACT_CODE, code, CLASS_DISPLAYS[code])


def _class_history(visit: Visit, code: str) -> list[Json]:
    """From arrival to admission, then the class of the stay."""
    admitted = visit.summary.get("NGAY_VAO_NOI_TRU")
    if not admitted:
        return []
    before = period(visit.summary.get("NGAY_VAO"), admitted)
    after = period(admitted, visit.summary.get("NGAY_RA"))
    return [{"class": _class("AMB"), "period": before}, {"class": _class(code), "period": after}]


def _identifiers(visit: Visit) -> list[Json]:
    names = visit.context.names
    found: list[Json] = [
        {
            "type": concept(coding(Hl7.IDENTIFIER_TYPE, "VN")),
            "system": names.sid("visit", visit.facility),
            "value": visit.ma_lk,
        },
        {"system": Community.MA_LK, "value": visit.ma_lk},
    ]
    if record := visit.summary.text("MA_HSBA"):
        kind = concept(coding(Hl7.IDENTIFIER_TYPE, "MR"))
        found.append({"type": kind, "system": names.sid("record", visit.facility), "value": record})
    return found


def _extensions(visit: Visit) -> list[Json]:
    summary, urls = visit.summary, visit.urls
    found = [
        {"url": urls.extension[name], "valueCoding": national(urls, name, summary.text(column))}
        for name, column in (
            ("entitlement", "MA_DOITUONG_KCB"),
            ("visit-kind", "MA_LOAI_KCB"),
            ("treatment-outcome", "KET_QUA_DTRI"),
        )
        if summary.text(column)
    ]
    found += columns(urls, summary, columns_with("XML1", "Encounter.extension(column)"))
    return [*found, *_unplaced(visit)]


def _unplaced(visit: Visit) -> list[Json]:
    """A citizen id that does not fit its person, and card lists that fit no card, kept as sent."""
    sent = visit.summary.sent
    number = sent.get("SO_CCCD", "")
    lost = ["SO_CCCD"] if len(number) == 12 and number.isdigit() and number != visit.person.cccd else []
    lost += [column for column, _, _ in cards(visit.summary)[1]]
    return [column_extension(visit.urls, name, {"valueString": sent[name]}) for name in lost]


def _letter(visit: Visit) -> list[Json]:
    """The referral or re-visit letter, known by its number only."""
    number = visit.summary.text("GIAY_CHUYEN_TUYEN")
    if not number:
        return []
    sender = visit.summary.text("MA_NOI_DI")
    identifier = present(value=number, assigner=facility(visit, sender) if sender else None)
    return [{"type": "ServiceRequest", "identifier": identifier}]


def _participants(visit: Visit) -> list[Json]:
    """Who examined: performers of the examination rows, else those who are named for them."""
    licences = dict.fromkeys(
        licence
        for record in visit.records["XML3"]
        if record.text("MA_NHOM") == EXAMINATION
        for licence in record.listed("NGUOI_THUC_HIEN") or record.listed("MA_BAC_SI")
    )
    kind = concept(coding(_PARTICIPATION, "PPRF", "primary performer"))
    return [{"type": [kind], "individual": visit.practitioner(licence)} for licence in licences]


def _length(visit: Visit) -> Json:
    days = visit.summary.get("SO_NGAY_DTRI")
    return {} if days is None else {"value": days, "unit": "ngày", "system": Hl7.UCUM, "code": "d"}


def _reasons(visit: Visit) -> list[Json]:
    reasons = []
    if text := visit.summary.text("LY_DO_VV"):
        reasons.append(concept(text=text))
    coded = columns(visit.urls, visit.summary, columns_with("XML1", "Encounter.reasonCode.extension(column)"))
    admission = present(extension=coded, text=visit.summary.text("LY_DO_VNT"))
    return [*reasons, admission] if admission else reasons


def _hospitalization(visit: Visit) -> Json:
    summary = visit.summary
    origin, target, kind = (summary.text(name) for name in ("MA_NOI_DI", "MA_NOI_DEN", "MA_LOAI_RV"))
    return present(
        origin=facility(visit, origin) if origin else None,
        destination=facility(visit, target) if target else None,
        dischargeDisposition=concept(national(visit.urls, "discharge-kind", kind)) if kind else None,
    )


def _diagnosis(condition: Json) -> Json:
    role = condition.pop("_role")
    return {"condition": reference("Condition", condition["id"]), **role}


def conditions(visit: Visit) -> list[Json]:
    """The Conditions of the visit; each still carries its ``_role`` for ``encounter`` to take."""
    summary = visit.summary
    found = [
        _condition(visit, "DD", rank, concept(coding(Community.ICD10_VN, code), text=text), code)
        for rank, (code, text) in enumerate(_diseases(visit), 1)
    ]
    for code in dict.fromkeys(summary.listed("MA_BENH_YHCT")):
        traditional = concept(coding(visit.urls.system["traditional-disease"], code))
        found.append(_condition(visit, "DD", None, traditional, f"yhct|{code}"))
    if text := summary.text("CHAN_DOAN_VAO"):
        found.append(_condition(visit, "AD", None, concept(text=text), ""))
    return found


def _diseases(visit: Visit) -> Iterator[tuple[str, str]]:
    """(code, text) of the main disease, then the others; the discharge diagnosis is the text of the main one."""
    summary = visit.summary
    main, text = summary.text("MA_BENH_CHINH"), summary.text("CHAN_DOAN_RV")
    if main or text:
        yield main, text
    for code in dict.fromkeys(summary.listed("MA_BENH_KT")):
        if code != main:
            yield code, ""


def _condition(visit: Visit, use: str, rank: int | None, code: Json, key: str) -> Json:
    code = present(coding=[item for item in code.get("coding", []) if item["code"]], text=code.get("text"))
    moment = visit.summary.get("NGAY_VAO" if use == "AD" else "NGAY_RA")
    role = {"use": concept(coding(Hl7.DIAGNOSIS_ROLE, use))} | ({"rank": rank} if rank else {})
    return {
        "resourceType": "Condition",
        "id": visit.id_of("condition", use, key),
        "meta": visit.meta("condition", visit.summary),
        "category": [concept(coding(Hl7.CONDITION_CATEGORY, "encounter-diagnosis"))],
        "code": code,
        "subject": visit.patient,
        "encounter": visit.encounter,
        **present(recordedDate=moment),
        "_role": role,
    }
