"""What an evaluation may know besides the value it looks at. https://hl7.org/fhir/R4/fhirpath.html#vars

Everything comes in as a value or a function: nothing here reads a clock, a store or a network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from conformance.fhirpath.messages import TOO_COSTLY, FhirPathError
from conformance.fhirpath.model import Node, actual_type

#: Nodes that one evaluation may visit before it is stopped: about a second of work.
LIMIT = 1_000_000


@dataclass(frozen=True, slots=True)
class Environment:
    """The surroundings of an evaluation.

    ``resource`` (``%resource``) is the resource that holds the value and ``root`` (``%rootResource``) the one that
    contains that; without them the value itself. ``now`` is a dateTime text. ``variables`` are more ``%names``, as JSON
    values, nodes or lists of nodes. A function that is not given leaves its answer open.
    """

    resource: Any = None
    root: Any = None
    resolve: Callable[[str], dict[str, Any] | None] | None = None
    """Gives the resource that a reference names; without it only the type in the reference is known."""
    member_of: Callable[[str, Node], bool | None] | None = None
    """Whether a code, Coding or CodeableConcept is in the value set of this canonical; None when that is unknown."""
    conforms_to: Callable[[str, Node], bool | None] | None = None
    """Whether a value conforms to the profile of this canonical; None when there is no such profile."""
    in_slice: Callable[[str, str, Node], bool | None] | None = None
    """Whether a value is in a slice, given the canonical of the structure and the name of the slice."""
    trace: Callable[[str, list[Node]], None] | None = None
    now: str | None = None
    variables: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    limit: int = LIMIT


NOTHING = Environment()


class Run:
    """One evaluation: its environment, its roots, what it has worked out once, and the work that is left to it."""

    __slots__ = ("cache", "context", "environment", "left", "resource", "root")

    def __init__(self, environment: Environment, context: Node, resource: Node, root: Node) -> None:
        self.environment = environment
        self.context = context
        self.resource = resource
        self.root = root
        self.cache: dict[int, list[Node]] = {}
        self.left = environment.limit

    def spend(self, nodes: int) -> None:
        """Counts visited nodes. Raises FhirPathError when the limit is passed."""
        self.left -= nodes
        if self.left < 0:
            raise FhirPathError.at(TOO_COSTLY, "", 0, limit=self.environment.limit)


class Frame:
    """Where in an iteration an evaluation stands: ``$this``, ``$index`` and ``$total``."""

    __slots__ = ("index", "run", "this", "total")

    def __init__(self, run: Run, this: Node, index: int = 0, total: list[Node] | None = None) -> None:
        self.run = run
        self.this = this
        self.index = index
        self.total = total


def frame_of(focus: Node, environment: Environment) -> Frame:
    """The frame in which the evaluation of ``focus`` begins."""
    resource, root = environment.resource, environment.root
    holder = focus if resource is None else Node(resource, actual_type(resource, "Resource"))
    outermost = holder if root is None else Node(root, actual_type(root, "Resource"))
    return Frame(Run(environment, focus, holder, outermost), focus)
