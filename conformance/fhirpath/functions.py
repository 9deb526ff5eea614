"""The functions of FHIRPath that are known here, as a table. https://hl7.org/fhirpath/N1/#functions

Each builder checks its arguments once and gives a closure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.fhirpath import syntax
from conformance.fhirpath.compiler import Builder, Closure, Compiler, Scope, type_check, type_filter
from conformance.fhirpath.model import Node, nodes_of
from conformance.fhirpath.operators import boolean, truth
from conformance.fhirpath.references import reference_type


def _where(compiler: Compiler, call: syntax.Function) -> Closure:
    criterion = _criterion(compiler, call)

    def run(scope: Scope, focus: list[Node]) -> list[Node]:
        return [
            node
            for place, node in enumerate(focus)
            if truth(criterion(scope._replace(this=node, place=place), [node])) is True
        ]

    return run


def _exists(compiler: Compiler, call: syntax.Function) -> Closure:
    if not call.arguments:
        return lambda _scope, focus: boolean(bool(focus))
    keep = _where(compiler, call)
    return lambda scope, focus: boolean(bool(keep(scope, focus)))


def _criterion(compiler: Compiler, call: syntax.Function) -> Closure:
    if len(call.arguments) != 1:
        raise compiler.wrong_arguments(call, "one criterion")
    return compiler.closure(call.arguments[0])


def _plain(give: Callable[[list[Node]], list[Node]]) -> Builder:
    """A function without arguments."""

    def build(compiler: Compiler, call: syntax.Function) -> Closure:
        if call.arguments:
            raise compiler.wrong_arguments(call, "no argument")
        return lambda _scope, focus: give(focus)

    return build


def _negation(focus: list[Node]) -> list[Node]:
    answer = truth(focus)
    return boolean(None if answer is None else not answer)


def _typed(make: Callable[[Compiler, str], Closure]) -> Builder:
    """A function whose argument names a type."""
    return lambda compiler, call: make(compiler, compiler.type_argument(call))


def _url(compiler: Compiler, call: syntax.Function) -> str:
    match call.arguments:
        case (syntax.Literal(str() as url),):
            return url
    raise compiler.wrong_arguments(call, "one URL in quotes")


def _extension(compiler: Compiler, call: syntax.Function) -> Closure:
    url = _url(compiler, call)
    return lambda _scope, focus: [found for node in focus for found in _extensions(node, url)]


def _has_extension(compiler: Compiler, call: syntax.Function) -> Closure:
    url = _url(compiler, call)
    return lambda _scope, focus: boolean(any(_extensions(node, url) for node in focus))


def _extensions(node: Node, url: str) -> list[Node]:
    holder: Any = node.value if isinstance(node.value, dict) else node.twin
    if not isinstance(holder, dict):
        return []
    extensions = nodes_of(holder.get("extension"), "Extension")
    return [found for found in extensions if isinstance(found.value, dict) and found.value.get("url") == url]


def _resolve(compiler: Compiler, call: syntax.Function) -> Closure:
    if call.arguments:
        raise compiler.wrong_arguments(call, "no argument")
    return lambda scope, focus: [found for node in focus for found in _resolved(scope, node)]


def _resolved(scope: Scope, node: Node) -> list[Node]:
    """The resource a reference leads to; without a resolver a resource of which only the type is known."""
    reference = node.value if isinstance(node.value, dict) else {"reference": node.value}
    text = reference.get("reference")
    if isinstance(text, str) and text.startswith("#"):
        found = _contained(scope.resource.value, text[1:])
        return nodes_of(found, "Resource")
    if scope.resolve is not None and isinstance(text, str):
        return nodes_of(scope.resolve(text), "Resource")
    known = reference_type(reference)
    return [Node({"resourceType": known}, known)] if known else []


def _contained(resource: Any, id: str) -> dict[str, Any] | None:
    inner = resource.get("contained", ()) if isinstance(resource, dict) else ()
    return next((one for one in inner if isinstance(one, dict) and one.get("id") == id), None)


#: Name -> builder. What is not here is refused by name and place.
FUNCTIONS: dict[str, Builder] = {
    "where": _where,
    "exists": _exists,
    "empty": _plain(lambda focus: boolean(not focus)),
    "not": _plain(_negation),
    "count": _plain(lambda focus: [Node(len(focus), "System.Integer")]),
    "first": _plain(lambda focus: focus[:1]),
    "last": _plain(lambda focus: focus[-1:]),
    "tail": _plain(lambda focus: focus[1:]),
    "is": _typed(type_check),
    "as": _typed(type_filter),
    "ofType": _typed(type_filter),
    "extension": _extension,
    "hasExtension": _has_extension,
    "resolve": _resolve,
}
