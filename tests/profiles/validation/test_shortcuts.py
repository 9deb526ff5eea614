"""What the validator remembers and passes over: never more than it may, and never something that is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cycles import left_behind_by
from hypothesis import given
from hypothesis import strategies as st

from conformance.primitives import PRIMITIVES
from profiles import messages
from profiles.validation import Options, Validator
from profiles.validation.addresses import Address
from profiles.validation.bundle_index import BundleIndex
from profiles.validation.findings import one as finding
from profiles.validation.fixed import expecting
from profiles.validation.leaves import Leaves, Passed
from profiles.validation.names import ByNames
from profiles.validation.profiled.items import Item
from profiles.validation.profiled.tells import Candidates, direct
from profiles.validation.recurrent import Recurrent
from profiles.validation.scope import Scope
from terminology.membership import ValueSets

SCOPE = Scope({"resourceType": "Basic"})


def test_names_are_decided_once_and_not_without_bound() -> None:
    asked: list[tuple[str, ...]] = []
    decisions = ByNames(lambda names: asked.append(names) or len(names))
    assert [decisions["a", "b"], decisions["a", "b"], decisions["b", "a"]] == [2, 2, 2]
    assert asked == [("a", "b"), ("b", "a")]
    for number in range(5000):
        assert decisions[str(number),] == 1
    assert len(decisions) <= 512
    wide = tuple(map(str, range(1000)))
    assert decisions[wide] == 1000
    assert wide not in decisions


@pytest.mark.parametrize("type_code", ["uri", "code", "dateTime", "canonical"])
def test_only_what_is_right_is_remembered(type_code: str) -> None:
    check = PRIMITIVES[type_code]
    passed = Passed(check)
    values = ["http://example.org/a", "a b", "", "2024-02-30", "2024-02-29", " ", 1, True, None, "x" * 300]
    for value in values * 2:
        assert passed[value] is check(value)
    assert set(passed) == {
        value for value in values if isinstance(value, str) and not check(value) and len(value) < 201
    }
    with pytest.raises(TypeError):
        passed[["http://example.org/a"]]


def test_memory_of_values_is_bounded() -> None:
    passed = Passed(PRIMITIVES["uri"])
    for number in range(10_000):
        assert passed[f"urn:{number}"] is None
    assert len(passed) <= 4096


def test_a_bound_code_is_quick_only_when_surely_in_the_set(value_sets: ValueSets) -> None:
    leaf = Leaves(value_sets).bound("code", "http://hl7.org/fhir/ValueSet/currencies|4.0.1")
    assert [leaf("VND"), leaf("VND")] == [None, None]
    assert leaf("ZZZ") is not None
    assert leaf(" VND") is not None


@pytest.mark.parametrize("value", [["male"], {"value": "male"}, [], None, 1, "mal"])
@pytest.mark.parametrize("options", [Options(), Options(structure_only=True)])
def test_a_value_of_another_kind_is_told_once(value: Any, options: Options, validator: Validator) -> None:
    right = {"resourceType": "Patient", "gender": "male", "active": True}
    assert not [issue for issue in validator.validate(right, options=options) if issue.is_error]
    told = [issue.expression for issue in validator.validate(right | {"gender": value}, options=options)]
    assert told.count("Patient.gender") == 1


def test_leaving_out_what_is_not_structure_tells_no_more(validator: Validator) -> None:
    wrong = {
        "resourceType": "Patient",
        "contact": [{"id": "a", "relationship": [{"text": "x"}]}],
        "name": [{"id": "a", "period": {"start": "2024-02-01", "end": "2024-01-01"}}],
        "foo": 1,
    }
    everything = {issue.expression for issue in validator.validate(wrong)}
    structure = {issue.expression for issue in validator.validate(wrong, options=Options(structure_only=True))}
    assert structure == {"Patient.foo"}
    assert structure < everything


TEXTS = st.sampled_from(["a", "b", "http://x"])
PATTERNS = st.recursive(
    st.one_of(TEXTS, st.booleans(), st.integers(0, 2)),
    lambda parts: st.one_of(
        st.lists(parts, max_size=2), st.dictionaries(st.sampled_from("stuv"), parts, min_size=1, max_size=2)
    ),
    max_leaves=5,
)


@given(st.lists(st.tuples(PATTERNS, st.booleans()), min_size=1, max_size=4), PATTERNS, st.sampled_from(["", "s"]))
def test_no_slice_is_passed_over_that_an_item_belongs_to(slices: list[tuple[Any, bool]], value: Any, name: str) -> None:
    tests = [direct([(pattern, expecting(pattern, exact=exact))], name) for pattern, exact in slices]
    candidates = Candidates([(test,) for test in tests])
    parts = [pattern for pattern, _ in slices]
    for one in (value, *parts, {"s": value}, *({"s": part} for part in parts), [value, *parts]):
        item = Item(json.loads(json.dumps(one)), "Basic")
        members = [place for place, test in enumerate(tests) if test.matches(item, SCOPE)]
        assert set(members) <= set(candidates.of(item))


def test_entries_under_one_url_are_found_without_a_copy() -> None:
    def entry(version: str) -> dict[str, Any]:
        resource = {"resourceType": "Patient", "id": "p", "meta": {"versionId": version}}
        return {"fullUrl": "http://example.org/fhir/Patient/p", "resource": resource}

    index = BundleIndex([entry("1"), entry("2"), entry("2")])
    url = "http://example.org/fhir/Observation/o"
    found = index.find(Address.of("Patient/p"), url)
    assert list(found) == [0, 1, 2]
    assert index.find(Address.of("Patient/p"), url) is found
    assert list(index.find(Address.of("Patient/p/_history/2"), url)) == [1, 2]
    assert list(index.find(Address.of("Patient/p/_history/3"), url)) == []
    assert list(index.find(Address.of("Patient/q"), url)) == []


def structural(definitions: Any, value_sets: ValueSets) -> Validator:
    return Validator(definitions, value_sets, options=Options(structure_only=True))


def patient(**rest: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", **rest}


ORGANIZATION = {"resourceType": "Organization", "id": "o", "name": "Bạch Mai"}
ASSIGNED = {"system": "urn:x", "value": "1", "assigner": {"reference": "#o"}}


def test_a_value_is_known_again_only_where_the_same_is_asked_of_it(definitions: Any, value_sets: ValueSets) -> None:
    validator = structural(definitions, value_sets)
    strange = {"coding": [{"system": "urn:x", "code": "1"}]}
    allergy = {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/1"}, "code": strange}
    for _ in range(3):
        assert not validator.validate(allergy)
        found = validator.validate({**allergy, "clinicalStatus": strange})
        assert [issue.expression for issue in found] == ["AllergyIntolerance.clinicalStatus"]


def test_a_value_with_a_reference_is_looked_at_each_time(definitions: Any, value_sets: ValueSets) -> None:
    validator = structural(definitions, value_sets)
    for _ in range(3):
        assert not validator.validate(patient(contained=[ORGANIZATION], identifier=[ASSIGNED]))
        assert [issue.message.id for issue in validator.validate(patient(identifier=[ASSIGNED]))]


def test_recurrent_values_are_remembered_within_bounds() -> None:
    asked: list[Any] = []
    recurrent = Recurrent()
    rule = recurrent.rule(lambda item, _owner, _scope: asked.append(item))
    values = [{"code": "1"}, {"code": 1}, {"reference": "Patient/1"}, {"text": "x" * 500}, {"code": object()}]
    for value in values * 2:
        assert rule(value, {}, SCOPE) is None
    assert asked == [*values, *values[2:]]
    for number in range(20_000):
        rule({"code": str(number)}, {}, SCOPE)
    assert sum(map(len, recurrent._passed)) <= 8_000


def test_what_is_wrong_is_not_remembered() -> None:
    rule = Recurrent().rule(lambda _item, _owner, _scope: finding(messages.NULL))
    assert [bool(rule({"code": "1"}, {}, SCOPE)) for _ in range(3)] == [True] * 3


@pytest.mark.parametrize("name", ["Patient", "Composition", "Observation"])
def test_a_resource_is_free_when_it_has_been_validated(name: str, validator: Validator) -> None:
    resource = {
        "resourceType": name,
        "meta": {"profile": [f"http://hl7.org/fhir/StructureDefinition/{name}"]},
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'},
        "contained": [{"resourceType": "Organization", "id": "o", "name": "x"}],
        "managingOrganization": {"reference": "#o"},
        "identifier": [ASSIGNED] if name == "Patient" else ASSIGNED,
        "section": [{"title": "x", "entry": [{"reference": "#o"}]}],
        "contact": [{"relationship": [{"text": "x"}]}],
    }
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"fullUrl": "urn:x:1", "resource": resource}]}
    for one in (resource, bundle):
        validator.validate(one)
        assert not left_behind_by(lambda one=one: validator.validate(one))
