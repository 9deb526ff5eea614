"""Differences as a FHIRPath Patch: applied to the left they give the right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from conformance import xml_codec
from conformance.definitions import Definitions, load
from conformance.differences import differences
from conformance.differences.lists import steps
from conformance.errors import Unprocessable
from conformance.patch import apply_fhirpath_patch
from strategies.resources import ResourceStrategies
from terminology.membership import ValueSets

NAMESPACE = "{http://hl7.org/fhir}"


def operations(left: dict[str, Any], right: dict[str, Any], definitions: Definitions) -> list[tuple[Any, ...]]:
    """Type, path and the other values of each operation."""
    found = []
    for row in differences(left, right, definitions).get("parameter", []):
        parts = {part["name"]: part for part in row["part"]}
        rest = [
            value
            for name, part in parts.items()
            if name not in ("type", "path")
            for key, value in part.items()
            if key != "name"
        ]
        found.append((parts["type"]["valueCode"], parts["path"]["valueString"], *rest))
    return found


def patient(**content: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", **content}


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (patient(active=True), patient(active=True), []),
        (patient(active=True), patient(active=False), [("replace", "Patient.active", False)]),
        (patient(), patient(birthDate="2000"), [("add", "Patient", "birthDate", "2000")]),
        (patient(birthDate="2000"), patient(), [("delete", "Patient.birthDate")]),
        (
            patient(deceasedBoolean=True),
            patient(deceasedDateTime="2020"),
            [("replace", "Patient.deceased", "2020")],
        ),
        (
            patient(name=[{"text": "a"}, {"text": "b"}]),
            patient(name=[{"text": "a"}, {"text": "new"}, {"text": "b"}, {"text": "c"}]),
            [("add", "Patient", "name", {"text": "c"}), ("insert", "Patient.name", 1, {"text": "new"})],
        ),
        (
            patient(name=[{"text": "a"}, {"text": "b"}, {"text": "c"}]),
            patient(name=[{"text": "c"}]),
            [("delete", "Patient.name[1]"), ("delete", "Patient.name[0]")],
        ),
        (
            patient(contact=[{"gender": "male"}]),
            patient(contact=[{"name": {"text": "x"}}]),
            [("add", "Patient.contact[0]", "name", {"text": "x"}), ("delete", "Patient.contact[0].gender")],
        ),
        (
            patient(text={"status": "generated", "div": "<div>1</div>"}),
            patient(text={"status": "generated", "div": "<div>2</div>"}),
            [("replace", "Patient.text.`div`", "<div>2</div>")],
        ),
        (
            patient(id="a", meta={"versionId": "1", "lastUpdated": "2020-01-01T00:00:00Z"}),
            patient(id="b", meta={"versionId": "2", "tag": [{"code": "x"}]}),
            [("add", "Patient.meta", "tag", {"code": "x"})],
        ),
        (patient(meta={"versionId": "1"}), patient(), []),
        (
            patient(multipleBirthInteger=1, _birthDate={"id": "b"}),
            patient(multipleBirthInteger=1, birthDate="2000", _birthDate={"id": "b"}),
            [("replace", "Patient.birthDate", "2000", {"id": "b"})],
        ),
    ],
)
def test_operations(definitions: Definitions, left: Any, right: Any, expected: list[tuple[Any, ...]]) -> None:
    assert operations(left, right, definitions) == expected


def test_digits_of_a_number_are_a_difference(definitions: Definitions) -> None:
    from conformance.json_codec import decode

    text = '{"resourceType":"Observation","valueQuantity":{"value":%s}}'
    left, right = decode(text % "1.0"), decode(text % "1.00")
    assert [one[:2] for one in operations(left, right, definitions)] == [("replace", "Observation.value.value")]


def test_what_is_no_element_cannot_be_compared(definitions: Definitions) -> None:
    with pytest.raises(Unprocessable):
        differences(patient(), patient(colour="red"), definitions)


def stripped(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource without what is no difference."""
    kept = {name: value for name, value in resource.items() if name not in ("id", "_id")}
    stamps = ("versionId", "lastUpdated", "_versionId", "_lastUpdated")
    meta = {name: value for name, value in kept.pop("meta", {}).items() if name not in stamps}
    return kept | ({"meta": meta} if meta else {})


