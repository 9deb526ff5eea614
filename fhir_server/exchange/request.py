"""One FHIR request and its response, from HTTP or from a Bundle entry. https://hl7.org/fhir/R4/http.html"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from conformance.errors import BadRequest, InvalidContent
from conformance.issues import Issue, has_errors
from conformance.json_codec import decode
from conformance.json_source import positions
from fhir_server.exchange.messages import BODY_MISSING
from fhir_server.exchange.url import Target

#: Line and column, both from 1, of each FHIRPath expression in a body.
Positions: TypeAlias = Callable[[Sequence[str]], list[tuple[int, int]]]


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
    """What was sent; a resource always as JSON, in whatever format it came."""
    media_type: str = ""
    """What the body was sent as, without parameters: ``application/fhir+xml``; "" in a Bundle."""
    resource: dict[str, Any] | None = None
    """The body, already decoded: of a Bundle entry, or of another format than JSON. The request may change it."""
    findings: tuple[Issue, ...] = ()
    """What is wrong with the body in its own format and cannot be seen in the resource."""
    places: Positions | None = None
    """Where things stand in a body of another format than JSON."""
    if_match: str = ""
    if_none_match: str = ""
    if_modified_since: str = ""
    if_none_exist: str = ""
    returns: Return | None = None
    accept: str = ""
    """The Accept header, for an operation whose answer is no resource."""
    is_async: bool = False
    """The client asked for an answer later. https://hl7.org/fhir/R4/async.html"""

    @property
    def has_content(self) -> bool:
        """True when something was sent, or stands in the entry of a Bundle."""
        return self.resource is not None or bool(self.body.strip())

    def content(self) -> dict[str, Any]:
        """The body as a resource. Raises InvalidContent, or BadRequest when there is no body."""
        if self.findings and has_errors(self.findings):
            raise InvalidContent(*self.findings)
        return self.content_as_sent()

    def content_as_sent(self) -> dict[str, Any]:
        """The same, whatever the findings say of it: for a request that reports them."""
        if self.resource is None:
            if not self.body.strip():
                raise BadRequest.of(BODY_MISSING)
            self.resource = decode(self.body)
        return self.resource

    def positions(self, expressions: Sequence[str]) -> list[tuple[int, int]]:
        """Line and column of these expressions in what was sent."""
        return self.places(expressions) if self.places else positions(self.body, expressions)

    def parameter(self, name: str) -> str | None:
        """The last value given for this query parameter."""
        return next((value for key, value in reversed(self.pairs) if key == name), None)


@dataclass(slots=True)
class Response:
    """``body`` is a resource as JSON, or empty. The rest becomes headers, or members of a Bundle entry's response.

    With a ``media_type`` the body is no resource and is sent as it is.
    """

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
    media_type: str = ""
    stream: AsyncGenerator[bytes, None] | None = None
    """What follows ``body``, sent while it is made; only with a ``media_type``."""
    headers: tuple[tuple[str, str], ...] = ()
    """More HTTP headers, names in lower case."""
