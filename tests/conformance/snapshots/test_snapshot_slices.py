"""Slices, reslices, choices, extensions and content references, on small differentials."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.definitions import Definitions
from conformance.snapshots import Generated, Snapshots

Row = dict[str, Any]
CORE = "http://hl7.org/fhir/StructureDefinition/"
BY_TYPE = [{"type": "type", "path": "$this"}]


def profile(type_name: str, *elements: Row, base: str = "", url: str = "http://example.org/p") -> Row:
    return {
        "resourceType": "StructureDefinition",
        "url": url,
        "name": "P",
        "kind": "resource",
        "abstract": False,
        "type": type_name,
        "baseDefinition": base or CORE + type_name,
        "derivation": "constraint",
        "differential": {"element": list(elements)},
    }


@pytest.fixture(scope="module")
def snapshots(definitions: Definitions) -> Snapshots:
    return Snapshots(lambda canonical: definitions.resource("StructureDefinition", canonical))


def rows(result: Generated) -> dict[str, Row]:
    return {row["id"]: row for row in result.structure["snapshot"]["element"]}


def messages(result: Generated) -> list[str]:
    return [issue.message.id for issue in result.issues]


SLICED = {
    "path": "Patient.identifier",
    "slicing": {"discriminator": [{"type": "value", "path": "system"}], "rules": "open"},
}


def test_a_new_slice_follows_its_element_and_need_not_be_there(snapshots: Snapshots) -> None:
    result = snapshots.generate(
        profile("Patient", {**SLICED, "min": 1}, {"path": "Patient.identifier", "sliceName": "card", "max": "1"})
    )
    found = rows(result)
    names = list(found)
    assert names[names.index("Patient.identifier") + 1] == "Patient.identifier:card"
    assert (found["Patient.identifier"]["min"], found["Patient.identifier:card"]["min"]) == (1, 0)
    assert found["Patient.identifier:card"]["max"] == "1"
    assert "slicing" not in found["Patient.identifier:card"]
    assert found["Patient.identifier:card"]["base"] == {"path": "Patient.identifier", "min": 0, "max": "*"}
    assert not result.issues


def test_children_without_ids_belong_to_the_slice_before_them(snapshots: Snapshots) -> None:
    found = rows(
        snapshots.generate(
            profile(
                "Patient",
                SLICED,
                {"path": "Patient.identifier", "sliceName": "card"},
                {"path": "Patient.identifier.system", "min": 1, "fixedUri": "http://example.org/card"},
                {"path": "Patient.identifier", "sliceName": "passport"},
                {"path": "Patient.identifier.system", "min": 1, "fixedUri": "http://example.org/passport"},
            )
        )
    )
    assert found["Patient.identifier:card.system"]["fixedUri"] == "http://example.org/card"
    assert found["Patient.identifier:passport.system"]["fixedUri"] == "http://example.org/passport"
    assert found["Patient.identifier:card.value"]["base"]["path"] == "Identifier.value"
    assert "Patient.identifier.system" not in found


def test_what_is_said_of_the_element_holds_for_its_slices(snapshots: Snapshots) -> None:
    found = rows(
        snapshots.generate(
            profile(
                "Patient",
                {"id": "Patient.contact", "path": "Patient.contact", "slicing": SLICED["slicing"]},
                {"id": "Patient.contact.name", "path": "Patient.contact.name", "min": 1},
                {"id": "Patient.contact:kin", "path": "Patient.contact", "sliceName": "kin"},
            )
        )
    )
    assert found["Patient.contact:kin.name"]["min"] == 1


def test_reslices_follow_their_slice(snapshots: Snapshots) -> None:
    result = snapshots.generate(
        profile(
            "Patient",
            SLICED,
            {"path": "Patient.identifier", "sliceName": "card", "mustSupport": True, "slicing": SLICED["slicing"]},
            {"path": "Patient.identifier", "sliceName": "passport"},
            {"path": "Patient.identifier", "sliceName": "card/new", "min": 1},
            {"path": "Patient.identifier", "sliceName": "card/old"},
        )
    )
    names = [name for name in rows(result) if name.startswith("Patient.identifier")]
    assert names == [
        "Patient.identifier",
        "Patient.identifier:card",
        "Patient.identifier:card/new",
        "Patient.identifier:card/old",
        "Patient.identifier:passport",
    ]
    assert rows(result)["Patient.identifier:card/new"]["mustSupport"] is True
    assert not result.issues


def test_a_profile_of_a_profile_adds_to_its_slices(definitions: Definitions) -> None:
    first = profile("Patient", SLICED, {"path": "Patient.identifier", "sliceName": "card", "max": "1"})
    second = profile(
        "Patient",
        {"id": "Patient.identifier:card", "path": "Patient.identifier", "sliceName": "card", "min": 1},
        {"id": "Patient.identifier:other", "path": "Patient.identifier", "sliceName": "other"},
        base="http://example.org/p",
        url="http://example.org/q",
    )
    known = {first["url"]: first}
    both = Snapshots(lambda url: known.get(url) or definitions.resource("StructureDefinition", url))
    found = rows(both.generate(second))
    assert (found["Patient.identifier:card"]["min"], found["Patient.identifier:card"]["max"]) == (1, "1")
    assert list(found).index("Patient.identifier:other") == list(found).index("Patient.identifier:card") + 1


def test_slices_inside_slices(snapshots: Snapshots) -> None:
    slicing = {"discriminator": [{"type": "value", "path": "code"}], "rules": "open"}
    found = rows(
        snapshots.generate(
            profile(
                "Observation",
                {"id": "Observation.component", "path": "Observation.component", "slicing": slicing},
                {"id": "Observation.component:a", "path": "Observation.component", "sliceName": "a"},
                {
                    "id": "Observation.component:a.code.coding",
                    "path": "Observation.component.code.coding",
                    "slicing": slicing,
                },
                {
                    "id": "Observation.component:a.code.coding:loinc",
                    "path": "Observation.component.code.coding",
                    "sliceName": "loinc",
                    "min": 1,
                },
                {
                    "id": "Observation.component:a.code.coding:loinc.system",
                    "path": "Observation.component.code.coding.system",
                    "fixedUri": "http://loinc.org",
                },
            )
        )
    )
    assert found["Observation.component:a.code.coding:loinc"]["min"] == 1
    assert found["Observation.component:a.code.coding:loinc.system"]["fixedUri"] == "http://loinc.org"
    assert (
        found["Observation.component:a.code.coding:loinc.system"]["path"] == "Observation.component.code.coding.system"
    )


def test_naming_a_type_alone_rules_out_the_others(snapshots: Snapshots) -> None:
    result = snapshots.generate(
        profile(
            "Observation",
            {"path": "Observation.valueQuantity", "min": 1},
            {"path": "Observation.valueQuantity.code", "fixedCode": "kg"},
        )
    )
    found = rows(result)
    choice = found["Observation.value[x]"]
    assert choice["slicing"] == {"discriminator": BY_TYPE, "ordered": False, "rules": "closed"}
    assert [entry["code"] for entry in choice["type"]] == ["Quantity"]
    assert found["Observation.value[x]:valueQuantity"]["min"] == 1
    assert found["Observation.value[x]:valueQuantity.code"]["fixedCode"] == "kg"
    assert not result.issues


def test_a_type_slice_leaves_the_other_types(snapshots: Snapshots) -> None:
    found = rows(
        snapshots.generate(
            profile(
                "Observation",
                {
                    "id": "Observation.value[x]:valueQuantity",
                    "path": "Observation.value[x]",
                    "sliceName": "valueQuantity",
                },
            )
        )
    )
    assert found["Observation.value[x]"]["slicing"]["rules"] == "open"
    assert len(found["Observation.value[x]"]["type"]) == 11
    assert [entry["code"] for entry in found["Observation.value[x]:valueQuantity"]["type"]] == ["Quantity"]


def test_a_choice_of_one_type_is_that_type(snapshots: Snapshots) -> None:
    found = rows(
        snapshots.generate(
            profile(
                "Observation",
                {"path": "Observation.value[x]", "type": [{"code": "Quantity"}]},
                {"path": "Observation.valueQuantity.code", "min": 1},
            )
        )
    )
    assert found["Observation.value[x].code"]["min"] == 1
    assert "slicing" not in found["Observation.value[x]"]


def test_an_extension_slice_starts_from_the_extension(snapshots: Snapshots) -> None:
    url = CORE + "patient-nationality"
    found = rows(
        snapshots.generate(
            profile(
                "Patient",
                {
                    "path": "Patient.extension",
                    "sliceName": "nationality",
                    "type": [{"code": "Extension", "profile": [url]}],
                },
                {"path": "Patient.extension.extension", "sliceName": "code", "min": 1},
            )
        )
    )
    assert found["Patient.extension"]["slicing"]["discriminator"] == [{"type": "value", "path": "url"}]
    part = found["Patient.extension:nationality"]
    assert part["base"]["path"] == "DomainResource.extension"
    assert part["definition"].startswith("The nationality of the patient")
    assert found["Patient.extension:nationality.url"]["fixedUri"] == url
    assert found["Patient.extension:nationality.extension:code"]["min"] == 1
    assert found["Patient.extension:nationality.extension:code.url"]["fixedUri"] == "code"


def test_a_modifier_extension_stays_one(definitions: Definitions) -> None:
    extension = profile(
        "Extension",
        {"path": "Extension", "max": "1", "isModifier": True, "isModifierReason": "it negates"},
        {"path": "Extension.url", "fixedUri": "http://example.org/not"},
        url="http://example.org/not",
    )
    known = {extension["url"]: extension}
    source = Snapshots(lambda url: known.get(url) or definitions.resource("StructureDefinition", url))
    types = [{"code": "Extension", "profile": ["http://example.org/not"]}]
    stated = {"path": "Patient.modifierExtension", "sliceName": "not", "type": types}
    part = rows(source.generate(profile("Patient", stated)))["Patient.modifierExtension:not"]
    assert (part["isModifier"], part["isModifierReason"], part["max"]) == (True, "it negates", "1")


def test_a_content_reference_is_opened_where_it_is_walked_into(snapshots: Snapshots) -> None:
    result = snapshots.generate(profile("Questionnaire", {"path": "Questionnaire.item.item.item.text", "min": 1}))
    found = rows(result)
    assert found["Questionnaire.item.item.item.text"]["min"] == 1
    assert found["Questionnaire.item.item.text"]["min"] == 0
    assert "contentReference" not in found["Questionnaire.item.item"]
    assert found["Questionnaire.item.item"]["type"] == [{"code": "BackboneElement"}]
    assert found["Questionnaire.item.item.item.item"]["contentReference"] == "#Questionnaire.item"
    assert not result.issues


def test_a_resource_inside_is_opened_by_its_profile(snapshots: Snapshots) -> None:
    types = [{"code": "Observation", "profile": [CORE + "vitalsigns"]}]
    found = rows(
        snapshots.generate(
            profile(
                "Bundle",
                {"path": "Bundle.entry.resource", "type": types},
                {"path": "Bundle.entry.resource.subject", "mustSupport": True},
            )
        )
    )
    assert found["Bundle.entry.resource.category:VSCat"]["min"] == 1
    assert found["Bundle.entry.resource.subject"]["base"]["path"] == "Observation.subject"


def test_a_name_without_slicing_is_a_label(snapshots: Snapshots) -> None:
    result = snapshots.generate(profile("Patient", {"path": "Patient.birthDate", "sliceName": "born", "min": 1}))
    assert rows(result)["Patient.birthDate:born"]["min"] == 1
    assert "Patient.birthDate" not in rows(result)
    assert messages(result) == ["SNP-1515"]
