"""Walking down: children, descendants, and the type of a value. https://hl7.org/fhirpath/N1/#tree-navigation"""

from __future__ import annotations

from conformance.fhirpath import syntax
from conformance.fhirpath.compiler import Builder, Closure, Compiler
from conformance.fhirpath.environment import Frame
from conformance.fhirpath.functions.calls import of_all
from conformance.fhirpath.model import Node
from conformance.fhirpath.values import TYPE_INFO


def _children(compiler: Compiler, call: syntax.Function) -> Closure:
    compiler.expect(call, 0)
    children = compiler.model.children

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        found = [child for node in focus for child in children(node)]
        frame.run.spend(len(found))
        return found

    return run


def _descendants(compiler: Compiler, call: syntax.Function) -> Closure:
    compiler.expect(call, 0)
    children = compiler.model.children

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        found: list[Node] = []
        level = focus
        while level:
            level = [child for node in level for child in children(node)]
            frame.run.spend(len(level))
            found.extend(level)
        return found

    return run


def _type(focus: list[Node]) -> list[Node]:
    return [_type_info(node.type) for node in focus]


def _type_info(name: str) -> Node:
    space, _, own = name.partition(".") if name.startswith("System.") else ("FHIR", "", name)
    return Node({"namespace": space, "name": own}, TYPE_INFO)


FUNCTIONS: dict[str, Builder] = {
    "children": _children,
    "descendants": _descendants,
    "type": of_all(_type),
}
