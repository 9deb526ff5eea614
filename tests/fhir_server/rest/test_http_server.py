"""The server as a process: granian on a loopback port over a store on disk."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from http_process import COMMANDS, Server

PATIENT = {"resourceType": "Patient", "name": [{"family": "Nguyễn"}]}
FHIR_JSON = {"content-type": "application/fhir+json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server("granian", tmp_path_factory.mktemp("granian"))
    yield started
    started.stop()


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{server.url}/fhir", headers=FHIR_JSON, timeout=30) as client:
        yield client


def test_life_of_a_resource(http: httpx.Client) -> None:
    made = http.post("/Patient", json=PATIENT)
    assert made.status_code == 201
    location = made.headers["location"]
    assert location.startswith(str(http.base_url))
    assert http.get(location).json() == made.json()
    resource = made.json() | {"active": True}
    url = f"/Patient/{resource['id']}"
    changed = http.put(url, json=resource, headers={"if-match": made.headers["etag"]})
    assert (changed.status_code, changed.headers["etag"]) == (200, 'W/"2"')
    assert http.put(url, json=resource | {"active": False}, headers={"if-match": 'W/"1"'}).status_code == 412
    assert http.get(url, headers={"if-none-match": 'W/"2"'}).status_code == 304
    assert http.head(url).headers["content-length"] == str(len(http.get(url).content))
    assert [row["resource"]["id"] for row in http.get(f"/Patient?_id={resource['id']}").json()["entry"]] == [
        resource["id"]
    ]
    assert len(http.get(f"{url}/_history").json()["entry"]) == 2
    assert http.delete(url).status_code == 204
    gone = http.get(url)
    assert (gone.status_code, gone.headers["etag"]) == (410, 'W/"3"')


def test_search_get_and_post_agree(http: httpx.Client) -> None:
    http.put("/Patient/search-1", json=PATIENT | {"id": "search-1", "name": [{"family": "Đặng"}]})
    form = {"content-type": "application/x-www-form-urlencoded"}
    got = http.get("/Patient", params={"family": "dang"}).json()
    posted = http.post("/Patient/_search", content="family=dang", headers=form).json()
    assert [row["resource"]["id"] for row in got["entry"]] == ["search-1"]
    assert got["entry"] == posted["entry"]


def test_transaction_everything_and_health_book(http: httpx.Client) -> None:
    urn = "urn:uuid:0c3f4a54-5c3e-4e5f-9f9e-0e6b2f6d2b11"
    condition = {"resourceType": "Condition", "subject": {"reference": urn}, "code": {"text": "J00"}}
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"resource": condition, "request": {"method": "POST", "url": "Condition"}},
            {"fullUrl": urn, "resource": PATIENT, "request": {"method": "POST", "url": "Patient"}},
        ],
    }
    answered = http.post("/", json=bundle)
    assert answered.status_code == 200, answered.text
    who = answered.json()["entry"][1]["response"]["location"].partition("/_history/")[0]
    record = http.get(f"/{who}/$everything").json()
    assert [row["resource"]["resourceType"] for row in record["entry"]] == ["Patient", "Condition"]
    document = http.get(f"/{who}/$health-book").json()
    assert document["type"] == "document"


def test_conditional_creates_at_once_make_one_resource(http: httpx.Client) -> None:
    body = PATIENT | {"identifier": [{"system": "http://example.org", "value": "race"}]}
    condition = {"if-none-exist": "identifier=http://example.org|race"}

    def create(_: int) -> int:
        return http.post("/Patient", json=body, headers=condition).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = sorted(pool.map(create, range(32)))
    assert statuses == [200] * 31 + [201]
    assert http.get("/Patient?identifier=http://example.org|race&_summary=count").json()["total"] == 1


def test_capabilities_and_failures(http: httpx.Client, server: Server) -> None:
    assert http.get("/metadata").json()["implementation"]["url"] == f"{server.url}/fhir"
    for answer, status in (
        (http.get("/nothing"), 404),
        (http.get("/Patient", headers={"accept": "text/turtle"}), 406),
        (http.post("/Patient", content=b"<Patient/>", headers={"content-type": "text/html"}), 415),
        (http.post("/Patient", content=b"{}", headers={"content-encoding": "gzip"}), 400),
        (http.post("/Patient", content=b"{}", headers={"content-encoding": "br"}), 415),
        (http.post("/Patient", json=PATIENT | {"colour": "blue"}), 422),
        (http.request("PROPFIND", "/Patient"), 405),
        (http.get("/Patient?colour=blue"), 400),
    ):
        assert answer.status_code == status
        assert answer.json()["resourceType"] == "OperationOutcome"
        assert answer.headers["x-request-id"]


def test_health_page(server: Server) -> None:
    page = httpx.get(f"{server.url}/health")
    assert page.json()["status"] == "ok"


@pytest.mark.parametrize("command", list(COMMANDS))
def test_acknowledged_writes_survive_kill(command: str, tmp_path: Path) -> None:
    made: list[dict[str, Any]] = []
    first = Server(command, tmp_path)
    try:
        made += [httpx.post(f"{first.url}/fhir/Patient", json=PATIENT, headers=FHIR_JSON).json() for _ in range(5)]
    finally:
        kill_family(first.process.pid)
        first.stop(signal.SIGKILL)
    second = Server(command, tmp_path)
    try:
        kept = [httpx.get(f"{second.url}/fhir/Patient/{resource['id']}").json() for resource in made]
    finally:
        second.stop()
    assert json.dumps(kept) == json.dumps(made)


def test_nothing_serves_on_when_the_server_is_killed(tmp_path: Path) -> None:
    server = Server("granian", tmp_path)
    server.stop(signal.SIGKILL)
    for _ in range(600):
        try:
            httpx.get(f"{server.url}/health")
        except httpx.TransportError:
            return
        time.sleep(0.05)
    pytest.fail("a worker outlived its server")


def kill_family(pid: int) -> None:
    """kill -9 the workers of a server that this test started; the server itself goes next."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    for child in children.read_text().split() if children.exists() else []:
        os.kill(int(child), signal.SIGKILL)
