"""Malformed requests by the thousand: none is the server's fault, each is answered in the asked format."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import zstandard
from fhir_asking import Asking
from http_edge import FHIR_JSON, Answer, Edge

from conformance import json_codec, xml_codec
from conformance.definitions import Definitions
from fhir_server.rest import FhirApplication
from strategies.malformed_requests import OBSERVATION, PATIENT, MalformedRequests

SEED = 20_261_122
#: ``make soak`` sends more.
COUNT = 50_000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 10_000

_UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
}


def body_of(answer: Answer, definitions: Definitions) -> dict[str, Any]:
    body = _UNPACK[answer.headers.get("content-encoding", "")](answer.body)
    return xml_codec.decode(body, definitions) if "xml" in answer.headers["content-type"] else json_codec.decode(body)


def outcome_of(body: dict[str, Any]) -> dict[str, Any]:
    """The body, or what a GraphQL answer carries. https://hl7.org/fhir/R4/graphql.html#errors"""
    return body["errors"][0]["extensions"]["resource"] if "errors" in body else body


def wants_xml(headers: dict[str, str], query: str) -> bool:
    return "_format" not in query and headers.get("accept") == "application/fhir+xml"


def test_malformed_requests_law(fhir: Asking, definitions: Definitions) -> None:
    app = FhirApplication(max_body=100_000)
    app.service = fhir.service
    edge = Edge(app, fhir.runner.run)
    source = MalformedRequests(SEED)
    seen: Counter[int] = Counter()
    for number in range(COUNT):
        if number % 250 == 0:
            for resource in (PATIENT, OBSERVATION):
                url = f"/{resource['resourceType']}/{resource['id']}"
                assert edge.send("PUT", url, json.dumps(resource).encode(), FHIR_JSON).status in (200, 201)
        made = source.request()
        url = "".join(f"/{segment}" for segment in made.path).replace("?", "%3F") + f"?{made.query}"
        answer = edge.send(made.method, url, made.body, made.headers)
        assert answer.status < 500, (number, made, answer.body)
        seen[answer.status] += 1
        if answer.status >= 400 and made.method != "HEAD":
            outcome = outcome_of(body_of(answer, definitions))
            assert outcome.get("resourceType") == "OperationOutcome", (number, made, outcome)
            if wants_xml(made.headers, made.query) and "$graphql" not in made.path:
                assert "xml" in answer.headers["content-type"], (number, made)
    assert {200, 400, 404, 405, 406, 415, 422} <= set(seen), seen
    assert sum(count for status, count in seen.items() if status >= 400) > COUNT / 2, seen
