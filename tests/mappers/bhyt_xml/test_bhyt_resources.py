"""What the resources of a claim say: identity, cards, classes, orders, results, money, labels, provenance."""

from __future__ import annotations

import io
from collections import Counter
from decimal import Decimal

import pytest

from mappers.bhyt_xml import BHYT_XML
from mappers.bhyt_xml.transform.identity import Card, cccd_fits
from mappers.synthetic import generate
from mappers.units import MapIssue, Raw, Unit
from strategies.claim_source import (
    CONTEXT,
    drug,
    envelope,
    file_xml,
    hoso_xml,
    inpatient,
    note,
    of_type,
    read,
    result,
    service,
    summary,
    table_xml,
    unit_of,
)


def with_summary(**changes: str) -> Unit:
    return unit_of(inpatient() | {"XML1": [summary(**changes)]})


def patient_id(**changes: str) -> str:
    return of_type(with_summary(**changes), "Patient")[0]["id"]


@pytest.mark.parametrize(
    ("number", "born", "sex", "fits"),
    [
        ("001085012345", "1985", "1", True),
        ("001185012345", "1985", "2", True),
        ("001185012345", "1985", "1", False),
        ("001085012345", "1986", "1", False),
        ("001220000001", "2020-01-02", "1", True),
        ("001320000001", "2020", "2", True),
        ("001401000001", "2101", "1", True),
        ("001085012345", "1985", "3", False),
        ("00108501234", "1985", "1", False),
        ("001685012345", "1985", "1", False),
    ],
)
def test_citizen_ids_that_fit(number: str, born: str, sex: str, fits: bool) -> None:
    assert cccd_fits(number, born, sex) is fits


@pytest.mark.parametrize(
    ("number", "facility", "insurance"),
    [
        ("DN4010123456789", "01001", "0123456789"),
        ("0123456789", "01001", "0123456789"),
        ("TE1010123456789", "01001", "0123456789"),
        ("TE1010123456789", "01000", ""),
        ("DN4010000000000", "01001", ""),
        ("001085012345", "01001", ""),
        ("XYZ", "", ""),
    ],
)
def test_insurance_number_of_a_card(number: str, facility: str, insurance: str) -> None:
    assert Card(number, facility, "", "").insurance_number == insurance


def test_identity_rules_in_their_order() -> None:
    known = patient_id()
    assert patient_id(MA_BN="other", MA_THE_BHYT="HT2010999999999", MA_CSKCB="79001") == known
    by_card = patient_id(SO_CCCD="")
    assert by_card != known
    assert patient_id(SO_CCCD="001185012345") == by_card
    assert patient_id(SO_CCCD="", MA_THE_BHYT="HT2790123456789") == by_card
    by_facility = patient_id(SO_CCCD="", MA_THE_BHYT="")
    assert by_facility != patient_id(SO_CCCD="", MA_THE_BHYT="", MA_CSKCB="79001")
    assert patient_id(SO_CCCD="", MA_THE_BHYT="001085012345") == known


def test_a_parents_citizen_id_is_no_identifier_of_the_child() -> None:
    unit = with_summary(SO_CCCD="001185012345")
    assert "001185012345" not in str(of_type(unit, "Patient"))
    assert "001185012345" in str(of_type(unit, "Encounter"))


@pytest.mark.parametrize(
    ("number", "system"), [("012345678", "sid/cmnd"), ("B1234567", "sid/passport"), ("EID-99", "sid/e-id")]
)
def test_other_person_numbers_are_guessed_and_marked(number: str, system: str) -> None:
    identifiers = of_type(with_summary(SO_CCCD=number), "Patient")[0]["identifier"]
    found = next(item for item in identifiers if item["value"] == number)
    assert found["system"].endswith(system)
    assert found["extension"][0]["url"].endswith("identifier-guess")


