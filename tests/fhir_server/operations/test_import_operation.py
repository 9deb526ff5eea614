"""The kick-off of ``$import``: what is refused, and what becomes of a manifest."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from fhir_asking import Asking, codes

from fhir_server.bulk.importing.order import Order, Origin, order_of
from fhir_server.jobs import Board

ORIGIN = "https://files.example.org"
MANIFEST = {
    "inputFormat": "application/fhir+ndjson",
    "inputSource": "https://other.example.org",
    "storageDetail": {"type": "https"},
    "input": [{"type": "Patient", "url": f"{ORIGIN}/p.ndjson?sig=1"}, {"type": "Basic", "url": f"{ORIGIN}/b"}],
}


@pytest.fixture
def asking(fhir: Asking) -> Asking:
    return Asking(replace(fhir.service, import_from=frozenset({f"{ORIGIN}:443"})), fhir.runner, fhir.ids)


def refused(asking: Asking, manifest: dict[str, Any], status: int = 400, **how: Any) -> list[str]:
    answer = asking.ask("POST", "/$import", manifest, **{"is_async": True, **how})
    assert answer.status == status, answer.body
    return codes(json.loads(answer.body))


def order(asking: Asking, answer: Any) -> Order:
    assert answer.status == 202, answer.body
    [(name, location)] = answer.headers
    assert name == "content-location"
    return order_of(asking.runner.run(Board(asking.service.repository.store).find(location.rpartition("/")[2])))


def parameters(manifest: dict[str, Any]) -> dict[str, Any]:
    """The same as a Parameters resource."""
    rows = [{"name": "inputFormat", "valueCode": manifest["inputFormat"]}]
    rows.append({"name": "inputSource", "valueUri": manifest["inputSource"]})
    rows.append({"name": "storageDetail", "part": [{"name": "type", "valueCode": "https"}]})
    for one in manifest["input"]:
        part = [{"name": "type", "valueCode": one["type"]}, {"name": "url", "valueUrl": one["url"]}]
        rows.append({"name": "input", "part": part})
    return {"resourceType": "Parameters", "parameter": rows}


def test_a_manifest_is_the_same_as_json_and_as_parameters(asking):
    found = [
        order(asking, asking.ask("POST", "/$import", one, is_async=True)) for one in (MANIFEST, parameters(MANIFEST))
    ]
    assert found[0] == found[1]
    assert [(one.type, one.place) for one in found[0].inputs] == [(r["type"], r["url"]) for r in MANIFEST["input"]]
    assert found[0].source == "https://other.example.org"
    assert msgspec.to_builtins(found[0])["url"].endswith("/$import")


def test_files_of_deletions_come_last_and_may_be_alone(asking):
    gone = [{"type": "Bundle", "url": f"{ORIGIN}/gone"}]
    both = order(asking, asking.ask("POST", "/$import", {**MANIFEST, "deleted": gone}, is_async=True))
    assert [(one.type, one.deleted) for one in both.inputs] == [("Patient", False), ("Basic", False), ("Bundle", True)]
    alone = {"inputFormat": "application/fhir+ndjson", "inputSource": "", "input": [], "deleted": gone}
    found = order(asking, asking.ask("POST", "/$import", alone, is_async=True))
    assert [one.place for one in found.inputs] == [f"{ORIGIN}/gone"]
    as_parameters = parameters(MANIFEST)
    part = [{"name": "type", "valueCode": "Bundle"}, {"name": "url", "valueUrl": gone[0]["url"]}]
    as_parameters["parameter"].append({"name": "deleted", "part": part})
    assert order(asking, asking.ask("POST", "/$import", as_parameters, is_async=True)) == both
    assert refused(asking, {**MANIFEST, "deleted": "x"}) == ["BLK-6503"]


def test_every_fault_of_a_manifest_is_named(asking):
    assert refused(asking, MANIFEST, is_async=False) == ["BLK-6501"]
    assert refused(asking, {"inputFormat": "application/fhir+ndjson"}) == ["BLK-6503"]
    bad = {
        "inputFormat": "text/csv",
        "inputSource": "a b",
        "mode": "Sometimes",
        "storageDetail": {"type": "aws-s3"},
        "more": 1,
        "input": [{"type": "Patients", "url": f"{ORIGIN}/a"}, {"type": "Patient", "url": "http://169.254.169.254/"}],
    }
    found = refused(asking, bad)
    assert sorted(found) == ["BLK-6502", "BLK-6504", "BLK-6504", "BLK-6504", "BLK-6504", "BLK-6504", "BLK-6505"]
    assert refused(asking, {**MANIFEST, "input": "x"}) == ["BLK-6503"]
    assert refused(asking, {**MANIFEST, "input": [1]}) == ["BLK-6504", "BLK-6503"]
    for rows in ([1], 1, [{"name": "input", "part": 1}]):
        assert refused(asking, {"resourceType": "Parameters", "parameter": rows}) == ["BLK-6502"]


def test_what_is_not_known_is_refused_or_left_out_and_told(asking):
    more = {"z": 1, **MANIFEST, "storageDetail": {"type": "https", "y": 1, "x": 2}, "w": 1, "a": 1}
    more["input"] = [{"v": 1, **MANIFEST["input"][0], "b": 1}, MANIFEST["input"][1]]
    unknown = ["z", "storageDetail.y", "storageDetail.x", "input[0].v", "input[0].b", "w", "a"]
    answer = asking.ask("POST", "/$import", more, is_async=True)
    texts = [issue["details"]["text"] for issue in json.loads(answer.body)["issue"]]
    assert (answer.status, texts) == (400, [f"$import does not know {name}." for name in unknown])
    answer = asking.ask("POST", "/$import?colour=blue", MANIFEST, is_async=True)
    assert answer.status == 400
    answer = asking.ask("POST", "/$import?colour=blue&_format=json", more, is_async=True, strict=False, language="vi")
    first, *rest = json.loads(answer.body)["issue"]
    assert first["details"]["coding"][0]["code"] == "BLK-6516"
    assert {issue["severity"] for issue in rest} == {"warning"}
    texts = [issue["details"]["text"] for issue in rest]
    assert texts == [f"Đã bỏ qua: $import không có {name}." for name in ("colour", *unknown)]
    assert [(one.type, one.place) for one in order(asking, answer).inputs] == [
        (row["type"], row["url"]) for row in MANIFEST["input"]
    ]
    assert refused(asking, {**more, "inputFormat": "text/csv"}, strict=False) == ["BLK-6504"]


def test_an_initial_load_needs_an_empty_store(asking):
    initial = {**MANIFEST, "mode": "InitialLoad"}
    order(asking, asking.ask("POST", "/$import", initial, is_async=True))
    asking.ask("PUT", "/Patient/p", {"resourceType": "Patient", "id": "p"})
    assert refused(asking, initial, 409) == ["BLK-6518"]


def test_a_file_as_the_body_is_kept_for_the_job(asking):
    body = b'{"resourceType":"Patient","id":"p"}\n' * 100_000
    answer = asking.ask_raw("POST", "/$import", body, is_async=True, media_type="application/fhir+ndjson")
    found = order(asking, answer)
    assert [one.origin for one in found.inputs] == [Origin.UPLOAD]
    job = answer.headers[0][1].rpartition("/")[2]

    async def pieces() -> list[bytes]:
        return [piece async for _, piece in asking.service.repository.store.records(f"import-upload/{job}")]

    assert b"".join(asking.runner.run(pieces())) == body
    other = asking.ask_raw("POST", "/$import", b"<a/>", is_async=True, media_type="application/fhir+xml")
    assert other.status == 415
    media_type = "application/fhir+ndjson"
    bad = asking.ask_raw("POST", "/$import?inputSource=a%20b", body, is_async=True, media_type=media_type)
    assert (bad.status, codes(json.loads(bad.body))) == (400, ["BLK-6504"])


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/fhir+ndjson", 202),
        ("application/fhir+ndjson; charset=UTF-8", 202),
        ("application/fhir+ndjson; charset=latin1", 415),
        ("application/fhir+ndjson; fhirVersion=5.0", 415),
        ("application/json; charset=latin1", 415),
    ],
)
def test_a_body_is_utf_8_whatever_its_type(http, content_type, status):
    headers = {"content-type": content_type, "prefer": "respond-async"}
    answer = http.send("POST", "/$import", b'{"resourceType":"Patient","id":"p"}\n', headers)
    assert answer.status == status
    assert status == 202 or codes(answer.json()) == ["RST-4109"]
