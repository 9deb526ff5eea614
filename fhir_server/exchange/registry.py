"""Interactions and operations as data: the router, the Bundle and the CapabilityStatement read the same rows.

https://hl7.org/fhir/R4/http.html#summary
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, TypeAlias

from conformance.errors import FhirError, NotAllowed, NotFound
from fhir_server.exchange.messages import METHOD_NOT_ALLOWED, UNKNOWN_OPERATION
from fhir_server.exchange.url import Shape, Target

if TYPE_CHECKING:
    from fhir_server.exchange.context import Context
    from fhir_server.exchange.request import Request, Response
    from fhir_server.exchange.service import Service
    from fhir_server.exchange.writing import Steps

Handler: TypeAlias = "Callable[[Service, Context, Request], Awaitable[Response]]"


class Content(Enum):
    """What the body of a request holds."""

    NOTHING = "nothing"
    RESOURCE = "resource"
    FORM = "form"
    PATCH = "patch"
    """A JSON Patch document, or a Parameters resource that is a FHIRPath Patch."""
    ANY = "any"
    """Anything: the interaction looks at the media type itself."""


class Phase(Enum):
    """When a transaction does this. https://hl7.org/fhir/R4/http.html#trules. None: never inside a Bundle."""

    DELETE = 0
    CREATE = 1
    UPDATE = 2
    READ = 3


class Answer(StrEnum):
    """Which parameters shape the answer, besides those of the interaction itself."""

    PLAIN = "_format _pretty"
    SUBSET = "_format _pretty _summary _elements"
    OWN = "*"
    """Any: the interaction checks its parameters itself."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One RESTful interaction at one kind of path. ``code`` is of https://hl7.org/fhir/R4/valueset-restful-interaction.html

    A write gives ``steps``, so that HTTP and transactions share it; everything else gives ``handle``.
    """

    code: str
    method: str
    shape: Shape
    handle: Handler
    params: frozenset[str] = frozenset()
    answer: Answer = Answer.SUBSET
    content: Content = Content.NOTHING
    phase: Phase | None = None
    steps: Steps | None = None
    name: str = ""
    """An operation's name without its ``$``; "" for an interaction."""
    admin_only: bool = False
    """It looks at ``Context.is_admin``."""
    is_tabular: bool = False
    """Its answer is a table; it looks at ``_format`` and the Accept header itself."""
    starts_job: bool = False
    """It is a kick-off, also by GET."""

    @property
    def methods(self) -> tuple[str, ...]:
        """What it answers: HEAD like GET, unless that starts a job. https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1"""
        return ("GET", "HEAD") if self.method == "GET" and not self.starts_job else (self.method,)

    def accepts(self, parameter: str) -> bool:
        """True when this query parameter means something here."""
        return self.answer is Answer.OWN or parameter in self.params or parameter in self.answer.value.split()


#: In ``OperationDef.types``: every resource type. https://hl7.org/fhir/R4/operationdefinition-definitions.html
ANY_TYPE = "Resource"


@dataclass(frozen=True, slots=True)
class OperationDef:
    """One operation. https://hl7.org/fhir/R4/operationdefinition.html"""

    code: str
    canonical: str
    types: tuple[str, ...]
    """At which types it is found; none for an operation of the system alone."""
    shapes: tuple[Shape, ...]
    changes_state: bool
    handle: Handler
    params: frozenset[str] = frozenset()
    content: Content = Content.RESOURCE
    """What the body of a POST holds."""
    answer: Answer = Answer.PLAIN
    in_bundle: bool = True
    """False when its answer is no resource, so that no entry of a Bundle could hold it."""
    admin_only: bool = False
    is_tabular: bool = False
    starts_job: bool = False
    documentation: str = ""
    """What the CapabilityStatement says of it, where its definition leaves a choice to the server."""

    def is_of(self, type_name: str) -> bool:
        """True when it is found at this type, or ("") at the system."""
        if type_name:
            return type_name in self.types or ANY_TYPE in self.types
        return Shape.SYSTEM_OPERATION in self.shapes

    def interactions(self) -> Iterable[Interaction]:
        """Its rows for the router: POST with Parameters always, GET when it changes nothing."""
        methods = ("POST",) if self.changes_state else ("GET", "POST")
        phase = Phase.READ if self.in_bundle and not self.changes_state else None
        for method in methods:
            content = self.content if method == "POST" else Content.NOTHING
            for shape in self.shapes:
                yield Interaction(
                    "operation",
                    method,
                    shape,
                    self.handle,
                    self.params,
                    self.answer,
                    content,
                    phase,
                    name=self.code,
                    admin_only=self.admin_only,
                    is_tabular=self.is_tabular,
                    starts_job=self.starts_job,
                )


class Router:
    """Finds the interaction of a method and a target."""

    def __init__(self, interactions: Iterable[Interaction], operations: Iterable[OperationDef]) -> None:
        self.interactions = tuple(interactions)
        self.operations = tuple(operations)
        self._rows = {(row.shape, method): row for row in self.interactions for method in row.methods}
        self._operations = {
            (row.shape, method, row.name, resource_type): row
            for operation in self.operations
            for row in operation.interactions()
            for method in row.methods
            for resource_type in (("",) if row.shape is Shape.SYSTEM_OPERATION else operation.types)
        }

    def find(self, method: str, target: Target) -> Interaction:
        """The row for it. Raises NotAllowed, or NotFound for an unknown operation."""
        row = self._operation(method, target) if target.operation else self._rows.get((target.shape, method))
        if row is None:
            raise self._refusal(method, target)
        return row

    def _operation(self, method: str, target: Target) -> Interaction | None:
        found = (
            self._operations.get((target.shape, method, target.operation, name)) for name in _names_of(target.type)
        )
        return next(filter(None, found), None)

    def allowed(self, target: Target) -> tuple[str, ...]:
        """Methods with an interaction at this target, sorted."""
        found = {
            method
            for shape, method, name, resource_type in self._operations
            if (shape, name) == (target.shape, target.operation) and resource_type in _names_of(target.type)
        }
        found |= {method for shape, method in self._rows if shape is target.shape}
        return tuple(sorted(found))

    def _refusal(self, method: str, target: Target) -> FhirError:
        allowed = self.allowed(target)
        if target.operation and not allowed:
            return NotFound.of(UNKNOWN_OPERATION, operation=target.operation)
        return NotAllowed.of(METHOD_NOT_ALLOWED, method=method, allowed=", ".join(allowed))


def _names_of(type_name: str) -> tuple[str, ...]:
    """Under which types an operation at this one may be registered."""
    return (type_name, ANY_TYPE) if type_name else ("",)
