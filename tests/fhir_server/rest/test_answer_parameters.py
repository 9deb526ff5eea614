"""What shapes an answer: Prefer, conditional reads, HEAD, ``_summary``, ``_elements``, histories, statements."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir_asking import codes
from http_edge import FHIR_JSON, Edge

from fhir_server.interactions import history

DIV = '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'
OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o",
    "text": {"status": "generated", "div": DIV},
    "status": "final",
    "code": {"text": "HbA1c"},
    "subject": {"reference": "Patient/p"},
    "note": [{"text": "later"}],
    "valueQuantity": {"value": 5.50},
    "implicitRules": "http://example.org/rules",
}


def put(edge: Edge, resource: dict[str, Any], **headers: str) -> Any:
    url = f"/{resource['resourceType']}/{resource['id']}"
    return edge.send("PUT", url, json.dumps(resource).encode(), FHIR_JSON | headers)


@pytest.fixture
def observed(edge: Edge) -> Edge:
    assert put(edge, OBSERVATION).status == 201
    return edge


def resources(edge: Edge, query: str) -> list[dict[str, Any]]:
    """What a read, a search and a history with this query show of the one resource."""
    read = edge.send("GET", f"/Observation/o?{query}").json()
    searched = edge.send("GET", f"/Observation?{query}").json()["entry"][0]["resource"]
    versions = edge.send("GET", f"/Observation/o/_history?{query}").json()["entry"][0]["resource"]
    return [read, searched, versions, edge.send("GET", f"/Observation/o/_history/1?{query}").json()]


@pytest.mark.parametrize(
    ("query", "kept", "is_whole"),
    [
        ("_summary=text", {"text", "status", "code", "implicitRules"}, False),
        ("_summary=data", {"status", "code", "subject", "note", "valueQuantity", "implicitRules"}, False),
        ("_summary=true", {"status", "code", "subject", "valueQuantity", "implicitRules"}, False),
        ("_summary=false", set(OBSERVATION) - {"resourceType", "id"}, True),
        ("_elements=note", {"note", "status", "code", "implicitRules"}, False),
        (
            "_elements=value,Observation.note,Patient.name",
            {"note", "valueQuantity", "status", "code", "implicitRules"},
            False,
        ),
    ],
)
def test_parts_of_a_resource(observed: Edge, query: str, kept: set[str], is_whole: bool) -> None:
    for shown in resources(observed, query):
        assert set(shown) == kept | {"resourceType", "id", "meta"}
        assert [tag["code"] for tag in shown["meta"].get("tag", [])] == ([] if is_whole else ["SUBSETTED"])


def test_the_tag_of_a_part_has_its_published_display(observed: Edge) -> None:
    (shown, *_) = resources(observed, "_summary=true")
    del shown["implicitRules"]  # unknown rules are a warning of their own
    answer = observed.send("POST", "/Observation/$validate", json.dumps(shown).encode(), FHIR_JSON)
    assert [issue["severity"] for issue in answer.json()["issue"]] == ["information"], answer.body


def test_counts_of_a_search_and_of_a_history(observed: Edge) -> None:
    put(observed, OBSERVATION | {"status": "amended"})
    for url, total in (
        ("/Observation?_summary=count", 1),
        ("/Observation/o/_history?_summary=count", 2),
        ("/Observation?_count=0", 1),
        ("/Observation/_history?_count=0", 2),
        ("/_history?_summary=count&_since=2030-01-01", 0),
    ):
        bundle = observed.send("GET", url).json()
        assert (bundle["total"], "entry" in bundle) == (total, False)
    assert observed.send("GET", "/Observation/o?_summary=count").status == 400


def test_a_history_too_long_to_count_is_refused(observed: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "COUNTED", 1)
    monkeypatch.setattr(history, "CHUNK", 1)
    put(observed, OBSERVATION | {"status": "amended"})
    put(observed, OBSERVATION)
    answer = observed.send("GET", "/_history?_summary=count")
    assert (answer.status, answer.json()["issue"][0]["code"]) == (403, "too-costly")


def test_history_at_a_moment_and_in_a_period(edge: Edge) -> None:
    stamps = [
        put(edge, OBSERVATION | {"status": status}).json()["meta"]["lastUpdated"] for status in ("final", "amended")
    ]

    def versions(query: str, url: str = "/Observation/o/_history") -> list[str]:
        bundle = edge.send("GET", f"{url}?{query}").json()
        return [row["response"]["etag"] for row in bundle.get("entry", [])]

    assert versions(f"_at={stamps[0]}") == ['W/"1"']
    assert versions(f"_at={stamps[0][:10]}", "/_history") == ['W/"2"', 'W/"1"']
    assert versions("_at=2020", "/Observation/_history") == []
    assert versions("_at=2030") == ['W/"2"']
    assert edge.send("GET", "/_history?_at=x").status == 400
    page = edge.send("GET", f"/Observation/_history?_at={stamps[0][:10]}&_count=1").json()
    link = {row["relation"]: row["url"] for row in page["link"]}["next"].removeprefix("http://localhost/fhir")
    assert [row["response"]["etag"] for row in edge.send("GET", link).json()["entry"]] == ['W/"1"']
    other = link.replace("_at=2", "_at=1")
    assert codes(edge.send("GET", other).json()) != []


def test_deleted_is_gone_with_its_version(observed: Edge) -> None:
    assert observed.send("DELETE", "/Observation/o").status == 204
    for method in ("GET", "HEAD"):
        gone = observed.send(method, "/Observation/o")
        assert (gone.status, gone.headers["etag"]) == (410, 'W/"2"')
    gone = observed.send("GET", "/Observation/o/_history/2")
    assert (gone.status, gone.headers["etag"], "last-modified" in gone.headers) == (410, 'W/"2"', True)
    assert observed.send("GET", "/Observation/o/_history/1").status == 200
    entries = observed.send("GET", "/Observation/o/_history").json()["entry"]
    assert [row["request"]["method"] for row in entries] == ["DELETE", "POST"]
    assert "resource" not in entries[0]


@pytest.mark.parametrize("format", ["json", "xml"])
def test_preferred_answers_to_a_write(edge: Edge, format: str) -> None:
    accept = {"accept": f"application/fhir+{format}"}
    minimal = put(edge, OBSERVATION, prefer="return=minimal", **accept)
    assert (minimal.status, minimal.body, minimal.headers["location"][-24:]) == (201, b"", "Observation/o/_history/1")
    assert {"etag", "last-modified"} <= set(minimal.headers)
    outcome = put(edge, OBSERVATION | {"status": "amended"}, prefer="return=OperationOutcome", **accept)
    assert (outcome.status, b"OperationOutcome" in outcome.body) == (200, True)
    whole = put(edge, OBSERVATION, prefer="return=representation; handling=strict", **accept)
    assert b"HbA1c" in whole.body
    assert put(edge, OBSERVATION, prefer="return=everything", **accept).status == 400


def test_handling_of_what_is_unknown(observed: Edge) -> None:
    for url in ("/Observation/o?colour=blue", "/Observation?colour=blue", "/Observation/o/_history?colour=blue"):
        assert observed.send("GET", url).status == 400
        assert observed.send("GET", url, headers={"prefer": "handling=strict"}).status == 400
        assert observed.send("GET", url, headers={"prefer": "handling=lenient"}).status == 200
    entries = observed.send("GET", "/Observation?colour=blue", headers={"prefer": "handling=lenient"}).json()["entry"]
    assert [row["search"]["mode"] for row in entries] == ["match", "outcome"]
    lenient = {"prefer": "handling=lenient", "accept-language": "vi"}
    told = observed.send("GET", "/Observation?colour=blue", headers=lenient).json()["entry"][1]["resource"]["issue"][0]
    assert told["details"]["text"] == (
        "Tham số 'colour' đã bị bỏ qua: Không có tham số tìm kiếm 'colour' cho Observation."
    )


def test_conditional_reads(observed: Edge) -> None:
    read = observed.send("GET", "/Observation/o")
    stamp = read.headers["last-modified"]
    for headers, status in (
        ({"if-none-match": 'W/"1"'}, 304),
        ({"if-none-match": 'W/"7", W/"1"'}, 304),
        ({"if-none-match": "*"}, 304),
        ({"if-none-match": 'W/"2"'}, 200),
        ({"if-modified-since": stamp}, 304),
        ({"if-modified-since": "Mon, 01 Jan 2001 00:00:00 GMT"}, 200),
        ({"if-modified-since": "some day"}, 200),
        ({"if-none-match": 'W/"2"', "if-modified-since": stamp}, 200),
    ):
        answer = observed.send("GET", "/Observation/o", headers=headers)
        assert answer.status == status, headers
        assert answer.headers["etag"] == 'W/"1"'
        assert (answer.body == b"") == (status == 304)
    assert observed.send("HEAD", "/Observation/o", headers={"if-none-match": 'W/"1"'}).status == 304


@pytest.mark.parametrize(
    "url", ["/Observation/o", "/Observation", "/_history", "/metadata", "/Observation/o?_format=xml"]
)
def test_head_has_the_headers_of_get_and_no_body(observed: Edge, url: str) -> None:
    got, head = observed.send("GET", url), observed.send("HEAD", url)
    changing = ("x-request-id",)
    assert head.body == b""
    assert head.status == got.status
    assert {k: v for k, v in head.headers.items() if k not in changing} == {
        k: v for k, v in got.headers.items() if k not in changing
    }


def test_statements_of_each_mode(edge: Edge) -> None:
    full = edge.send("GET", "/metadata").json()
    assert edge.send("GET", "/metadata?mode=full").json() == full
    assert {"json", "xml", "application/fhir+xml"} <= set(full["format"])
    normative = edge.send("GET", "/metadata?mode=normative").json()
    first, rest = normative["rest"][0]["resource"][0], full["rest"][0]["resource"][0]
    assert set(rest) - set(first) >= {"versioning", "searchInclude", "conditionalCreate"}
    assert first["searchParam"] == rest["searchParam"]
    terms = edge.send("GET", "/metadata?mode=terminology").json()
    assert terms["resourceType"] == "TerminologyCapabilities"
    systems = {row["uri"]: row for row in terms["codeSystem"]}
    assert systems["http://hl7.org/fhir/administrative-gender"]["version"] == [{"code": "4.0.1", "isDefault": True}]
    assert any("w3id.org/vn-ehb" in uri for uri in systems)
    for body in (full, normative, terms):
        checked = edge.send("POST", "/$validate", json.dumps(body).encode(), FHIR_JSON)
        assert checked.status in (200, 413)
