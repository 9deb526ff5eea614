"""FHIRPath Patch beside the official cases: types, choices, extensions of primitives, lists, refusals, laws."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.definitions import Definitions
from conformance.errors import FhirError, InvalidContent, TooCostly, Unprocessable
from conformance.fhirpath import model_of
from conformance.json_codec import decode, encode
from conformance.patch import apply_fhirpath_patch
from conformance.patch.tree import marked, unmarked
from conformance.patch.values import depth

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p",
    "contained": [{"resourceType": "Organization", "id": "o", "name": "Bệnh viện A"}],
    "name": [
        {"use": "official", "family": "Nguyễn", "given": ["Văn", "An"], "_given": [None, {"id": "g2"}]},
        {"use": "old", "family": "Trần"},
    ],
    "active": True,
    "_birthDate": {"extension": [{"url": "http://example.org/why", "valueCode": "unknown"}]},
    "multipleBirthInteger": 2,
    "contact": [{"name": {"text": "Bà Lê"}}],
    "managingOrganization": {"reference": "#o"},
}
OBSERVATION = decode(
    '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":20.50,"unit":"kg"},'
    '"component":[{"code":{"text":"a"},"valueInteger":1}]}'
)


def operation(kind: str, path: str, value: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    rows = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    rows += [{"name": n, "valueInteger" if type(part) is int else "valueString": part} for n, part in parts.items()]
    if value is not None:
        rows.append({"name": "value", **value})
    return {"name": "operation", "part": rows}


def parameters(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": list(operations)}


def named(name: str, **value: Any) -> dict[str, Any]:
    return {"name": name, **value}


@pytest.fixture
def patched(definitions: Definitions) -> Any:
    def apply(*operations: dict[str, Any], resource: dict[str, Any] = PATIENT) -> dict[str, Any]:
        before = encode(resource)
        found = apply_fhirpath_patch(resource, parameters(*operations), definitions)
        assert encode(resource) == before
        return found

    return apply


@pytest.fixture
def refused(definitions: Definitions) -> Any:
    def apply(patch: Any, resource: dict[str, Any] = PATIENT) -> tuple[type[FhirError], str]:
        before = encode(resource)
        with pytest.raises(FhirError) as caught:
            apply_fhirpath_patch(resource, patch, definitions)
        assert encode(resource) == before
        assert all(issue.text("vi") for issue in caught.value.issues)
        return type(caught.value), caught.value.issues[0].message.id

    return apply


def test_choice_takes_the_property_of_its_type(patched: Any) -> None:
    assert (
        patched(operation("add", "Patient", {"valueDateTime": "2020"}, name="deceased"))["deceasedDateTime"] == "2020"
    )
    found = patched(operation("replace", "Observation.value", {"valueString": "20"}), resource=OBSERVATION)
    assert found["valueString"] == "20"
    assert "valueQuantity" not in found
    found = patched(operation("replace", "Patient.multipleBirth", {"valueBoolean": True}))
    assert (found["multipleBirthBoolean"], "multipleBirthInteger" in found) == (True, False)
    inner = operation("replace", "Observation.component[0].value", {"valueBoolean": False})
    assert patched(inner, resource=OBSERVATION)["component"] == [{"code": {"text": "a"}, "valueBoolean": False}]


def test_numbers_keep_their_digits(patched: Any) -> None:
    found = patched(operation("replace", "Observation.status", {"valueCode": "amended"}), resource=OBSERVATION)
    assert b'"value":20.50' in encode(found)


def test_elements_of_a_primitive(patched: Any) -> None:
    extension = {"part": [named("url", valueUri="http://example.org/e"), named("value", valueString="v")]}
    added = patched(operation("add", "Patient.active", extension, name="extension"))
    assert added["_active"] == {"extension": [{"url": "http://example.org/e", "valueString": "v"}]}
    again = patched(operation("add", "Patient.name[0].given[0]", extension, name="extension"))["name"][0]
    assert again["_given"] == [{"extension": [{"url": "http://example.org/e", "valueString": "v"}]}, {"id": "g2"}]
    only = patched(operation("delete", "Patient.name[0].given[1].id"))["name"][0]
    assert (only["given"], "_given" in only) == (["Văn", "An"], False)
    assert "_birthDate" not in patched(operation("delete", "Patient.birthDate.extension[0]"))
    assert "_birthDate" not in patched(operation("delete", "Patient.birthDate"))
    replaced = patched(operation("replace", "Patient.birthDate", {"valueDate": "1990"}))
    assert (replaced["birthDate"], "_birthDate" in replaced) == ("1990", False)
    kept = patched(operation("replace", "Patient.birthDate", {"_valueDate": {"id": "b"}}))
    assert (kept["_birthDate"], "birthDate" in kept) == ({"id": "b"}, False)


def test_lists_of_primitives_and_what_belongs_to_their_items_move_together(patched: Any) -> None:
    given = "Patient.name[0].given"
    name = patched(operation("move", given, source=1, destination=0))["name"][0]
    assert (name["given"], name["_given"]) == (["An", "Văn"], [{"id": "g2"}, None])
    name = patched(operation("insert", given, {"valueString": "Thị"}, index=1))["name"][0]
    assert (name["given"], name["_given"]) == (["Văn", "Thị", "An"], [None, None, {"id": "g2"}])
    name = patched(operation("delete", f"{given}.where($this = 'Văn')"))["name"][0]
    assert (name["given"], name["_given"]) == (["An"], [{"id": "g2"}])
    name = patched(operation("replace", f"{given}.last()", {"valueString": "Bình"}))["name"][0]
    assert (name["given"], "_given" in name) == (["Văn", "Bình"], False)
    name = patched(operation("add", "Patient.name[1]", {"valueString": "B"}, name="given"))["name"][1]
    assert name == {"use": "old", "family": "Trần", "given": ["B"]}


def test_list_of_which_only_extensions_are_there(patched: Any) -> None:
    resource = {"resourceType": "Patient", "name": [{"_given": [{"id": "a"}, {"id": "b"}]}]}
    found = patched(operation("insert", "Patient.name.given", {"valueString": "An"}, index=1), resource=resource)
    assert found["name"] == [{"_given": [{"id": "a"}, None, {"id": "b"}], "given": [None, "An", None]}]
    assert patched(operation("delete", "Patient.name.given[0]"), resource=resource)["name"] == [
        {"_given": [{"id": "b"}]}
    ]


def test_what_becomes_empty_goes_with_its_last_child(patched: Any) -> None:
    assert "contact" not in patched(operation("delete", "Patient.contact[0].name.text"))
    assert len(patched(operation("delete", "Patient.contact"))) == len(PATIENT) - 1
    assert len(patched(operation("delete", "Patient.name.where(use = 'usual')"))) == len(PATIENT)


def test_paths_may_filter_and_lead_into_contained_resources(patched: Any) -> None:
    found = patched(
        operation("replace", "Patient.name.where(use = 'old').family", {"valueString": "Lê"}),
        operation("replace", "Patient.managingOrganization.resolve().name", {"valueString": "B"}),
        operation("add", "Patient.contained[0]", {"valueBoolean": True}, name="active"),
        operation("add", "Patient", {"resource": {"resourceType": "Practitioner", "id": "q"}}, name="contained"),
    )
    assert found["name"][1]["family"] == "Lê"
    assert found["contained"] == [
        {"resourceType": "Organization", "id": "o", "name": "B", "active": True},
        {"resourceType": "Practitioner", "id": "q"},
    ]


def test_elements_without_value_x_come_as_parts(patched: Any) -> None:
    value = {
        "part": [
            named("relationship", valueCodeableConcept={"text": "vợ"}),
            named("relationship", valueCodeableConcept={"text": "chị"}),
            named("name", part=[named("given", valueString="Lan"), named("period", valuePeriod={"start": "2020"})]),
            named("gender", valueCode="female", _valueCode={"id": "x"}),
        ]
    }
    assert patched(operation("add", "Patient", value, name="contact"))["contact"][1] == {
        "relationship": [{"text": "vợ"}, {"text": "chị"}],
        "name": {"given": ["Lan"], "period": {"start": "2020"}},
        "gender": "female",
        "_gender": {"id": "x"},
    }


@pytest.mark.parametrize(
    ("asked", "category", "id"),
    [
        (operation("put", "Patient"), InvalidContent, "CNF-1802"),
        (operation("delete", "Patient.name", source=1), InvalidContent, "CNF-1821"),
        (operation("add", "Patient", {"valueDate": "2020"}), InvalidContent, "CNF-1821"),
        (operation("delete", "x" * 3000), InvalidContent, "CNF-1822"),
        (operation("move", "Patient.name", source="1", destination=1), InvalidContent, "CNF-1822"),
        (operation("delete", "Patient.name["), Unprocessable, "CNF-1823"),
        (operation("delete", "Patient.names"), Unprocessable, "CNF-1823"),
        (operation("replace", "Patient.gender", {"valueCode": "male"}), Unprocessable, "CNF-1824"),
        (operation("insert", "Patient.telecom", {"valueContactPoint": {}}, index=0), Unprocessable, "CNF-1824"),
        (operation("delete", "Patient.name"), Unprocessable, "CNF-1825"),
        (operation("delete", "Patient"), Unprocessable, "CNF-1826"),
        (operation("delete", "Patient.name.count()"), Unprocessable, "CNF-1826"),
        (operation("delete", "'x'"), Unprocessable, "CNF-1826"),
        (operation("move", "Patient.name[0]", source=0, destination=0), Unprocessable, "CNF-1827"),
        (operation("move", "Patient.active", source=0, destination=0), Unprocessable, "CNF-1827"),
        (operation("move", "Patient.name | Patient.contact", source=0, destination=0), Unprocessable, "CNF-1827"),
        (operation("move", "Patient.name", source=0, destination=2), Unprocessable, "CNF-1828"),
        (operation("insert", "Patient.name", {"valueHumanName": {"text": "x"}}, index=3), Unprocessable, "CNF-1828"),
        (operation("insert", "Patient.name", {"valueHumanName": {"text": "x"}}, index=-1), Unprocessable, "CNF-1828"),
        (operation("add", "Patient", {"valueDate": "2020"}, name="birthdate"), Unprocessable, "CNF-1829"),
        (operation("add", "Patient.active", {"valueBoolean": True}, name="value"), Unprocessable, "CNF-1829"),
        (operation("add", "Patient", {"valueBoolean": True}, name="active"), Unprocessable, "CNF-1830"),
        (operation("add", "Patient", {"valueBoolean": True}, name="multipleBirth"), Unprocessable, "CNF-1830"),
        (operation("replace", "Patient.active", {"valueString": "true"}), Unprocessable, "CNF-1831"),
        (operation("add", "Patient", {"valueIdentifier": {"value": "1"}}, name="name"), Unprocessable, "CNF-1831"),
        (operation("add", "Patient", {"valueString": "1990"}, name="birthDate"), Unprocessable, "CNF-1831"),
        (operation("add", "Patient", {}, name="gender"), InvalidContent, "CNF-1832"),
        (
            operation("add", "Patient", {"valueCode": "a", "valueString": "a"}, name="gender"),
            InvalidContent,
            "CNF-1832",
        ),
        (operation("add", "Patient", {"valueCode": None}, name="gender"), InvalidContent, "CNF-1832"),
        (operation("add", "Patient", {"valueHumanName": "x"}, name="name"), InvalidContent, "CNF-1832"),
        (operation("add", "Patient", {"part": [{"value": 1}]}, name="contact"), InvalidContent, "CNF-1832"),
        (operation("add", "Patient", {"part": [{"name": "x"}]}, name="deceased"), InvalidContent, "CNF-1832"),
    ],
)
def test_refused(refused: Any, asked: dict[str, Any], category: type[FhirError], id: str) -> None:
    assert refused(parameters(asked)) == (category, id)


@pytest.mark.parametrize(
    "patch",
    [
        None,
        [],
        {"resourceType": "Bundle"},
        {"resourceType": "Parameters", "parameter": {}},
        {"resourceType": "Parameters", "parameter": [{"name": "x"}]},
        {"resourceType": "Parameters", "parameter": [{"name": "operation"}]},
        {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [{"x": 1}]}]},
    ],
)
def test_what_is_no_patch_is_refused(refused: Any, patch: Any) -> None:
    assert refused(patch) == (InvalidContent, "CNF-1820")


def test_failure_names_the_operation(definitions: Definitions) -> None:
    patch = parameters(operation("delete", "Patient.active"), operation("delete", "Patient.name[0].given"))
    with pytest.raises(Unprocessable) as caught:
        apply_fhirpath_patch(PATIENT, patch, definitions)
    (issue,) = caught.value.issues
    assert issue.expression == "Parameters.parameter[1]"
    told = "Operation 1 (delete Patient.name[0].given): 2 elements match the path; it must give one."
    assert issue.text() == told


def test_bad_path_tells_what_fhirpath_says(definitions: Definitions) -> None:
    with pytest.raises(Unprocessable) as caught:
        apply_fhirpath_patch(PATIENT, parameters(operation("delete", "Patient.name[")), definitions)
    assert [issue.message.id for issue in caught.value.issues] == ["CNF-1823", "CNF-1601"]


def test_endless_work_is_too_costly(refused: Any) -> None:
    many = parameters(*[operation("delete", "Patient.name.where(use = 'none')")] * 20_000)
    assert refused(many) == (TooCostly, "CNF-1811")
    wide = {"resourceType": "Patient", "name": [{"family": str(n), "text": "x"} for n in range(800)]}
    walk = "Patient.name.where(combine(%resource.descendants()).count() = 0)"
    assert refused(parameters(operation("delete", walk)), wide) == (TooCostly, "CNF-1811")


def test_result_is_never_deeper_than_what_can_be_read(definitions: Definitions) -> None:
    inner: dict[str, Any] = {"url": "http://example.org/e"}
    for _ in range(20):
        inner = {"url": "http://example.org/e", "extension": [inner]}
    added = {
        "part": [named("url", valueUri="http://example.org/e"), named("value", valueAddress={"extension": [inner]})]
    }
    resource: dict[str, Any] = {"resourceType": "Patient"}
    path = "Patient"
    depths = []
    with pytest.raises(Unprocessable, match="nested deeper than 100 levels"):  # noqa: PT012
        while True:
            patch = parameters(operation("add", path, added, name="extension"))
            resource = apply_fhirpath_patch(resource, patch, definitions)
            assert decode(encode(resource)) == resource
            depths.append(depth(resource))
            path = "Patient.descendants().ofType(Extension).where(extension.empty() and value.empty())"
    assert depths == [46, 91]


ELEMENTS = st.recursive(
    st.dictionaries(st.sampled_from("ab"), st.integers() | st.text(), min_size=1),
    lambda inner: st.dictionaries(st.sampled_from("ab"), inner | st.lists(inner, min_size=1), min_size=1),
    max_leaves=6,
)


@st.composite
def with_twins(draw: Any) -> dict[str, Any]:
    """An object with primitives, lists of them, and the twins of some, before or behind them."""
    found: list[tuple[str, Any]] = []
    for name in draw(st.sets(st.sampled_from("pqrs"))):
        values = draw(st.lists(st.none() | st.integers(), min_size=1, max_size=3))
        twins = [None if value is not None and draw(st.booleans()) else {"id": name} for value in values]
        if any(value is not None for value in values):
            found.append((name, values))
        if any(twins):
            found.append((f"_{name}", twins))
    return dict(draw(st.permutations(found))) | draw(ELEMENTS)


@given(with_twins())
def test_law_marks_come_and_go_without_a_trace(element: dict[str, Any]) -> None:
    assert json.dumps(unmarked(marked(element))) == json.dumps(element)


def test_patch_without_operations_changes_nothing(patched: Any, definitions: Definitions) -> None:
    assert json.dumps(patched()) == json.dumps(PATIENT)
    assert model_of(definitions).is_list("Patient", "name")
