"""Which table a client gets, by ``_format`` and the weights of its Accept header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import NotAcceptable
from fhir_server.bulk.tables.registry import TABLES
from fhir_server.operations.view_format import written

CASES = {
    "": ("ndjson", "application/x-ndjson"),
    "*/*": ("ndjson", "application/x-ndjson"),
    "text/csv": ("csv", "text/csv"),
    "text/csv;q=0.5, application/json": ("json", "application/json"),
    "application/json;q=0.2, text/csv;q=0.9, */*;q=0.1": ("csv", "text/csv"),
    "text/csv;q=0, */*": ("ndjson", "application/x-ndjson"),
    "application/json, text/csv": ("json", "application/json"),
    "text/csv, application/json": ("csv", "text/csv"),
    "text/*": ("csv", "text/csv"),
    "text/*, text/csv;q=0, application/json;q=0.1": ("json", "application/json"),
    "application/fhir+json, text/csv;q=0.1": ("csv", "text/csv"),
    "application/fhir+ndjson": ("ndjson", "application/fhir+ndjson"),
    "application/ndjson": ("ndjson", "application/ndjson"),
    "TEXT/CSV; header=present": ("csv", "text/csv"),
    "text/html, */*;q=0.8": ("ndjson", "application/x-ndjson"),
    "application/vnd.apache.parquet": ("parquet", "application/vnd.apache.parquet"),
    "application/octet-stream": ("parquet", "application/octet-stream"),
    "*/*, application/x-ndjson;q=0.1, application/ndjson;q=0.1, application/fhir+ndjson;q=0.1": ("csv", "text/csv"),
}


@pytest.mark.parametrize("accept", CASES)
def test_the_header_ranks(accept: str) -> None:
    table, media_type = written(None, accept)
    assert (table.name, media_type) == CASES[accept]


@pytest.mark.parametrize(
    ("accept", "code"),
    [
        ("application/fhir+json", "RST-4806"),
        ("application/fhir+xml;q=0.9, application/fhir+json", "RST-4806"),
        ("image/png", "RST-4809"),
        ("text/csv;q=0", "RST-4809"),
        ("text/csv;q=high", "RST-4809"),
    ],
)
def test_what_is_not_written_is_refused(accept: str, code: str) -> None:
    with pytest.raises(NotAcceptable) as refused:
        written(None, accept)
    assert refused.value.issues[0].message.id == code


@pytest.mark.parametrize("name", ["csv", "text/csv", "CSV"])
@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "text/csv;q=0", "text/html"])
def test_format_goes_before_the_header(name: str, accept: str) -> None:
    assert written(name, accept).table is TABLES["csv"]


def test_a_place_for_resources_alone_holds_no_table() -> None:
    with pytest.raises(NotAcceptable):
        written("csv", "application/fhir+json")
    assert written("ndjson", "application/fhir+ndjson").media_type == "application/fhir+ndjson"


@pytest.mark.parametrize("accept", ["", "*/*", "text/csv", "application/fhir+json"])
def test_a_format_that_is_no_table_is_not_acceptable(accept: str) -> None:
    with pytest.raises(NotAcceptable) as refused:
        written("xlsx", accept)
    assert refused.value.issues[0].message.id == "RST-4805"


NAMES = st.sampled_from(["text/csv", "application/json", "application/x-ndjson", "text/*", "*/*", "image/png"])


@given(st.lists(st.tuples(NAMES, st.integers(0, 1000)), min_size=1, max_size=5, unique_by=lambda row: row[0]))
def test_law_nothing_accepted_weighs_more(ranges: list[tuple[str, int]]) -> None:
    accept = ", ".join(f"{name};q={weight / 1000:.3f}" for name, weight in ranges)
    given_weights = dict(ranges)

    def weight(name: str) -> int:
        kind = f"{name.partition('/')[0]}/*"
        return next((given_weights[one] for one in (name, kind, "*/*") if one in given_weights), 0)

    highest = max(weight(name) for table in TABLES.values() for name in table.media_types)
    if highest == 0:
        with pytest.raises(NotAcceptable):
            written(None, accept)
    else:
        assert weight(written(None, accept).media_type) == highest
