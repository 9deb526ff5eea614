"""$expunge over HTTP: who may, what goes, what stays."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from fhir_asking import codes
from http_edge import FHIR_JSON, Answer, Edge

from fhir_server.store.protocol import HOLDS, Record, Unit

BOTH = "expungeDeletedResources=true&expungePreviousVersions=true"


@pytest.fixture
def admin(edge: Edge) -> Edge:
    """Patient/a has three versions, Patient/b two and a deletion, Patient/c is deleted and an Observation is of it."""
    edge.client = ("127.0.0.1", 5000)
    for name, count in (("a", 3), ("b", 2), ("c", 1)):
        for number in range(count):
            put(edge, f"/Patient/{name}", name=[{"text": f"{name}{number}"}])
    put(edge, "/Observation/o", status="final", code={"text": "c"}, subject={"reference": "Patient/c"})
    for name in ("b", "c"):
        edge.send("DELETE", f"/Patient/{name}")
    return edge


def put(edge: Edge, url: str, **content: Any) -> None:
    _, name, logical_id = url.split("/")
    body = json.dumps({"resourceType": name, "id": logical_id, **content}).encode()
    assert edge.send("PUT", url, body, FHIR_JSON).status in (200, 201)


def expunge(edge: Edge, url: str, body: dict[str, Any] | None = None) -> Answer:
    return edge.send("POST", url, json.dumps(body).encode() if body else b"", FHIR_JSON)


def count(answer: Answer) -> int:
    assert answer.status == 200, answer.body
    first = answer.json()["parameter"][0]
    assert first["name"] == "count"
    return int(first["valueInteger"])


def told(answer: Answer) -> list[str]:
    rows = {row["name"]: row for row in answer.json()["parameter"]}
    return codes(rows["outcome"]["resource"]) if "outcome" in rows else []


def status(edge: Edge, url: str) -> int:
    return edge.send("GET", url).status


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        (None, {}),
        (("10.0.0.7", 5000), {}),
        (("127.0.0.1", 5000), {"x-forwarded-for": "10.0.0.7"}),
        (("::1", 5000), {"forwarded": "for=10.0.0.7"}),
        (("127.0.0.1", 5000), {"origin": "http://evil.example"}),
    ],
)
def test_only_administrators_may(admin: Edge, client: Any, headers: dict[str, str]) -> None:
    admin.client = client
    answer = admin.send("POST", f"/$expunge?{BOTH}", b"", {**FHIR_JSON, **headers})
    assert (answer.status, codes(answer.json())) == (403, ["RST-4614"])
    assert status(admin, "/Patient/a/_history/1") == 200


def test_previous_versions_of_an_instance(admin: Edge) -> None:
    before = admin.send("GET", "/Patient/a").body
    answer = expunge(admin, "/Patient/a/$expunge?expungePreviousVersions=true")
    assert (count(answer), told(answer)) == (2, [])
    assert admin.send("GET", "/Patient/a").body == before
    assert [status(admin, f"/Patient/a/_history/{number}") for number in (1, 2, 3, 4)] == [404, 404, 200, 404]
    history = admin.send("GET", "/Patient/a/_history").json()
    assert [row["response"]["etag"] for row in history["entry"]] == ['W/"3"']
    put(admin, "/Patient/a", name=[{"text": "again"}])
    assert admin.send("GET", "/Patient/a").headers["etag"] == 'W/"4"'


def test_a_deleted_instance(admin: Edge) -> None:
    assert status(admin, "/Patient/b") == 410
    assert count(expunge(admin, "/Patient/b/$expunge?expungeDeletedResources=true")) == 3
    assert [status(admin, f"/Patient/b{rest}") for rest in ("", "/_history", "/_history/3")] == [404, 404, 404]
    put(admin, "/Patient/b", name=[{"text": "again"}])
    assert admin.send("GET", "/Patient/b").headers["etag"] == 'W/"4"'


def test_one_version(admin: Edge) -> None:
    answer = expunge(admin, "/Patient/a/_history/1/$expunge?expungePreviousVersions=true")
    assert count(answer) == 1
    assert [status(admin, f"/Patient/a/_history/{number}") for number in (1, 2, 3)] == [404, 200, 200]
    refused = expunge(admin, "/Patient/a/_history/3/$expunge?expungePreviousVersions=true")
    assert (refused.status, codes(refused.json())) == (409, ["RST-4610"])
    assert expunge(admin, "/Patient/a/_history/9/$expunge?expungePreviousVersions=true").status == 404
    for odd in ("x", "0", "9" * 40):
        assert expunge(admin, f"/Patient/a/_history/{odd}/$expunge?expungePreviousVersions=true").status == 404


def test_a_type_and_the_system_with_a_limit(admin: Edge) -> None:
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "expungeDeletedResources", "valueBoolean": True},
            {"name": "expungePreviousVersions", "valueBoolean": True},
            {"name": "limit", "valueInteger": 2},
        ],
    }
    assert count(expunge(admin, "/Observation/$expunge", body)) == 0
    assert [count(expunge(admin, "/Patient/$expunge", body)) for _ in range(4)] == [2, 2, 2, 0]
    assert status(admin, "/Patient/a") == 200


def test_what_is_referred_to_stays_deleted(admin: Edge) -> None:
    answer = expunge(admin, "/$expunge?expungeDeletedResources=true")
    assert (count(answer), told(answer)) == (3, ["RST-4611"])
    assert status(admin, "/Patient/c") == 410
    answer = expunge(admin, "/Patient/c/$expunge?" + BOTH)
    assert (count(answer), told(answer)) == (1, ["RST-4611"])
    assert [status(admin, f"/Patient/c{rest}") for rest in ("", "/_history/1", "/_history/2")] == [410, 404, 410]
    admin.send("DELETE", "/Observation/o")
    assert count(expunge(admin, "/$expunge?expungeDeletedResources=true")) == 3
    assert status(admin, "/Patient/c") == 404


def test_a_deletion_that_is_not_the_last_version_goes_though_the_resource_is_referred_to(admin: Edge) -> None:
    admin.send("DELETE", "/Observation/o")
    put(admin, "/Patient/c", name=[{"text": "again"}])
    put(admin, "/Observation/o2", status="final", code={"text": "c"}, subject={"reference": "Patient/c"})
    answer = expunge(admin, "/Patient/c/_history/2/$expunge?expungePreviousVersions=true")
    assert (count(answer), told(answer)) == (1, [])
    answer = expunge(admin, f"/Patient/c/$expunge?{BOTH}")
    assert (count(answer), told(answer)) == (1, [])
    assert [status(admin, f"/Patient/c{rest}") for rest in ("", "/_history/1", "/_history/2")] == [200, 404, 404]


def test_a_dry_run_only_counts(admin: Edge) -> None:
    assert count(expunge(admin, f"/$expunge?{BOTH}&_dryRun=true")) == 6
    assert status(admin, "/Patient/b") == 410
    assert count(expunge(admin, f"/$expunge?{BOTH}")) == 6
    assert count(expunge(admin, f"/$expunge?{BOTH}&_dryRun=true")) == 0


def test_what_a_job_reads_stays(admin: Edge) -> None:
    assert admin.app.service is not None
    store = admin.app.service.repository.store
    held = admin.run(store.position())
    admin.run(store.transact([Unit(records=(Record(HOLDS, "job", str(held).encode()),))]))
    put(admin, "/Patient/a", name=[{"text": "new"}])
    answer = expunge(admin, f"/$expunge?{BOTH}")
    assert told(answer) == ["RST-4611", "RST-4612"]
    assert [status(admin, f"/Patient/a/_history/{number}") for number in (1, 2, 3, 4)] == [404, 404, 200, 200]


def test_everything_needs_the_setting(admin: Edge) -> None:
    refused = expunge(admin, "/$expunge?expungeEverything=true")
    assert (refused.status, codes(refused.json())) == (403, ["RST-4609"])
    assert admin.app.service is not None
    admin.app.service = replace(admin.app.service, expunge_everything=True)
    assert codes(expunge(admin, "/Patient/$expunge?expungeEverything=true").json()) == ["RST-4608"]
    assert count(expunge(admin, "/$expunge?expungeEverything=true")) == 9
    assert status(admin, "/Patient/a") == 404
    assert "entry" not in admin.send("GET", "/_history").json()
    assert admin.send("GET", "/Patient?_summary=count").json()["total"] == 0


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("/$expunge", "RST-4607"),
        ("/$expunge?expungePreviousVersions=false", "RST-4607"),
        ("/$expunge?expungePreviousVersions=yes", "RST-4107"),
        (f"/$expunge?{BOTH}&limit=0", "RST-4107"),
        (f"/$expunge?{BOTH}&limit=-3", "RST-4107"),
        (f"/$expunge?{BOTH}&limit=1000000", "RST-4107"),
        (f"/$expunge?{BOTH}&limits=3", "RST-4106"),
    ],
)
def test_what_is_not_understood_is_refused(admin: Edge, url: str, code: str) -> None:
    answer = expunge(admin, url)
    assert (answer.status, codes(answer.json())) == (400, [code])


def test_only_by_post_and_on_what_is_there(admin: Edge) -> None:
    answer = admin.send("GET", f"/$expunge?{BOTH}")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert expunge(admin, f"/Patient/nobody/$expunge?{BOTH}").status == 404
    entry = {"request": {"method": "POST", "url": f"$expunge?{BOTH}"}}
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [entry]}
    answer = expunge(admin, "/", bundle)
    assert answer.json()["entry"][0]["response"]["status"].startswith("400")
