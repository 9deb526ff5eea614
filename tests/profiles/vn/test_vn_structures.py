"""The definitions are valid FHIR, under the chosen base, and their differentials fit what they constrain."""

from __future__ import annotations

import json

import pytest

from conformance.definitions import Definitions
from profiles.validation import Validator
from profiles.vn import Catalogue, definitions, resources
from profiles.vn.package import structures
from terminology.membership import Membership, ValueSets
from terminology.names import COMMUNITY, DEFAULT_BASE, EXTENSIONS, PROFILES, Names

OTHER = Names("https://profiles.example.org/vn")


def test_every_differential_gives_a_snapshot(definitions: Definitions, names: Names) -> None:
    made = structures(names, definitions)  # raises when a differential does not fit
    assert len(made) == len(PROFILES) + len(EXTENSIONS)
    assert all(len(one["snapshot"]["element"]) >= len(one["differential"]["element"]) for one in made)


def test_every_definition_is_valid(national: Catalogue, national_validator: Validator) -> None:
    problems = [
        f"{row['resourceType']}/{row['id']} {issue.expression}: {issue.text()}"
        for row in national.resources()
        for issue in national_validator.validate(row)
        if issue.is_error
    ]
    assert problems == []


def test_nothing_of_ours_is_in_the_name_space_of_others() -> None:
    for row in resources(OTHER):
        url = row["uniqueId"][0]["value"] if row["resourceType"] == "NamingSystem" else row["url"]
        assert url.startswith(f"{OTHER.base}/")
    assert DEFAULT_BASE not in json.dumps(resources(OTHER))


def test_what_the_community_defines_is_used_by_url_only() -> None:
    used = json.dumps(resources(OTHER))
    assert f"{COMMUNITY}/sid/cccd" in used
    assert not [row for row in resources(OTHER) if row.get("url", "").startswith(COMMUNITY)]


def test_definitions_are_built_when_they_are_asked_for() -> None:
    found = definitions(Names("https://lazy.example.org"))
    assert len(found) == len(PROFILES) + len(EXTENSIONS)
    patient = "https://lazy.example.org/StructureDefinition/patient"
    assert patient in found
    assert found[patient] is found[patient]
    assert found[patient]["type"] == "Patient"
    assert "https://lazy.example.org/StructureDefinition/none" not in found
    assert found.get("https://lazy.example.org/StructureDefinition/none") is None


def test_every_element_of_a_profile_is_told_in_both_languages(national: Catalogue, names: Names) -> None:
    for name in PROFILES:
        for element in national.structures[names.profile(name)]["differential"]["element"]:
            if "short" in element:
                translated = element["_short"]["extension"][0]["extension"]
                assert [part["url"] for part in translated] == ["lang", "content"], element["id"]
                assert translated[1]["valueString"], element["id"]


def test_every_identity_of_a_mapping_is_declared(national: Catalogue) -> None:
    for row in national.structures.values():
        used = {entry["identity"] for element in row["differential"]["element"] for entry in element.get("mapping", ())}
        assert used == {entry["identity"] for entry in row["mapping"]}, row["id"]


def test_an_extension_stands_where_it_may_and_holds_what_it_may(national: Catalogue, names: Names) -> None:
    amount = national.structures[names.extension("claim-amount")]
    assert [place["expression"] for place in amount["context"]] == ["Claim", "Claim.item"]
    by_id = {element["id"]: element for element in amount["differential"]["element"]}
    assert by_id["Extension.extension:amount.value[x]"]["type"] == [{"code": "Money"}]
    assert by_id["Extension.value[x]"]["max"] == "0"
    simple = national.structures[names.extension("living-area")]["differential"]["element"]
    assert {element["id"]: element.get("max") for element in simple}["Extension.extension"] == "0"


@pytest.mark.parametrize(
    ("value_set", "code", "answer"),
    [
        ("treatment-outcome", "8", Membership.YES),
        ("treatment-outcome", "9", Membership.NO),
        ("visit-kind", "01", Membership.YES),
        ("visit-kind", "99", Membership.UNKNOWN),
        ("drug", "40.48", Membership.UNKNOWN),
    ],
)
def test_only_a_whole_list_can_call_a_code_wrong(
    national: Catalogue, names: Names, value_set: str, code: str, answer: Membership
) -> None:
    sets = ValueSets(national)
    assert sets.membership(names.value_set(value_set), names.code_system(value_set), code) is answer


def test_provinces_of_both_eras_are_members(national: Catalogue, names: Names) -> None:
    sets = ValueSets(national)
    system = f"{COMMUNITY}/CodeSystem/vn-province-cs"
    answers = [sets.membership(names.value_set("province"), system, code) for code in ("01", "02", "10", "97")]
    assert answers == [Membership.YES, Membership.YES, Membership.YES, Membership.NO]


def test_value_sets_of_the_specification_are_found_behind_ours(national: Catalogue) -> None:
    assert national.value_set("http://hl7.org/fhir/ValueSet/administrative-gender") is not None
    assert national.code_system("http://hl7.org/fhir/administrative-gender") is not None
    assert Catalogue(OTHER).value_set("http://hl7.org/fhir/ValueSet/administrative-gender") is None
