"""Each planted defect gives its finding, at its place, and nothing else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from conformance.issues import Issue
from profiles.validation import Validator
from strategies.patients import large_patient

CODE = {"coding": [{"system": "http://loinc.org", "code": "718-7"}]}


def observation(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": CODE} | more


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient"} | more


def condition(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Condition", "subject": {"reference": "Patient/1"}} | more


def extended(*extensions: Any) -> dict[str, Any]:
    return patient(extension=list(extensions))


def holding(*contained: Any, **more: Any) -> dict[str, Any]:
    return patient(contained=list(contained), **more)


def narrative(div: Any) -> dict[str, Any]:
    return patient(text={"status": "generated", "div": div})


def bundle(*resources: Any) -> dict[str, Any]:
    entries = [{"fullUrl": f"https://fhir.example.org/x{n}", "resource": item} for n, item in enumerate(resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


ORGANIZATION = {"resourceType": "Organization", "id": "o", "name": "Bệnh viện"}
URL = "https://example.org/e"
XHTML = "http://www.w3.org/1999/xhtml"
ABSENT = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}

#: What follows from the way the defects are planted: nothing refers to the contained resources.
CASCADE = {"VAL-2412"}


def errors_of(validator: Validator, resource: Any) -> list[Issue]:
    return [issue for issue in validator.validate(resource) if issue.is_error]


#: Resource, message id, expression.
DEFECTS: list[tuple[str, Any, str, str]] = [
    ("not an object", ["Patient"], "VAL-2001", "Resource"),
    ("no type", {"id": "1"}, "VAL-2003", "Resource"),
    ("unknown type", {"resourceType": "Patients"}, "VAL-2004", "Patients"),
    ("abstract type", {"resourceType": "DomainResource"}, "VAL-2004", "DomainResource"),
    ("a data type", {"resourceType": "HumanName"}, "VAL-2004", "HumanName"),
    ("type is no text", {"resourceType": ["Patient"]}, "VAL-2004", "Resource"),
    ("unknown element", patient(surname="A"), "VAL-2002", "Patient.surname"),
    ("unknown inside", patient(name=[{"surname": "A"}]), "VAL-2002", "Patient.name[0].surname"),
    ("odd name", patient(**{"sur name`": "A"}), "VAL-2002", "Patient.`sur name\\``"),
    ("resourceType in a data type", patient(name=[{"resourceType": "HumanName", "text": "A"}]), "VAL-2002",
     "Patient.name[0].resourceType"),
    ("twin of an object", patient(_name=[{"id": "1"}]), "VAL-2002", "Patient._name"),
    ("twin of a url", extended({"url": URL, "_url": {"id": "1"}, "valueCode": "a"}), "VAL-2002",
     "Patient.extension[0]._url"),
    ("scalar for object", patient(maritalStatus="M"), "VAL-2001", "Patient.maritalStatus"),
    ("object for scalar", patient(gender={"code": "male"}), "CNF-1104", "Patient.gender"),
    ("object for list", patient(name={"text": "A"}), "VAL-2009", "Patient.name"),
    ("list for object", patient(maritalStatus=[{"text": "A"}]), "VAL-2010", "Patient.maritalStatus"),
    ("list for scalar", patient(gender=["male"]), "VAL-2010", "Patient.gender"),
    ("scalar for list", patient(name=[{"given": "A"}]), "VAL-2009", "Patient.name[0].given"),
    ("empty object", patient(maritalStatus={}), "VAL-2006", "Patient.maritalStatus"),
    ("empty item", patient(name=[{}]), "VAL-2006", "Patient.name[0]"),
    ("empty list", patient(name=[]), "VAL-2011", "Patient.name"),
    ("empty text", patient(name=[{"family": ""}]), "CNF-1106", "Patient.name[0].family"),
    ("id alone", patient(name=[{"id": "a"}]), "VAL-2007", "Patient.name[0]"),
    ("null", patient(gender=None), "VAL-2008", "Patient.gender"),
    ("null object", patient(maritalStatus=None), "VAL-2008", "Patient.maritalStatus"),
    ("null list", patient(name=None), "VAL-2008", "Patient.name"),
    ("null item", patient(name=[None]), "VAL-2008", "Patient.name[0]"),
    ("null alone", patient(name=[{"given": ["A", None]}]), "VAL-2012", "Patient.name[0].given[1]"),
    ("twin null alone", patient(name=[{"_given": [None, {"id": "b"}]}]), "VAL-2012", "Patient.name[0].given[0]"),
    ("twin not a list", patient(name=[{"given": ["A"], "_given": {"id": "b"}}]), "VAL-2009", "Patient.name[0].given"),
    ("twin unknown", patient(_gender={"value": "a"}), "VAL-2002", "Patient.gender.value"),
    ("missing", {"resourceType": "Observation", "code": CODE}, "VAL-2101", "Observation"),
    ("missing inside", patient(link=[{"type": "refer"}]), "VAL-2101", "Patient.link[0]"),
    ("missing choice", {"resourceType": "MedicationRequest", "status": "active", "intent": "order",
                        "subject": {"reference": "Patient/1"}}, "VAL-2101", "MedicationRequest"),
    ("two choices", observation(valueString="a", valueInteger=1), "VAL-2103", "Observation.value.ofType(string)"),
    ("two choices, one by twin", observation(_valueString=ABSENT, valueInteger=1), "VAL-2103",
     "Observation.value.ofType(string)"),
    ("type not in choice", observation(valueAddress={"text": "a"}), "VAL-2002", "Observation.valueAddress"),
    ("bad date", patient(birthDate="2023-02-30"), "CNF-1115", "Patient.birthDate"),
    ("date with time", patient(birthDate="2023-02-03T00:00:00Z"), "CNF-1115", "Patient.birthDate"),
    ("bad dateTime", observation(effectiveDateTime="2023-02-03T08:00"), "CNF-1116",
     "Observation.effective.ofType(dateTime)"),
    ("bad instant", patient(meta={"lastUpdated": "2023-02-03"}), "CNF-1117", "Patient.meta.lastUpdated"),
    ("bad id", patient(id="a_b"), "CNF-1111", "Patient.id"),
    ("long id", patient(id="a" * 65), "CNF-1111", "Patient.id"),
    ("bad uri", patient(implicitRules="a b"), "CNF-1109", "Patient.implicitRules"),
    ("bad code", patient(language=" vi"), "CNF-1110", "Patient.language"),
    ("number as text", observation(valueQuantity={"value": "20.5"}), "CNF-1103",
     "Observation.value.ofType(Quantity).value"),
    ("boolean as text", patient(active="true"), "CNF-1101", "Patient.active"),
    ("boolean for integer", observation(valueInteger=True), "CNF-1102", "Observation.value.ofType(integer)"),
    ("decimal for integer", observation(valueInteger=Decimal("1.5")), "CNF-1102", "Observation.value.ofType(integer)"),
    ("positiveInt 0", patient(telecom=[{"system": "phone", "value": "1", "rank": 0}]), "CNF-1105",
     "Patient.telecom[0].rank"),
    ("not base64", {"resourceType": "Binary", "contentType": "text/plain", "data": "?"}, "CNF-1114", "Binary.data"),
    ("code not in set", patient(gender="nam"), "VAL-2301", "Patient.gender"),
    ("code in a list", {"resourceType": "PractitionerRole", "availableTime": [{"daysOfWeek": ["mon", "monday"]}]},
     "VAL-2301", "PractitionerRole.availableTime[0].daysOfWeek[1]"),
    ("concept not in set", condition(clinicalStatus={"coding": [{"system": "http://x.org", "code": "active"}]}),
     "VAL-2302", "Condition.clinicalStatus"),
    ("concept without system", condition(clinicalStatus={"coding": [{"code": "active"}]}), "VAL-2302",
     "Condition.clinicalStatus"),
    ("text only", condition(clinicalStatus={"text": "active"}), "VAL-2303", "Condition.clinicalStatus"),
    ("wrong target", observation(subject={"reference": "Claim/1"}), "VAL-2402", "Observation.subject"),
    ("wrong absolute target", observation(subject={"reference": "http://x.org/fhir/Claim/1/_history/2"}), "VAL-2402",
     "Observation.subject"),
    ("wrong Reference.type", observation(subject={"type": "Claim", "display": "a"}), "VAL-2402", "Observation.subject"),
    ("Reference.type disagrees", observation(subject={"type": "Group", "reference": "Patient/1"}), "VAL-2403",
     "Observation.subject.type"),
    ("no reference", observation(subject={"reference": "Nguyễn Văn A"}), "VAL-2401", "Observation.subject.reference"),
    ("an id alone", observation(subject={"reference": "123"}), "VAL-2401", "Observation.subject.reference"),
    ("contained not there", holding(ORGANIZATION, managingOrganization={"reference": "#p"}), "VAL-2404",
     "Patient.managingOrganization.reference"),
    ("contained of other type", holding(ORGANIZATION, generalPractitioner=[{"reference": "#o"}],
                                        link=[{"type": "refer", "other": {"reference": "#o"}}]), "VAL-2402",
     "Patient.link[0].other"),
    ("contained in contained", holding(ORGANIZATION | {"contained": [{"resourceType": "Basic", "id": "b",
                                                                    "code": {"text": "a"}}]}), "VAL-2405",
     "Patient.contained[0].contained"),
    ("contained without id", holding({"resourceType": "Organization", "name": "a"}), "VAL-2406",
     "Patient.contained[0]"),
    ("contained twice", holding(ORGANIZATION, ORGANIZATION), "VAL-2407", "Patient.contained[1].id"),
    ("contained version", holding(ORGANIZATION | {"meta": {"versionId": "1"}}), "VAL-2408",
     "Patient.contained[0].meta.versionId"),
    ("contained without type", holding({"id": "o"}), "VAL-2003", "Patient.contained[0]"),
    ("defect in contained", holding(ORGANIZATION | {"nom": "a"}), "VAL-2002", "Patient.contained[0].nom"),
    ("extension without url", extended({"valueCode": "a"}), "VAL-2101", "Patient.extension[0]"),
    ("extension with both", extended({"url": URL, "valueCode": "a", "extension": [{"url": "b", "valueCode": "c"}]}),
     "VAL-2502", "Patient.extension[0]"),
    ("extension with nothing", extended({"url": URL}), "VAL-2503", "Patient.extension[0]"),
    ("extension with relative url", extended({"url": "e", "valueCode": "a"}), "VAL-2504", "Patient.extension[0].url"),
    ("extension with two values", extended({"url": URL, "valueCode": "a", "valueString": "a"}), "VAL-2103",
     "Patient.extension[0].value.ofType(string)"),
    ("defect in a nested extension",
     extended({"url": URL, "extension": [{"url": "b", "valueDate": "2023-13"}]}), "CNF-1115",
     "Patient.extension[0].extension[0].value.ofType(date)"),
    ("defect in a twin", patient(_birthDate={"extension": [{"url": URL, "valueDate": "?"}]}), "CNF-1115",
     "Patient.birthDate.extension[0].value.ofType(date)"),
    ("narrative not closed", narrative(f'<div xmlns="{XHTML}"><p></div>'), "VAL-2601", "Patient.text.div"),
    ("narrative with entity", narrative(f'<div xmlns="{XHTML}">&nbsp;</div>'), "VAL-2601", "Patient.text.div"),
    ("narrative without namespace", narrative("<div>a</div>"), "VAL-2602", "Patient.text.div"),
    ("narrative in p", narrative(f'<p xmlns="{XHTML}">a</p>'), "VAL-2602", "Patient.text.div"),
    ("narrative with a bomb", narrative(f'<!DOCTYPE div [<!ENTITY a "b">]><div xmlns="{XHTML}">&a;</div>'), "VAL-2603",
     "Patient.text.div"),
    ("narrative no text", narrative(1), "CNF-1104", "Patient.text.div"),
    ("narrative missing", patient(text={"status": "empty"}), "VAL-2101", "Patient.text"),
    ("defect in an entry", bundle(ORGANIZATION, patient(gender="x")), "VAL-2301", "Bundle.entry[1].resource.gender"),
    ("entry of unknown type", bundle({"resourceType": "Person2"}), "VAL-2004", "Bundle.entry[0].resource"),
    ("entry refers to contained elsewhere",
     bundle(holding(ORGANIZATION), patient(managingOrganization={"reference": "#o"})), "VAL-2404",
     "Bundle.entry[1].resource.managingOrganization.reference"),
    ("defect in parameters",
     {"resourceType": "Parameters", "parameter": [{"name": "a", "part": [{"name": "b", "resource": patient(a=1)}]}]},
     "VAL-2002", "Parameters.parameter[0].part[0].resource.a"),
    ("defect deep in a recursion",
     {"resourceType": "Questionnaire", "status": "draft", "item": [
         {"linkId": "1", "type": "group", "item": [{"linkId": "1.1", "type": "texts"}]}]},
     "VAL-2301", "Questionnaire.item[0].item[0].type"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("resource", "message_id", "expression"), [d[1:] for d in DEFECTS], ids=[d[0] for d in DEFECTS]
)
def test_defect_is_found_at_its_place(validator: Validator, resource: Any, message_id: str, expression: str) -> None:
    issues = [issue for issue in errors_of(validator, resource) if issue.message.id not in CASCADE]
    assert [(issue.message.id, issue.expression) for issue in issues] == [(message_id, expression)]
    assert issues[0].text("vi") != issues[0].text("en")


def test_all_defects_are_told_in_one_pass(validator: Validator) -> None:
    issues = validator.validate(patient(gender="nam", name=[{"family": ""}], surname=1, birthDate="14/03/1985"))
    places = {issue.expression for issue in issues if issue.is_error}
    assert places == {"Patient.gender", "Patient.name[0].family", "Patient.surname", "Patient.birthDate"}


def test_a_wrong_reference_in_a_bundle_is_found_through_full_url(validator: Validator) -> None:
    urn = "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"
    resource = bundle(ORGANIZATION, observation(subject={"reference": urn}))
    resource["entry"][0]["fullUrl"] = urn
    assert [issue.expression for issue in errors_of(validator, resource)] == ["Bundle.entry[1].resource.subject"]
    resource["entry"][0]["resource"] = patient(active=True)
    assert errors_of(validator, resource) == []


def test_unequal_twin_arrays_are_a_warning(validator: Validator) -> None:
    issues = validator.validate(patient(name=[{"given": ["A", "B"], "_given": [{"id": "a"}]}]))
    assert [(issue.message.id, issue.is_error) for issue in issues] == [("VAL-2013", False)]


def test_the_large_patient_has_no_error(validator: Validator) -> None:
    assert errors_of(validator, large_patient()) == []
