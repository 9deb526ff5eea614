"""The one exception tree. An error carries issues and a category. The HTTP status of a category stands in one table,
``fhir_server.exchange.failures``: answers and entries of a batch share it.

FhirError
├── InvalidContent          bytes or structure that is not FHIR
├── BadRequest              a request that cannot be understood: unknown parameter, bad value
├── Unprocessable           FHIR, but refused by a rule of the server or a profile
├── Forbidden               known who asks, and that is not allowed to them
├── NotFound                no such resource, version or type
├── Gone                    a deleted resource, an expired page
├── Conflict                content that contradicts what is stored; a version race
├── PreconditionFailed      If-Match, If-None-Exist with several matches
├── NotAllowed              an interaction that does not exist here
├── NotSupported            known to FHIR, not offered by this server
├── NotAcceptable           no representation that the client accepts
├── UnsupportedMediaType    a body in a format that is not read
├── TooLarge                over a size limit
├── RangeOutside            a part that the content does not have; its first issue says the ``size`` of the content
├── TooCostly               a query refused for its cost
├── TooMany                 more requests than are served; its first issue says ``seconds`` until the next
└── Unavailable             the store cannot serve now
"""

from __future__ import annotations

from typing import Self

from conformance.issues import Issue, Message


class FhirError(Exception):
    """Base of all expected failures; ``issues`` is never empty. Pickled, it arrives in another process as it was."""

    def __init__(self, *issues: Issue) -> None:
        super().__init__(*issues)
        self.issues = issues

    def __str__(self) -> str:
        return "; ".join(issue.text() for issue in self.issues)

    def telling(self, *issues: Issue) -> Self:
        """The same failure with other issues."""
        return type(self)(*issues)

    @classmethod
    def of(cls, message: Message, expression: str = "", **params: object) -> Self:
        """This error with a single issue."""
        return cls(Issue(message, expression, params))


class InvalidContent(FhirError): ...


class BadRequest(FhirError): ...


class Unprocessable(FhirError): ...


class Forbidden(FhirError): ...


class NotFound(FhirError): ...


class Gone(FhirError):
    """``version_id`` and ``last_updated`` (microseconds since 1970 UTC) are of the deletion; 0 when it is of a page."""

    version_id = 0
    last_updated = 0

    def since(self, version_id: int, last_updated: int) -> Self:
        """The same failure of a resource that this version deleted."""
        self.version_id, self.last_updated = version_id, last_updated
        return self

    def telling(self, *issues: Issue) -> Self:
        """The same failure with other issues."""
        return super().telling(*issues).since(self.version_id, self.last_updated)


class Conflict(FhirError): ...


class PreconditionFailed(FhirError): ...


class NotAllowed(FhirError): ...


class NotSupported(FhirError): ...


class NotAcceptable(FhirError): ...


class UnsupportedMediaType(FhirError): ...


class TooLarge(FhirError): ...


class RangeOutside(FhirError): ...


class TooCostly(FhirError): ...


class TooMany(FhirError): ...


class Unavailable(FhirError): ...