@pytest.mark.parametrize(
    ("sent", "date", "time"),
    [
        ("198500000000", "1985", None),
        ("198505000000", "1985-05", None),
        ("198505120000", "1985-05-12", None),
        ("202508011012", "2025-08-01", "2025-08-01T10:12:00+07:00"),
    ],
)
def test_birth_dates_are_as_precise_as_they_are_known(sent: str, date: str, time: str | None) -> None:
    person = of_type(with_summary(NGAY_SINH=sent), "Patient")[0]
    assert person["birthDate"] == date
    assert (time in str(person["_birthDate"])) if time else ("birthTime" not in str(person["_birthDate"]))


def test_province_codes_mean_what_they_meant_on_the_day() -> None:
    before = with_summary(MATINH_CU_TRU="80", NGAY_VAO="202505010800", NGAY_RA="202505050800", NGAY_VAO_NOI_TRU="")
    assert of_type(before, "Patient")[0]["address"][0]["state"] == "Long An"
    assert of_type(with_summary(MATINH_CU_TRU="80"), "Patient")[0]["address"][0]["state"] == "Tây Ninh"
    assert of_type(with_summary(MATINH_CU_TRU="27"), "Patient")[0]["address"][0]["state"] == "Bắc Ninh"


def test_two_cards_are_two_coverages_and_one_is_focal() -> None:
    unit = with_summary(
        MA_THE_BHYT="DN4010123456789;HT2010123456789",
        MA_DKBD="01001;79001",
        GT_THE_TU="20240101;20250601",
        GT_THE_DEN="20241231;20261231",
    )
    assert [item["subscriberId"] for item in of_type(unit, "Coverage")] == ["HT2010123456789", "DN4010123456789"]
    insurance = of_type(unit, "Claim")[0]["insurance"]
    assert [item["focal"] for item in insurance] == [True, False]
    assert insurance[0]["coverage"]["reference"] == f"Coverage/{of_type(unit, 'Coverage')[0]['id']}"


def test_an_uninsured_visit_pays_itself() -> None:
    unit = with_summary(MA_THE_BHYT="", MA_DKBD="", GT_THE_TU="", GT_THE_DEN="", MA_DOITUONG_KCB="9")
    coverage = of_type(unit, "Coverage")[0]
    assert coverage["type"]["coding"][0]["code"] == "pay"
    assert coverage["payor"] == [{"reference": f"Patient/{of_type(unit, 'Patient')[0]['id']}"}]
    assert of_type(unit, "Claim")[0]["insurance"][0]["focal"] is True


@pytest.mark.parametrize(
    ("kind", "entitlement", "code"),
    [("01", "1.1", "AMB"), ("01", "2", "EMER"), ("03", "2", "IMP"), ("04", "1.1", "SS"), ("06", "1.1", "OBSENC")],
)
def test_class_of_the_encounter(kind: str, entitlement: str, code: str) -> None:
    unit = with_summary(MA_LOAI_KCB=kind, MA_DOITUONG_KCB=entitlement)
    assert of_type(unit, "Encounter")[0]["class"]["code"] == code


def test_encounter_is_known_by_facility_and_ma_lk() -> None:
    encounter = of_type(unit_of(inpatient()), "Encounter")[0]
    assert [(item["system"].rpartition("/sid/")[2], item["value"]) for item in encounter["identifier"]] == [
        ("visit/01001", "LK0001"),
        ("ma-lk", "LK0001"),
        ("record/01001", "HS9"),
    ]
    assert of_type(with_summary(MA_CSKCB="79001"), "Encounter")[0]["id"] != encounter["id"]
    assert [item["class"]["code"] for item in encounter["classHistory"]] == ["AMB", "IMP"]


def test_diagnoses_have_roles_and_ranks_and_no_clinical_status() -> None:
    unit = unit_of(inpatient())
    roles = [
        (item["use"]["coding"][0]["code"], item.get("rank")) for item in of_type(unit, "Encounter")[0]["diagnosis"]
    ]
    assert roles == [("DD", 1), ("DD", 2), ("DD", 3), ("DD", None), ("AD", None)]
    assert all("clinicalStatus" not in item and "_role" not in item for item in of_type(unit, "Condition"))


