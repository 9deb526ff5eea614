"""Planted defects of rules between elements: invariants of R4, extensions, contained resources, narrative, Bundles.

https://hl7.org/fhir/R4/conformance-rules.html#constraints
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from strategies.planted import Defect, row

Change = Callable[[dict[str, Any]], object]

UCUM = "http://unitsofmeasure.org"
TERMS = "http://terminology.hl7.org/CodeSystem"
CORE = "http://hl7.org/fhir/StructureDefinition"
XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'


def put(**changes: Any) -> Change:
    """Sets properties of the resource."""
    return lambda resource: resource.update(changes)


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": f"{TERMS}/{system}", "code": code}]}


TEXT = {"text": "x"}
PATIENT: dict[str, Any] = {"resourceType": "Patient", "active": True}
BASIC: dict[str, Any] = {"resourceType": "Basic", "code": TEXT}
OBSERVATION: dict[str, Any] = {"resourceType": "Observation", "status": "final", "code": TEXT}
ALLERGY: dict[str, Any] = {
    "resourceType": "AllergyIntolerance",
    "clinicalStatus": concept("allergyintolerance-clinical", "active"),
    "patient": {"reference": "Patient/1"},
}
CONDITION: dict[str, Any] = {
    "resourceType": "Condition",
    "clinicalStatus": concept("condition-clinical", "resolved"),
    "abatementDateTime": "2024",
    "subject": {"reference": "Patient/1"},
}
APPOINTMENT: dict[str, Any] = {
    "resourceType": "Appointment",
    "status": "booked",
    "start": "2024-01-02T08:00:00Z",
    "end": "2024-01-02T09:00:00Z",
    "participant": [{"actor": {"display": "A"}, "status": "accepted"}],
}
COMPOSITION: dict[str, Any] = {
    "resourceType": "Composition",
    "status": "final",
    "type": TEXT,
    "date": "2024",
    "author": [{"display": "B"}],
    "title": "T",
    "section": [{"title": "S", "entry": [{"display": "x"}]}],
}
QUESTIONNAIRE: dict[str, Any] = {
    "resourceType": "Questionnaire",
    "status": "draft",
    "item": [
        {"linkId": "1", "type": "boolean"},
        {"linkId": "2", "type": "string"},
        {"linkId": "3", "type": "display", "text": "x"},
    ],
}
STRUCTURE: dict[str, Any] = {
    "resourceType": "StructureDefinition",
    "url": "https://example.vn/StructureDefinition/p",
    "name": "P",
    "status": "draft",
    "kind": "resource",
    "abstract": False,
    "type": "Patient",
    "baseDefinition": f"{CORE}/Patient",
    "derivation": "constraint",
    "differential": {"element": [{"id": "Patient", "path": "Patient"},
                                 {"id": "Patient.name", "path": "Patient.name", "min": 1}]},
}  # fmt: skip
VALUE_SET: dict[str, Any] = {
    "resourceType": "ValueSet", "status": "draft", "compose": {"include": [{"system": "https://example.vn/cs"}]},
}  # fmt: skip
CODE_SYSTEM: dict[str, Any] = {
    "resourceType": "CodeSystem", "status": "draft", "content": "complete", "concept": [{"code": "a"}, {"code": "b"}],
}  # fmt: skip
TIMED: dict[str, Any] = {
    "resourceType": "ServiceRequest", "status": "active", "intent": "order", "subject": {"reference": "Patient/1"},
    "occurrenceTiming": {"repeat": {"duration": 1, "durationUnit": "h", "period": 1, "periodUnit": "d"}},
}  # fmt: skip
REPEAT = "occurrence.ofType(Timing).repeat"

#: Name of the broken rule, sound resource, change, place below the resource, further places.
_INVARIANTS: tuple[tuple[Any, ...], ...] = (
    ("ait-1", ALLERGY, lambda r: r.pop("clinicalStatus"), ""),
    ("ait-2", ALLERGY, put(verificationStatus=concept("allergyintolerance-verification", "entered-in-error")), ""),
    ("app-1", APPOINTMENT, lambda r: r["participant"][0].pop("actor"), "participant[0]"),
    ("app-2", APPOINTMENT, lambda r: r.pop("end"), ""),
    ("app-3", APPOINTMENT, lambda r: (r.pop("end"), r.pop("start")), ""),
    ("app-4", APPOINTMENT, put(cancelationReason=TEXT), ""),
    ("cmp-1", COMPOSITION, lambda r: r["section"][0].pop("entry"), "section[0]"),
    ("cmp-2", COMPOSITION, lambda r: r["section"][0].update(emptyReason=TEXT), "section[0]"),
    ("con-4", CONDITION, put(clinicalStatus=concept("condition-clinical", "active")), ""),
    ("con-5", CONDITION, put(verificationStatus=concept("condition-ver-status", "entered-in-error")), ""),
    ("con-1", CONDITION, put(stage=[{"type": TEXT}]), "stage[0]"),
    ("con-2", CONDITION, put(evidence=[{"id": "a", "extension": [{"url": "urn:x:y", "valueCode": "a"}]}]),
     "evidence[0]"),
    ("csd-1", CODE_SYSTEM, put(concept=[{"code": "a"}, {"code": "a"}]), ""),
    ("count", CODE_SYSTEM, put(count=5), "count"),
    ("obs-3", OBSERVATION, put(referenceRange=[{"type": TEXT}]), "referenceRange[0]"),
    ("obs-6", OBSERVATION, put(valueString="a", dataAbsentReason=concept("data-absent-reason", "unknown")), ""),
    ("obs-7", OBSERVATION | {"code": concept("v3-ActCode", "AMB"), "valueString": "a"},
     put(component=[{"code": concept("v3-ActCode", "AMB"), "valueString": "b"}]), ""),
    ("org-1", {"resourceType": "Organization", "name": "A"}, lambda r: (r.pop("name"), r.update(active=True)), ""),
    ("org-2", {"resourceType": "Organization", "name": "A"}, put(address=[{"use": "home", "text": "a"}]), "address[0]"),
    ("org-3", {"resourceType": "Organization", "name": "A"},
     put(telecom=[{"use": "home", "system": "phone", "value": "1"}]), "telecom[0]"),
    ("pat-1", PATIENT, put(contact=[{"gender": "male"}]), "contact[0]"),
    ("cpt-2", PATIENT, put(telecom=[{"value": "1"}]), "telecom[0]"),
    ("per-1", PATIENT, put(name=[{"text": "A", "period": {"start": "2024-02", "end": "2024-01"}}]), "name[0].period"),
    ("att-1", PATIENT, put(photo=[{"data": "YQ=="}]), "photo[0]"),
    ("size", PATIENT, put(photo=[{"data": "YQ==", "contentType": "image/png", "size": 7}]), "photo[0]"),
    ("qty-3", OBSERVATION, put(valueQuantity={"value": 1, "code": "mg"}), "value.ofType(Quantity)"),
    ("rng-2", OBSERVATION, put(valueRange={"low": {"value": 2}, "high": {"value": 1}}), "value.ofType(Range)"),
    ("rat-1", OBSERVATION, put(valueRatio={"numerator": {"value": 1}}), "value.ofType(Ratio)"),
    ("age-1", CONDITION | {"onsetAge": {"value": 1, "system": UCUM, "code": "a"}},
     lambda r: r["onsetAge"].pop("code"), "onset.ofType(Age)"),
    ("sqty-1", OBSERVATION, put(referenceRange=[{"low": {"value": 1, "comparator": "<"}}]), "referenceRange[0].low"),
    ("tim-1", TIMED, lambda r: r["occurrenceTiming"]["repeat"].pop("durationUnit"), REPEAT),
    ("tim-2", TIMED, lambda r: r["occurrenceTiming"]["repeat"].pop("periodUnit"), REPEAT),
    ("tim-4", TIMED, lambda r: r["occurrenceTiming"]["repeat"].update(duration=-1), REPEAT),
    ("tim-5", TIMED, lambda r: r["occurrenceTiming"]["repeat"].update(period=-1), REPEAT),
    ("tim-8", TIMED, lambda r: r["occurrenceTiming"]["repeat"].update(countMax=1), REPEAT),
    ("tim-9", TIMED, lambda r: r["occurrenceTiming"]["repeat"].update(offset=1), REPEAT),
    ("tim-10", TIMED, lambda r: r["occurrenceTiming"]["repeat"].update(when=["HS"], timeOfDay=["08:00:00"]), REPEAT),
    ("prr-1", TIMED, put(orderDetail=[TEXT]), ""),
    ("que-1", QUESTIONNAIRE, lambda r: r["item"][0].update(type="group"), "item[0]"),
    ("que-2", QUESTIONNAIRE, lambda r: r["item"][0].update(linkId="2"), ""),
    ("que-3", QUESTIONNAIRE, lambda r: r["item"][2].update(code=[{"system": "urn:x:y", "code": "a"}]), "item[2]"),
    ("que-6", QUESTIONNAIRE, lambda r: r["item"][2].update(required=True), "item[2]"),
    ("que-7", QUESTIONNAIRE, lambda r: r["item"][1].update(
        enableWhen=[{"question": "1", "operator": "exists", "answerString": "a"}]), "item[1].enableWhen[0]"),
    ("que-8", QUESTIONNAIRE, lambda r: r["item"][2].update(initial=[{"valueString": "a"}]), "item[2]"),
    ("que-10", QUESTIONNAIRE, lambda r: r["item"][2].update(maxLength=1), "item[2]"),
    ("que-13", QUESTIONNAIRE, lambda r: r["item"][1].update(
        repeats=False, initial=[{"valueString": "a"}, {"valueString": "b"}]), "item[1]"),
    ("enableWhen", QUESTIONNAIRE, lambda r: r["item"][1].update(
        enableWhen=[{"question": "9", "operator": "exists", "answerBoolean": True}]), "item[1].enableWhen[0]"),
    ("sdf-4", STRUCTURE, lambda r: r.pop("baseDefinition"), ""),
    ("sdf-6", STRUCTURE, lambda r: r.pop("differential"), ""),
    ("sdf-8a", STRUCTURE, lambda r: r["differential"]["element"][1].update(path="Person.name"), "differential",
     "differential.element[1].path"),
    ("sdf-17", STRUCTURE, lambda r: r["differential"]["element"][1].update(id="Patient"), "", "differential"),
    ("eld-2", STRUCTURE, lambda r: r["differential"]["element"][1].update(max="0"), "differential.element[1]"),
    ("eld-7", STRUCTURE, lambda r: r["differential"]["element"][1].update(
        patternString="a", type=[{"code": "HumanName"}, {"code": "string"}]), "differential.element[1]", ""),
    ("vsd-1", VALUE_SET, put(compose={"include": [{"version": "1"}]}), "compose.include[0]"),
    ("vsd-2", VALUE_SET, put(compose={"include": [{"valueSet": ["urn:x:y"], "concept": [{"code": "a"}]}]}),
     "compose.include[0]"),
    ("lnk-1", {"resourceType": "Linkage", "item": [{"type": "source", "resource": {"display": "a"}}] * 2},
     lambda r: r["item"].pop(), ""),
    ("ele-1", PATIENT, put(name=[{"id": "a"}]), "name[0]"),
)  # fmt: skip

BIRTH_TIME = {"url": f"{CORE}/patient-birthTime", "valueDateTime": "1985-03-14T05:20:00+07:00"}
NATIONALITY = {"url": f"{CORE}/patient-nationality", "extension": [{"url": "code", "valueCodeableConcept": TEXT}]}
HOLDER: dict[str, Any] = PATIENT | {
    "contained": [{"resourceType": "Organization", "id": "o", "name": "A"}],
    "managingOrganization": {"reference": "#o"},
}


def _div(inner: str) -> dict[str, Any]:
    return {"status": "generated", "div": f"<div {XHTML}>{inner}</div>"}


_PLACES: tuple[tuple[Any, ...], ...] = (
    ("ext-1 both", PATIENT, put(extension=[{"url": "urn:x:y", "valueCode": "a", "extension": [
        {"url": "b", "valueCode": "c"}]}]), "extension[0]"),
    ("ext-1 neither", PATIENT, put(extension=[{"url": "urn:x:y"}]), "extension[0]"),
    ("extension without url", PATIENT, put(extension=[{"valueCode": "a"}]), "extension[0]"),
    ("extension misplaced", PATIENT, put(extension=[BIRTH_TIME]), "extension[0]"),
    ("extension of another resource", OBSERVATION, put(extension=[NATIONALITY]), "extension[0]"),
    ("extension with another type", PATIENT | {"birthDate": "1985-03-14", "_birthDate": {"extension": [BIRTH_TIME]}},
     lambda r: r["_birthDate"].update(extension=[{"url": BIRTH_TIME["url"], "valueString": "a"}]),
     "birthDate.extension[0]"),
    ("extension with unknown part", PATIENT | {"extension": [NATIONALITY]},
     lambda r: r["extension"][0]["extension"][0].update(url="khong-co"), "extension[0].extension[0]", "extension[0]"),
    ("modifier as extension", TIMED, put(extension=[{"url": f"{CORE}/request-doNotPerform", "valueBoolean": True}]),
     "extension[0]"),
    ("extension as modifier", PATIENT, put(modifierExtension=[NATIONALITY]), "modifierExtension[0]"),
    ("unknown modifier", PATIENT, put(modifierExtension=[{"url": "urn:x:y", "valueBoolean": True}]),
     "modifierExtension[0]"),
    ("ref-1", HOLDER, put(managingOrganization={"reference": "#p"}), "managingOrganization", "contained[0]"),
    ("dom-2", HOLDER, lambda r: r["contained"][0].update(contained=[BASIC | {"id": "b"}]), "contained[0]"),
    ("dom-3", HOLDER, lambda r: r.pop("managingOrganization"), "contained[0]"),
    ("dom-4", HOLDER, lambda r: r["contained"][0].update(meta={"versionId": "1"}), "contained[0].meta"),
    ("dom-5", HOLDER, lambda r: r["contained"][0].update(meta={"security": [{"code": "R"}]}), "contained[0].meta"),
    ("contained without id", HOLDER, lambda r: r["contained"][0].pop("id"), "contained[0]", "managingOrganization"),
    ("contained twice", HOLDER, lambda r: r["contained"].append(dict(r["contained"][0])), "contained[1]"),
    ("contained of other type", HOLDER, lambda r: r["contained"][0].update(resourceType="Location"),
     "managingOrganization"),
    ("code in contained", HOLDER, lambda r: r["contained"][0].update(language=" "), "contained[0].language"),
    ("two ids", PATIENT, put(name=[{"id": "a", "text": "A"}, {"id": "a", "text": "B"}]), "name[1].id"),
    ("script", PATIENT | {"text": _div("x")}, put(text=_div("<script>1</script>")), "text.div"),
    ("onclick", PATIENT | {"text": _div("x")}, put(text=_div('<p onclick="a()">x</p>')), "text.div"),
    ("empty narrative", PATIENT | {"text": _div("x")}, put(text=_div(" ")), "text.div"),
    ("broken narrative", PATIENT | {"text": _div("x")}, put(text=_div("<p>")), "text.div"),
    ("entity", PATIENT | {"text": _div("x")}, put(text=_div("&nbsp;")), "text.div"),
    ("code of a known system", OBSERVATION, put(category=[concept("observation-category", "khong-co")]),
     "category[0].coding[0].code"),
    ("value set as system", OBSERVATION, put(category=[{"coding": [
        {"system": "http://hl7.org/fhir/ValueSet/observation-category", "code": "a"}]}]),
     "category[0].coding[0].system"),
    ("relative system", PATIENT, put(identifier=[{"system": "a", "value": "1"}]), "identifier[0].system"),
    ("rfc3986", PATIENT, put(identifier=[{"system": "urn:ietf:rfc:3986", "value": "1"}]), "identifier[0].value"),
    ("type of reference", OBSERVATION, put(subject={"reference": "Patient/1", "type": "Group"}), "subject.type"),
    ("no reference", OBSERVATION, put(subject={"reference": "Nguyễn Văn A"}), "subject.reference"),
    ("canonical of other type", QUESTIONNAIRE, lambda r: r["item"].append(
        {"linkId": "9", "type": "choice", "answerValueSet": f"{CORE}/Patient"}), "item[3].answerValueSet"),
)  # fmt: skip


def _entry(number: int, resource: dict[str, Any], **more: Any) -> dict[str, Any]:
    name = f"r{number}"
    url = f"https://a.vn/fhir/{resource['resourceType']}/{name}"
    return {"fullUrl": url, "resource": resource | {"id": name}} | more


def _bundle(kind: str, *entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)} | more


COLLECTION = _bundle(
    "collection", _entry(0, PATIENT), _entry(1, OBSERVATION | {"subject": {"reference": "Patient/r0"}})
)
SEARCHSET = _bundle("searchset", _entry(0, PATIENT, search={"mode": "match"}), total=1,
                    link=[{"relation": "self", "url": "https://a.vn/fhir/Patient?active=true"}])  # fmt: skip
TRANSACTION = _bundle("transaction", _entry(0, PATIENT, request={"method": "PUT", "url": "Patient/r0"}))
DOCUMENT = _bundle(
    "document",
    _entry(0, COMPOSITION | {"subject": {"reference": "Patient/r1"}, "author": [{"reference": "Patient/r1"}]}),
    _entry(1, PATIENT),
    identifier={"system": "urn:x:y", "value": "1"},
    timestamp="2024-01-02T03:04:05Z",
)
MESSAGE = _bundle("message", _entry(0, {"resourceType": "MessageHeader", "eventUri": "urn:x:y",
                                        "source": {"endpoint": "urn:x:y"}}))  # fmt: skip

_BUNDLES: tuple[tuple[Any, ...], ...] = (
    ("bdl-1", COLLECTION, put(total=2), ""),
    ("bdl-2", COLLECTION, lambda r: r["entry"][0].update(search={"mode": "match"}), ""),
    ("bdl-3 with", COLLECTION, lambda r: r["entry"][0].update(request={"method": "GET", "url": "a"}), ""),
    ("bdl-3 without", TRANSACTION, lambda r: r["entry"][0].pop("request"), ""),
    ("bdl-4", COLLECTION, lambda r: r["entry"][0].update(response={"status": "200"}), ""),
    ("bdl-5", COLLECTION, lambda r: r["entry"].append({"fullUrl": "urn:x:y"}), "entry[2]"),
    ("bdl-7", COLLECTION, lambda r: r["entry"].append(dict(r["entry"][0])), "", "entry[1].resource.subject.reference"),
    ("bdl-8", COLLECTION, lambda r: r["entry"][1].update(fullUrl="https://a.vn/fhir/Observation/r1/_history/1"),
     "entry[1]"),
    ("bdl-9", DOCUMENT, lambda r: r.pop("identifier"), ""),
    ("bdl-10", DOCUMENT, lambda r: r.pop("timestamp"), ""),
    ("bdl-11", DOCUMENT, lambda r: r["entry"].pop(0), ""),
    ("bdl-12", MESSAGE, lambda r: r.update(entry=[_entry(0, PATIENT)]), ""),
    ("fullUrl missing", COLLECTION, lambda r: r["entry"][1].pop("fullUrl"), "entry[1]"),
    ("fullUrl relative", COLLECTION, lambda r: r["entry"][1].update(fullUrl="Observation/r1"), "entry[1].fullUrl"),
    ("fullUrl of another", COLLECTION, lambda r: r["entry"][1].update(fullUrl="https://a.vn/fhir/Observation/r9"),
     "entry[1].fullUrl"),
    ("target of other type", COLLECTION, lambda r: r["entry"][1]["resource"].update(
        subject={"reference": "Observation/r1"}), "entry[1].resource.subject"),
    ("not in document", DOCUMENT, lambda r: r["entry"][0]["resource"].update(author=[{"reference": "Patient/r7"}]),
     "entry[0].resource.author[0]"),
    ("not reached", DOCUMENT, lambda r: r["entry"].append(_entry(2, BASIC)), "entry[2]"),
    ("result without id", SEARCHSET, lambda r: r["entry"][0]["resource"].pop("id"), "entry[0].resource",
     "entry[0].fullUrl"),
    ("result of other type", SEARCHSET, lambda r: r.update(entry=[_entry(0, BASIC, search={"mode": "match"})]),
     "entry[0].resource"),
    ("no outcome", SEARCHSET, lambda r: r["entry"][0].update(search={"mode": "outcome"}), "entry[0].resource"),
    ("code in entry", COLLECTION, lambda r: r["entry"][0]["resource"].update(gender="nam"), "entry[0].resource.gender"),
)  # fmt: skip


def defects() -> Iterator[Defect]:
    """All defects of this module."""
    for name, sound, change, at, *cascade in (*_INVARIANTS, *_PLACES, *_BUNDLES):
        yield row(name, sound, change, at, *cascade)
