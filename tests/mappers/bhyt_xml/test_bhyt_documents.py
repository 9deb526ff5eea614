"""The published documentation and schemas of the mapping are what the tables say."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import jsonschema
import pytest

from mappers.bhyt_xml import BHYT_XML
from mappers.bhyt_xml.document import documents
from mappers.bhyt_xml.extract.claim import read_claim
from mappers.bhyt_xml.extract.findings import Findings
from mappers.bhyt_xml.schema.json_schema import json_schema
from mappers.bhyt_xml.schema.tables import TABLES
from mappers.synthetic import generate
from mappers.units import Raw
from strategies.claim_source import inpatient

_DOCS = Path(__file__).parents[3] / "docs" / "mapping"
_REFERENCE = Path(__file__).parents[4] / "shared" / "reference" / "claim_tables_4750.csv"


@pytest.mark.parametrize("path", sorted(documents()))
def test_documentation_is_up_to_date(path: str) -> None:
    assert (_DOCS / path).read_text(encoding="utf-8") == documents()[path], "run: python -m mappers.bhyt_xml.document"


def test_every_column_says_where_it_goes() -> None:
    for table in TABLES.values():
        for column in table.columns.values():
            assert column.targets or column.note, column.name


def test_columns_are_those_of_the_decision() -> None:
    assert {name: len(table.columns) for name, table in TABLES.items()} == {
        "XML1": 66,
        "XML2": 39,
        "XML3": 47,
        "XML4": 12,
        "XML5": 9,
    }


@pytest.mark.skipif(not _REFERENCE.exists(), reason="the reference table of QĐ 4750 is not beside the checkout")
def test_columns_agree_with_the_reference_table() -> None:
    with _REFERENCE.open(encoding="utf-8", newline="") as stream:
        official = [(row["table"], row["field"]) for row in csv.DictReader(stream) if row["table"] in TABLES]
    assert [(table.name, name) for table in TABLES.values() for name in table.columns] == official


@pytest.mark.parametrize("name", TABLES)
def test_schemas_are_schemas_and_accept_the_test_claim(name: str) -> None:
    schema = json_schema(TABLES[name])
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for row in inpatient()[name]:
        assert [error.message for error in validator.iter_errors(row)] == []


def test_generated_records_satisfy_the_published_schemas() -> None:
    validators = {name: jsonschema.Draft202012Validator(json_schema(table)) for name, table in TABLES.items()}
    for envelope in generate(3, 40):
        for piece in BHYT_XML.split(io.BytesIO(envelope.content), envelope.name):
            assert isinstance(piece, Raw)
            claim = read_claim(piece, Findings("", 1, "+07:00"))
            for name, records in claim.records.items():
                for record in records:
                    assert [error.message for error in validators[name].iter_errors(dict(record.sent))] == []
