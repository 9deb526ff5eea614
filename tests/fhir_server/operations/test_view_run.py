"""ViewDefinition/$run over HTTP, against a server process."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
import zstandard
from bulk_client import serving

FHIR_JSON = {"content-type": "application/fhir+json"}
COUNT = 450
VIEW = {
    "resourceType": "ViewDefinition",
    "status": "active",
    "name": "patients",
    "resource": "Patient",
    "select": [
        {"column": [{"name": "key", "path": "getResourceKey()"}, {"name": "active", "path": "active"}]},
        {"forEach": "name", "column": [{"name": "family", "path": "family"}]},
    ],
}


def put(resource: dict[str, Any]) -> dict[str, Any]:
    return {"resource": resource, "request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}}


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with serving(tmp_path_factory.mktemp("views")) as base, httpx.Client(base_url=base, timeout=60) as client:
        data = base64.b64encode(json.dumps(VIEW).encode()).decode()
        member = [{"entity": {"reference": f"Patient/p{number}"}} for number in range(5)]
        rows: list[dict[str, Any]] = [
            {"resourceType": "Binary", "id": "v1", "contentType": "application/json", "data": data},
            {"resourceType": "Group", "id": "g", "type": "person", "actual": True, "member": member},
        ]
        rows += [
            {
                "resourceType": "Patient",
                "id": f"p{number}",
                "active": number % 2 == 0,
                "name": [{"family": f'Nguyễn "{number}"'}],
            }
            for number in range(COUNT)
        ]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [put(row) for row in rows]}
        answer = client.post("", json=bundle, headers=FHIR_JSON)
        assert answer.status_code == 200, answer.text
        yield client


def run(http: httpx.Client, *more: dict[str, Any], view: Any = VIEW) -> httpx.Response:
    rows = [{"name": "viewResource", "resource": view}, *more]
    body = {"resourceType": "Parameters", "parameter": rows}
    return http.post("/ViewDefinition/$viewdefinition-run", json=body, headers=FHIR_JSON)


@pytest.mark.parametrize("path", ["/ViewDefinition/v1/$run", "/$viewdefinition-run?viewReference=Binary/v1"])
def test_a_stored_view_runs_on_everything(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers.get("transfer-encoding") == "chunked"
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert len({row["key"] for row in rows}) == len(rows) == COUNT
    assert rows[0] == {"key": "Patient/p0", "active": True, "family": 'Nguyễn "0"'}


def test_formats(http: httpx.Client) -> None:
    text = http.get("/ViewDefinition/v1/$run?_format=csv").text
    table = list(csv.reader(io.StringIO(text, newline="")))
    assert table[:2] == [["key", "active", "family"], ["Patient/p0", "true", 'Nguyễn "0"']]
    assert len(table) == COUNT + 1
    bare = http.get("/ViewDefinition/v1/$run?header=false&_limit=3", headers={"accept": "text/csv"})
    assert len(bare.text.splitlines()) == 3
    assert len(http.get("/ViewDefinition/v1/$run?_format=json").json()) == COUNT
    assert http.get("/ViewDefinition/v1/$run?_format=json&_limit=0").json() == []
    file = pq.read_table(io.BytesIO(http.get("/ViewDefinition/v1/$run?_format=parquet").content))
    assert (file.num_rows, [str(field.type) for field in file.schema]) == (COUNT, ["string", "bool", "string"])


def test_filters(http: httpx.Client) -> None:
    assert len(run(http, {"name": "group", "valueReference": {"reference": "Group/g"}}).text.splitlines()) == 5
    one = {"name": "patient", "valueReference": {"reference": "Patient/p7"}}
    assert [json.loads(line)["key"] for line in run(http, one).text.splitlines()] == ["Patient/p7"]
    assert run(http, {"name": "_since", "valueInstant": "2999-01-01T00:00:00Z"}).text == ""
    gone = {"name": "patient", "valueReference": {"reference": "Patient/nobody"}}
    assert run(http, gone).status_code == 404


def test_resources_that_are_sent(http: httpx.Client) -> None:
    patient = {"resourceType": "Patient", "id": "x", "name": [{"family": "Lê"}]}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}]}
    answer = run(http, {"name": "resource", "resource": patient}, {"name": "resource", "resource": bundle})
    assert [json.loads(line)["family"] for line in answer.text.splitlines()] == ["Lê", "Lê"]


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_tables_are_packed_while_they_are_sent(http: httpx.Client, coding: str) -> None:
    plain = http.get("/ViewDefinition/v1/$run", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with http.stream("GET", "/ViewDefinition/v1/$run", headers={"accept-encoding": coding}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == coding
    assert "accept-encoding" in answer.headers["vary"]
    unpack = {"gzip": gzip.decompress, "zstd": zstandard.ZstdDecompressor().decompressobj().decompress}[coding]
    assert unpack(packed) == plain.content
    assert len(packed) < len(plain.content) // 3
    dense = http.get("/ViewDefinition/v1/$run?_format=parquet", headers={"accept-encoding": coding})
    assert "content-encoding" not in dense.headers
    assert http.head("/ViewDefinition/v1/$run", headers={"accept-encoding": coding}).content == b""


def test_the_weights_of_the_header(http: httpx.Client) -> None:
    def named(accept: str) -> str:
        return http.get("/ViewDefinition/v1/$run?_limit=1", headers={"accept": accept}).headers["content-type"]

    assert named("application/json;q=0.1, text/csv;q=0.9") == "text/csv"
    assert named("text/csv;q=0.1, application/ndjson") == "application/ndjson"
    assert http.get("/ViewDefinition/v1/$run", headers={"accept": "image/png"}).status_code == 406


def test_refusals(http: httpx.Client) -> None:
    def code(answer: httpx.Response, status: int) -> str:
        assert answer.status_code == status, answer.text
        found: str = answer.json()["issue"][0]["details"]["coding"][0]["code"]
        return found

    assert code(http.get("/ViewDefinition/$run"), 400) == "RST-4801"
    assert code(http.get("/ViewDefinition/nothing/$run"), 404)
    assert code(run(http, view={**VIEW, "select": []}), 422) == "CNF-2102"
    assert code(http.get("/ViewDefinition/v1/$run?_format=xlsx"), 406) == "RST-4805"
    assert code(http.get("/ViewDefinition/v1/$run?source=s3://x"), 400) == "RST-4804"
    assert code(http.get("/ViewDefinition/v1/$run", headers={"accept": "application/fhir+json"}), 406) == "RST-4806"
    assert code(http.get("/ViewDefinition/v1"), 404)
    several = {**VIEW, "select": [{"column": [{"name": "a", "path": "name.family | id"}]}]}
    assert code(run(http, view=several), 422) == "CNF-2113"
    told = http.get("/metadata").json()["rest"][0]["operation"]
    assert "viewdefinition-run" in {row["name"] for row in told}
