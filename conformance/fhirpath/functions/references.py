"""What FHIR adds to FHIRPath: extensions, references, narrative. https://hl7.org/fhir/R4/fhirpath.html#functions"""

from __future__ import annotations

from typing import Any

from conformance.fhirpath import syntax
from conformance.fhirpath.compiler import Builder, Closure, Compiler
from conformance.fhirpath.environment import Frame
from conformance.fhirpath.functions.calls import of_all, outer
from conformance.fhirpath.functions.narrative import is_clean
from conformance.fhirpath.messages import NOT_DEFINED, FhirPathError
from conformance.fhirpath.model import Node, nodes_of
from conformance.fhirpath.references import reference_type
from conformance.fhirpath.values import Truth, boolean


def _extension(compiler: Compiler, call: syntax.Function) -> Closure:
    address = _address(compiler, call)
    return lambda frame, focus: [
        found for url in address(frame, focus) for node in focus for found in _extensions(node, url.value)
    ]


def _has_extension(compiler: Compiler, call: syntax.Function) -> Closure:
    address = _address(compiler, call)

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        return boolean(any(_extensions(node, url.value) for url in address(frame, focus) for node in focus))

    return run


def _address(compiler: Compiler, call: syntax.Function) -> Closure:
    """The only argument, a URL."""
    match call.arguments:
        case (syntax.Member(),):
            raise compiler.wrong_arguments(call, "one URL in quotes")
    compiler.expect(call, 1)
    return outer(compiler, call, 0)


def _extensions(node: Node, url: Any) -> list[Node]:
    holder: Any = node.value if isinstance(node.value, dict) else node.twin
    if not isinstance(holder, dict):
        return []
    extensions = nodes_of(holder.get("extension"), "Extension")
    return [found for found in extensions if isinstance(found.value, dict) and found.value.get("url") == url]


def _resolve(compiler: Compiler, call: syntax.Function) -> Closure:
    compiler.expect(call, 0)
    return lambda frame, focus: [found for node in focus for found in _resolved(frame, node)]


def _resolved(frame: Frame, node: Node) -> list[Node]:
    """The resource a reference leads to; without a resolver a resource of which only the type is known."""
    run = frame.run
    reference = node.value if isinstance(node.value, dict) else {"reference": node.value}
    text = reference.get("reference")
    if isinstance(text, str) and text.startswith("#"):
        return nodes_of(_contained(run.root.value, text[1:]) or _contained(run.resource.value, text[1:]), "Resource")
    if run.environment.resolve is not None:
        return nodes_of(run.environment.resolve(text) if isinstance(text, str) else None, "Resource")
    known = reference_type(reference)
    return [Node({"resourceType": known}, known)] if known else []


def _contained(resource: Any, id: str) -> dict[str, Any] | None:
    if not isinstance(resource, dict):
        return None
    if not id:
        return resource
    return next((one for one in resource.get("contained", ()) if isinstance(one, dict) and one.get("id") == id), None)


def _html_checks(focus: list[Node]) -> list[Node]:
    return boolean(all(is_clean(node.value) for node in focus)) if focus else []


def _check_modifiers(compiler: Compiler, call: syntax.Function) -> Closure:
    """The focus, refused when it carries a modifier extension that is not listed."""
    listed = [outer(compiler, call, place) for place in range(len(call.arguments))]

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        known = {url.value for give in listed for url in give(frame, focus)}
        for node in focus:
            held = node.value.get("modifierExtension", ()) if isinstance(node.value, dict) else ()
            unknown = [one.get("url") for one in held if isinstance(one, dict) and one.get("url") not in known]
            if unknown:
                found = ", ".join(map(str, unknown))
                raise FhirPathError.at(NOT_DEFINED, compiler.text, call.at, name=call.name, found=found)
        return focus

    return run


def _member_of(compiler: Compiler, call: syntax.Function) -> Closure:
    compiler.expect(call, 1)
    value_set = outer(compiler, call, 0)

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        canonical = value_set(frame, focus)
        if len(focus) > 1 or len(canonical) > 1:
            compiler.refuse(call.name, call.at, focus, canonical)
        ask = frame.run.environment.member_of
        answer: Truth = ask(str(canonical[0].value), focus[0]) if ask and focus and canonical else None
        return boolean(answer)

    return run


FUNCTIONS: dict[str, Builder] = {
    "extension": _extension,
    "hasExtension": _has_extension,
    "resolve": _resolve,
    "htmlChecks": of_all(_html_checks),
    "checkModifiers": _check_modifiers,
    "memberOf": _member_of,
}
