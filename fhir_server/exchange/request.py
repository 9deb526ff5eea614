"""One FHIR request and its response, from HTTP or from a Bundle entry. https://hl7.org/fhir/R4/http.html"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from conformance.errors import BadRequest
from conformance.issues import Issue
from conformance.json_codec import decode
from fhir_server.exchange.messages import BODY_MISSING
from fhir_server.exchange.url import Target


class Return(StrEnum):
    """What a write answers with. https://hl7.org/fhir/R4/http.html#ops"""

    MINIMAL = "minimal"
    REPRESENTATION = "representation"
    OUTCOME = "OperationOutcome"


@dataclass(slots=True)
class Request:
    """``pairs`` are the query parameters in order; of the rest, "" means that the client sent none."""

    method: str
    target: Target
    pairs: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    resource: dict[str, Any] | None = None
    """The body of a Bundle entry, already decoded; the request may change it."""
    if_match: str = ""
    if_none_match: str = ""
    if_modified_since: str = ""
    if_none_exist: str = ""
    returns: Return | None = None

    def content(self) -> dict[str, Any]:
        """The body as a resource. Raises InvalidContent, or BadRequest when there is no body."""
        if self.resource is None:
            if not self.body.strip():
                raise BadRequest.of(BODY_MISSING)
            self.resource = decode(self.body)
        return self.resource

    def parameter(self, name: str) -> str | None:
        """The last value given for this query parameter."""
        return next((value for key, value in reversed(self.pairs) if key == name), None)


@dataclass(slots=True)
class Response:
    """``body`` is a resource as JSON, or empty. The rest becomes headers, or members of a Bundle entry's response."""

    status: int
    body: bytes = b""
    version_id: int = 0
    """For the ETag; 0 when the response is not of one version."""
    last_updated: int = 0
    """Microseconds since 1970 UTC; 0 when the response is not of one version."""
    location: str = ""
    """Below the base, such as ``Patient/42/_history/1``."""
    allowed: str = ""
    """For the Allow header of a refused method."""
    issues: tuple[Issue, ...] = field(default=())
    """What was found but did not refuse the request."""
