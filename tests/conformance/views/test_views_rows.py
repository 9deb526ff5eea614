"""What a view gives, and what is wrong with one, in cases of our own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from conformance.definitions import Definitions
from conformance.errors import TooCostly, Unprocessable
from conformance.fhirpath import Environment, Node
from conformance.views import compile_view
from conformance.views.questions import Setting
from conformance.views.rows import Row, _joined

PATIENT = {
    "resourceType": "Patient",
    "id": "bn1",
    "birthDate": "1980-02-29",
    "name": [{"family": "Nguyễn", "given": ["Văn", "An"]}, {"text": "An"}],
    "managingOrganization": {"reference": "http://x/fhir/Organization/bv/_history/3"},
}


def view(*selects: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "ViewDefinition",
        "status": "active",
        "resource": "Patient",
        "select": list(selects),
        **more,
    }


def column(name: str, path: str, **more: Any) -> dict[str, Any]:
    return {"column": [{"name": name, "path": path, **more}]}


def ids(definitions: Definitions, content: Any) -> list[tuple[str, str]]:
    with pytest.raises(Unprocessable) as caught:
        compile_view(content, definitions)
    return [(issue.message.id, issue.expression) for issue in caught.value.issues]


def test_rows_of_siblings_are_crossed(definitions: Definitions) -> None:
    names = {"forEach": "name", **column("family", "family")}
    given = {"forEachOrNull": "name.given", **column("given", "$this")}
    found = compile_view(view(column("id", "id"), names, given), definitions)
    assert [one.name for one in found.columns] == ["id", "family", "given"]
    rows = [("bn1", family, given) for family in ("Nguyễn", None) for given in ("Văn", "An")]
    assert found.rows(PATIENT) == rows


def test_columns_tell_their_types(definitions: Definitions) -> None:
    parts = [
        column("born", "birthDate"),
        column("n", "name.count()"),
        column("first", "name.first().family"),
        column("said", "id", type="http://hl7.org/fhir/StructureDefinition/id"),
    ]
    found = compile_view(view(*parts), definitions)
    assert [one.type for one in found.columns] == ["date", "integer", "string", "id"]


def test_keys_join(definitions: Definitions) -> None:
    parts = [
        column("key", "getResourceKey()"),
        column("org", "managingOrganization.getReferenceKey(Organization)"),
        column("other", "managingOrganization.getReferenceKey(Practitioner)"),
    ]
    assert compile_view(view(*parts), definitions, "http://x/fhir").rows(PATIENT) == [
        ("Patient/bn1", "Organization/bv", None)
    ]
    assert compile_view(view(*parts), definitions).rows(PATIENT) == [("Patient/bn1", None, None)]


def test_constants_and_numbers_are_exact(definitions: Definitions) -> None:
    constants = [{"name": "share", "valueDecimal": Decimal("0.10")}]
    found = compile_view(view(column("share", "%share * 3"), constant=constants), definitions)
    assert found.rows(PATIENT) == [(Decimal("0.30"),)]


WRONG_CONSTANTS = [
    {"valueFoo": 1},
    {"valueQuantity": 1},
    {"valuestring": "a"},
    {"valueInteger": "1"},
    {"valueInteger": True},
    {"valueBoolean": "true"},
    {"valueDate": 2020},
    {"value": "a"},
    {},
    {"valueString": "a", "valueCode": "a"},
]


@pytest.mark.parametrize("wrong", WRONG_CONSTANTS, ids=str)
def test_a_constant_is_of_a_primitive_type_and_a_value_of_it(definitions: Definitions, wrong: dict[str, Any]) -> None:
    content = view(column("x", "%n"), constant=[{"name": "n", **wrong}])
    assert ids(definitions, content) == [("CNF-2111", "ViewDefinition.constant[0]")]


def test_every_fault_is_named_with_its_place(definitions: Definitions) -> None:
    both = {"forEach": "name", "forEachOrNull": "contact", **column("a-b", "family")}
    assert ids(definitions, view(both, column("c", "id"), column("c", "id"), resource="Pet")) == [
        ("CNF-2108", "ViewDefinition.select[0]"),
        ("CNF-2105", "ViewDefinition.select[0].column[0]"),
        ("CNF-2106", "ViewDefinition.select[2].column[0]"),
        ("CNF-2104", "ViewDefinition.resource"),
    ]
    wrong = [column("x", "nmae.family"), {"forEach": "name", **column("y", "familie")}, column("z", "%nothing")]
    assert ids(definitions, view(*wrong)) == [
        ("CNF-2110", "ViewDefinition.select[0].column[0].path"),
        ("CNF-2110", "ViewDefinition.select[1].column[0].path"),
        ("CNF-2110", "ViewDefinition.select[2].column[0].path"),
    ]
    assert ids(definitions, view({"fromEach": "name", **column("a", "id")})) == [
        ("CNF-2103", "ViewDefinition.select[0]")
    ]


def test_a_misspelt_filter_lets_nothing_through(definitions: Definitions) -> None:
    assert compile_view(view(column("a", "id"), title="t", _title={}), definitions)
    misspelt = view(column("a", "id"), wheres=[{"path": "active"}])
    assert ids(definitions, misspelt) == [("CNF-2103", "ViewDefinition")]


@pytest.mark.parametrize("content", [None, [], {}, {"resourceType": "Patient"}, {"select": "x"}, view({"column": 1})])
def test_what_is_no_view_is_refused(definitions: Definitions, content: Any) -> None:
    assert ids(definitions, content)


def test_branches_of_a_union_are_alike(definitions: Definitions) -> None:
    branches = [column("a", "id"), column("a", "active", type="boolean")]
    assert [one for one, _ in ids(definitions, view({"unionAll": [branches[0], column("b", "id")]}))] == ["CNF-2107"]
    typed = [column("a", "id", type="id"), branches[1]]
    assert [one for one, _ in ids(definitions, view({"unionAll": typed}))] == ["CNF-2107"]


def test_several_values_need_a_collection(definitions: Definitions) -> None:
    with pytest.raises(Unprocessable) as caught:
        compile_view(view(column("given", "name.given")), definitions).rows(PATIENT)
    assert caught.value.issues[0].message.id == "CNF-2113"
    found = compile_view(view(column("given", "name.given", collection=True)), definitions)
    assert found.rows(PATIENT) == [(["Văn", "An"],)]


def test_wide_rows_have_to_be_fewer(definitions: Definitions) -> None:
    many = {**PATIENT, "name": [{"family": "a"}] * 6_000}
    wide = {"column": [{"name": f"w{n}", "path": "id"} for n in range(1_000)]}
    with pytest.raises(TooCostly, match="4995"):
        compile_view(view(wide, {"forEach": "name", **column("f", "family")}), definitions).rows(many)
    assert len(compile_view(view({"forEach": "name", **column("f", "family")}), definitions).rows(many)) == 6_000


def test_a_union_is_bounded_before_it_is_put_together(definitions: Definitions) -> None:
    asked: list[int] = []

    def branch(focus: Node, setting: Setting, index: int) -> list[Row]:
        asked.append(index)
        return [("a",)] * 60

    rows = _joined([branch] * 1_000, 100)
    setting = Setting(Environment(PATIENT), {})
    with pytest.raises(TooCostly):
        rows(Node(PATIENT, "Patient"), setting, 0)
    assert len(asked) == 2


def test_a_resource_cannot_make_rows_without_end(definitions: Definitions) -> None:
    many = {**PATIENT, "name": [{"family": str(n)} for n in range(100)]}
    parts = [{"forEach": "name", **column(f"c{n}", "family")} for n in range(3)]
    with pytest.raises(TooCostly):
        compile_view(view(*parts), definitions).rows(many)
    with pytest.raises(TooCostly):
        compile_view(view({"repeat": ["$this"], **column("id", "id")}), definitions).rows(PATIENT)
