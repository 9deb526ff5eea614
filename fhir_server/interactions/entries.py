"""The entries of a posted Bundle as requests, and their responses. https://hl7.org/fhir/R4/bundle.html#Bundle.entry"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from conformance.errors import BadRequest, FhirError, InvalidContent, NotSupported
from conformance.issues import Issue
from conformance.json_codec import encode
from fhir_server.exchange.context import Context
from fhir_server.exchange.etag import etag
from fhir_server.exchange.failures import REASONS, outcome_bytes
from fhir_server.exchange.messages import ENTRY_RESOURCE, ENTRY_SHAPE, ENTRY_URL, NOT_IN_BUNDLE
from fhir_server.exchange.registry import Content, Interaction, Phase
from fhir_server.exchange.request import Request, Response, Return
from fhir_server.exchange.service import Service, check_parameters
from fhir_server.exchange.url import parse_path, query_pairs, split_url
from fhir_server.store.protocol import instant

_BODIED = frozenset((Content.RESOURCE, Content.PATCH))
_CONDITIONS = ("ifMatch", "ifNoneMatch", "ifModifiedSince", "ifNoneExist")


@dataclass(slots=True)
class Entry:
    """One entry, understood: ``full_url`` is "" when it has none."""

    index: int
    full_url: str
    request: Request
    interaction: Interaction
    phase: Phase


def place(index: int) -> str:
    """FHIRPath of an entry."""
    return f"Bundle.entry[{index}]"


def read_entry(service: Service, context: Context, index: int, entry: Any, returns: Return | None) -> Entry:
    """The request that an entry makes. Raises what is wrong with it, located at the entry."""
    try:
        return _read_entry(service, context, index, entry, returns)
    except FhirError as error:
        raise located(error, index) from error


def _read_entry(service: Service, context: Context, index: int, entry: Any, returns: Return | None) -> Entry:
    if not _has_shape(entry):
        raise InvalidContent.of(ENTRY_SHAPE)
    request = _request(service, context, entry, returns)
    interaction = service.router.find(request.method, request.target)
    if interaction.phase is None:
        raise NotSupported.of(NOT_IN_BUNDLE, interaction=f"{request.method} {request.target.shape}")
    if interaction.content in _BODIED and request.resource is None:
        raise BadRequest.of(ENTRY_RESOURCE, method=request.method)
    check_parameters(interaction, request, context)
    return Entry(index, entry.get("fullUrl", ""), request, interaction, interaction.phase)


def _has_shape(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("request"), dict):
        return False
    texts = [entry["request"].get("method"), entry["request"].get("url"), entry.get("fullUrl", "")]
    conditions = [entry["request"][name] for name in _CONDITIONS if name in entry["request"]]
    is_said = all(isinstance(text, str) and text.strip() for text in conditions)
    return is_said and all(isinstance(text, str) for text in texts) and isinstance(entry.get("resource", {}), dict)


def _request(service: Service, context: Context, entry: dict[str, Any], returns: Return | None) -> Request:
    asked = entry["request"]
    parts = split_url(asked["url"], context.base_url)
    if parts is None:
        raise BadRequest.of(ENTRY_URL, url=asked["url"])
    conditions = (asked.get(name, "") for name in _CONDITIONS)
    if_match, if_none_match, if_modified_since, if_none_exist = conditions
    return Request(
        asked["method"],
        parse_path(parts[0], service.definitions.is_resource),
        query_pairs(parts[1]),
        resource=entry.get("resource"),
        if_match=if_match,
        if_none_match=if_none_match,
        if_modified_since=if_modified_since,
        if_none_exist=if_none_exist,
        returns=returns or Return.MINIMAL,
    )


def located(error: FhirError, index: int) -> FhirError:
    """The same failure with its issues placed inside the Bundle."""
    return error.telling(*(located_issue(issue, index) for issue in error.issues))


def located_issue(issue: Issue, index: int) -> Issue:
    """``Patient.name[0]`` becomes ``Bundle.entry[3].resource.name[0]``, no place becomes ``Bundle.entry[3]``."""
    if issue.expression.startswith("Bundle.entry["):
        return issue
    _, dot, rest = issue.expression.partition(".")
    inside = f"{place(index)}.resource{dot}{rest}" if issue.expression else place(index)
    return replace(issue, expression=inside)


def response_entry(context: Context, response: Response, full_url: str = "") -> bytes:
    """The entry that carries a response."""
    told: dict[str, Any] = {"status": f"{response.status} {REASONS[response.status]}"}
    if response.location:
        told["location"] = response.location
    if response.version_id:
        told["etag"] = etag(response.version_id)
        told["lastModified"] = instant(response.last_updated).decode()
    parts = [b'"response":' + encode(told)]
    is_outcome = response.body.startswith(b'{"resourceType":"OperationOutcome"')
    outcome = response.body if is_outcome else _told(context, response)
    if outcome:
        parts[0] = parts[0][:-1] + b',"outcome":%b}' % outcome
    if response.body and not is_outcome:
        parts.insert(0, b'"resource":' + response.body)
    if full_url and not response.location.startswith(full_url):
        parts.insert(0, b'"fullUrl":' + encode({"u": full_url})[5:-1])
    return b"{%b}" % b",".join(parts)


def _told(context: Context, response: Response) -> bytes:
    return outcome_bytes(response.issues, context.language) if response.issues else b""
