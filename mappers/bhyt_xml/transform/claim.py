"""The claim for payment: every XML2 and XML3 row as an item, with all amounts as the facility computed them.

Nothing here is adjudication: the payer has not answered yet. https://hl7.org/fhir/R4/claim.html
"""

from __future__ import annotations

from decimal import Decimal

from mappers.bhyt_xml.extract.records import Record
from mappers.bhyt_xml.transform.coverage import insurance
from mappers.bhyt_xml.transform.orders import drug, made_of, quantity, service, supply
from mappers.bhyt_xml.transform.shared import facility, insurer
from mappers.bhyt_xml.transform.visit import Visit
from mappers.bhyt_xml.transform.words import (
    Json,
    amounts,
    coding,
    columns,
    columns_with,
    concept,
    item_columns,
    money,
    national,
    period,
    present,
    reference,
)
from terminology.names import HL7_TERMINOLOGY, Hl7

_DIAGNOSIS_TYPE = f"{HL7_TERMINOLOGY}/ex-diagnosistype"
_ABSENT = {"extension": [{"url": Hl7.DATA_ABSENT_REASON, "valueCode": "unknown"}]}
_HUNDRED = Decimal(100)


def claim(visit: Visit, conditions: list[Json], held: list[Json]) -> Json:
    """The Claim of the visit; ``held`` are its Coverages, the focal one first."""
    summary = visit.summary
    created = summary.get("NGAY_RA") or summary.get("NGAY_VAO")
    team = _team(visit)
    diagnoses = _diagnoses(conditions)
    return {
        "resourceType": "Claim",
        "id": visit.id_of("claim"),
        "meta": visit.meta("claim", summary),
        **present(extension=_extensions(visit)),
        "identifier": [{"system": visit.context.names.sid("visit", visit.facility), "value": visit.ma_lk}],
        "status": "active",
        "type": concept(coding(Hl7.CLAIM_TYPE, "institutional", "Institutional")),
        "use": "claim",
        "patient": visit.patient,
        **present(billablePeriod=period(summary.get("NGAY_VAO"), summary.get("NGAY_RA"))),
        **({"created": created} if created else {"_created": _ABSENT}),
        "insurer": insurer(visit),
        "provider": facility(visit, visit.facility),
        "priority": concept(coding(Hl7.PROCESS_PRIORITY, "normal")),
        **present(
            careTeam=[{"sequence": place, "provider": visit.practitioner(who)} for who, place in team.items()],
            diagnosis=[item for _, item in diagnoses],
            procedure=_procedures(visit),
        ),
        "insurance": insurance(held),
        **present(item=_items(visit, team, {code: item["sequence"] for code, item in diagnoses if code})),
        **({"total": money(summary.get("T_TONGCHI_BV"))} if summary.get("T_TONGCHI_BV") is not None else {}),
    }


def _extensions(visit: Visit) -> list[Json]:
    summary, urls = visit.summary, visit.urls
    found = amounts(urls, summary, columns_with("XML1", "Claim.extension(claim-amount)"))
    for name, column in (("copayment-exempt-from", "NGAY_MIEN_CCT"), ("continuous-since", "NAM_NAM_LIEN_TUC")):
        if moment := summary.get(column):
            found.append({"url": urls.extension[name], "valueDateTime": moment})
    if area := summary.text("MA_KHUVUC"):
        found.append({"url": urls.extension["living-area"], "valueCoding": national(urls, "living-area", area)})
    return found + columns(urls, summary, columns_with("XML1", "Claim.extension(column)"))


def _team(visit: Visit) -> dict[str, int]:
    """Sequence of every practitioner of the rows, in order of first mention."""
    licences = dict.fromkeys(
        licence
        for table in ("XML2", "XML3")
        for record in visit.records[table]
        for column in ("MA_BAC_SI", "NGUOI_THUC_HIEN")
        for licence in record.listed(column)
    )
    return {licence: place for place, licence in enumerate(licences, 1)}


def _diagnoses(conditions: list[Json]) -> list[tuple[str, Json]]:
    """(ICD code, Claim.diagnosis) of each discharge diagnosis."""
    found: list[tuple[str, Json]] = []
    for condition in conditions:
        codes = [item["code"] for item in condition["code"].get("coding", ())]
        if not (codes or not found):
            continue
        diagnosis = {"sequence": len(found) + 1, "diagnosisReference": reference("Condition", condition["id"])}
        if not found:
            diagnosis["type"] = [concept(coding(_DIAGNOSIS_TYPE, "principal", "Principal Diagnosis"))]
        found.append((codes[0] if codes else "", diagnosis))
    return found


def _procedures(visit: Visit) -> list[Json]:
    codes = dict.fromkeys(visit.summary.listed("MA_PTTT_QT"))
    return [
        {"sequence": place, "procedureCodeableConcept": concept(coding(Hl7.ICD9CM, code))}
        for place, code in enumerate(codes, 1)
    ]


def _items(visit: Visit, team: dict[str, int], diagnoses: dict[str, int]) -> list[Json]:
    rows = [
        (record, key)
        for table in ("XML2", "XML3")
        for record, key in zip(visit.records[table], visit.row_keys[table], strict=True)
    ]
    return [_item(visit, place, row, team, diagnoses) for place, row in enumerate(rows, 1)]


def _item(
    visit: Visit, sequence: int, row: tuple[Record, str], team: dict[str, int], diagnoses: dict[str, int]
) -> Json:
    record, key = row
    urls, group = visit.urls, record.text("MA_NHOM")
    price = record.get("DON_GIA" if record.table == "XML2" else "DON_GIA_BV")
    kept = amounts(urls, record, columns_with(record.table, "Claim.item.extension(claim-amount)"))
    kept += columns(urls, record, item_columns(record.table, made_of(record)))
    net, rate, beds = record.get("THANH_TIEN_BV"), record.get("TYLE_TT_DV"), record.listed("MA_GIUONG")
    return {
        "id": key,
        **present(extension=kept),
        "sequence": sequence,
        **present(
            careTeamSequence=_sequences(team, record, ("MA_BAC_SI", "NGUOI_THUC_HIEN")),
            diagnosisSequence=_sequences(diagnoses, record, ("MA_BENH",)),
            category=concept(national(urls, "cost-group", group)) if group else None,
        ),
        "productOrService": _product(visit, record),
        **present(
            servicedPeriod=present(start=record.get("NGAY_YL")),
            locationCodeableConcept=concept(text="; ".join(beds)),
            quantity=quantity(record),
            unitPrice=None if price is None else money(price),
            factor=None if rate is None else rate / _HUNDRED,
            net=None if net is None else money(net),
            encounter=[visit.encounter],
        ),
    }


def _sequences(places: dict[str, int], record: Record, names: tuple[str, ...]) -> list[int]:
    return sorted({places[part] for name in names for part in record.listed(name) if part in places})


def _product(visit: Visit, record: Record) -> Json:
    """What is billed: the drug, the supply (with the service it belongs to) or the service."""
    if record.table == "XML2":
        return drug(visit, record)
    if not record.text("MA_VAT_TU"):
        return service(visit, record)
    goods = supply(visit, record)
    codings = [*goods.get("coding", ()), *service(visit, record).get("coding", ())]
    return concept(*codings, text=goods.get("text", ""))
