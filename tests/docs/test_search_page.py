"""The page ``docs/search.md``: it names tests that exist, and every modifier and control that the server has."""

from __future__ import annotations

import pytest
from doc_tables import known, mentioned, named, rows
from doc_tables import page as page_of

from conformance.definitions import Definitions
from fhir_server.search import CURSOR, SearchRegistry
from fhir_server.search.controls import CONTROLS
from fhir_server.search.special import QUERY, SPECIAL

#: Ways to answer that concern the representation of every interaction.
REPRESENTATION = {"_format", "_pretty", CURSOR}


@pytest.fixture(scope="module")
def page() -> str:
    return page_of("search.md")


@pytest.mark.parametrize("heading", ["Parameters", "Modifiers", "Across resources", "Pages"])
def test_every_row_of_the_page_names_tests_that_exist(page: str, heading: str) -> None:
    for row in rows(page, heading):
        assert set(named(row)) <= known(), row


def test_the_tests_in_its_text_exist(page: str) -> None:
    assert len(mentioned(page)) > 10
    assert mentioned(page) - known() == set()


def test_it_names_everything_that_is_offered(page: str, definitions: Definitions) -> None:
    registry = SearchRegistry(definitions, full_text=True)
    modifiers = {name for of in ("Patient", "Condition", "CarePlan") for p in registry.parameters(of).values()
                 for name in p.modifiers}  # fmt: skip
    assert [name for name in modifiers if f":{name}" not in page] == []
    common = {p.code for p in registry.parameters("Patient").values() if p.is_common}
    assert [name for name in (common | set(CONTROLS) | set(SPECIAL)) - REPRESENTATION if name not in page] == []
    assert registry.unsupported("Patient") == (QUERY,)
