"""FHIRPath: text to closures over decoded JSON. https://hl7.org/fhirpath/N1/"""

from __future__ import annotations

from typing import Any, Protocol

from conformance.definitions import Definitions
from conformance.fhirpath.compiler import Closure, Compiler
from conformance.fhirpath.environment import NOTHING, Environment, Frame, Run
from conformance.fhirpath.expression import Expression, compile, model_of  # noqa: A004  FHIRPath's own word, as in ``re``
from conformance.fhirpath.functions import FUNCTIONS
from conformance.fhirpath.messages import FhirPathError
from conformance.fhirpath.model import NEAREST, Model, Node, actual_type
from conformance.fhirpath.parser import parse
from conformance.fhirpath.paths import Path, plain_paths, walk

__all__ = [
    "Environment",
    "Expression",
    "Extract",
    "FhirPathError",
    "Model",
    "Node",
    "Path",
    "compile",
    "compile_path",
    "compile_with",
    "model_of",
    "parse",
    "plain_paths",
    "walk",
]


class Extract(Protocol):
    """What an expression compiles to."""

    def __call__(self, value: Any, resource: dict[str, Any] | None = None) -> list[Node]:
        """The nodes that the expression selects from ``value``; ``%resource`` is ``resource``, else ``value``."""
        ...


def compile_path(expression: str, definitions: Definitions, type_name: str) -> Extract:
    """A function from a value of ``type_name`` (decoded JSON) to the nodes that ``expression`` selects.

    The types of the nodes are FHIR type names. Raises FhirPathError, with the place, for a syntax error or for a
    function that is not known here. https://hl7.org/fhirpath/N1/
    """
    return compile_with(expression, model_of(definitions), type_name)


def compile_with(expression: str, model: Model, type_name: str) -> Extract:
    """``compile_path`` over a model that is shared by many expressions."""
    paths = plain_paths(parse(expression), model, type_name)
    if paths is not None:
        return _along(paths)
    return _evaluated(Compiler(expression, model, FUNCTIONS).whole(), type_name)


def _along(paths: list[Path]) -> Extract:
    walks = [(walk(path.steps), path.type) for path in paths]

    def run(value: Any, resource: dict[str, Any] | None = None) -> list[Node]:  # noqa: ARG001
        return [Node(found, name) for go, name in walks for found in go(value)]

    return run


def _evaluated(closure: Closure, type_name: str) -> Extract:
    def run(value: Any, resource: dict[str, Any] | None = None) -> list[Node]:
        focus = Node(value, type_name)
        root = focus if resource is None else Node(resource, actual_type(resource, "Resource"))
        found = closure(Frame(Run(NOTHING, focus, root, root), focus), [focus])
        return [node._replace(type=NEAREST.get(node.type, node.type)) for node in found if node.value is not None]

    return run