def test_every_billed_row_is_a_claim_item_with_its_amounts() -> None:
    unit = unit_of(inpatient())
    items = of_type(unit, "Claim")[0]["item"]
    assert [item["sequence"] for item in items] == [1, 2, 3, 4, 5]
    assert items[0]["net"] == {"value": Decimal(300000), "currency": "VND"}
    assert items[1]["factor"] == Decimal(1)
    assert items[0]["id"] == of_type(unit, "MedicationRequest")[0]["id"]
    assert items[1]["id"] == of_type(unit, "ServiceRequest")[0]["id"]
    assert not of_type(unit, "ClaimResponse")


@pytest.mark.parametrize(
    ("group", "kind"),
    [("1", "ServiceRequest"), ("8", "Procedure"), ("11", "SupplyDelivery"), ("15", None), ("13", None), ("12", None)],
)
def test_cost_group_decides_the_resource(group: str, kind: str | None) -> None:
    unit = unit_of({"XML1": [summary()], "XML3": [service(MA_NHOM=group)]})
    made = {item["resourceType"] for item in unit.resources} & {"ServiceRequest", "Procedure", "SupplyDelivery"}
    assert made == ({kind} if kind else set())


@pytest.mark.parametrize(
    ("change", "made"),
    [
        ({"MA_NHOM": "7"}, {"SupplyDelivery"}),
        ({"MA_NHOM": "17"}, {"SupplyDelivery"}),
        ({"MA_DICH_VU": "VM.01002"}, set()),
        ({"MA_NHOM": "5"}, {"MedicationRequest", "MedicationDispense"}),
    ],
)
def test_blood_and_its_transport_are_no_prescriptions(change: dict[str, str], made: set[str]) -> None:
    unit = unit_of({"XML1": [summary()], "XML2": [drug(**change)]})
    kinds = {"MedicationRequest", "MedicationDispense", "SupplyDelivery", "MedicationAdministration"}
    assert {item["resourceType"] for item in unit.resources} & kinds == made
    assert len(of_type(unit, "Claim")[0]["item"]) == 1


@pytest.mark.parametrize(
    ("sent", "unit", "expected"),
    [
        ("11.20", "mmol/L", {"value": Decimal("11.20"), "unit": "mmol/L", "code": "mmol/L"}),
        ("<0.5", "mg/dL", {"value": Decimal("0.5"), "comparator": "<", "unit": "mg/dL", "code": "mg/dL"}),
        ("≥ 200", "U/L", {"value": Decimal(200), "comparator": ">=", "unit": "U/L", "code": "U/L"}),
        ("5,6", "lạ/x", {"value": Decimal("5.6"), "unit": "lạ/x"}),
    ],
)
def test_result_quantities(sent: str, unit: str, expected: dict) -> None:
    made = unit_of(inpatient() | {"XML4": [result(GIA_TRI=sent, DON_VI_DO=unit)]})
    value = next(
        item for item in of_type(made, "Observation") if "valueQuantity" in item and "WBC" in str(item["code"])
    )
    assert {name: item for name, item in value["valueQuantity"].items() if name != "system"} == expected
    assert str(value["valueQuantity"]["value"]) == str(expected["value"])


@pytest.mark.parametrize(
    ("unit", "ucum"), [("G/L", "10*9/L"), ("G / L", "10*9/L"), ("G/l", "10*9/L"), ("g/L", "g/L"), ("g/l", "g/L")]
)
def test_giga_of_cells_is_not_gram(unit: str, ucum: str) -> None:
    made = unit_of(inpatient() | {"XML4": [result(DON_VI_DO=unit)]})
    value = next(item for item in of_type(made, "Observation") if "WBC" in str(item["code"]))["valueQuantity"]
    assert (value["unit"], value["code"]) == (unit, ucum)


@pytest.mark.parametrize("sent", ["Âm tính", "1/80", "1,500", "10-20"])
def test_results_that_are_no_number_stay_text(sent: str) -> None:
    made = unit_of(inpatient() | {"XML4": [result(GIA_TRI=sent, DON_VI_DO="U/L")]})
    value = next(item for item in of_type(made, "Observation") if "WBC" in str(item["code"]))
    assert value["valueString"] == sent
    assert "U/L" in str(value["extension"])


