"""Clients drive exports over a server process: one to the letter of the specification, and smart-fetch."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import zstandard
from bulk_client import BulkClient, Row, serving

from fhir_server.bulk.exporting.manifest import SHA256

FHIR_JSON = {"content-type": "application/fhir+json"}
PATIENTS, OBSERVATIONS = 40, 200


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("exports")
    with serving(folder, FHIR_SERVER_EXPORT_FILE_SIZE="1000000", FHIR_SERVER_JOB_LIST="on") as base:
        entries = [entry(patient(number)) for number in range(PATIENTS)]
        entries += [entry(observation(number)) for number in range(OBSERVATIONS)]
        member = [{"entity": {"reference": f"Patient/p{number}"}} for number in range(10)]
        entries.append(entry({"resourceType": "Group", "id": "g", "type": "person", "actual": True, "member": member}))
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        assert httpx.post(base, json=bundle, headers=FHIR_JSON, timeout=60).status_code == 200
        yield base


def entry(resource: Row) -> Row:
    url = f"{resource['resourceType']}/{resource['id']}"
    return {"resource": resource, "request": {"method": "PUT", "url": url}}


def patient(number: int) -> Row:
    return {"resourceType": "Patient", "id": f"p{number}", "name": [{"text": f"Nguyễn Văn {number}"}]}


def observation(number: int) -> Row:
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"text": "Huyết học"},
        "subject": {"reference": f"Patient/p{number % PATIENTS}"},
    }


@pytest.fixture
def client(base: str) -> Iterator[BulkClient]:
    with httpx.Client(timeout=60) as http:
        yield BulkClient(base, http)


LEVELS = {
    "$export": PATIENTS + OBSERVATIONS + 1,
    "Patient/$export": PATIENTS + OBSERVATIONS + 1,
    "Group/g/$export": 10 + 50 + 1,
    "Group/g/$export?_type=Observation": 50,
}


@pytest.mark.parametrize("path", LEVELS)
def test_the_letter_of_the_specification(client: BulkClient, path: str) -> None:
    location = client.kick_off(path)
    found = client.manifest(location)
    rows = client.rows(found)
    assert len({(row["resourceType"], row["id"]) for row in rows}) == len(rows) == LEVELS[path]
    assert found["request"] == f"{client.base}/{path}"
    client.delete(location)
    for item in found["output"]:
        assert client.http.get(item["url"]).status_code == 404


def test_by_post_for_some_patients_and_again_since(client: BulkClient) -> None:
    chosen: list[Row] = [{"name": "patient", "valueReference": {"reference": f"Patient/p{n}"}} for n in (1, 2)]
    found = client.manifest(client.kick_off("Group/g/$export", chosen))
    assert len(client.rows(found)) == 2 + 10 + 1
    client.http.delete(f"{client.base}/Observation/o{OBSERVATIONS - 1}")
    later = client.manifest(client.kick_off(f"$export?_since={found['transactionTime']}"))
    assert later["output"] == []
    [bundle] = client.rows(later, "deleted")
    assert bundle["entry"] == [{"request": {"method": "DELETE", "url": f"Observation/o{OBSERVATIONS - 1}"}}]
    client.http.put(
        f"{client.base}/Observation/o{OBSERVATIONS - 1}", json=observation(OBSERVATIONS - 1), headers=FHIR_JSON
    )


def test_files_come_whole_in_part_and_compressed(client: BulkClient) -> None:
    [item] = client.manifest(client.kick_off("$export?_type=Observation"))["output"]
    get = client.http.get
    whole = get(item["url"], headers={"accept-encoding": "identity"})
    assert hashlib.sha256(whole.content).hexdigest() == item["extension"][SHA256]
    assert "content-encoding" not in whole.headers
    size = int(whole.headers["content-length"])
    for given, start, end in (
        ("0-99", 0, 100),
        ("100-", 100, size),
        ("-7", size - 7, size),
        (f"5-{size * 2}", 5, size),
    ):
        part = get(item["url"], headers={"range": f"bytes={given}", "accept-encoding": "gzip"})
        assert part.status_code == 206
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        assert part.content == whole.content[start:end]
    outside = get(item["url"], headers={"range": f"bytes={size}-"})
    assert (outside.status_code, outside.headers["content-range"]) == (416, f"bytes */{size}")
    other = get(item["url"], headers={"range": "bytes=0-9", "if-range": '"other"', "accept-encoding": "identity"})
    assert (other.status_code, len(other.content)) == (200, size)
    for known in (whole.headers["etag"], f'"other", W/{whole.headers["etag"]}', "*"):
        same = get(item["url"], headers={"if-none-match": known, "accept-encoding": "identity"})
        assert (same.status_code, same.content) == (304, b"")
    for given in ("bytes=0-9", f"bytes={size}-"):
        same = get(item["url"], headers={"if-none-match": whole.headers["etag"], "range": given})
        assert (same.status_code, same.content) == (304, b""), "what the client has comes before the range"
    head = client.http.head(item["url"], headers={"accept-encoding": "identity"})
    assert (head.headers["content-length"], head.content) == (str(size), b"")
    for given in ("bytes=0-9", f"bytes={size}-"):
        head = client.http.head(item["url"], headers={"range": given, "accept-encoding": "identity"})
        assert (head.status_code, head.headers["content-length"]) == (200, str(size)), "a range is of GET alone"


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_codings(client: BulkClient, coding: str) -> None:
    [item] = client.manifest(client.kick_off("$export?_type=Observation"))["output"]
    with client.http.stream("GET", item["url"], headers={"accept-encoding": coding}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == coding
    unpack = {
        "gzip": gzip.decompress,
        "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
    }
    data = unpack[coding](packed)
    assert hashlib.sha256(data).hexdigest() == item["extension"][SHA256]
    assert len(packed) < len(data) // 4


def test_refusals(client: BulkClient) -> None:
    def status(method: str, path: str, **headers: str) -> int:
        answer = client.http.request(method, f"{client.base}/{path}", headers=headers)
        assert answer.json()["resourceType"] == "OperationOutcome"
        return answer.status_code

    assert status("GET", "$export") == 400
    assert status("GET", "Group/$export", prefer="respond-async") == 400
    assert status("GET", "Group/none/$export", prefer="respond-async") == 404
    assert status("GET", "$export?colour=blue", prefer="respond-async") == 400
    assert status("GET", "$export?colour=blue", prefer="respond-async, handling=lenient") == 202
    assert status("GET", "_jobs/none") == 404
    assert status("DELETE", "_jobs/none") == 404
    assert status("POST", "_jobs/none") == 405
    assert client.http.post(f"{client.base}/_jobs/none").headers["allow"] == "GET, HEAD, DELETE"
    location = client.kick_off("$export?_type=Patient")
    client.manifest(location)
    assert client.http.get(f"{location}/none").status_code == 404
    assert client.http.get(f"{location}/../x").status_code == 404


def test_partial_manifests(client: BulkClient) -> None:
    location = client.kick_off("$export?allowPartialManifests=true")
    urls: list[str] = []
    while location:
        answer = client.http.get(location)
        assert answer.status_code in (200, 202)
        if answer.status_code == 202:
            time.sleep(0.1)
            continue
        body = answer.json()
        urls += [item["url"] for item in body["output"]]
        location = next((link["url"] for link in body.get("link", ()) if link["relation"] == "next"), "")
    assert len(set(urls)) == len(urls) == 3


def test_the_list_of_jobs(client: BulkClient) -> None:
    location = client.kick_off("$export?_type=Group")
    client.manifest(location)
    rows = {row["id"]: row for row in client.http.get(f"{client.base}/_jobs").json()}
    row = rows[location.rpartition("/")[2]]
    assert (row["kind"], row["state"], row["done"]) == ("export", "completed", 1)
    assert not {"checkpoint", "outcome", "request"} & row.keys()


def test_smart_fetch(base: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [str(Path(sys.executable).with_name("smart-fetch")), "bulk", str(out), "--fhir-url", base, "--group", "g"]
    command += ["--type", "Patient,Observation", "--no-default-filters"]
    environment = os.environ | {"HOME": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [
        json.loads(line)
        for path in out.rglob("*.ndjson.gz")
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]
    names = [row["id"] for row in rows if row.get("resourceType") in ("Patient", "Observation")]
    assert len(set(names)) == len(names) == 10 + 50
