"""The official cases of SQL on FHIR: https://github.com/FHIR/sql-on-fhir.js, folder ``tests``.

They are read from ``sql-on-fhir/tests`` in the folder of test material, or from the folder named by SQL_ON_FHIR_TESTS.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from conformance.definitions import Definitions
from conformance.errors import FhirError
from conformance.json_codec import decode
from conformance.views import compile_view

_BESIDE = Path(__file__).parents[4] / "shared" / "testdata"
FOLDER = Path(
    os.environ.get("SQL_ON_FHIR_TESTS", Path(os.environ.get("FHIR_TESTDATA", _BESIDE)) / "sql-on-fhir" / "tests")
)

#: Case -> why this runner answers otherwise. ``docs/views.md`` shows this table.
EXCEPTIONS: dict[str, str] = {}


def cases() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        suite = decode(path.read_bytes())
        for number, test in enumerate(suite["tests"]):
            name = f"{path.stem}: {test['title']}"
            found.append(pytest.param(suite["resources"], test, name, id=f"{name} {number}"))
    return found


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the official cases are not here")
@pytest.mark.parametrize(("resources", "test", "name"), cases())
def test_official_case(definitions: Definitions, resources: list[Any], test: dict[str, Any], name: str) -> None:
    if name in EXCEPTIONS:
        pytest.xfail(EXCEPTIONS[name])
    if test.get("expectError"):
        with pytest.raises(FhirError):
            run(test["view"], resources, definitions)
        return
    columns, rows = run(test["view"], resources, definitions)
    if "expectColumns" in test:
        assert columns == test["expectColumns"]
    if "expectCount" in test:
        assert len(rows) == test["expectCount"]
    if "expect" in test:
        assert sorted(map(repr, map(ordered, rows))) == sorted(map(repr, map(ordered, test["expect"])))


def run(view: Any, resources: list[Any], definitions: Definitions) -> tuple[list[str], list[dict[str, Any]]]:
    compiled = compile_view(view, definitions)
    names = [column.name for column in compiled.columns]
    return names, [dict(zip(names, row, strict=True)) for one in resources for row in compiled.rows(one)]


def ordered(row: dict[str, Any]) -> list[tuple[str, Any]]:
    """By name; numbers by their value."""
    return sorted((name, float(value) if is_number(value) else value) for name, value in row.items())


def is_number(value: Any) -> bool:
    return not isinstance(value, bool | str | list | dict) and value is not None
