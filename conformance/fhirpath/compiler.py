"""The syntax tree compiled to closures. https://hl7.org/fhirpath/N1/

A closure takes a frame and the focus and gives a collection; nothing of the text is looked at again. What is not known
here (a function, a type, a variable) is refused at compile time with its place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from itertools import count
from typing import Any, NoReturn, TypeAlias

from conformance.fhirpath import atoms, casts, syntax
from conformance.fhirpath.arithmetic import Number, as_decimal, negated
from conformance.fhirpath.constants import is_constant, iterates
from conformance.fhirpath.environment import Frame
from conformance.fhirpath.logic import LOGIC, truth
from conformance.fhirpath.messages import (
    BAD_ARGUMENTS,
    NOT_DEFINED,
    NOT_SINGLE,
    UNKNOWN_FUNCTION,
    UNKNOWN_TYPE,
    FhirPathError,
)
from conformance.fhirpath.model import Model, Node
from conformance.fhirpath.operators import BINARY, NotDefined
from conformance.fhirpath.parser import parse
from conformance.fhirpath.values import (
    Truth,
    measure_of,
    measured,
    number,
    number_of,
)

Closure: TypeAlias = Callable[[Frame, list[Node]], list[Node]]
Builder: TypeAlias = Callable[["Compiler", syntax.Function], Closure]

_NUMBERS = count()


class Compiler:
    """Compiles the trees of one expression text.

    ``functions`` is the table of known functions, ``variables`` are names that the environment will bring, and
    ``single_as`` refuses ``as`` on several values, which definitions published for R4 rely on.
    """

    def __init__(
        self,
        text: str,
        model: Model,
        functions: Mapping[str, Builder],
        *,
        variables: Collection[str] = (),
        single_as: bool = False,
    ) -> None:
        self.text = text
        self.model = model
        self.variables = variables
        self.single_as = single_as
        self._functions = functions
        self._iterations = 0

    def whole(self) -> Closure:
        """The closure of the whole expression."""
        return self.closure(parse(self.text))

    def closure(self, tree: syntax.Expression) -> Closure:
        """The closure of one node of the tree. Raises FhirPathError for what is not known here."""
        if self._iterations and isinstance(tree, syntax.Invoke | syntax.Binary) and is_constant(tree):
            return self._once(tree)
        return _CASES[type(tree)](self, tree)

    def _once(self, tree: syntax.Expression) -> Closure:
        """What does not change while an iteration goes on is worked out once an evaluation."""
        kept, self._iterations = self._iterations, 0
        inner, key = self.closure(tree), next(_NUMBERS)
        self._iterations = kept

        def run(frame: Frame, focus: list[Node]) -> list[Node]:
            found = frame.run.cache.get(key)
            if found is None:
                found = frame.run.cache[key] = inner(frame, focus)
            return found

        return run

    def argument(self, call: syntax.Function, place: int = 0) -> Closure:
        """The closure of an argument: of each item when the function iterates."""
        self._iterations += iterates(call.name)
        try:
            return self.closure(call.arguments[place])
        finally:
            self._iterations -= iterates(call.name)

    def type_argument(self, call: syntax.Function) -> str:
        """The only argument of ``call`` as the name of a type."""
        name = type_name(call.arguments[0]) if len(call.arguments) == 1 else None
        if name is None:
            raise self.wrong_arguments(call, "one type")
        return self.known_type(name, call.at)

    def known_type(self, name: str, at: int) -> str:
        """``name``. Raises FhirPathError when there is no such type."""
        if not self.model.is_known(name):
            raise FhirPathError.at(UNKNOWN_TYPE, self.text, at, name=name)
        return name

    def expect(self, call: syntax.Function, least: int, most: int | None = None) -> None:
        """Raises FhirPathError unless ``call`` has between ``least`` and ``most`` arguments."""
        most = least if most is None else most
        if not least <= len(call.arguments) <= most:
            plural = "argument" if most == 1 else "arguments"
            raise self.wrong_arguments(call, f"{least if least == most else f'{least} to {most}'} {plural}")

    def wrong_arguments(self, call: syntax.Function, expected: str) -> FhirPathError:
        """The error of a call whose arguments are not ``expected``."""
        return FhirPathError.at(BAD_ARGUMENTS, self.text, call.at, name=call.name, expected=expected)

    def function(self, call: syntax.Function) -> Closure:
        """The closure of a function call."""
        builder = self._functions.get(call.name)
        if builder is None:
            raise FhirPathError.at(UNKNOWN_FUNCTION, self.text, call.at, name=call.name)
        return builder(self, call)

    def refuse(self, name: str, at: int, *sides: list[Node]) -> NoReturn:
        """Raises the FhirPathError of an operator or function on values that it is not defined for."""
        several = next((len(side) for side in sides if len(side) > 1), 0)
        if several:
            raise FhirPathError.at(NOT_SINGLE, self.text, at, name=name, count=several)
        found = ", ".join(node.type.removeprefix("System.") for side in sides for node in side)
        raise FhirPathError.at(NOT_DEFINED, self.text, at, name=name, found=found)

    def truth(self, tree: syntax.Expression, name: str, at: int) -> Callable[[Frame, list[Node]], Truth]:
        """``tree`` as a question."""
        inner = self.closure(tree)

        def run(frame: Frame, focus: list[Node]) -> Truth:
            nodes = inner(frame, focus)
            if len(nodes) > 1:
                self.refuse(name, at, nodes)
            return truth(nodes)

        return run


def type_name(tree: syntax.Expression) -> str | None:
    """``Patient`` or ``FHIR.Patient`` written as an expression; None when it is anything else."""
    if isinstance(tree, syntax.Member):
        return tree.name
    if isinstance(tree, syntax.Invoke) and isinstance(tree.step, syntax.Member):
        left = type_name(tree.focus)
        return f"{left}.{tree.step.name}" if left else None
    return None


def _member(compiler: Compiler, tree: syntax.Member) -> Closure:
    """A name that begins a path: the focus itself when it names its type, else a child."""
    name, model = tree.name, compiler.model
    step = child(compiler, name)
    if not (name[0].isupper() and model.is_type(name)):
        return step

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        if focus and model.is_a(focus[0].type, name):
            return focus
        return step(frame, focus)

    return run


def child(compiler: Compiler, name: str) -> Closure:
    """The children called ``name`` of every node in the focus."""
    children = compiler.model.child_nodes

    def run(_frame: Frame, focus: list[Node]) -> list[Node]:
        if len(focus) == 1:
            return children(focus[0], name)
        return [found for node in focus for found in children(node, name)]

    return run


def _invoke(compiler: Compiler, tree: syntax.Invoke) -> Closure:
    """A chain of steps, each on what the one before it gave."""
    steps: list[Closure] = []
    start: syntax.Expression = tree
    while isinstance(start, syntax.Invoke):
        step = start.step
        steps.append(child(compiler, step.name) if isinstance(step, syntax.Member) else compiler.closure(step))
        start = start.focus
    first, rest = compiler.closure(start), steps[::-1]

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        nodes = first(frame, focus)
        for step in rest:
            nodes = step(frame, nodes)
        return nodes

    return run


def _indexer(compiler: Compiler, tree: syntax.Indexer) -> Closure:
    of, index = compiler.closure(tree.focus), compiler.closure(tree.index)

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        places = index(frame, focus)
        place = places[0].value if places else -1
        if len(places) > 1 or not isinstance(place, int) or isinstance(place, bool):
            compiler.refuse("[]", tree.at, places)
        return of(frame, focus)[place : place + 1] if place >= 0 else []

    return run


def _binary(compiler: Compiler, tree: syntax.Binary) -> Closure:
    if tree.operator in LOGIC:
        return LOGIC[tree.operator](compiler, tree)
    operate = BINARY[tree.operator]
    left, right = compiler.closure(tree.left), compiler.closure(tree.right)

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        one, other = left(frame, focus), right(frame, focus)
        try:
            return operate(one, other)
        except NotDefined:
            compiler.refuse(tree.operator, tree.at, one, other)

    return run


def _unary(compiler: Compiler, tree: syntax.Unary) -> Closure:
    operand, turn = compiler.closure(tree.operand), negated if tree.operator == "-" else _unchanged

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        nodes = operand(frame, focus)
        if not nodes:
            return []
        value, measure = number_of(nodes[0]), measure_of(nodes[0])
        if len(nodes) > 1 or measure is None:
            compiler.refuse(tree.operator, tree.at, nodes)
        return (
            measured(measure._replace(value=as_decimal(turn(measure.value)))) if value is None else number(turn(value))
        )

    return run


def _unchanged(value: Number) -> Number:
    return value


_CASES: dict[type, Callable[[Compiler, Any], Closure]] = {
    syntax.Literal: atoms.literal,
    syntax.Empty: atoms.empty,
    syntax.External: atoms.external,
    syntax.Special: atoms.special,
    syntax.Member: _member,
    syntax.Function: Compiler.function,
    syntax.Invoke: _invoke,
    syntax.Indexer: _indexer,
    syntax.Unary: _unary,
    syntax.Binary: _binary,
    syntax.TypeTest: casts.type_test,
}