def test_one_report_for_service_and_time() -> None:
    rows = [result(), result(STT="2", MA_CHI_SO="RBC"), result(STT="3", NGAY_KQ="202508031100")]
    reports = of_type(unit_of(inpatient() | {"XML4": rows}), "DiagnosticReport")
    assert [len(item["result"]) for item in reports] == [2, 1]
    assert reports[0]["conclusion"] == "Bạch cầu tăng"
    assert reports[0]["basedOn"][0]["reference"].startswith("ServiceRequest/")


def test_vital_signs() -> None:
    unit = unit_of(inpatient() | {"XML5": [note()]})
    signs = {
        item["code"]["coding"][0]["code"]: item
        for item in of_type(unit, "Observation")
        if item["category"][0]["coding"][0]["code"] == "vital-signs"
    }
    assert sorted(signs) == ["2708-6", "29463-7", "8310-5", "85354-9", "8867-4", "9279-1"]
    assert signs["8310-5"]["valueQuantity"] == {
        "value": Decimal("37.5"),
        "unit": "°C",
        "system": "http://unitsofmeasure.org",
        "code": "Cel",
    }
    assert [part["valueQuantity"]["value"] for part in signs["85354-9"]["component"]] == [120, 70]
    assert str(signs["29463-7"]["valueQuantity"]["value"]) == "61.50"


@pytest.mark.parametrize(
    "tables",
    [
        {"XML1": [summary(MA_DOITUONG_KCB="1.9")]},
        {"XML1": [summary(MA_BENH_KT="I10;B20.1")]},
        {"XML1": [summary(MA_BENH_CHINH="Z21")]},
        {"XML1": [summary(MA_BENH_CHINH="b20")]},
        {"XML1": [summary(MA_DOITUONG_KCB="1,9")]},
        {"XML1": [summary()], "XML3": [service(MA_BENH="B24")]},
        {"XML1": [summary(CHAN_DOAN_RV="Nhiễm HIV giai đoạn 2")]},
        {"XML1": [summary()], "XML2": [drug(TEN_THUOC="Tenofovir/Lamivudin/Dolutegravir")]},
        {"XML1": [summary()], "XML4": [result(TEN_CHI_SO="HIV Ab test nhanh")]},
    ],
)
def test_signs_of_hiv_label_the_visit_and_not_the_person(tables: dict) -> None:
    unit = unit_of(tables)
    assert all(item["meta"]["security"][0]["code"] == "HIV" for item in unit.resources)
    assert not any("security" in item.get("meta", {}) for item in unit.shared)


_HIV_ROWS = (
    "<CHI_TIEU_HO_SO_BENH_AN_CHAM_SOC_VA_DIEU_TRI_HIV_AIDS><DSACH_HO_SO>{}</DSACH_HO_SO>"
    "</CHI_TIEU_HO_SO_BENH_AN_CHAM_SOC_VA_DIEU_TRI_HIV_AIDS>"
)
_HIV_ROW = "<HO_SO_BENH_AN_CHAM_SOC_VA_DIEU_TRI_HIV_AIDS>{}</HO_SO_BENH_AN_CHAM_SOC_VA_DIEU_TRI_HIV_AIDS>"


@pytest.mark.parametrize(
    "extra",
    [
        file_xml("XML6", _HIV_ROWS.format(_HIV_ROW.format("<MA_LK>LK0001</MA_LK>"))),
        file_xml("XML6", _HIV_ROWS.format("<DONG><MA_LK><![CDATA[LK0001]]></MA_LK></DONG>")),
        file_xml("", _HIV_ROWS.format(_HIV_ROW.format("<MA_LK>LK0001</MA_LK>"))),
        file_xml("XML06", _HIV_ROWS.format(_HIV_ROW.format("<MA_LK>LK0001</MA_LK>")), "plain"),
        "<FILEHOSO><LOAIHOSO>XML6</LOAIHOSO><NOIDUNGFILE>PENISV9ISV*</NOIDUNGFILE></FILEHOSO>",
    ],
)
def test_the_hiv_table_labels_the_visit_however_it_is_written(extra: str) -> None:
    units, _ = read(envelope(hoso_xml({"XML1": [summary()]}, extra=extra)))
    assert all(item["meta"]["security"][0]["code"] == "HIV" for item in units[0].resources)


