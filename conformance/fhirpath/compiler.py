"""The syntax tree compiled to closures. https://hl7.org/fhirpath/N1/

A closure takes a scope and the focus and gives a collection; nothing of the text is looked at again. What is not known
here (a function, an operator, a variable) is refused at compile time with its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from conformance.fhirpath import syntax
from conformance.fhirpath.messages import (
    BAD_ARGUMENTS,
    UNKNOWN_FUNCTION,
    UNKNOWN_OPERATOR,
    UNKNOWN_VARIABLE,
    FhirPathError,
)
from conformance.fhirpath.model import Model, Node
from conformance.fhirpath.operators import BINARY, boolean
from conformance.fhirpath.parser import parse


class Scope(NamedTuple):
    """What an evaluation may look at besides its focus."""

    resource: Node
    this: Node
    place: int = 0
    resolve: Callable[[str], dict[str, Any] | None] | None = None
    """Gives the resource that a reference names; without it only the type in the reference is known."""


Closure: TypeAlias = Callable[[Scope, list[Node]], list[Node]]
Builder: TypeAlias = Callable[["Compiler", syntax.Function], Closure]

#: ``%name`` -> what it gives.
_VARIABLES: dict[str, Callable[[Scope], list[Node]]] = {
    "resource": lambda scope: [scope.resource],
    "context": lambda scope: [scope.resource],
    "ucum": lambda _scope: [Node("http://unitsofmeasure.org", "System.String")],
    "sct": lambda _scope: [Node("http://snomed.info/sct", "System.String")],
    "loinc": lambda _scope: [Node("http://loinc.org", "System.String")],
}
_SPECIALS: dict[str, Callable[[Scope], list[Node]]] = {
    "$this": lambda scope: [scope.this],
    "$index": lambda scope: [Node(scope.place, "System.Integer")],
}


class Compiler:
    """Compiles the trees of one expression text; ``functions`` is the table of known functions."""

    def __init__(self, text: str, model: Model, functions: Mapping[str, Builder]) -> None:
        self.text = text
        self.model = model
        self._functions = functions

    def whole(self) -> Closure:
        """The closure of the whole expression."""
        return self.closure(parse(self.text))

    def closure(self, tree: syntax.Expression) -> Closure:
        """The closure of one node of the tree. Raises FhirPathError for what is not known here."""
        return _CASES[type(tree)](self, tree)

    def type_argument(self, call: syntax.Function) -> str:
        """The only argument of ``call`` as the name of a type."""
        name = type_name(call.arguments[0]) if len(call.arguments) == 1 else None
        if name is None:
            raise self.wrong_arguments(call, "one type")
        return name

    def wrong_arguments(self, call: syntax.Function, expected: str) -> FhirPathError:
        """The error of a call whose arguments are not ``expected``."""
        return FhirPathError.at(BAD_ARGUMENTS, self.text, call.at, name=call.name, expected=expected)

    def function(self, call: syntax.Function) -> Closure:
        """The closure of a function call."""
        builder = self._functions.get(call.name)
        if builder is None:
            raise FhirPathError.at(UNKNOWN_FUNCTION, self.text, call.at, name=call.name)
        return builder(self, call)

    def unknown_operator(self, name: str, at: int) -> FhirPathError:
        """The error of an operator that is not offered."""
        return FhirPathError.at(UNKNOWN_OPERATOR, self.text, at, name=name)


def type_name(tree: syntax.Expression) -> str | None:
    """``Patient`` or ``FHIR.Patient`` written as an expression; None when it is anything else."""
    if isinstance(tree, syntax.Member):
        return tree.name
    if isinstance(tree, syntax.Invoke) and isinstance(tree.step, syntax.Member):
        left = type_name(tree.focus)
        return f"{left}.{tree.step.name}" if left else None
    return None


def _literal(_compiler: Compiler, tree: syntax.Literal) -> Closure:
    value = {"value": tree.value, "unit": tree.unit} if tree.unit is not None else tree.value
    constant = [Node(value, tree.type)]
    return lambda _scope, _focus: constant


def _empty(_compiler: Compiler, _tree: syntax.Empty) -> Closure:
    return lambda _scope, _focus: []


def _external(compiler: Compiler, tree: syntax.External) -> Closure:
    if tree.name not in _VARIABLES:
        raise FhirPathError.at(UNKNOWN_VARIABLE, compiler.text, tree.at, name=tree.name)
    give = _VARIABLES[tree.name]
    return lambda scope, _focus: give(scope)


def _special(compiler: Compiler, tree: syntax.Special) -> Closure:
    if tree.name not in _SPECIALS:
        raise compiler.unknown_operator(tree.name, tree.at)
    give = _SPECIALS[tree.name]
    return lambda scope, _focus: give(scope)


def _member(compiler: Compiler, tree: syntax.Member) -> Closure:
    """A name that begins a path: the focus itself when it names its type, else a child."""
    name, model = tree.name, compiler.model
    step = child(compiler, name)
    if not (name[0].isupper() and model.is_type(name)):
        return step

    def run(scope: Scope, focus: list[Node]) -> list[Node]:
        if focus and model.is_a(focus[0].type, name):
            return focus
        return step(scope, focus)

    return run


def child(compiler: Compiler, name: str) -> Closure:
    """The children called ``name`` of every node in the focus."""
    children = compiler.model.child_nodes

    def run(_scope: Scope, focus: list[Node]) -> list[Node]:
        if len(focus) == 1:
            return children(focus[0], name)
        return [found for node in focus for found in children(node, name)]

    return run


def _invoke(compiler: Compiler, tree: syntax.Invoke) -> Closure:
    left = compiler.closure(tree.focus)
    right = child(compiler, tree.step.name) if isinstance(tree.step, syntax.Member) else compiler.closure(tree.step)
    return lambda scope, focus: right(scope, left(scope, focus))


def _indexer(compiler: Compiler, tree: syntax.Indexer) -> Closure:
    of, index = compiler.closure(tree.focus), compiler.closure(tree.index)

    def run(scope: Scope, focus: list[Node]) -> list[Node]:
        places = index(scope, focus)
        place = places[0].value if places else -1
        return of(scope, focus)[place : place + 1] if isinstance(place, int) and place >= 0 else []

    return run


def _binary(compiler: Compiler, tree: syntax.Binary) -> Closure:
    operate = BINARY.get(tree.operator)
    if operate is None:
        raise compiler.unknown_operator(tree.operator, tree.at)
    left, right = compiler.closure(tree.left), compiler.closure(tree.right)
    return lambda scope, focus: operate(left(scope, focus), right(scope, focus))


def _unary(compiler: Compiler, tree: syntax.Unary) -> Closure:
    raise compiler.unknown_operator(tree.operator, tree.at)


def _type_test(compiler: Compiler, tree: syntax.TypeTest) -> Closure:
    operand = compiler.closure(tree.operand)
    test = type_check(compiler, tree.type) if tree.operator == "is" else type_filter(compiler, tree.type)
    return lambda scope, focus: test(scope, operand(scope, focus))


def type_check(compiler: Compiler, name: str) -> Closure:
    """``is``: whether the single value is of type ``name``; empty for an empty focus."""
    is_a = compiler.model.is_a
    return lambda _scope, focus: boolean(is_a(focus[0].type, name)) if focus else []


def type_filter(compiler: Compiler, name: str) -> Closure:
    """``as`` and ``ofType``: the values of type ``name``."""
    is_a = compiler.model.is_a
    return lambda _scope, focus: [node for node in focus if is_a(node.type, name)]


_CASES: dict[type, Callable[[Compiler, Any], Closure]] = {
    syntax.Literal: _literal,
    syntax.Empty: _empty,
    syntax.External: _external,
    syntax.Special: _special,
    syntax.Member: _member,
    syntax.Function: Compiler.function,
    syntax.Invoke: _invoke,
    syntax.Indexer: _indexer,
    syntax.Unary: _unary,
    syntax.Binary: _binary,
    syntax.TypeTest: _type_test,
}
