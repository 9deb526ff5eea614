"""Modifiers, units, words, places and filters. https://hl7.org/fhir/R4/search.html#modifiers"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from conformance.errors import BadRequest, TooCostly
from fhir_server.search import Indexer, parse_search, vocabulary
from fhir_server.store.query import And, Chain, Ids, InCompartment, OfTypes, Or, ReverseChain

Resource = dict[str, Any]
UCUM = "http://unitsofmeasure.org"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
CLINICAL_SET = "http://hl7.org/fhir/ValueSet/condition-clinical"
KINDS = "http://terminology.hl7.org/CodeSystem/v2-0203"

PATIENT: Resource = {
    "resourceType": "Patient",
    "id": "p",
    "text": {"status": "generated", "div": "<div><p>Bệnh nhân <b>đái</b> tháo đường &amp; suy thận</p></div>"},
    "identifier": [
        {"type": {"coding": [{"system": KINDS, "code": "NI"}]}, "system": "urn:cccd", "value": "001"},
        {"type": {"coding": [{"system": KINDS, "code": "MR"}, {"code": "x"}]}, "value": "77"},
    ],
    "gender": "male",
    "birthDate": "1980-05-06",
    "name": [{"family": "Nguyễn", "given": ["Đình An"]}],
    "maritalStatus": {"text": "Đã kết hôn"},
}
CONDITION: Resource = {
    "resourceType": "Condition",
    "clinicalStatus": {"coding": [{"system": CLINICAL, "code": "remission"}]},
    "code": {"coding": [{"system": "urn:none", "code": "1"}]},
}


def weight(value: str, code: str, **more: Any) -> Resource:
    quantity = {"value": Decimal(value), "system": UCUM, "code": code, "unit": code, **more}
    coded = {"coding": [{"system": "http://loinc.org", "code": "1"}]}
    return {"resourceType": "Observation", "code": coded, "valueQuantity": quantity}


@pytest.mark.parametrize(
    "query",
    [
        f"identifier:of-type={KINDS}|NI|001", f"identifier:of-type=urn:x|y|z,{KINDS}|MR|77", "gender:not=female",
        "gender:in=http://hl7.org/fhir/ValueSet/administrative-gender",
        "gender:in=ValueSet/administrative-gender", "gender:in=https://here.example/fhir/ValueSet/administrative-gender",
        "_id:missing=false", "_lastUpdated:missing=false", "_text:missing=false",
        "_text=đái", "_text=dai thao duong", "_text=suy and than", "_text=gan or than", "_text=not gan",
        "_text=(gan or tha*) benh", "_content=nguyen than", "_content=ket hon", "_text=dai,gan",
    ],
)  # fmt: skip
def test_patient_matches(finds: Any, query: str) -> None:
    assert finds(PATIENT, *query.split("=", 1))


@pytest.mark.parametrize(
    "query",
    [
        f"identifier:of-type={KINDS}|MR|001", f"identifier:of-type={KINDS}|NI|00",
        "gender:not-in=http://hl7.org/fhir/ValueSet/administrative-gender",
        "_id:missing=true", "_lastUpdated:missing=true", "_text=nguyen", "_text=p", "_text=dai gan", "_text=not dai",
        "_text=th", "_content=gan", "gender:in=http://hl7.org/fhir/ValueSet/observation-status",
    ],
)  # fmt: skip
def test_patient_does_not_match(finds: Any, query: str) -> None:
    assert not finds(PATIENT, *query.split("=", 1))


def test_hierarchies_of_codes(finds: Any) -> None:
    assert finds(CONDITION, "clinical-status:below", f"{CLINICAL}|inactive")
    assert finds(CONDITION, "clinical-status:below", f"{CLINICAL}|remission")
    assert not finds(CONDITION, "clinical-status:below", f"{CLINICAL}|active")
    parent = {"resourceType": "Condition", "clinicalStatus": {"coding": [{"system": CLINICAL, "code": "inactive"}]}}
    assert finds(parent, "clinical-status:above", f"{CLINICAL}|remission")
    assert not finds(parent, "clinical-status:above", f"{CLINICAL}|active")
    assert finds(CONDITION, "clinical-status:in", CLINICAL_SET)
    assert not finds(CONDITION, "clinical-status:not-in", CLINICAL_SET)
    assert finds(CONDITION, "code:not-in", CLINICAL_SET)


@pytest.mark.parametrize(
    ("query", "id", "named"),
    [
        ("code:in=http://example.org/vs", "REQ-3016", "http://example.org/vs"),
        ("code:in=http://terminology.hl7.org/ValueSet/v3-ActEncounterCode", "REQ-3017", "v3-ActEncounterCode"),
        ("code:below=http://loinc.org|1", "REQ-3018", "http://loinc.org"),
        (f"code:below={CLINICAL}|none", "REQ-3019", "none"),
        ("code:below=remission", "REQ-3004", "remission"),
        ("code:of-type=a|b|c", "REQ-3003", "of-type"),
        ("identifier:of-type=a|b", "REQ-3004", "a|b"),
        ("identifier:in=http://example.org/vs", "REQ-3003", "in"),
        ("code:exact=1", "REQ-3003", "exact"),
        ("subject:below=1", "REQ-3003", "below"),
        ("_id:in=1", "REQ-3003", "in"),
        ("_lastUpdated:not=2020", "REQ-3003", "not"),
        ("_query=mine", "REQ-3023", "mine"),
        ("_list=$current-medications", "REQ-3022", "$current-medications"),
        ("_list=a/b", "REQ-3004", "a/b"),
        ("_filter:not=code eq 1", "REQ-3003", "not"),
    ],
)
def test_what_cannot_be_answered_whole_is_refused(indexer: Indexer, query: str, id: str, named: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse_search("Condition", [tuple(query.split("=", 1))], indexer.registry)
    (issue,) = caught.value.issues
    assert issue.message.id == id
    assert named in issue.text()
    assert named in issue.text("vi")


def test_too_many_codes_are_refused(indexer: Indexer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "MAX_CODES", 2)
    for query in (("clinical-status:in", CLINICAL_SET), ("clinical-status:below", f"{CLINICAL}|active")):
        with pytest.raises(TooCostly, match="2 codes"):
            parse_search("Condition", [query], indexer.registry)


def test_a_search_of_all_types_for_many_codes_is_refused(indexer: Indexer) -> None:
    values = ",".join(str(number) for number in range(500))
    assert parse_search("Patient", [("_tag", values)], indexer.registry)
    with pytest.raises(TooCostly, match="_tag"):
        parse_search(None, [("_tag", values)], indexer.registry)


# -- units


@pytest.mark.parametrize(
    ("value", "code", "query"),
    [
        ("0.005", "g", f"5|{UCUM}|mg"),
        ("5", "mg", f"0.005|{UCUM}|g"),
        ("5", "mg", f"5|{UCUM}|mg"),
        ("5.0", "mg", f"lt0.0051|{UCUM}|g"),
        ("37", "Cel", f"98.6|{UCUM}|[degF]"),
        ("1", "h", f"60|{UCUM}|min"),
        ("90", "mg/dL", f"0.9|{UCUM}|g/L"),
        ("3", "[iU]", f"3|{UCUM}|[iU]"),
        ("3", "{score}", f"3|{UCUM}|{{score}}"),
        ("7", "nonsense", f"7|{UCUM}|nonsense"),
        ("5", "mg", "5||mg"),
        ("5", "mg", f"ap0.0051|{UCUM}|g"),
        ("6", "mg", f"ne5|{UCUM}|mg"),
        ("1e-999999", "mg", f"lt1|{UCUM}|g"),
    ],
)
def test_units_are_compared_in_their_canonical_form(finds: Any, value: str, code: str, query: str) -> None:
    assert finds(weight(value, code), "value-quantity", query)
    assert finds(weight(value, code), "code-value-quantity", f"http://loinc.org|1${query}")


@pytest.mark.parametrize(
    ("value", "code", "query"),
    [
        ("0.006", "g", f"5|{UCUM}|mg"),
        ("5", "mg", f"5|{UCUM}|g"),
        ("5", "mg", f"5|{UCUM}|mL"),
        ("5", "mg", f"ne0.005|{UCUM}|g"),
        ("5", "mg", "0.005||g"),
        ("5", "mg", f"gt5|{UCUM}|mg"),
    ],
)
def test_other_amounts_are_not_found(finds: Any, value: str, code: str, query: str) -> None:
    assert not finds(weight(value, code), "value-quantity", query)


def test_comparators_and_ranges_have_a_canonical_form_too(finds: Any) -> None:
    assert finds(weight("5", "mg", comparator="<"), "value-quantity", f"lt0.004|{UCUM}|g")
    low, high = ({"value": value, "system": UCUM, "code": "a"} for value in (1, 2))
    condition = {"resourceType": "Condition", "onsetRange": {"low": low, "high": high}}
    assert finds(condition, "onset-age", f"ge12|{UCUM}|mo")
    assert not finds(condition, "onset-age", f"gt25|{UCUM}|mo")


def test_what_needs_no_canonical_form_has_one_entry(indexer: Indexer) -> None:
    def entries(resource: Resource) -> int:
        return sum(entry.param == "value-quantity" for entry in indexer.entries(resource))

    assert entries(weight("5", "g")) == 1
    assert entries(weight("5", "mg")) == 2
    assert entries(weight("5", "mg", system="urn:x")) == 1
    assert entries(weight("5", "nonsense")) == 1


# -- canonicals


def test_canonicals_and_their_versions(finds: Any) -> None:
    plan = {"resourceType": "CarePlan", "instantiatesCanonical": ["http://example.org/plan|1.0.2"]}
    for version in ("", "|1", "|1.0", "|1.0.2"):
        assert finds(plan, "instantiates-canonical:below", f"http://example.org/plan{version}")
    for version in ("|1.0.1", "|0", "|1.0.2.1"):
        assert not finds(plan, "instantiates-canonical:below", f"http://example.org/plan{version}")
    patient = {"resourceType": "Patient", "meta": {"profile": ["http://example.org/p|2"]}}
    assert finds(patient, "_profile", "http://example.org/p")
    assert finds(patient, "_profile", "http://example.org/p|2")
    assert not finds(patient, "_profile", "http://example.org/p|1")


# -- places


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("21.0285|105.8542", True),
        ("21.0285|105.8542|0", True),
        ("21.0300|105.8600|1|km", True),
        ("21.0300|105.8600|500|m", False),
        ("10.7769|106.7009|1000|km", False),
        ("10.7769|106.7009|1200", True),
        ("10.7769|106.7009|1000|[mi_i]", True),
        ("10.7769|106.7009|1|km,21|105.8|20|km", True),
    ],
)
def test_places_within_a_distance(finds: Any, query: str, found: bool) -> None:
    position = {"latitude": Decimal("21.0285"), "longitude": Decimal("105.8542")}
    assert finds({"resourceType": "Location", "position": position}, "near", query) is found
    assert not finds({"resourceType": "Location"}, "near", query)


def test_the_date_line_is_no_border(finds: Any) -> None:
    island = {"resourceType": "Location", "position": {"latitude": -17, "longitude": Decimal("179.99")}}
    assert finds(island, "near", "-17|-179.99|5|km")
    assert not finds(island, "near", "-17|-179.99|2|km")


@pytest.mark.parametrize("value", ["x", "1", "91|0", "0|181", "0|0|-1", "0|0|1|kg", "0|0|x", "1|2|3|km|4", "0|0|1|zzz"])
def test_what_is_no_place_is_refused(indexer: Indexer, value: str) -> None:
    with pytest.raises(BadRequest, match="near"):
        parse_search("Location", [("near", value)], indexer.registry)


# -- filters


@pytest.mark.parametrize(
    "text",
    [
        'name eq "nguyen"', 'name eq "dinh an"', 'name co "guy"', 'name sw "ngu"', 'name ew "yen"', "gender eq male",
        "gender ne female", "birthdate ge 1980-05 and birthdate lt 1981", "birthdate eq 1980-05-06",
        "birthdate ne 1981", "birthdate po 1980", "birthdate sa 1980-04", "not (gender eq female)",
        "gender eq female or birthdate gt 1970", "(gender eq female and birthdate gt 1970) or gender eq male",
        "identifier eq urn:cccd|001", "language pr false", "gender pr true", 'identifier eq "77"',
        "gender in http://hl7.org/fhir/ValueSet/administrative-gender", "_id eq p", 'name ne "an"',
        "gender eq male and gender eq female or gender eq male",
    ],
)  # fmt: skip
def test_filters_that_hold(finds: Any, text: str) -> None:
    assert finds(PATIENT, "_filter", text)


@pytest.mark.parametrize(
    "text",
    [
        'name eq "nguye"', 'name ew "ngu"', 'name sw "guy"', "gender ne male", "birthdate gt 1980-05-06",
        "birthdate po 1981", "language ne vi", "not (gender eq male)", "gender eq male and not (name pr true)",
        "gender eq male or gender eq female and gender eq other",
    ],
)  # fmt: skip
def test_filters_that_do_not_hold(finds: Any, text: str) -> None:
    assert not finds(PATIENT, "_filter", text)


def test_filters_follow_references(indexer: Indexer) -> None:
    def where(text: str) -> object:
        return parse_search("Observation", [("_filter", text)], indexer.registry).query.where

    def plain(*pairs: tuple[str, str], of: str = "Observation") -> object:
        return parse_search(of, pairs, indexer.registry).query.where

    assert where("patient.gender eq male") == plain(("patient.gender", "male"))
    assert where("subject:Patient.gender eq male") == plain(("subject:Patient.gender", "male"))
    assert where("subject.name co x") == plain(("subject.name:contains", "x"))
    both = Chain("patient", ("Patient",), plain(("gender", "male"), ("birthdate", "ge2000"), of="Patient"))
    assert where("patient[gender eq male].birthdate ge 2000") == both
    assert where(f"value-quantity gt 5|{UCUM}|mm[Hg]") == plain(("value-quantity", f"gt5|{UCUM}|mm[Hg]"))
    assert where("subject re Patient/1") == plain(("subject", "Patient/1"))
    assert where(f"code ss {CLINICAL}|active") == plain(("code:below", f"{CLINICAL}|active"))
    assert where(f"code sb {CLINICAL}|relapse") == plain(("code:above", f"{CLINICAL}|relapse"))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", 1), ("gender", 7), ("gender is male", 8), ("gender eq", 10), ("(gender eq male", 16),
        ("gender eq male)", 15),
        ("gender eq male and", 19), ("gender co x", 8), ("name.x eq 1", 0), ("foo eq 1", 0), ("birthdate gt x", 0),
        ("organization:Organization eq 1", 26), ("(" * 30 + "gender eq male" + ")" * 30, 21), ("not gender eq x", 0),
        ("general-practitioner[name eq x] eq 1", 33),
    ],
)  # fmt: skip
def test_mistakes_in_filters_are_told_with_their_place(indexer: Indexer, text: str, place: int) -> None:
    with pytest.raises(BadRequest) as caught:
        parse_search("Patient", [("_filter", text)], indexer.registry)
    if place and text:
        assert caught.value.issues[0].params["place"] == place


# -- lists, chains, compartments


def test_members_of_a_list(indexer: Indexer) -> None:
    one = ReverseChain("List", "item", Ids(frozenset({"7"})))
    other = ReverseChain("List", "item", Ids(frozenset({"8"})))
    assert parse_search("Patient", [("_list", "7")], indexer.registry).query.where == one
    assert parse_search(None, [("_list", "List/7,8")], indexer.registry).query.where == Or((one, other))
    chained = parse_search("Observation", [("patient._list", "7")], indexer.registry).query.where
    assert chained == Chain("patient", ("Patient",), one)


def test_reverse_chains_inside_chains(indexer: Indexer) -> None:
    def where(name: str) -> object:
        return parse_search("Observation", [(name, "7")], indexer.registry).query.where

    inner = ReverseChain("Group", "member", Ids(frozenset({"7"})))
    assert where("patient._has:Group:member:_id") == Chain("patient", ("Patient",), inner)
    back = ReverseChain("Encounter", "subject", Chain("service-provider", ("Organization",), Ids(frozenset({"7"}))))
    assert where("subject._has:Encounter:subject:service-provider._id") == Chain("subject", ("Group", "Patient"), back)


def test_chains_to_everything_have_a_limit(indexer: Indexer) -> None:
    with pytest.raises((BadRequest, TooCostly)):
        parse_search("Provenance", [(".".join(["target"] * 9) + "._id", "1")], indexer.registry)
    with pytest.raises(TooCostly):
        parse_search("Basic", [("subject." * 4 + "_id", "1")] * 60, indexer.registry)


def test_a_compartment_across_types(indexer: Indexer) -> None:
    def where(*types: str) -> Any:
        pairs = [("_type", ",".join(types))] if types else []
        return parse_search(None, pairs, indexer.registry, compartment=("Patient", "7")).query.where

    both = where("Patient", "Encounter")
    assert And((OfTypes(frozenset({"Patient"})), Ids(frozenset({"7"})))) in both.parts
    assert isinstance(both.parts[0], InCompartment)
    assert both.parts[0].focus == "Patient/7"
    assert set(both.parts[0].groups) == {(("link",), frozenset({"Patient"})), (("patient",), frozenset({"Encounter"}))}
    assert where("Encounter", "Observation").focus == "Patient/7"
    mentioned = {name for _, types in where().parts[0].groups for name in types}
    assert {"Patient", "Observation", "Claim"} <= mentioned
    assert "Medication" not in mentioned
    with pytest.raises(BadRequest, match="Medication"):
        where("Patient", "Medication")


def test_words_are_refused_where_they_are_not_indexed(indexer: Indexer) -> None:
    for name in ("_text", "_content"):
        with pytest.raises(BadRequest, match=name):
            parse_search("Patient", [(name, "x")], indexer.registry)
    assert not any(entry.param in ("_text", "_content") for entry in indexer.entries(PATIENT))


@pytest.mark.parametrize("text", ["(", ")", "a or", "and", "()", "!!", "a (b", "not", "(" * 500])
def test_what_is_no_search_of_words_is_refused(worded: Indexer, text: str) -> None:
    with pytest.raises(BadRequest, match="_text"):
        parse_search("Patient", [("_text", text)], worded.registry)


def test_negation_is_of_the_whole(finds: Any) -> None:
    assert not finds(PATIENT, "gender:not", "male,other")
    assert finds(PATIENT, "gender:not", "female,other")
