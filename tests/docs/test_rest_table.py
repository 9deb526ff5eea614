"""The tables of ``docs/rest.md`` hold every interaction, and name tests that exist."""

from __future__ import annotations

import pytest
from doc_tables import known, mentioned, named, page, rows

from fhir_server.exchange.registry import Answer
from fhir_server.interactions import INTERACTIONS

PAGE = page("rest.md")
#: Headings of tables whose rows name the tests that hold the server to them.
TABLES = ("Interactions", "Rules", "Entries of a Bundle", "Headers", "Parameters of every interaction")


def test_the_table_has_exactly_the_interactions_of_the_server() -> None:
    told = {(row[0], row[1]) for row in rows(PAGE, "Interactions")}
    assert told == {(one.code, f"`{one.method} {one.shape}`") for one in INTERACTIONS}


def test_the_table_has_every_parameter_of_the_interactions() -> None:
    told = {row[0].strip("`") for row in rows(PAGE, "Parameters of every interaction")}
    known = {name for one in INTERACTIONS for name in one.params} - {"_cursor"}
    known |= set(f"{Answer.SUBSET}".split())
    assert told == known


@pytest.mark.parametrize("heading", TABLES)
def test_every_row_names_tests_that_exist(heading: str) -> None:
    for row in rows(PAGE, heading):
        assert set(named(row)) <= known(), row


def test_the_tests_that_the_page_names_exist() -> None:
    assert mentioned(PAGE) - known() == set()
