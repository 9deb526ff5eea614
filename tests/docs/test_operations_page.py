"""Every operation is on its page and in the CapabilityStatement, and neither tells of others."""

from __future__ import annotations

import re

import pytest
from doc_tables import known, named, page, rows

from conformance.definitions import Definitions
from fhir_server.exchange.registry import ANY_TYPE, Router
from fhir_server.exchange.url import OPERATION_TYPES, Shape
from fhir_server.interactions import INTERACTIONS
from fhir_server.operations import OPERATIONS

PAGE = page("operations.md")


def test_the_table_has_every_operation_with_its_test() -> None:
    table = rows(PAGE)
    listed = [name for row in table for name in re.findall(r"\$([a-z-]+)", row[0])]
    assert sorted(listed) == sorted({row.code for row in OPERATIONS})
    assert all(set(named(row)) <= known() for row in table)


def test_the_page_has_a_section_for_each_operation_and_no_other() -> None:
    headings = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    described = [name for line in headings for name in re.findall(r"\$([a-z-]+)", line)]
    assert sorted(described) == sorted({row.code for row in OPERATIONS})


@pytest.mark.parametrize("code", sorted({row.code for row in OPERATIONS}))
def test_a_section_names_every_parameter(code: str) -> None:
    (section,) = re.findall(rf"^## [^\n]*`\${code}`[^\n]*\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    params = {name for row in OPERATIONS if row.code == code for name in row.params} - {"_cursor"}
    assert [name for name in sorted(params) if f"`{name}`" not in section] == []


def test_no_two_operations_share_a_place() -> None:
    places = [
        (row.code, shape, type_name)
        for row in OPERATIONS
        for shape in row.shapes
        for type_name in (("",) if shape is Shape.SYSTEM_OPERATION else row.types)
    ]
    assert len(places) == len(set(places))
    assert len({row.canonical for row in OPERATIONS}) == len(OPERATIONS)


def test_every_operation_is_routed_where_it_says(definitions: Definitions) -> None:
    router = Router(INTERACTIONS, OPERATIONS)
    for row in OPERATIONS:
        for name in row.types:
            assert name in (ANY_TYPE, *OPERATION_TYPES) or definitions.is_resource(name)
        assert any(one.name == row.code for one in row.interactions())
        assert all(router.find(one.method, _target(one, row)) is not None for one in row.interactions())


def _target(interaction, row):
    from fhir_server.exchange.url import Target

    at_system = interaction.shape is Shape.SYSTEM_OPERATION
    name = "" if at_system else next(iter(row.types)).replace(ANY_TYPE, "Patient")
    return Target(interaction.shape, name, "" if interaction.shape is Shape.TYPE_OPERATION else "1", "", row.code)
