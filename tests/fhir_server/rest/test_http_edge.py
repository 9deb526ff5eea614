"""The HTTP edge as ASGI messages: negotiation, headers, limits, and that every failure is an OperationOutcome."""

from __future__ import annotations

import pytest
from fhir_asking import Asking, codes
from http_edge import FHIR_JSON, Edge

from fhir_server.exchange.validation import Policy, Rules
from fhir_server.rest import FhirApplication

PATIENT = b'{"resourceType":"Patient","gender":"male"}'


def test_headers_of_a_create_and_a_read(edge: Edge) -> None:
    made = edge.send("POST", "/Patient", PATIENT, FHIR_JSON | {"x-request-id": "abc-1"})
    assert made.status == 201
    assert made.headers["x-request-id"] == "abc-1"
    assert made.headers["etag"] == 'W/"1"'
    assert made.headers["location"] == f"http://localhost/fhir/Patient/{made.json()['id']}/_history/1"
    assert made.headers["last-modified"].endswith("GMT")
    assert made.headers["content-type"] == "application/fhir+json; charset=utf-8"
    read = edge.send("GET", f"/Patient/{made.json()['id']}")
    assert read.body == made.body
    assert read.headers["etag"] == 'W/"1"'
    head = edge.send("HEAD", f"/Patient/{made.json()['id']}")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(read.body)))
    known = edge.send("GET", f"/Patient/{made.json()['id']}", headers={"if-none-match": 'W/"1"'})
    assert (known.status, known.body) == (304, b"")


def test_made_request_ids_differ(edge: Edge) -> None:
    first, second = (edge.send("GET", "/metadata", headers={"x-request-id": "bad id!"}) for _ in range(2))
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


@pytest.mark.parametrize(
    "accept",
    [
        "application/fhir+json",
        "application/json;q=0.9, application/fhir+xml",
        "*/*",
        "text/html,application/xhtml+xml,*/*;q=0.8",
        "application/fhir+json; fhirVersion=4.0",
    ],
)
def test_acceptable(edge: Edge, accept: str) -> None:
    assert edge.send("GET", "/Patient", headers={"accept": accept}).status == 200


@pytest.mark.parametrize(
    "accept",
    [
        "text/turtle",
        "application/json;q=0",
        "application/fhir+json; fhirVersion=5.0",
        "application/xml; fhirVersion=3.0",
    ],
)
def test_not_acceptable(edge: Edge, accept: str) -> None:
    answer = edge.send("GET", "/Patient", headers={"accept": accept})
    assert answer.status == 406
    assert codes(answer.json()) == ["RST-4108"]


@pytest.mark.parametrize(
    ("format", "status"),
    [
        ("json", 200),
        ("application/fhir+json", 200),
        ("application/fhir%2Bjson", 200),
        ("xml", 200),
        ("ttl", 406),
        ("", 406),
    ],
)
def test_format_wins_over_accept(edge: Edge, format: str, status: int) -> None:
    assert edge.send("GET", f"/Patient?_format={format}", headers={"accept": "text/html"}).status == status


@pytest.mark.parametrize("content_type", ["text/html", "text/plain", "", "application/json; charset=iso-8859-1"])
def test_body_in_another_format_is_not_read(edge: Edge, content_type: str) -> None:
    answer = edge.send("POST", "/Patient", PATIENT, {"content-type": content_type})
    assert answer.status == 415
    assert codes(answer.json()) == ["RST-4109"]


def test_search_by_post(edge: Edge) -> None:
    edge.send("POST", "/Patient", PATIENT, FHIR_JSON)
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert len(edge.send("POST", "/Patient/_search?_count=5", b"gender=male", form).json()["entry"]) == 1
    assert len(edge.send("POST", "/_search", b"_type=Patient", form).json()["entry"]) == 1
    assert edge.send("POST", "/Patient/_search", b"gender=male", FHIR_JSON).status == 415
    assert edge.send("POST", "/Patient/_search", "gender=é".encode("latin-1"), form).status == 400
    assert edge.send("POST", "/Patient/_search", "family=nguyễn".encode(), form).status == 200
    assert edge.send("POST", "/Patient/_search").status == 200


