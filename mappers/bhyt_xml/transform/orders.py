"""What a claim row was clinically: prescription and hand-out of a drug, service ordered, procedure, supply.

https://hl7.org/fhir/R4/medicationrequest.html https://hl7.org/fhir/R4/medicationdispense.html
https://hl7.org/fhir/R4/servicerequest.html https://hl7.org/fhir/R4/procedure.html
https://hl7.org/fhir/R4/supplydelivery.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from mappers.bhyt_xml.extract.records import Record
from mappers.bhyt_xml.transform.shared import department
from mappers.bhyt_xml.transform.tables import BLOOD_TRANSPORT, NOT_PRESCRIBED, SERVICE_RESOURCES
from mappers.bhyt_xml.transform.visit import Visit
from mappers.bhyt_xml.transform.words import (
    Json,
    coding,
    columns,
    columns_with,
    concept,
    national,
    present,
    reference,
    unknown,
)
from terminology.names import Community, Hl7


def made_of(record: Record) -> frozenset[str]:
    """The resource types that a row becomes besides its claim item."""
    group = record.text("MA_NHOM")
    if record.table == "XML3":
        kind = SERVICE_RESOURCES.get(group, "")
    elif record.text("MA_THUOC").startswith(BLOOD_TRANSPORT) or record.text("MA_DICH_VU").startswith(BLOOD_TRANSPORT):
        kind = ""
    elif group in NOT_PRESCRIBED:
        kind = NOT_PRESCRIBED[group]
    else:
        return frozenset(("MedicationRequest", "MedicationDispense"))
    return frozenset((kind,)) if kind else frozenset()


def orders(visit: Visit, record: Record, key: str) -> Iterator[Json]:
    """The clinical resources of one XML2 or XML3 row; ``key`` is the row's id."""
    for kind in sorted(made_of(record), reverse=True):
        yield _MAKERS[kind](visit, record, key)


def drug(visit: Visit, record: Record) -> Json:
    """The drug of an XML2 row: active-ingredient code and the name as sold."""
    code = record.text("MA_THUOC")
    return concept(coding(visit.urls.system["drug"], code) if code else {}, text=record.text("TEN_THUOC")) or unknown()


def service(visit: Visit, record: Record) -> Json:
    """The service of a row, with its ICD-9-CM codes."""
    code, name = record.text("MA_DICH_VU"), record.text("TEN_DICH_VU")
    codings = [coding(visit.urls.system["service"], code, name)] if code else []
    codings += [coding(Hl7.ICD9CM, part) for part in record.listed("MA_PTTT_QT")]
    return concept(*codings, text=name) or unknown()


def supply(visit: Visit, record: Record) -> Json:
    """The supply of an XML3 row, or the blood of an XML2 row."""
    if record.table == "XML2":
        return drug(visit, record)
    code, name = record.text("MA_VAT_TU"), record.text("TEN_VAT_TU")
    codings = [coding(visit.urls.system["supply"], code, name)] if code else []
    return concept(*codings, text=name) or service(visit, record)


def quantity(record: Record) -> Json:
    """SO_LUONG in DON_VI_TINH."""
    return present(value=record.get("SO_LUONG"), unit=record.text("DON_VI_TINH"))


def _departments(visit: Visit, record: Record) -> list[Json]:
    return [department(visit, code) for code in record.listed("MA_KHOA")]


def _requester(visit: Visit, record: Record) -> tuple[Json | None, list[Json]]:
    """The first ordering practitioner, and an extension for each further one."""
    licences = list(dict.fromkeys(record.listed("MA_BAC_SI")))
    url = visit.urls.extension["co-requester"]
    others = [{"url": url, "valueReference": visit.practitioner(licence)} for licence in licences[1:]]
    return (visit.practitioner(licences[0]) if licences else None), others


def medication_request(visit: Visit, record: Record, key: str) -> Json:
    """The prescription of a drug."""
    requester, others = _requester(visit, record)
    route = record.text("DUONG_DUNG")
    dosage = present(
        text=record.text("LIEU_DUNG"),
        patientInstruction=record.text("CACH_DUNG"),
        route=concept(coding(visit.urls.system["route"], route)) if route else None,
    )
    kept = columns(visit.urls, record, columns_with("XML2", "MedicationRequest.extension(column)"))
    return {
        "resourceType": "MedicationRequest",
        "id": key,
        "meta": visit.meta("medication-request", record),
        **present(extension=[*others, *kept]),
        "status": "completed",
        "intent": "order",
        "medicationCodeableConcept": drug(visit, record),
        "subject": visit.patient,
        "encounter": visit.encounter,
        **present(authoredOn=record.get("NGAY_YL"), requester=requester, dosageInstruction=[dosage] if dosage else []),
    }


