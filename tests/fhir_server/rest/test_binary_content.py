"""Binary read and written as its content. https://hl7.org/fhir/R4/binary.html#rest"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from fhir_asking import codes
from http_edge import FHIR_JSON, Answer, Edge

from fhir_server.rest.binary import is_raw

CONTENT = b"%PDF-1.7\x00\xff\n content"
PDF = {"content-type": "application/pdf"}
FHIR = {"accept": "application/fhir+json"}
CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.fixture
def stored(edge: Edge) -> Edge:
    resource = {
        "resourceType": "Binary",
        "id": "b",
        "contentType": "application/pdf",
        "securityContext": {"reference": "Patient/1"},
        "data": b64encode(CONTENT).decode(),
    }
    assert edge.send("PUT", "/Binary/b", json.dumps(resource).encode(), FHIR_JSON).status == 201
    return edge


def fetched(edge: Edge, url: str = "/Binary/b", method: str = "GET", **headers: str) -> Answer:
    return edge.send(method, url, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("accept", ["application/pdf", "*/*", "application/*", CHROME, "image/png", "text/plain, */*"])
@pytest.mark.parametrize("url", ["/Binary/b", "/Binary/b/_history/1"])
def test_content_is_read_as_it_is(stored: Edge, accept: str, url: str) -> None:
    answer = fetched(stored, url, accept=accept)
    assert (answer.status, answer.body) == (200, CONTENT)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["content-disposition"] == 'attachment; filename="b"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-security-context"] == "Patient/1"
    assert answer.headers["etag"] == 'W/"1"'
    assert answer.headers["vary"] == "accept, accept-encoding"


def test_without_an_accept_header_it_is_content(stored: Edge) -> None:
    assert fetched(stored).body == CONTENT


@pytest.mark.parametrize(
    ("url", "accept", "type"),
    [
        ("/Binary/b", "application/fhir+json", "application/fhir+json"),
        ("/Binary/b", "application/fhir+xml", "application/fhir+xml"),
        ("/Binary/b", "application/fhir+json, */*;q=0.1", "application/fhir+json"),
        ("/Binary/b", "application/json", "application/json"),
        ("/Binary/b", "text/xml", "text/xml"),
        ("/Binary/b?_format=json", "*/*", "application/fhir+json"),
        ("/Binary/b?_pretty=true", "*/*", "application/fhir+json"),
        ("/Binary/b?_summary=true", "*/*", "application/fhir+json"),
    ],
)
def test_the_resource_is_read_by_who_names_fhir(stored: Edge, url: str, accept: str, type: str) -> None:
    answer = fetched(stored, url, accept=accept)
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, type)
    assert b"Binary" in answer.body
    assert "content-disposition" not in answer.headers


@pytest.mark.parametrize(
    ("accept", "content_type", "raw"),
    [
        ("application/json", "application/json", True),
        ("application/json", "application/json; charset=utf-8", True),
        ("application/fhir+json", "application/fhir+json", False),
        ("application/json, application/pdf;q=0.5", "application/pdf", True),
        ("application/fhir+json;q=0.5, application/pdf", "application/pdf", True),
        ("application/fhir+json, application/pdf", "application/pdf", False),
        ("application/pdf;q=0, application/json", "application/pdf", False),
        ("application/xml;q=0", "application/pdf", True),
        ("", "", True),
    ],
)
def test_what_an_accept_header_means(accept: str, content_type: str, raw: bool) -> None:
    assert is_raw(accept, content_type) is raw


def test_head_has_the_headers_and_no_body(stored: Edge) -> None:
    whole, head = fetched(stored), fetched(stored, method="HEAD")
    assert head.body == b""
    assert {**head.headers, "x-request-id": ""} == {**whole.headers, "x-request-id": ""}


def test_known_deleted_and_missing(stored: Edge) -> None:
    assert fetched(stored, if_none_match='W/"1"').status == 304
    assert fetched(stored, "/Binary/none", accept="application/pdf").status == 404
    stored.send("DELETE", "/Binary/b")
    answer = fetched(stored, accept="application/pdf")
    assert (answer.status, answer.json()["resourceType"]) == (410, "OperationOutcome")


@pytest.mark.parametrize(
    ("range", "part", "told"),
    [
        ("bytes=0-3", CONTENT[:4], f"bytes 0-3/{len(CONTENT)}"),
        ("bytes=-4", CONTENT[-4:], f"bytes {len(CONTENT) - 4}-{len(CONTENT) - 1}/{len(CONTENT)}"),
        ("bytes=5-", CONTENT[5:], f"bytes 5-{len(CONTENT) - 1}/{len(CONTENT)}"),
    ],
)
def test_a_part_is_read(stored: Edge, range: str, part: bytes, told: str) -> None:
    answer = fetched(stored, range=range, accept_encoding="gzip")
    assert (answer.status, answer.body, answer.headers["content-range"]) == (206, part, told)
    assert fetched(stored, range=range, if_range='W/"1"').status == 200, "a weak tag promises no same bytes"
    assert fetched(stored, range=range, accept="application/fhir+json").status == 200


@pytest.mark.parametrize("range", ["bytes=0-3", "bytes=900-"])
def test_a_range_of_a_head_is_ignored(stored: Edge, range: str) -> None:
    whole, head = fetched(stored), fetched(stored, method="HEAD", range=range)
    assert (head.status, head.body) == (200, b"")
    assert head.headers.get("content-length") == whole.headers.get("content-length")
    assert "content-range" not in head.headers


def test_a_part_that_is_not_there(stored: Edge) -> None:
    answer = fetched(stored, range="bytes=900-", accept="application/pdf")
    assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{len(CONTENT)}")
    assert codes(answer.json()) == ["BLK-6412"]


def test_what_cannot_be_told_in_headers_is_not(edge: Edge) -> None:
    resource: dict[str, Any] = {"resourceType": "Binary", "contentType": "văn/bản", "data": "AAAA"}
    resource["securityContext"] = {"display": "no reference"}
    created = edge.send("POST", "/Binary", json.dumps(resource).encode(), FHIR_JSON)
    assert created.status == 201
    answer = fetched(edge, f"/Binary/{json.loads(created.body)['id']}")
    assert (answer.headers["content-type"], answer.body) == ("application/octet-stream", b"\0\0\0")
    assert "x-security-context" not in answer.headers


def test_a_binary_without_data_has_no_content(edge: Edge) -> None:
    edge.send("PUT", "/Binary/e", b'{"resourceType":"Binary","id":"e","contentType":"text/plain"}', FHIR_JSON)
    answer = fetched(edge, "/Binary/e")
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")


# Writing


def test_content_is_created(edge: Edge) -> None:
    answer = edge.send("POST", "/Binary", CONTENT, {**PDF, "x-security-context": "Patient/7", "accept": "image/png"})
    made = answer.json()
    assert (answer.status, made["contentType"]) == (201, "application/pdf")
    assert made["data"] == b64encode(CONTENT).decode()
    assert made["securityContext"] == {"reference": "Patient/7"}
    assert answer.headers["location"].endswith(f"/Binary/{made['id']}/_history/1")
    assert fetched(edge, f"/Binary/{made['id']}", accept="application/pdf").body == CONTENT


def test_content_is_updated(stored: Edge) -> None:
    answer = stored.send("PUT", "/Binary/b", b"text", {"content-type": "text/plain; charset=utf-8"})
    assert (answer.status, answer.headers["etag"]) == (200, 'W/"2"')
    answer = fetched(stored)
    assert (answer.body, answer.headers["content-type"]) == (b"text", "text/plain; charset=utf-8")
    assert stored.send("PUT", "/Binary/b", b"text", {**PDF, "if-match": 'W/"1"'}).status == 412


@pytest.mark.parametrize(
    ("type", "body"),
    [
        ("application/fhir+json", b'{"resourceType":"Patient"}'),
        ("application/json", b'{"resourceType":"Patient"}'),
        ("application/json", b"[1, 2"),
        ("application/fhir+xml", b'<Patient xmlns="http://hl7.org/fhir"/>'),
        ("application/xml", b"<?xml version='1.0'?><!-- a - b --><Binary2/>"),
        ("text/xml", b"no xml"),
        ("application/x-www-form-urlencoded", b"a=1&b=2"),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("application/json-patch+json", b"[]"),
    ],
)
def test_whatever_is_no_binary_is_content(edge: Edge, type: str, body: bytes) -> None:
    answer = edge.send("POST", "/Binary", body, {"content-type": type})
    assert (answer.status, answer.headers["content-type"].partition("/")[0]) == (201, "application")
    made = answer.headers["location"].split("/")[-3]
    assert fetched(edge, f"/Binary/{made}", accept="*/*").body == body


@pytest.mark.parametrize(
    ("type", "body"),
    [
        ("application/fhir+json", b'{"resourceType":"Binary","contentType":"text/plain","data":"AAAA"}'),
        ("text/json", b'{"data":"AAAA","contentType":"text/plain","resourceType":"Binary"}'),
        (
            "application/xml",
            (
                b'<?xml version="1.0"?>\n<!-- x --><Binary xmlns="http://hl7.org/fhir">'
                b'<contentType value="text/plain"/><data value="AAAA"/></Binary>'
            ),
        ),
    ],
)
def test_a_binary_is_a_binary(edge: Edge, type: str, body: bytes) -> None:
    answer = edge.send("POST", "/Binary", body, {"content-type": type, **FHIR})
    assert (answer.status, answer.json()["contentType"], answer.json()["data"]) == (201, "text/plain", "AAAA")


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, CONTENT, 415),
        ({"content-type": "pdf"}, CONTENT, 415),
        (PDF, b"", 400),
        (PDF, b"x" * 2001, 413),
        ({"content-type": "application/fhir+json"}, b'{"resourceType":', 400),
        ({"content-type": "application/fhir+json"}, b"{}", 400),
        ({"content-type": "application/fhir+xml"}, b"<", 400),
        ({"content-type": "application/fhir+json"}, b'{"resourceType":"Binary","contentTyp":"text/plain"}', 422),
    ],
)
def test_what_is_refused(edge: Edge, headers: dict[str, str], body: bytes, status: int) -> None:
    assert edge.send("POST", "/Binary", body, headers).status == status


@pytest.mark.parametrize("type", ["text/plain", "Text/Plain; charset=utf-8", "multipart/form-data; boundary=x"])
def test_a_web_page_cannot_fill_the_store_unasked(edge: Edge, type: str) -> None:
    page = {"content-type": type, "origin": "https://elsewhere.example"}
    refused = edge.send("POST", "/Binary", b"x", page)
    assert refused.status == 403
    assert "RST-4308" in str(refused.json())
    assert edge.send("POST", "/Binary", b"x", {"content-type": type}).status == 201
    assert edge.send("POST", "/Binary", b"x", {**PDF, "origin": "https://elsewhere.example"}).status == 201
    resource = b'{"resourceType":"Binary","contentType":"text/plain"}'
    assert edge.send("POST", "/Binary", resource, {**page, "content-type": "application/fhir+json"}).status == 201


def test_other_requests_are_as_ever(stored: Edge) -> None:
    assert stored.send("POST", "/Binary/$validate", b"x", PDF).status == 415
    assert stored.send("POST", "/Binary/_search", b"_id=b", {"content-type": "application/pdf"}).status == 415
    assert stored.send("PATCH", "/Binary/b", b"x", PDF).status == 415
    assert stored.send("GET", "/Binary?_id=b").json()["entry"][0]["resource"]["resourceType"] == "Binary"
    assert stored.send("GET", "/Binary/b/_history", headers={"accept": "application/pdf"}).status == 406