def test_the_hiv_table_labels_the_visit_also_without_an_envelope() -> None:
    bare = table_xml("XML1", [summary()]) + _HIV_ROWS.format(_HIV_ROW.format("<MA_LK>LK0001</MA_LK>"))
    units, _ = read(f"<HOSO>{bare}</HOSO>".encode())
    assert all(item["meta"]["security"][0]["code"] == "HIV" for item in units[0].resources)


def test_an_empty_hiv_table_is_no_sign() -> None:
    units, _ = read(envelope(hoso_xml({"XML1": [summary()]}, extra=file_xml("XML6", _HIV_ROWS.format("")))))
    assert not any("security" in item.get("meta", {}) for item in units[0].resources)


def test_no_label_without_a_sign() -> None:
    assert not any("security" in item.get("meta", {}) for item in unit_of(inpatient()).resources)


def test_provenance_names_source_and_everything_made_of_it() -> None:
    unit = unit_of(inpatient())
    provenance = of_type(unit, "Provenance")[0]
    made = {f"{item['resourceType']}/{item['id']}" for item in (*unit.resources, *unit.shared)}
    assert {item["reference"] for item in provenance["target"]} == made - {f"Provenance/{provenance['id']}"}
    assert provenance["entity"][0]["what"]["identifier"]["value"] == f"urn:sha256:{unit.digest}"
    assert provenance["recorded"] == "2025-08-06T00:00:00+07:00"


def test_references_point_to_what_the_unit_makes() -> None:
    unit = unit_of(inpatient())
    made = {f"{item['resourceType']}/{item['id']}" for item in (*unit.resources, *unit.shared)}
    assert _references([*unit.resources, *unit.shared]) <= made
    assert len(made) == len(unit.resources) + len(unit.shared)


def _references(value: object) -> set[str]:
    if isinstance(value, list):
        return {found for item in value for found in _references(item)}
    if isinstance(value, dict):
        own = {value["reference"]} if isinstance(value.get("reference"), str) else set()
        return own | {found for item in value.values() for found in _references(item)}
    return set()


def test_meta_source_is_on_resources_of_rows_only() -> None:
    unit = unit_of(inpatient())
    assert of_type(unit, "MedicationRequest")[0]["meta"]["source"].endswith("/sid/row/01001/LK0001#XML2/1")
    assert not any("source" in item.get("meta", {}) for item in unit.shared)


def test_the_same_claim_sent_again_makes_the_same_resources() -> None:
    first = unit_of(inpatient())
    again = read(envelope(hoso_xml(inpatient()), prolog="").replace(b"20250806", b"20250901"), "second.xml")[0][0]
    assert first.key == again.key
    assert [item for item in first.resources if item["resourceType"] != "Provenance"] == [
        item for item in again.resources if item["resourceType"] != "Provenance"
    ]


def test_every_planted_defect_is_reported_at_its_place() -> None:
    for envelope_ in generate(11, 200, defects=0.8):
        issues: list[MapIssue] = []
        for piece in BHYT_XML.split(io.BytesIO(envelope_.content), envelope_.name):
            issues += BHYT_XML.translate(piece, CONTEXT).issues if isinstance(piece, Raw) else [piece]
        told = {(issue.hoso, issue.rule, issue.table, issue.row, issue.field) for issue in issues}
        planted = {(it.hoso, it.rule, it.table, it.row, it.field) for it in envelope_.defects}
        assert planted <= told


def test_clean_generated_claims_have_no_issue() -> None:
    units = [unit for made in generate(2, 60) for unit in read(made.content)[0]]
    assert Counter(issue.rule for unit in units for issue in unit.issues) == {}