def medication_dispense(visit: Visit, record: Record, key: str) -> Json:
    """The quantity of a drug that was handed out and billed."""
    kept = columns(visit.urls, record, columns_with("XML2", "MedicationDispense.extension(column)"))
    return {
        "resourceType": "MedicationDispense",
        "id": key,
        "meta": visit.meta("medication-dispense", record),
        **present(extension=kept),
        "status": "completed",
        "medicationCodeableConcept": drug(visit, record),
        "subject": visit.patient,
        "context": visit.encounter,
        **present(performer=[{"actor": actor} for actor in _departments(visit, record)]),
        "authorizingPrescription": [reference("MedicationRequest", key)],
        **present(quantity=quantity(record), whenHandedOver=record.get("NGAY_TH_YL")),
    }


def _reasons(record: Record) -> list[Json]:
    return [concept(coding(Community.ICD10_VN, code)) for code in dict.fromkeys(record.listed("MA_BENH"))]


def service_request(visit: Visit, record: Record, key: str) -> Json:
    """The order of a test, an imaging or a functional examination."""
    requester, others = _requester(visit, record)
    performers = [visit.practitioner(licence) for licence in dict.fromkeys(record.listed("NGUOI_THUC_HIEN"))]
    return {
        "resourceType": "ServiceRequest",
        "id": key,
        "meta": visit.meta("service-request", record),
        **present(extension=others),
        "status": "completed",
        "intent": "order",
        "category": [concept(national(visit.urls, "cost-group", record.text("MA_NHOM")))],
        "code": service(visit, record),
        "subject": visit.patient,
        "encounter": visit.encounter,
        **present(
            occurrenceDateTime=record.get("NGAY_TH_YL"),
            authoredOn=record.get("NGAY_YL"),
            requester=requester,
            performer=[*performers, *_departments(visit, record)],
            reasonCode=_reasons(record),
        ),
    }


def procedure(visit: Visit, record: Record, key: str) -> Json:
    """An operation or a procedure that was done."""
    licences = dict.fromkeys(record.listed("NGUOI_THUC_HIEN"))
    recorder = next(iter(record.listed("MA_BAC_SI")), None)
    site = record.text("VI_TRI_TH_DVKT")
    kept = columns(visit.urls, record, columns_with("XML3", "Procedure.extension(column)"))
    actors = [*(visit.practitioner(licence) for licence in licences), *_departments(visit, record)]
    return {
        "resourceType": "Procedure",
        "id": key,
        "meta": visit.meta("procedure", record),
        **present(extension=kept),
        "status": "completed",
        "category": concept(national(visit.urls, "cost-group", record.text("MA_NHOM"))),
        "code": service(visit, record),
        "subject": visit.patient,
        "encounter": visit.encounter,
        **present(
            performedDateTime=record.get("NGAY_TH_YL"),
            recorder=visit.practitioner(recorder) if recorder else None,
            performer=[{"actor": actor} for actor in actors],
            reasonCode=_reasons(record),
            bodySite=[concept(text=site)] if site else [],
        ),
    }


def supply_delivery(visit: Visit, record: Record, key: str) -> Json:
    """A supply, or blood, that the patient got."""
    suppliers = _departments(visit, record)
    item = present(quantity=quantity(record), itemCodeableConcept=supply(visit, record))
    return {
        "resourceType": "SupplyDelivery",
        "id": key,
        "meta": visit.meta("supply-delivery", record),
        "extension": [{"url": visit.urls.extension["encounter"], "valueReference": visit.encounter}],
        "status": "completed",
        "patient": visit.patient,
        "suppliedItem": item,
        **present(occurrenceDateTime=record.get("NGAY_TH_YL"), supplier=suppliers[0] if suppliers else None),
    }


_MAKERS: Mapping[str, Callable[[Visit, Record, str], Json]] = MappingProxyType(
    {
        "MedicationRequest": medication_request,
        "MedicationDispense": medication_dispense,
        "ServiceRequest": service_request,
        "Procedure": procedure,
        "SupplyDelivery": supply_delivery,
    }
)
