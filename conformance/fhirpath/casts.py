"""is, as, ofType. https://hl7.org/fhirpath/N1/#types"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.fhirpath import syntax
from conformance.fhirpath.environment import Frame
from conformance.fhirpath.model import NEAREST, Node
from conformance.fhirpath.values import boolean

if TYPE_CHECKING:
    from conformance.fhirpath.compiler import Closure, Compiler


def type_test(compiler: Compiler, tree: syntax.TypeTest) -> Closure:
    operand, name = compiler.closure(tree.operand), compiler.known_type(tree.type, tree.at)
    test = type_check(compiler, name, tree.at) if tree.operator == "is" else cast(compiler, name, tree.at)
    return lambda frame, focus: test(frame, operand(frame, focus))


def type_check(compiler: Compiler, name: str, at: int) -> Closure:
    """``is``: whether the single value is of type ``name``; empty for an empty focus."""
    is_a = compiler.model.is_a

    def run(_frame: Frame, focus: list[Node]) -> list[Node]:
        if len(focus) > 1:
            compiler.refuse("is", at, focus)
        return boolean(is_a(focus[0].type, name)) if focus else []

    return run


def type_filter(compiler: Compiler, name: str, _at: int = 0) -> Closure:
    """``ofType``: the values of type ``name``."""
    is_a = compiler.model.is_a
    return lambda _frame, focus: [node for node in focus if is_a(node.type, name)]


def cast(compiler: Compiler, name: str, at: int) -> Closure:
    """``as``: the value when it is of type ``name``; of several values those that are, unless that is refused.

    Definitions published for R4 write ``as String`` where they mean the FHIR string.
    """
    if not compiler.single_as:
        return _published_cast(compiler, name)
    keep = type_filter(compiler, name)

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        if len(focus) > 1:
            compiler.refuse("as", at, focus)
        return keep(frame, focus)

    return run


def _published_cast(compiler: Compiler, name: str) -> Closure:
    is_a, nearest = compiler.model.is_a, NEAREST.get(f"System.{name}", name)
    if nearest == name:
        return type_filter(compiler, name)
    return lambda _frame, focus: [node for node in focus if is_a(node.type, name) or is_a(node.type, nearest)]
