"""ViewDefinition/$viewdefinition-export over HTTP, against a server process; what $run gives is the oracle."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import duckdb
import httpx
import pyarrow.parquet as pq
import pytest
from bulk_client import serving

from conformance.issues import MESSAGE_SYSTEM
from fhir_server.bulk.exporting.manifest import SHA256, SIZE

Row = dict[str, Any]
FHIR_JSON = {"content-type": "application/fhir+json"}
ASYNC = FHIR_JSON | {"prefer": "respond-async"}
PATIENTS, OBSERVATIONS = 300, 450
FORMATS = ("ndjson", "csv", "json", "parquet")
PATIENT_VIEW: Row = {
    "resourceType": "ViewDefinition",
    "status": "active",
    "name": "patients",
    "resource": "Patient",
    "select": [
        {"column": [{"name": "key", "path": "getResourceKey()"}, {"name": "active", "path": "active"}]},
        {"forEach": "name", "column": [{"name": "family", "path": "family"}]},
    ],
}
OBSERVATION_VIEW: Row = {
    "resourceType": "ViewDefinition",
    "status": "active",
    "name": "results",
    "resource": "Observation",
    "constant": [{"name": "least", "valueDecimal": 1.50}],
    "select": [
        {
            "column": [
                {"name": "id", "path": "getResourceKey()"},
                {"name": "patient", "path": "subject.getReferenceKey(Patient)"},
                {"name": "value", "path": "value.ofType(Quantity).value", "type": "decimal"},
            ]
        }
    ],
    "where": [{"path": "value.ofType(Quantity).value > %least"}],
}
DEVICE_VIEW: Row = {**PATIENT_VIEW, "name": "devices", "resource": "Device", "select": [PATIENT_VIEW["select"][0]]}
DEVICE_VIEW["select"] = [{"column": [{"name": "key", "path": "getResourceKey()"}]}]


def patient(number: int) -> Row:
    name = [{"family": f'Nguyễn "{number}",\n'}, {"family": f"Lê {number}"}]
    return {"resourceType": "Patient", "id": f"p{number}", "active": number % 2 == 0, "name": name}


def observation(number: int) -> Row:
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "code": {"text": "Đường huyết"},
        "subject": {"reference": f"Patient/p{number % PATIENTS}"},
        "valueQuantity": {"value": number % 7, "unit": "mmol/L"},
    }


def stored() -> Iterator[Row]:
    for name, view in (("v1", PATIENT_VIEW), ("v2", OBSERVATION_VIEW)):
        data = base64.b64encode(json.dumps(view).encode()).decode()
        yield {"resourceType": "Binary", "id": name, "contentType": "application/json", "data": data}
    yield {"resourceType": "Binary", "id": "text", "contentType": "text/plain", "data": "eA=="}
    member = [{"entity": {"reference": f"Patient/p{number}"}} for number in range(5)]
    yield {"resourceType": "Group", "id": "g", "type": "person", "actual": True, "member": member}
    yield from map(patient, range(PATIENTS))
    yield from map(observation, range(OBSERVATIONS))


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("views")
    with serving(folder, FHIR_SERVER_EXPORT_FILE_SIZE="8000") as base, httpx.Client(base_url=base, timeout=60) as http:
        entries = [
            {"resource": row, "request": {"method": "PUT", "url": f"{row['resourceType']}/{row['id']}"}}
            for row in stored()
        ]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        answer = http.post("", json=bundle, headers=FHIR_JSON)
        assert answer.status_code == 200, answer.text
        yield http


# Asking


def sent(view: Row, name: str = "") -> Row:
    named = [{"name": "name", "valueString": name}] if name else []
    return {"name": "view", "part": [*named, {"name": "viewResource", "resource": view}]}


def referred(reference: str, name: str = "") -> Row:
    named = [{"name": "name", "valueString": name}] if name else []
    return {"name": "view", "part": [*named, {"name": "viewReference", "valueReference": {"reference": reference}}]}


def reference(name: str, to: str) -> Row:
    return {"name": name, "valueReference": {"reference": to}}


def kicked(http: httpx.Client, *rows: Row, path: str = "/$viewdefinition-export", **headers: str) -> httpx.Response:
    body = {"resourceType": "Parameters", "parameter": list(rows)}
    return http.post(path, json=body, headers=ASYNC | headers)


def values(parameters: Row) -> Row:
    """The values of the parameters that are no outputs."""
    assert parameters["resourceType"] == "Parameters"
    rows = [row for row in parameters["parameter"] if row["name"] != "output"]
    return {row["name"]: value for row in rows for name, value in row.items() if name.startswith("value")}


def ended(http: httpx.Client, answer: httpx.Response) -> httpx.Response:
    """The last answer of the status, once the export has ended."""
    assert answer.status_code == 202, answer.text
    location = answer.headers["content-location"]
    assert values(answer.json())["location"] == location
    for _ in range(300):
        status = http.get(location)
        if status.status_code != 202:
            return status
        assert int(status.headers["retry-after"]) > 0
        assert status.headers["x-progress"]
        assert values(status.json())["status"] in ("accepted", "in-progress")
        time.sleep(0.1)
    raise AssertionError(status.text)


def result(http: httpx.Client, answer: httpx.Response) -> Row:
    status = ended(http, answer)
    assert status.status_code == 303, status.text
    final = http.get(status.headers["location"])
    assert final.status_code == 200, final.text
    assert final.headers["content-type"].startswith("application/fhir+json")
    assert parsedate_to_datetime(final.headers["expires"]).timestamp() > time.time() + 3600
    found: Row = final.json()
    return found


def outputs(parameters: Row) -> dict[str, list[Row]]:
    """Name of each output -> its locations."""
    found = {}
    for row in parameters["parameter"]:
        if row["name"] == "output":
            name, *locations = row["part"]
            assert name["name"] == "name"
            found[name["valueString"]] = locations
    return found


def read(body: bytes, format: str, *, header: bool = True) -> list[Row]:
    if format == "csv":
        names, *table = csv.reader(io.StringIO(body.decode(), newline="")) if header else ([], *_bare(body))
        return [dict(zip(names or "abc", row, strict=False)) for row in table]
    if format == "parquet":
        rows: list[Row] = pq.read_table(io.BytesIO(body)).to_pylist()
        return rows
    return list(json.loads(body)) if format == "json" else [json.loads(line) for line in body.splitlines()]


def _bare(body: bytes) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(body.decode(), newline=""))


def exported(http: httpx.Client, locations: list[Row], format: str, *, header: bool = True) -> list[Row]:
    assert locations
    found = []
    for location in locations:
        answer = http.get(location["valueUri"])
        told = {row["url"]: next(row[key] for key in row if key != "url") for row in location["extension"]}
        assert (hashlib.sha256(answer.content).hexdigest(), len(answer.content)) == (told[SHA256], told[SIZE])
        found += read(answer.content, format, header=header)
    return found


def run(http: httpx.Client, view: Row, format: str, *more: Row) -> list[Row]:
    rows = [{"name": "viewResource", "resource": view}, {"name": "_format", "valueCode": format}, *more]
    body = {"resourceType": "Parameters", "parameter": rows}
    answer = http.post("/ViewDefinition/$viewdefinition-run", json=body, headers=FHIR_JSON)
    assert answer.status_code == 200, answer.text
    return read(answer.content, format)


# What comes


@pytest.mark.parametrize("format", FORMATS)
def test_each_format_is_what_run_gives(http: httpx.Client, format: str) -> None:
    views = [sent(PATIENT_VIEW), sent(OBSERVATION_VIEW, "xét nghiệm"), sent(DEVICE_VIEW)]
    found = result(http, kicked(http, {"name": "_format", "valueCode": format}, *views))
    assert values(found)["_format"] == format
    files = outputs(found)
    assert list(files) == ["patients", "xét nghiệm", "devices"]
    for name, view in (("patients", PATIENT_VIEW), ("xét nghiệm", OBSERVATION_VIEW), ("devices", DEVICE_VIEW)):
        assert exported(http, files[name], format) == run(http, view, format)
    assert len(exported(http, files["patients"], format)) == 2 * PATIENTS
    assert exported(http, files["devices"], format) == []


def test_large_outputs_come_in_parts(http: httpx.Client) -> None:
    found = outputs(result(http, kicked(http, sent(PATIENT_VIEW), sent(PATIENT_VIEW, "again"))))
    assert len(found["patients"]) >= 1
    assert len({row["valueUri"] for rows in found.values() for row in rows}) == sum(map(len, found.values()))
    assert exported(http, found["patients"], "ndjson") == exported(http, found["again"], "ndjson")


def test_csv_without_names(http: httpx.Client) -> None:
    rows = [{"name": "_format", "valueCode": "csv"}, {"name": "header", "valueBoolean": False}]
    [files] = outputs(result(http, kicked(http, *rows, sent(PATIENT_VIEW)))).values()
    assert len(exported(http, files, "csv", header=False)) == 2 * PATIENTS


def test_the_types_of_parquet(http: httpx.Client) -> None:
    found = outputs(result(http, kicked(http, sent(OBSERVATION_VIEW), {"name": "_format", "valueCode": "parquet"})))
    [location] = found["results"]
    data = http.get(location["valueUri"], headers={"accept-encoding": "gzip, zstd"})
    assert "content-encoding" not in data.headers  # nothing would be saved
    table = pq.read_table(io.BytesIO(data.content))
    assert [str(field.type) for field in table.schema] == ["string", "string", "decimal128(38, 12)"]
    with duckdb.connect() as database:
        asked = database.register("found", table).execute("select count(*), min(value) > 1.5 from found").fetchone()
    assert asked == (table.num_rows, True)


@pytest.mark.parametrize(
    "filters",
    [
        [reference("patient", "Patient/p7")],
        [reference("patient", "Patient/p7"), reference("patient", "Patient/p8")],
        [reference("group", "Group/g")],
        [reference("group", "Group/g"), reference("patient", "Patient/p3"), reference("patient", "Patient/p200")],
        [{"name": "_since", "valueInstant": "2020-01-01T00:00:00+07:00"}],
        [{"name": "_since", "valueInstant": "2999-01-01T00:00:00Z"}],
    ],
)
def test_filters_are_those_of_run(http: httpx.Client, filters: list[Row]) -> None:
    found = outputs(result(http, kicked(http, sent(PATIENT_VIEW), sent(OBSERVATION_VIEW), *filters)))
    for name, view in (("patients", PATIENT_VIEW), ("results", OBSERVATION_VIEW)):
        assert exported(http, found[name], "ndjson") == run(http, view, "ndjson", *filters)


def test_since_the_last_export_is_what_changed(http: httpx.Client) -> None:
    first = values(result(http, kicked(http, sent(PATIENT_VIEW))))["transactionTime"]
    http.put("/Patient/p1", json={**patient(1), "active": True}, headers=FHIR_JSON)
    http.put("/Patient/p1", json=patient(1), headers=FHIR_JSON)
    since = {"name": "_since", "valueInstant": first}
    [files] = outputs(result(http, kicked(http, sent(PATIENT_VIEW), since))).values()
    assert {row["key"] for row in exported(http, files, "ndjson")} == {"Patient/p1"}


@pytest.mark.parametrize("path", ["/ViewDefinition/$export", "/ViewDefinition/$viewdefinition-export"])
def test_stored_views(http: httpx.Client, path: str) -> None:
    base = str(http.base_url).rstrip("/")
    views = [referred("ViewDefinition/v1"), referred(f"{base}/Binary/v2"), referred("Binary/v2", "other")]
    found = outputs(result(http, kicked(http, *views, path=path)))
    assert list(found) == ["patients", "results", "other"]
    assert exported(http, found["other"], "ndjson") == run(http, OBSERVATION_VIEW, "ndjson")


@pytest.mark.parametrize("path", ["$export?_format=csv", "$viewdefinition-export"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_view_of_the_url(http: httpx.Client, path: str, method: str) -> None:
    answer = http.request(method, f"/ViewDefinition/v1/{path}", headers={"prefer": "respond-async"})
    found = result(http, answer)
    [(name, files)] = outputs(found).items()
    assert name == "patients"
    assert len(exported(http, files, values(found)["_format"])) == 2 * PATIENTS


def test_all_views_read_one_position(http: httpx.Client) -> None:
    stop = threading.Event()

    def keep_writing() -> None:
        with httpx.Client(base_url=http.base_url, timeout=60) as other:
            number = 0
            while not stop.is_set():
                number += 1
                row = {**patient(number % 50), "active": number % 3 == 0}
                assert other.put(f"/Patient/p{number % 50}", json=row, headers=FHIR_JSON).status_code == 200

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        found = outputs(result(http, kicked(http, *(sent(PATIENT_VIEW, f"v{number}") for number in range(8)))))
    finally:
        stop.set()
        writer.join()
    tables = [Counter(map(str, exported(http, files, "ndjson"))) for files in found.values()]
    assert sum(tables[0].values()) == 2 * PATIENTS
    assert all(table == tables[0] for table in tables)


# How it is told


def test_the_asynchronous_pattern(http: httpx.Client) -> None:
    answer = kicked(http, {"name": "clientTrackingId", "valueString": "Báo cáo 11"}, sent(PATIENT_VIEW))
    told = values(answer.json())
    assert (told["status"], told["clientTrackingId"]) == ("accepted", "Báo cáo 11")
    location = answer.headers["content-location"]
    assert location.endswith(f"/_jobs/{told['exportId']}")
    status = ended(http, answer)
    assert values(status.json())["status"] == "completed"
    found = result(http, answer)
    final = values(found)
    assert (final["exportId"], final["clientTrackingId"]) == (told["exportId"], "Báo cáo 11")
    assert final["status"] == "completed"
    assert final["exportStartTime"] <= final["transactionTime"] <= final["exportEndTime"]
    assert final["exportDuration"] >= 0
    [url] = [row["valueUri"] for row in outputs(found)["patients"]][:1]
    assert http.get(f"{location}/result?page=2").status_code == 404
    assert http.get(f"{location}/nothing").status_code == 404
    assert http.delete(location).status_code == 202
    assert [http.get(gone).status_code for gone in (location, f"{location}/result", url)] == [404, 404, 404]


def test_who_follows_redirects_gets_the_manifest(http: httpx.Client) -> None:
    answer = kicked(http, sent(PATIENT_VIEW))
    ended(http, answer)
    with httpx.Client(follow_redirects=True) as client:
        followed = client.get(answer.headers["content-location"])
    assert followed.status_code == 200
    assert outputs(followed.json())


def test_the_answer_in_xml(http: httpx.Client) -> None:
    answer = kicked(http, sent(PATIENT_VIEW), accept="application/fhir+xml")
    assert answer.status_code == 202
    assert answer.text.startswith("<Parameters") or "<Parameters" in answer.text[:100]
    assert http.delete(answer.headers["content-location"]).status_code == 202


def test_files_in_part_and_compressed(http: httpx.Client) -> None:
    found = outputs(result(http, kicked(http, sent(PATIENT_VIEW))))
    url = found["patients"][0]["valueUri"]
    whole = http.get(url, headers={"accept-encoding": "identity"})
    assert whole.headers["content-type"] == "application/x-ndjson"
    assert whole.headers["etag"].strip('"') == hashlib.sha256(whole.content).hexdigest()
    part = http.get(url, headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    with http.stream("GET", url, headers={"accept-encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(packed.iter_raw())) == whole.content


def test_a_view_that_fails_on_a_resource_names_both(http: httpx.Client) -> None:
    view = {**PATIENT_VIEW, "select": [{"column": [{"name": "several", "path": "name.family"}]}]}
    status = ended(http, kicked(http, sent(PATIENT_VIEW), sent(view, "nhiều giá trị")))
    assert status.status_code == 303
    assert values(status.json())["status"] == "failed"
    final = http.get(status.headers["location"])
    assert final.status_code == 500
    first, second = final.json()["issue"]
    assert first["details"]["coding"] == [{"system": MESSAGE_SYSTEM, "code": "BLK-6806"}]
    assert "'nhiều giá trị'" in first["details"]["text"]
    assert re.search(r"ended at Patient/p\d+,", first["details"]["text"])
    assert second["details"]["coding"][0]["code"] == "CNF-2113"
    vietnamese = http.get(status.headers["location"], headers={"accept-language": "vi"}).json()
    assert vietnamese["issue"][0]["details"]["text"].startswith("Kết xuất dừng tại Patient/p")


def test_a_value_that_no_column_holds(http: httpx.Client) -> None:
    column = [{"name": "family", "path": "name.first().family", "type": "integer"}]
    view = {**PATIENT_VIEW, "select": [{"column": column}]}
    status = ended(http, kicked(http, sent(view), {"name": "_format", "valueCode": "parquet"}))
    issues = http.get(status.headers["location"]).json()["issue"]
    assert [issue["details"]["coding"][0]["code"] for issue in issues] == ["BLK-6806", "BLK-6702"]


def test_the_statement_tells_of_it(http: httpx.Client) -> None:
    told = {row["name"]: row for row in http.get("/metadata").json()["rest"][0]["operation"]}
    row = told["viewdefinition-export"]
    assert row["definition"] == "http://sql-on-fhir.org/OperationDefinition/$viewdefinition-export"
    assert all(word in row["documentation"] for word in ("viewReference", "clientTrackingId", "parquet", "source"))
    assert "bulkdata" in told["export"]["definition"]
    assert "documentation" not in told["export"]
