"""The page ``docs/search.md``: it names tests that exist, and every modifier and control that the server has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.definitions import Definitions
from fhir_server.search import CURSOR, SearchRegistry
from fhir_server.search.controls import CONTROLS
from fhir_server.search.special import QUERY, SPECIAL

ROOT = Path(__file__).parents[2]
#: Ways to answer that concern the representation of every interaction.
REPRESENTATION = {"_format", "_pretty", CURSOR}


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / "docs" / "search.md").read_text("utf-8")


def test_the_tests_that_it_names_exist(page: str) -> None:
    named = set(re.findall(r"`(\w+/test_\w+\.py)`", page))
    assert len(named) > 7
    folders = [ROOT / "tests", ROOT / "tests" / "fhir_server"]
    assert [name for name in named if not any((folder / name).is_file() for folder in folders)] == []
    for case in re.findall(r"`(test_\w+)` in `(\w+/\w+\.py)`", page):
        assert f"def {case[0]}(" in (ROOT / "tests" / "fhir_server" / case[1]).read_text("utf-8")


def test_it_names_everything_that_is_offered(page: str, definitions: Definitions) -> None:
    registry = SearchRegistry(definitions, full_text=True)
    modifiers = {name for of in ("Patient", "Condition", "CarePlan") for p in registry.parameters(of).values()
                 for name in p.modifiers}  # fmt: skip
    assert [name for name in modifiers if f":{name}" not in page] == []
    common = {p.code for p in registry.parameters("Patient").values() if p.is_common}
    assert [name for name in (common | set(CONTROLS) | set(SPECIAL)) - REPRESENTATION if name not in page] == []
    assert registry.unsupported("Patient") == (QUERY,)