def test_pretty(edge: Edge) -> None:
    edge.send("PUT", "/Patient/p", b'{"resourceType":"Patient","id":"p"}', FHIR_JSON)
    answer = edge.send("GET", "/Patient/p?_pretty=true")
    assert answer.body.startswith(b'{\n  "resourceType": "Patient"')
    assert answer.headers["content-length"] == str(len(answer.body))


@pytest.mark.parametrize("announced", [True, False])
def test_too_large_body_is_refused(edge: Edge, announced: bool) -> None:
    body = b'{"resourceType":"Patient","language":"%b"}' % (b"x" * 3000)
    headers = FHIR_JSON | ({"content-length": str(len(body))} if announced else {})
    answer = edge.send("POST", "/Patient", body, headers, chunk=500)
    assert answer.status == 413
    assert codes(answer.json()) == ["RST-4110"]


def test_refused_method_names_the_allowed_ones(edge: Edge) -> None:
    answer = edge.send("POST", "/Patient/1", b"{}", FHIR_JSON)
    assert (answer.status, answer.headers["allow"]) == (405, "DELETE, GET, HEAD, PATCH, PUT")
    assert edge.send("OPTIONS", "/Patient").status == 405


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a":1,"a":2}', b"\xff", b'{"resourceType":"Patient","x":NaN}'])
def test_broken_body_is_a_bad_request(edge: Edge, body: bytes) -> None:
    assert edge.send("POST", "/Patient", body, FHIR_JSON).status == 400


def test_language_of_failures(edge: Edge) -> None:
    answer = edge.send("GET", "/Nothing", headers={"accept-language": "vi-VN"})
    assert answer.json()["issue"][0]["details"]["text"].startswith("Nothing không phải")


def test_before_start_and_after_stop_the_service_is_unavailable(edge: Edge) -> None:
    edge.app.service = None
    answer = edge.send("GET", "/metadata")
    assert answer.status == 503
    assert codes(answer.json()) == ["RST-4115"]


def test_unexpected_failure_shows_no_internals(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    edge.app.service = object()  # type: ignore[assignment]
    answer = edge.send("GET", "/Patient/1", headers={"x-request-id": "trace-me"})
    assert answer.status == 500
    assert b"object" not in answer.body
    assert "trace-me" in answer.body.decode()
    assert "trace-me" in caplog.text


def test_findings_of_what_is_stored_are_counted_in_a_header(fhir: Asking) -> None:
    app = FhirApplication()
    app.service = fhir.with_rules(Rules(Policy.WARN)).service
    edge = Edge(app, fhir.runner.run)
    broken = b'{"resourceType": "Patient", "contact": [{"gender": "female"}]}'
    warned = edge.send("POST", "/Patient", broken, FHIR_JSON)
    assert (warned.status, warned.headers["x-validation"]) == (201, "error=1")
    clean = edge.send("POST", "/Patient", b'{"resourceType": "Patient"}', FHIR_JSON)
    assert "x-validation" not in clean.headers
    asked = edge.send("POST", "/Patient", broken, FHIR_JSON | {"prefer": "return=OperationOutcome"})
    assert [issue["severity"] for issue in asked.json()["issue"]] == ["information", "error"]


def test_validate_over_http(edge: Edge) -> None:
    wrong = b'{"resourceType": "Patient",\n "gender": "nam"}'
    answer = edge.send("POST", "/Patient/$validate", wrong, FHIR_JSON | {"accept-language": "vi"})
    assert answer.status == 200
    (issue,) = answer.json()["issue"]
    assert [row["valueInteger"] for row in issue["extension"]] == [2, 2]
    assert "không thuộc" in issue["details"]["text"]
    assert edge.send("GET", "/Patient/nobody/$validate").status == 404
