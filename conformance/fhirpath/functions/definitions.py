"""Functions that ask the definitions: profiles, slices, element definitions. https://hl7.org/fhir/R4/fhirpath.html#functions"""

from __future__ import annotations

from conformance.definitions import type_of
from conformance.fhirpath import syntax
from conformance.fhirpath.compiler import Builder, Closure, Compiler
from conformance.fhirpath.environment import Frame
from conformance.fhirpath.functions.calls import outer
from conformance.fhirpath.messages import NOT_GIVEN, FhirPathError
from conformance.fhirpath.model import Node
from conformance.fhirpath.values import Truth, boolean


def _conforms_to(compiler: Compiler, call: syntax.Function) -> Closure:
    """Whether a value conforms to a profile. Types of the specification itself are told without a validator."""
    compiler.expect(call, 1)
    profile = outer(compiler, call, 0)

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        canonical = profile(frame, focus)
        if len(focus) > 1 or len(canonical) > 1:
            compiler.refuse(call.name, call.at, focus, canonical)
        if not focus or not canonical:
            return []
        answer = _conforms(compiler, frame, focus[0], str(canonical[0].value))
        if answer is None:
            raise FhirPathError.at(NOT_GIVEN, compiler.text, call.at, name=f"{call.name} {canonical[0].value}")
        return boolean(answer)

    return run


def _conforms(compiler: Compiler, frame: Frame, node: Node, canonical: str) -> Truth:
    ask = frame.run.environment.conforms_to
    answer = ask(canonical, node) if ask else None
    name = type_of(canonical)
    if answer is None and name != canonical and compiler.model.is_type(name):
        return compiler.model.is_a(node.type, name)
    return answer


def _slice(compiler: Compiler, call: syntax.Function) -> Closure:
    """The items that are in a slice of a structure; which those are is told by the environment."""
    compiler.expect(call, 2)
    structure, name = outer(compiler, call, 0), outer(compiler, call, 1)

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        ask = frame.run.environment.in_slice
        if ask is None:
            raise FhirPathError.at(NOT_GIVEN, compiler.text, call.at, name=call.name)
        names = structure(frame, focus), name(frame, focus)
        if len(names[0]) != 1 or len(names[1]) != 1:
            compiler.refuse(call.name, call.at, *names)
        return [node for node in focus if ask(str(names[0][0].value), str(names[1][0].value), node)]

    return run


def _element_definition(compiler: Compiler, call: syntax.Function) -> Closure:
    """The definition of each item's own type, as its StructureDefinition states it first."""
    compiler.expect(call, 0)
    model = compiler.model

    def run(_frame: Frame, focus: list[Node]) -> list[Node]:
        found = (_definition(compiler, node.type) for node in focus if model.is_type(node.type))
        return [Node(one, "ElementDefinition") for one in found if one is not None]

    return run


def _definition(compiler: Compiler, type: str) -> dict[str, object] | None:
    """The ElementDefinition of a type, or of a backbone element by its path."""
    name = type.partition(".")[0]
    raw = compiler.model.raw("StructureDefinition", name) or {}
    elements = raw.get("snapshot", {}).get("element", ())
    return next((one for one in elements if one.get("path") == type), None)


FUNCTIONS: dict[str, Builder] = {
    "conformsTo": _conforms_to,
    "slice": _slice,
    "elementDefinition": _element_definition,
}
