"""How statements combine, what cannot be generated, and laws over random differentials."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.definitions import Definitions, compile_structure, load
from conformance.errors import InvalidContent
from conformance.snapshots import Generated, Snapshots, compare, generate
from conformance.snapshots.elements import merge_element

Row = dict[str, Any]
CORE = "http://hl7.org/fhir/StructureDefinition/"

_SHARED = Snapshots(lambda url: load().resource("StructureDefinition", url))
_SLICED = {
    "path": "Patient.identifier",
    "slicing": {"discriminator": [{"type": "value", "path": "system"}], "rules": "open"},
}


def _messages(result: Generated) -> list[str]:
    return [issue.message.id for issue in result.issues]


@pytest.mark.parametrize(
    ("base", "stated", "merged"),
    [
        ({"min": 0, "short": "a"}, {"min": 1}, {"min": 1, "short": "a"}),
        ({"definition": "a"}, {"definition": "...b"}, {"definition": "a\r\nb"}),
        ({"alias": ["a"]}, {"alias": ["b", "a"]}, {"alias": ["a", "b"]}),
        ({"condition": ["x-1"]}, {"condition": ["x-2"]}, {"condition": ["x-1", "x-2"]}),
        ({"fixedUri": "a"}, {"fixedCode": "b"}, {"fixedCode": "b"}),
        ({"patternCoding": {}}, {"fixedCoding": {}}, {"patternCoding": {}, "fixedCoding": {}}),
        (
            {"type": [{"code": "Reference", "targetProfile": ["p"]}, {"code": "string"}]},
            {"type": [{"code": "Reference"}]},
            {"type": [{"code": "Reference", "targetProfile": ["p"]}]},
        ),
        (
            {"binding": {"strength": "example", "valueSet": "v"}},
            {"binding": {"strength": "required"}},
            {"binding": {"strength": "required", "valueSet": "v"}},
        ),
        (
            {"mapping": [{"identity": "rim", "map": "a"}]},
            {"mapping": [{"identity": "v2", "map": "b"}, {"identity": "rim", "map": "a", "comment": "c"}]},
            {"mapping": [{"identity": "rim", "map": "a", "comment": "c"}, {"identity": "v2", "map": "b"}]},
        ),
        (
            {"example": [{"label": "l", "valueString": "a"}]},
            {"example": [{"label": "l", "valueString": "b"}]},
            {"example": [{"label": "l", "valueString": "b"}]},
        ),
    ],
)
def test_statements_replace_or_add(base: Row, stated: Row, merged: Row) -> None:
    assert merge_element(base, stated) == merged


def _patient(*elements: Row, **changes: Any) -> Row:
    return {
        "url": "http://example.org/p",
        "kind": "resource",
        "type": "Patient",
        "baseDefinition": CORE + "Patient",
        "derivation": "constraint",
        "differential": {"element": list(elements)},
        **changes,
    }


def test_constraints_name_the_structure_that_states_them(definitions: Definitions) -> None:
    own = {"key": "vn-1", "severity": "error", "human": "h", "expression": "true"}
    root = {"path": "Patient", "constraint": [own]}
    structure = generate(_patient(root), lambda url: definitions.resource("StructureDefinition", url))
    sources = {entry["key"]: entry["source"] for entry in structure["snapshot"]["element"][0]["constraint"]}
    assert sources["vn-1"] == "http://example.org/p"
    assert sources["dom-2"] == CORE + "DomainResource"
    assert [constraint.key for constraint in compile_structure(structure).constraints] == ["vn-1"]


def test_an_empty_differential_gives_the_base(definitions: Definitions) -> None:
    base = definitions.resource("StructureDefinition", "Patient")
    assert base is not None
    structure = generate(_patient({"path": "Patient"}), lambda _: base)
    assert compare(base["snapshot"]["element"], structure["snapshot"]["element"]) == []


def test_a_type_of_its_own() -> None:
    elements = [
        {"path": "Form", "short": "a paper form"},
        {"path": "Form.page", "min": 1, "max": "*", "type": [{"code": "BackboneElement"}]},
        {"path": "Form.page.number", "min": 1, "max": "1", "type": [{"code": "integer"}]},
    ]
    form = _patient(
        *elements, kind="logical", type="Form", baseDefinition=CORE + "Element", derivation="specialization"
    )
    structure = generate(form, lambda url: load().resource("StructureDefinition", url))
    found = {row["path"]: row for row in structure["snapshot"]["element"]}
    assert list(found) == [
        "Form",
        "Form.id",
        "Form.extension",
        "Form.page",
        "Form.page.id",
        "Form.page.extension",
        "Form.page.modifierExtension",
        "Form.page.number",
    ]
    assert found["Form.page.number"]["base"] == {"path": "Form.page.number", "min": 1, "max": "1"}


@pytest.mark.parametrize(
    ("structure", "expected"),
    [
        (_patient(differential={}), "SNP-1501"),
        (_patient({"path": "Patient"}, baseDefinition="http://example.org/none"), "SNP-1502"),
        (_patient({"path": "Patient"}, baseDefinition="http://example.org/p|1.0"), "SNP-1503"),
        (_patient({"id": "Patient"}), "SNP-1519"),
        (_patient({"path": "Patient" + ".extension" * 100}), "SNP-1519"),
    ],
)
def test_what_cannot_be_generated(definitions: Definitions, structure: Row, expected: str) -> None:
    with pytest.raises(InvalidContent) as caught:
        generate(structure, lambda url: definitions.resource("StructureDefinition", url))
    assert [issue.message.id for issue in caught.value.issues] == [expected]


def test_bases_in_a_circle_and_endless_chains_end() -> None:
    circle = {
        "http://example.org/p": _patient({"path": "Patient"}, baseDefinition="http://example.org/q"),
        "http://example.org/q": _patient(
            {"path": "Patient"}, url="http://example.org/q", baseDefinition="http://example.org/p"
        ),
    }
    with pytest.raises(InvalidContent):
        generate(circle["http://example.org/p"], circle.get)
    with pytest.raises(InvalidContent):
        generate(
            _patient({"path": "Patient"}, baseDefinition="http://example.org/0"),
            lambda url: _patient({"path": "Patient"}, url=url, baseDefinition=f"{url}0"),
        )


def test_slices_of_slices_of_slices_stay_bounded(definitions: Definitions) -> None:
    slicing = {"discriminator": [{"type": "value", "path": "url"}], "rules": "open"}
    elements: list[Row] = []
    path = "Patient"
    for _ in range(6):
        path += ".extension"
        elements.append({"id": path, "path": path, "slicing": slicing})
    for depth in range(6, 0, -1):
        path = "Patient" + ".extension" * depth
        names = [f"s{number}" for number in range(12)]
        elements += [{"id": f"{path}:{name}", "path": path, "sliceName": name} for name in names]
    with pytest.raises(InvalidContent) as caught:
        generate(_patient(*elements), lambda url: definitions.resource("StructureDefinition", url))
    assert "50000" in str(caught.value)


def test_an_extension_of_itself_is_told() -> None:
    types = [{"code": "Extension", "profile": ["http://example.org/e"]}]
    extension = _patient(
        {"path": "Extension"},
        {"path": "Extension.extension", "sliceName": "again", "type": types},
        url="http://example.org/e",
        kind="complex-type",
        type="Extension",
        baseDefinition=CORE + "Extension",
    )
    result = Snapshots(lambda url: load().resource("StructureDefinition", url)).generate(extension)
    assert [issue.message.id for issue in result.issues] == ["SNP-1511"]


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ([{"path": "Patient.nickname", "min": 1}], ["SNP-1504"]),
        ([{"path": "Patient.birthDate", "max": "2"}], ["SNP-1506"]),
        ([{"path": "Patient.birthDate", "type": [{"code": "dateTime"}]}], ["SNP-1507"]),
        ([{"path": "Patient.gender", "binding": {"strength": "extensible"}}], ["SNP-1508"]),
        ([{"path": "Patient.name", "sliceName": name} for name in "ab"], ["SNP-1509"]),
        ([{"path": "Patient.birthDate", "min": 1}, {"path": "Patient.birthDate"}], ["SNP-1513"]),
        ([_SLICED, {"path": "Patient.identifier", "sliceName": "a/b"}], ["SNP-1516"]),
        ([{**_SLICED, "max": "1"}, {"path": "Patient.identifier", "sliceName": "a", "min": 2}], ["SNP-1517"]),
        ([{"path": "Practitioner.active", "min": 1}], ["SNP-1518"]),
        (
            [
                {
                    "path": "Patient.extension",
                    "sliceName": "a",
                    "type": [{"code": "Extension", "profile": ["http://example.org/none"]}],
                }
            ],
            ["SNP-1510"],
        ),
    ],
)
def test_each_mistake_is_an_issue_at_its_place(elements: list[Row], expected: list[str]) -> None:
    result = _SHARED.generate(_patient(*elements))
    assert _messages(result) == expected
    assert result.issues[0].expression.startswith("StructureDefinition.differential.element[")
    assert result.structure["snapshot"]["element"][0]["path"] == "Patient"


def test_less_than_the_base_asks_for() -> None:
    assert _messages(
        _SHARED.generate(_patient({"path": "Observation.status", "min": 0}, baseDefinition=CORE + "Observation"))
    ) == ["SNP-1505"]


def test_closed_slicing_takes_no_more_slices() -> None:
    stated = {"id": "DiagnosticReport.result:x", "path": "DiagnosticReport.result", "sliceName": "x"}
    assert "SNP-1514" in _messages(_SHARED.generate(_patient(stated, baseDefinition=CORE + "lipidprofile")))


_PATHS = (
    "Patient",
    "Patient.identifier",
    "Patient.identifier.system",
    "Patient.identifier.period.start",
    "Patient.name",
    "Patient.name.family",
    "Patient.contact.name.given",
    "Patient.deceased[x]",
    "Patient.deceasedBoolean",
    "Patient.link.other",
    "Patient.extension",
    "Patient.unknown",
)
_ROWS = st.fixed_dictionaries(
    {"path": st.sampled_from(_PATHS)},
    optional={
        "sliceName": st.sampled_from(["a", "b", "a/c"]),
        "min": st.integers(0, 2),
        "max": st.sampled_from(["0", "1", "2", "*"]),
        "short": st.text(max_size=5),
        "comment": st.sampled_from(["...more", "new"]),
        "condition": st.lists(st.sampled_from(["c-1", "c-2"]), max_size=2),
        "mustSupport": st.booleans(),
        "slicing": st.just({"discriminator": [{"type": "value", "path": "$this"}], "rules": "open"}),
    },
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_ROWS, max_size=8))
def test_laws_of_any_differential(elements: list[Row]) -> None:
    first = _SHARED.generate(_patient({"path": "Patient"}, *elements)).structure
    snapshot = first["snapshot"]["element"]
    assert compile_structure(first).name == "Patient"
    assert len({row["id"] for row in snapshot}) == len(snapshot)
    assert all(".".join(step.partition(":")[0] for step in row["id"].split(".")) == row["path"] for row in snapshot)
    again = _SHARED.generate({**first, "differential": {"element": snapshot}}).structure
    assert again["snapshot"]["element"] == snapshot
