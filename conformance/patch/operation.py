"""One operation of a patch, as its failures name it. https://hl7.org/fhir/R4/http.html#patch"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.errors import InvalidContent, TooCostly, Unprocessable
from conformance.issues import Issue, Message
from conformance.patch.messages import PATCH_TOO_COSTLY


@dataclass(frozen=True, slots=True)
class Operation:
    """``index`` counts from 0; ``expression`` is its place in the patch as FHIRPath, empty where it has none."""

    index: int
    name: str
    path: str
    expression: str = ""

    def malformed(self, message: Message, **params: object) -> InvalidContent:
        """The failure of an operation that is none."""
        return InvalidContent(self.issue(message, **params))

    def refused(self, message: Message, **params: object) -> Unprocessable:
        """The failure of an operation that does not apply to the document."""
        return Unprocessable(self.issue(message, **params))

    def issue(self, message: Message, **params: object) -> Issue:
        """``message`` about this operation."""
        given = {"index": self.index, "operation": self.name, "path": self.path, **params}
        return Issue(message, self.expression, given)


class Work:
    """What a whole patch may cost, in visited or copied values."""

    __slots__ = ("left",)

    def __init__(self, limit: int) -> None:
        self.left = limit

    def spend(self, values: int, operation: Operation) -> None:
        """Counts ``values``. Raises TooCostly when the limit is passed."""
        self.left -= values
        if self.left < 0:
            raise TooCostly(operation.issue(PATCH_TOO_COSTLY))
