"""The parts in which the rows of a view are sent, and what is refused before the first one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from conformance.definitions import Definitions
from conformance.errors import BadRequest, Unprocessable
from conformance.views import compile_view
from fhir_server.bulk.tables.registry import TABLES
from fhir_server.operations.view_asked import Inputs
from fhir_server.operations.view_run import Run

NOW = "2026-01-01T00:00:00Z"


def view(**column: str) -> dict[str, Any]:
    each = {"forEach": "name", "column": [{"name": "value", **column}]}
    return {"resourceType": "ViewDefinition", "resource": "Patient", "select": [each]}


async def given(*chunks: Sequence[dict[str, Any]]) -> AsyncIterator[Sequence[dict[str, Any]]]:
    for chunk in chunks:
        yield chunk


async def parts(run: Run, *chunks: Sequence[dict[str, Any]]) -> list[bytes]:
    return [part async for part in run.parts(given(*chunks))]


def patient(count: int, family: str = "Nguyễn") -> dict[str, Any]:
    return {"resourceType": "Patient", "name": [{"family": f"{family}{number}"} for number in range(count)]}


@pytest.mark.parametrize(("limit", "found"), [(None, 60_000), (12_345, 12_345)])
def test_many_rows_of_few_resources_come_in_many_parts(definitions: Definitions, limit: int | None, found: int) -> None:
    run = Run(compile_view(view(path="family"), definitions), TABLES["ndjson"], limit, NOW, header=True)
    sent = asyncio.run(parts(run, [patient(20_000)] * 2, [patient(20_000)]))
    assert len(sent) >= found / 5_000
    assert max(map(len, sent)) < 1_000_000
    assert len(b"".join(sent).splitlines()) == found


def test_long_values_make_small_parts(definitions: Definitions) -> None:
    run = Run(compile_view(view(path="family"), definitions), TABLES["json"], None, NOW, header=True)
    sent = asyncio.run(parts(run, [patient(1_000, "x" * 20_000)]))
    assert max(map(len, sent)) < 3_000_000
    assert len(json.loads(b"".join(sent))) == 1_000


def test_a_value_that_fits_no_column_is_refused_before_anything_is_sent(definitions: Definitions) -> None:
    made = compile_view(view(path="family", type="integer"), definitions)
    run = Run(made, TABLES["parquet"], None, NOW, header=True)
    with pytest.raises(Unprocessable, match="integer"):
        asyncio.run(anext(run.parts(given([patient(1)]))))


@pytest.mark.parametrize("entry", [5, None, {"resource": {}}, "x"])
def test_a_bundle_without_a_list_of_entries_is_refused(entry: object) -> None:
    with pytest.raises(BadRequest):
        Inputs({"resource": [{"resourceType": "Bundle", "entry": entry}]}).resources()
