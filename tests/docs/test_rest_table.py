"""The tables of ``docs/rest.md`` hold every interaction, and name tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fhir_server.exchange.registry import Answer
from fhir_server.interactions import INTERACTIONS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "rest.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of each row of the table below a heading."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_the_table_has_exactly_the_interactions_of_the_server() -> None:
    told = {(row[0], row[1]) for row in rows("Interactions")}
    assert told == {(one.code, f"`{one.method} {one.shape}`") for one in INTERACTIONS}


def test_the_table_has_every_parameter_of_the_interactions() -> None:
    told = {row[0].strip("`") for row in rows("Parameters of every interaction")}
    known = {name for one in INTERACTIONS for name in one.params} - {"_cursor"}
    known |= set(f"{Answer.SUBSET}".split())
    assert told == known


@pytest.mark.parametrize("heading", ["Interactions", "Headers", "Parameters of every interaction"])
def test_every_row_names_its_test(heading: str) -> None:
    assert rows(heading)
    for row in rows(heading):
        assert re.fullmatch(r"`\w+`", row[-1]), row


def test_the_tests_that_the_page_names_exist() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    known = set(re.findall(r"^(?:async )?def test_(\w+)\(", "\n".join(sources), re.MULTILINE))
    named = {
        row[-1].strip("`")
        for heading in ("Interactions", "Headers", "Parameters of every interaction")
        for row in rows(heading)
    }
    named |= set(re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+){3,})`", PAGE))
    assert named - known == set()
