"""The declarations are whole: every name has one, every element says where it comes from, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from mappers.bhyt_xml.schema.tables import TABLES
from mappers.health_book.sections import GROUPS
from profiles.vn.declarations import Json, claim_columns, declared, filled, profile
from profiles.vn.elements import element_type, mappings
from terminology.names import CODE_SYSTEMS, EXTENSIONS, IDENTIFIER_SYSTEMS, PROFILES, Community, Hl7, Names
from terminology.vietnam import list_names

COLUMN = re.compile(r"(XML\d)[.]([A-Z0-9_]+|[*])")


def rows() -> Iterator[tuple[str, str, Json]]:
    """(declaration, element, row) of all profiles and extensions."""
    for name in PROFILES:
        for key, row in profile(name)["elements"].items():
            yield name, key, row
    for name, stated in declared("extensions").items():
        yield f"ext-{name}", "", stated
        for key, row in stated.get("parts", {}).items():
            yield f"ext-{name}", key, row


def test_every_name_is_declared_and_nothing_else() -> None:
    assert set(declared("extensions")) == set(EXTENSIONS)
    assert set(declared("systems")) == set(CODE_SYSTEMS)
    assert set(declared("identifiers")) == set(IDENTIFIER_SYSTEMS)
    with pytest.raises(KeyError):
        profile("no-such-profile")


def test_every_element_names_its_source_or_has_elements_that_do() -> None:
    elements = {(name, key) for name, key, _ in rows()}

    def has_parts(name: str, key: str) -> bool:
        return any(other == name and inner != key and inner.startswith(key) for other, inner in elements)

    silent = [(name, key) for name, key, row in rows() if not (mappings(row) or has_parts(name, key))]
    assert silent == []


def test_every_source_is_understood() -> None:
    lost = [
        (name, key, row["src"])
        for name, key, row in rows()
        if len(row.get("src", "").split()) + ("made" in row) != len(mappings(row))
    ]
    assert lost == []


def test_every_source_column_exists() -> None:
    unknown = [
        (name, key, source)
        for name, key, row in rows()
        for source in row.get("src", "").split()
        if (found := COLUMN.fullmatch(source)) and found[2] != "*" and found[2] not in TABLES[found[1]].columns
    ]
    assert unknown == []


def test_every_text_stands_in_both_languages() -> None:
    invariants = [rule for name in PROFILES for rule in profile(name).get("invariants", ())]
    texts = [row for _, _, row in rows()] + invariants
    assert [row for row in texts if not (row["en"].strip() and row["vi"].strip())] == []
    assert [row for row in invariants if not row["key"].startswith("vn-")] == []
    assert len({row["key"] for row in invariants}) == len(invariants)


def test_every_parent_of_a_slice_says_how_it_is_sliced() -> None:
    for name in PROFILES:
        elements = profile(name)["elements"]
        for key in elements:
            parent, colon, inside = key.rpartition(":")
            if colon and "." not in inside and not parent.endswith("extension"):
                assert "slice" in elements[parent], f"{name}: {key}"


def test_the_columns_are_those_of_the_tables() -> None:
    found = {row["code"] for row in claim_columns()}
    assert found == {name for table in TABLES.values() for name in table.columns} | {"HL"}


def test_the_sections_are_those_of_the_book() -> None:
    assert set(declared("systems")["book-section"]["concepts"]) == {group.code for group in GROUPS} | {"visit"}


def test_a_list_that_is_not_carried_is_never_called_complete() -> None:
    for name, stated in declared("systems").items():
        if stated["content"] != "not-present":
            assert name in list_names() or name == "claim-column" or stated["concepts"], name


def test_names_are_filled_in_and_other_braces_left_alone() -> None:
    names = Names("https://example.org/base")
    value = {"a": ["{sid:cmnd} [0-9]{12}", "{Community:CCCD}"], "b": 1, "c": "{Hl7:LOINC} {}"}
    assert filled(value, names) == {
        "a": ["https://example.org/base/sid/cmnd [0-9]{12}", Community.CCCD],
        "b": 1,
        "c": f"{Hl7.LOINC} {{}}",
    }
    with pytest.raises(KeyError):
        filled("{cs:no-such-system}", names)


def test_types_are_read_with_their_targets() -> None:
    core = "http://hl7.org/fhir/StructureDefinition"
    assert element_type("Coding") == {"code": "Coding"}
    assert element_type("Reference(Patient|Group)")["targetProfile"] == [f"{core}/Patient", f"{core}/Group"]
    assert element_type("Patient(https://a.b/c)") == {"code": "Patient", "profile": ["https://a.b/c"]}
    with pytest.raises(ValueError, match="not a type"):
        element_type("not a type")
