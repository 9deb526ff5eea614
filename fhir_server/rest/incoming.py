"""The body of a request, whatever format and coding it came in, as the interactions take it.

https://hl7.org/fhir/R4/http.html#mime-type
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance import json_codec, xml_codec
from conformance.definitions import Definitions
from conformance.issues import Issue
from fhir_server.exchange.registry import Content
from fhir_server.exchange.request import Request
from fhir_server.exchange.url import parameters_text, query_pairs
from fhir_server.rest.aside import aside
from fhir_server.rest.body import Receive, read_body
from fhir_server.rest.coding import unpacked
from fhir_server.rest.negotiation import Format, format_of, read_as
from profiles.validation import placed

#: Bytes up to which a refused body is read again for line and column.
_SEARCHED = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sent:
    """A body as it arrived, without its coding."""

    body: bytes
    content_type: str


async def receive_body(receive: Receive, headers: Mapping[bytes, bytes], limit: int) -> Sent:
    """The body, at most ``limit`` bytes before and after it is unpacked. Raises TooLarge, InvalidContent."""
    body = await read_body(receive, headers.get(b"content-length", b""), limit)
    encoding = headers.get(b"content-encoding", b"").decode("latin-1")
    if body and encoding:
        body = await aside(len(body), unpacked, body, encoding, limit)
    return Sent(body, headers.get(b"content-type", b"").decode("latin-1"))


async def take_body(request: Request, sent: Sent, content: Content, definitions: Definitions) -> None:
    """Give the request its body. Raises UnsupportedMediaType, and InvalidContent for XML that cannot be read."""
    if sent.body:
        request.media_type = read_as(sent.content_type, content)
    if content is Content.FORM:
        request.pairs = (*request.pairs, *query_pairs(parameters_text(sent.body)))
    elif content is not Content.ANY and format_of(request.media_type) is Format.XML and sent.body.strip():
        await aside(len(sent.body), _take_xml, request, sent.body, definitions)
    else:
        request.body = sent.body


def _take_xml(request: Request, document: bytes, definitions: Definitions) -> None:
    resource, findings, lines = xml_codec.decode_with_issues(document, definitions)
    request.resource, request.body = resource, json_codec.encode(resource)
    request.findings = tuple(findings)
    request.places = lambda expressions: [lines.position(expression) for expression in expressions]


async def with_places(issues: Sequence[Issue], request: Request) -> Sequence[Issue]:
    """The issues, with line and column in the body for each that names a place in its resource."""
    if request.resource is None or len(request.body) > _SEARCHED:
        return issues
    root = f"{request.resource.get('resourceType')}"
    if not all(_is_below(root, issue) for issue in issues):
        return issues
    return await aside(len(request.body), placed, issues, request.positions)


def _is_below(root: str, issue: Issue) -> bool:
    return not issue.expression or issue.expression.partition(".")[0] == root
