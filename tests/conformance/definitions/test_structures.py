"""Structures: the official ones, their quirks, and profiles compiled at run time."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.definitions import Binding, Definitions, Element, StructureType, TypeRef, compile_structure
from conformance.errors import InvalidContent

CORE = "http://hl7.org/fhir/StructureDefinition/"


def every_element(structure: StructureType) -> list[Element]:
    found = []
    for element in structure.elements.values():
        found.append(element)
        if element.children:
            found += every_element(element.children)
    return found


def test_resource_types_are_the_concrete_ones(definitions: Definitions) -> None:
    assert len(definitions.resource_types) == 146
    assert list(definitions.resource_types) == sorted(definitions.resource_types)
    assert definitions.is_resource("Patient")
    assert not definitions.is_resource("DomainResource")
    assert not definitions.is_resource("HumanName")
    assert not definitions.is_resource("MetadataResource")


def test_elements_stand_in_order_inherited_first(definitions: Definitions) -> None:
    names = list(definitions.structure("Patient").elements)
    assert names[:9] == [
        "id",
        "meta",
        "implicitRules",
        "language",
        "text",
        "contained",
        "extension",
        "modifierExtension",
        "identifier",
    ]


def test_the_id_of_every_resource_is_an_id(definitions: Definitions) -> None:
    types = {definitions.structure(name).elements["id"].types for name in definitions.resource_types}
    assert types == {(TypeRef("id"),)}
    assert definitions.structure("HumanName").elements["id"].types == (TypeRef("string"),)


def test_no_type_of_another_language_is_left(definitions: Definitions) -> None:
    codes = {
        type_ref.code
        for url in definitions.canonicals("StructureDefinition")
        if (structure := definitions.find_structure(url)) is not None
        for element in every_element(structure)
        for type_ref in element.types
    }
    assert not [code for code in codes if ":" in code]
    assert [code for code in codes if definitions.find_structure(code) is None] == []


def test_every_element_says_what_stands_in_it(definitions: Definitions) -> None:
    for name in definitions.resource_types:
        for element in every_element(definitions.structure(name)):
            assert element.types or element.content_reference, element.path
            if element.content_reference:
                assert definitions.structure(element.content_reference).kind == "backbone"


def test_a_choice_is_one_element_with_many_properties(definitions: Definitions) -> None:
    value = definitions.structure("Observation").elements["value"]
    assert value.is_choice
    assert len(value.types) == 11
    assert value.property_name("dateTime") == "valueDateTime"
    properties = definitions.structure("Observation").properties
    assert properties["valueQuantity"].element is value
    assert properties["valueQuantity"].type == TypeRef("Quantity")
    assert "value" not in properties
    assert properties["status"].element.binding == Binding(
        "required", "http://hl7.org/fhir/ValueSet/observation-status|4.0.1"
    )


def test_an_element_that_repeats_another_is_a_property_without_a_type(definitions: Definitions) -> None:
    item = definitions.structure("Questionnaire.item").properties["item"]
    assert item.type is None
    assert item.element.content_reference == "Questionnaire.item"


@pytest.mark.parametrize(
    ("parent", "name", "types"),
    [
        ("Patient", "id", ("id",)),
        ("Patient", "contact", ("Patient.contact",)),
        ("Patient.contact", "name", ("HumanName",)),
        ("HumanName", "given", ("string",)),
        ("string", "value", ("string",)),
        ("xhtml", "value", ("xhtml",)),
        ("Extension", "url", ("uri",)),
        ("Observation", "valueQuantity", ("Quantity",)),
        ("Patient", "deceased", ("boolean", "dateTime")),
        ("Questionnaire.item", "item", ("Questionnaire.item",)),
        ("Bundle.entry", "link", ("Bundle.link",)),
        ("Bundle.entry", "resource", ("Resource",)),
        ("Patient", "nothing", ()),
        ("Nothing", "id", ()),
    ],
)
def test_types_are_walked_by_element_names(
    definitions: Definitions, parent: str, name: str, types: tuple[str, ...]
) -> None:
    assert definitions.element_type(parent, name) == types


def test_reference_targets_are_type_names(definitions: Definitions) -> None:
    subject = definitions.structure("Observation").elements["subject"]
    assert subject.types[0].targets == ("Patient", "Group", "Device", "Location")


def test_a_structure_is_found_by_name_path_and_canonical(definitions: Definitions) -> None:
    patient = definitions.structure("Patient")
    assert definitions.structure(CORE + "Patient") is patient
    assert definitions.structure(CORE + "Patient|4.0.1") is patient
    assert definitions.find_structure(CORE + "Patient|3.0.2") is None
    assert definitions.structure("Patient.contact") is patient.elements["contact"].children
    assert definitions.find_structure("Patient.name") is None
    assert definitions.find_structure("") is None
    with pytest.raises(KeyError):
        definitions.structure("patient")


def test_own_invariants_are_kept_and_inherited_ones_left_to_the_base(definitions: Definitions) -> None:
    assert {constraint.key for constraint in definitions.structure("Observation").constraints} == {"obs-6", "obs-7"}
    assert [c.key for c in definitions.structure("Patient").elements["contact"].constraints] == ["pat-1"]
    assert "dom-2" in {constraint.key for constraint in definitions.structure("DomainResource").constraints}


def test_a_published_profile_is_compiled_when_asked_for(definitions: Definitions) -> None:
    pressure = definitions.structure(CORE + "bp")
    assert pressure.is_profile
    assert pressure.name == "Observation"
    component = pressure.elements["component"]
    assert component.slicing is not None
    assert component.slicing.rules == "open"
    assert set(component.slices) == {"SystolicBP", "DiastolicBP"}
    systolic = component.slices["SystolicBP"]
    assert systolic.children is not None
    assert systolic.children.elements["value"].is_choice


def profile(*elements: dict[str, Any]) -> dict[str, Any]:
    root = {"id": "Patient", "path": "Patient", "min": 0, "max": "*"}
    return {
        "resourceType": "StructureDefinition",
        "url": "https://example.org/StructureDefinition/p",
        "kind": "resource",
        "type": "Patient",
        "baseDefinition": CORE + "Patient",
        "derivation": "constraint",
        "abstract": False,
        "snapshot": {"element": [root, *elements]},
    }


def test_what_a_profile_of_a_user_states_is_kept() -> None:
    compiled = compile_structure(
        profile(
            {
                "id": "Patient.name",
                "path": "Patient.name",
                "min": 1,
                "max": "1",
                "mustSupport": True,
                "base": {"path": "Patient.name", "min": 0, "max": "*"},
                "type": [{"code": "HumanName", "profile": ["https://example.org/StructureDefinition/n"]}],
            },
            {"id": "Patient.name.use", "path": "Patient.name.use", "fixedCode": "official", "type": [{"code": "code"}]},
            {
                "id": "Patient.deceasedBoolean",
                "path": "Patient.deceasedBoolean",
                "max": "1",
                "base": {"path": "Patient.deceased[x]", "min": 0, "max": "1"},
                "type": [{"code": "boolean"}],
            },
            {
                "path": "Patient.maritalStatus",
                "patternCodeableConcept": {"coding": [{"code": "M"}]},
                "type": [{"code": "CodeableConcept"}],
                "constraint": [{"key": "own-1", "severity": "error", "human": "x", "expression": "true"}],
            },
        )
    )
    name = compiled.elements["name"]
    assert (name.min, name.max, name.is_array, name.must_support) == (1, 1, True, True)
    assert name.types[0].profiles == ("https://example.org/StructureDefinition/n",)
    assert name.children is not None
    assert name.children.elements["use"].fixed == "official"
    assert compiled.properties["deceasedBoolean"].element.name == "deceased"
    assert compiled.elements["maritalStatus"].pattern == {"coding": [{"code": "M"}]}
    assert compiled.elements["maritalStatus"].constraints[0].key == "own-1"


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"url": "https://example.org/x"},
        profile() | {"snapshot": {"element": []}},
        profile({"id": "Patient.name.use", "path": "Patient.name.use"}),
        profile({"id": "Patient.name"}),
        profile({"id": "Patient.name", "path": "Patient.name", "max": "many"}),
        profile({"id": "Patient.name", "path": "Patient.name", "type": ["HumanName"]}),
    ],
)
def test_a_profile_without_a_usable_snapshot_is_refused(definition: dict[str, Any]) -> None:
    with pytest.raises(InvalidContent) as caught:
        compile_structure(definition)
    assert caught.value.issues[0].message.id == "CNF-1508"


def test_raw_resources_are_found_by_id_and_canonical(definitions: Definitions) -> None:
    url = "http://hl7.org/fhir/ValueSet/administrative-gender"
    by_url = definitions.value_set(url)
    assert by_url is not None
    assert by_url["url"] == url
    assert definitions.resource("ValueSet", "administrative-gender") == by_url
    assert definitions.value_set(url + "|4.0.1") == by_url
    assert definitions.value_set(url + "|9") is None
    assert definitions.value_set("http://example.org/none") is None
    system = definitions.code_system("http://hl7.org/fhir/administrative-gender")
    assert system is not None
    assert system["content"] == "complete"


def test_a_raw_resource_is_the_callers_own_copy(definitions: Definitions) -> None:
    url = "http://hl7.org/fhir/ValueSet/administrative-gender"
    first = definitions.value_set(url)
    assert first is not None
    first.clear()
    assert definitions.value_set(url)


def test_all_raw_resources_can_be_read(definitions: Definitions) -> None:
    urls = definitions.canonicals("CodeSystem")
    assert len(urls) == 1062
    assert all((system := definitions.code_system(url)) is not None and system["url"] == url for url in urls)