TYPES = ("Patient", "Observation", "Questionnaire", "Bundle", "ValueSet", "MedicationRequest", "Composition")


@st.composite
def pairs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two resources of one type that share some of their content."""
    types = ResourceStrategies(load(), ValueSets(load()))
    name = draw(st.sampled_from(TYPES))
    left, right = draw(types.resource(name)), draw(types.resource(name))
    shared = set(draw(st.lists(st.sampled_from(sorted(key.lstrip("_") for key in left)))))
    own = {key: value for key, value in right.items() if key.lstrip("_") not in shared}
    return left, own | {key: value for key, value in left.items() if key.lstrip("_") in shared}


def test_extensions_of_a_stamp_are_no_difference_either() -> None:
    extension = {"extension": [{"url": "https://example.org/0", "valueBoolean": True}]}
    left = {"resourceType": "Basic", "meta": {"id": "x", "lastUpdated": "2000-01-01T00:00:00.000Z"}}
    right = {"resourceType": "Basic", "meta": {"_lastUpdated": extension, "_versionId": extension}}
    patched = apply_fhirpath_patch(left, differences(left, right, load()), load())
    assert patched["meta"] == {"lastUpdated": "2000-01-01T00:00:00.000Z"}


@settings(max_examples=150)
@given(pairs())
def test_applying_the_differences_to_the_left_gives_the_right(pair: Any) -> None:
    left, right = pair
    definitions = load()
    if not (_is_sound(left, definitions) and _is_sound(right, definitions)):
        return
    patched = apply_fhirpath_patch(left, differences(left, right, definitions), definitions)
    assert stripped(patched) == stripped(right)
    assert differences(patched, right, definitions) == {"resourceType": "Parameters"}


def _is_sound(resource: dict[str, Any], definitions: Definitions) -> bool:
    """False when mixing brought two types of one choice together."""
    structure = definitions.structure(resource["resourceType"])
    keys = {key.removeprefix("_") for key in resource} - {"resourceType"}
    names = [structure.properties[key].element.name for key in keys]
    return len(names) == len(set(names))


@given(st.lists(st.sampled_from("abcd"), max_size=9), st.lists(st.sampled_from("abcd"), max_size=9))
def test_steps_lead_from_one_list_to_the_other(left: list[str], right: list[str]) -> None:
    changed = list(left)
    for step in steps([one.encode() for one in left], [one.encode() for one in right]):
        if step.kind == "delete":
            del changed[step.left]
        elif step.kind == "insert":
            changed.insert(step.left, right[step.right])
        else:
            changed[step.left] = right[step.right]
    assert changed == right


def test_long_lists_are_compared_in_bounded_time() -> None:
    left, right = [b"%d" % (n % 7) for n in range(5000)], [b"%d" % (n % 5) for n in range(5000)]
    assert len(list(steps(left, right))) <= 5000


def official_cases(testdata: Path) -> list[Any]:
    return list(etree.parse(testdata / "patch" / "fhir-patch-tests.xml").getroot().iterfind("case"))


def test_between_input_and_output_of_the_official_cases(testdata: Path, definitions: Definitions) -> None:
    compared = 0
    for case in official_cases(testdata):
        sides = [case.find(name) for name in ("input", "output")]
        if any(side is None or len(side) != 1 for side in sides):
            continue
        left, right = (xml_codec.decode(etree.tostring(side[0]), definitions) for side in sides)
        patched = apply_fhirpath_patch(left, differences(left, right, definitions), definitions)
        assert patched == right, case.get("name")
        compared += 1
    assert compared > 30
