"""Parquet files of an export: read by pyarrow and DuckDB, and each resource can be put together again."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
from export_asking import Exported, Exports

from fhir_server.bulk.exporting.order import PARQUET

DERIVED = ("version_id", "last_updated", "other_properties")


def paths(done: Exported, type: str) -> list[Path]:
    names = [item["url"].rpartition("/")[2] for item in done.manifest["output"] if item["type"] == type]
    assert all(name.endswith(".parquet") for name in names)
    return [done.folder / name for name in names]


def resources(path: Path, type: str) -> list[dict[str, Any]]:
    schema = pq.read_schema(path)
    assert schema.metadata[b"fhir.resourceType"] == type.encode()
    rows = pq.read_table(path).to_pylist()
    return [_resource(row, schema, type) for row in rows]


def _resource(row: dict[str, Any], schema: Any, type: str) -> dict[str, Any]:
    found: dict[str, Any] = {"resourceType": type}
    for name, value in row.items():
        if value is None or name in DERIVED[:2]:
            continue
        is_json = getattr(schema.field(name).type, "extension_name", "") == "arrow.json"
        read = json.loads(value, parse_float=Decimal) if is_json else value
        found |= read if name == "other_properties" else {name: read}
    return found


def decoded(lines: list[bytes]) -> dict[str, Any]:
    rows = [json.loads(line, parse_float=Decimal) for line in lines]
    return {row["id"]: row for row in rows}


def asked(exports: Exports, rest: str = "") -> Exported:
    return exports.done(f"/$export?_outputFormat={PARQUET}{rest}")


def test_law_nothing_is_lost(hospital: Exports) -> None:
    precise = {
        "resourceType": "Observation",
        "id": "precise",
        "status": "final",
        "_status": {"extension": [{"url": "http://x/y", "valueString": "tại sao"}]},
        "code": {"text": "Đường huyết"},
        "valueQuantity": {"value": 20.50, "unit": "mmol/L"},
        "instantiatesUri": "x",
    }
    body = json.dumps({key: value for key, value in precise.items() if key != "instantiatesUri"})
    body = body.replace("20.5", "20.500")
    assert hospital.fhir.ask_raw("PUT", "/Observation/precise", body.encode()).status == 201
    lines = decoded(hospital.done("/$export").lines())
    done = asked(hospital)
    types = {item["type"] for item in done.manifest["output"]}
    rows = [row for name in types for path in paths(done, name) for row in resources(path, name)]
    assert len(rows) == len(lines) == sum(item["count"] for item in done.manifest["output"])
    assert {row["id"]: row for row in rows} == lines
    assert str(lines["precise"]["valueQuantity"]["value"]) == "20.500"


def test_duckdb_asks_the_files(hospital: Exports) -> None:
    files = [str(path) for path in paths(asked(hospital, "&_type=Observation"), "Observation")]
    query = (
        "select subject->>'reference' as who, count(*), max(last_updated) from read_parquet(?) group by 1 order by 1"
    )
    rows = duckdb.execute(query, [files]).fetchall()
    assert [row[:2] for row in rows] == [("Patient/p0", 3), ("Patient/p1", 3), ("Patient/p2", 3), ("Patient/p3", 2)]
    query = "select count(*) from read_parquet(?) where code->>'$.coding[0].code' = '1' and status = 'final'"
    assert duckdb.execute(query, [files]).fetchone() == (2,)


def test_files_end_at_their_size_and_groups_are_small(hospital: Exports, monkeypatch: Any) -> None:
    monkeypatch.setattr("fhir_server.bulk.tables.groups.GROUP", 1000)
    for number in range(2000):
        hospital.fhir.ask("PUT", f"/Patient/more{number}", {"resourceType": "Patient", "id": f"more{number}"})
    found = [pq.ParquetFile(path) for path in paths(asked(hospital, "&_type=Patient"), "Patient")]
    assert sum(one.metadata.num_rows for one in found) == 2004
    assert max(one.metadata.num_row_groups for one in found) > 1


def test_deletions_stay_lines(hospital: Exports) -> None:
    done = asked(hospital, "&_since=2020-01-01T00:00:00Z")
    assert done.deleted == ["Observation/o11"]
    assert all(item["url"].endswith(".ndjson") for item in done.manifest["deleted"])


def test_blocks_of_patients_are_no_tables(exports: Exports) -> None:
    [issue] = exports.refused(f"/Patient/$export?_outputFormat={PARQUET}&organizeOutputBy=Patient")
    assert issue["details"]["coding"][0]["code"] == "BLK-6409"


def test_without_the_package_it_says_so(exports: Exports, monkeypatch: Any) -> None:
    monkeypatch.setattr("fhir_server.bulk.tables.availability.has_parquet", lambda: False)
    response = exports.fhir.ask("GET", f"/$export?_outputFormat={PARQUET}", is_async=True)
    assert response.status == 400
    assert b"BLK-6701" in response.body
