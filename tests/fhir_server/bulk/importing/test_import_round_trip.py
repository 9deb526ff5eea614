"""Export, import into an empty store, export again: the same resources. Over HTTP and from the command line."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from bulk_client import BulkClient, serving

pytestmark = pytest.mark.slow
Row = dict[str, Any]


def hospital() -> list[Row]:
    patients = [{"resourceType": "Patient", "id": f"p{n}", "active": n % 2 == 0} for n in range(20)]
    observations = [
        {
            "resourceType": "Observation",
            "id": f"o{n}",
            "status": "final",
            "code": {"text": "Xét nghiệm"},
            "subject": {"reference": f"Patient/p{n % 20}"},
            "valueQuantity": {"value": n / 4, "unit": "mmol/L"},
        }
        for n in range(600)
    ]
    return [*patients, *observations]


def bare(rows: list[Row]) -> list[str]:
    """The resources without what a store stamps."""
    for row in rows:
        for name in ("versionId", "lastUpdated"):
            row["meta"].pop(name)
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def imported(client: BulkClient, **sent: Any) -> Row:
    """The manifest of an import."""
    headers = {"prefer": "respond-async", "accept": "application/fhir+json", **sent.pop("headers", {})}
    answer = client.http.post(f"{client.base}/$import", headers=headers, **sent)
    assert answer.status_code == 202, answer.text
    location = answer.headers["content-location"]
    for _ in range(600):
        found = client.http.get(location)
        if found.status_code != 202:
            break
        assert int(found.headers["retry-after"]) > 0
        assert len(found.headers["x-progress"]) < 100
        time.sleep(0.1)
    assert found.status_code == 200, found.text
    assert found.headers["content-type"].startswith("application/json")
    return dict(found.json())


def exported(client: BulkClient) -> tuple[Row, list[Row]]:
    manifest = client.manifest(client.kick_off("$export"))
    return manifest, client.rows(manifest)


def test_an_export_imported_elsewhere_is_the_same(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    with serving(folders[0]) as first, httpx.Client() as http:
        origin = first.removesuffix("/fhir")
        with serving(folders[1], FHIR_SERVER_IMPORT_FROM=origin) as second:
            one, two = BulkClient(first, http), BulkClient(second, http)
            body = b"".join(json.dumps(row).encode() + b"\n" for row in (*hospital(), {"resourceType": "X"}))
            told = imported(one, content=body, headers={"content-type": "application/fhir+ndjson"})
            assert [row["count"] for row in told["output"]] == [620]
            [error] = told["error"]
            [outcome] = http.get(error["url"]).text.splitlines()
            assert json.loads(outcome)["issue"][0]["diagnostics"] == "upload:621"
            manifest, rows = exported(one)
            files = [{"type": file["type"], "url": file["url"]} for file in manifest["output"]]
            asked = {"inputFormat": "application/fhir+ndjson", "input": files}
            told = imported(two, json=asked)
            assert sorted(row["count"] for row in told["output"]) == [20, 600]
            assert [row["inputUrl"] for row in told["output"]] == [file["url"] for file in files]
            assert told["error"] == []
            again = exported(two)[1]
            assert len(again) == 620
            assert bare(rows) == bare(again)
            assert http.get(f"{second}/Observation?subject=Patient/p3&_summary=count").json()["total"] == 30
            followed(one, two, manifest["transactionTime"])


def followed(one: BulkClient, two: BulkClient, since: str) -> None:
    """What changed in one since then, deletions too, brought to the other."""
    assert one.http.delete(f"{one.base}/Observation/o1").status_code in (200, 204)
    assert one.http.delete(f"{one.base}/Observation/o2").status_code in (200, 204)
    assert one.http.put(f"{one.base}/Observation/o2", json=hospital()[22]).status_code == 201
    manifest = one.manifest(one.kick_off(f"$export?_since={since}"))
    lists = {
        name: [{"type": file["type"], "url": file["url"]} for file in manifest[part]]
        for name, part in (("input", "output"), ("deleted", "deleted"))
    }
    told = imported(two, json={"inputFormat": "application/fhir+ndjson", **lists})
    assert [row["count"] for row in told["output"]] == [1, 0]
    assert list(told["output"][1]["extension"].values()) == [1]
    assert told["error"] == []
    assert two.http.get(f"{two.base}/Observation/o1").status_code == 410
    assert bare(exported(one)[1]) == bare(exported(two)[1])
