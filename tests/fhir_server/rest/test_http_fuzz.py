"""Whatever is sent, the server answers for itself and in FHIR's own words."""

from __future__ import annotations

import json

from http_edge import FHIR_JSON, Edge
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
SEGMENTS = st.sampled_from(
    [
        "Patient",
        "Observation",
        "metadata",
        "_search",
        "_history",
        "$everything",
        "$health-book",
        "p",
        "1",
        "*",
        "é",
        "..",
        "",
    ]
)
PATHS = st.lists(SEGMENTS | st.text(max_size=5), max_size=5).map(lambda parts: "/" + "/".join(parts))
NAMES = st.sampled_from(
    [
        "_id",
        "name:exact",
        "birthdate",
        "_count",
        "_since",
        "_sort",
        "_include",
        "_cursor",
        "_has:Observation:patient:code",
        "_summary",
        "_elements",
        "_format",
        "_pretty",
        "_type",
        "subject.name",
        "value-quantity",
        "_total",
        "_lastUpdated",
    ]
)
VALUES = st.text(max_size=12) | st.sampled_from(
    ["json", "true", "2020", "ge2020-01", "1|2", "Patient:*", "$", "\\", "a,b"]
)
QUERIES = st.lists(st.tuples(NAMES, VALUES), max_size=3).map(lambda pairs: "&".join("=".join(pair) for pair in pairs))
URLS = st.builds("{}?{}".format, PATHS.map(lambda path: path.replace("?", "")), QUERIES)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["resourceType", "id", "meta", "entry", "type", "request", "resource", "url", "method", "name"]
            ),
            inner | st.sampled_from(["Patient", "Bundle", "transaction", "batch", "POST", "PUT", "Patient/1"]),
            max_size=5,
        )
    ),
    max_leaves=12,
)
BODIES = st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode())
HEADERS = st.dictionaries(
    st.sampled_from(["accept", "content-type", "prefer", "if-match", "if-none-match", "if-none-exist", "host"]),
    st.text(st.characters(max_codepoint=255), max_size=12)
    | st.sampled_from(["application/fhir+json", "*/*", 'W/"1"', "return=minimal", "name=x", "*"]),
    max_size=4,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(METHODS, URLS, BODIES, HEADERS)
def test_malformed_requests_are_never_the_servers_fault(
    edge: Edge, method: str, url: str, body: bytes, headers: dict[str, str]
) -> None:
    answer = edge.send(method, url, body, FHIR_JSON | headers)
    assert answer.status < 500, (answer.status, answer.body)
    if answer.status >= 400 and method != "HEAD":
        assert answer.json()["resourceType"] == "OperationOutcome"
