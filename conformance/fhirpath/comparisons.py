"""Comparisons of single primitive values, answered on the JSON of the value that holds them.

https://hl7.org/fhirpath/N1/#operations
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from conformance.fhirpath import syntax
from conformance.fhirpath.compiler import Compiler
from conformance.fhirpath.environment import NOTHING, frame_of
from conformance.fhirpath.logic import chain
from conformance.fhirpath.model import Node
from conformance.fhirpath.operators import BINARY, NotDefined
from conformance.fhirpath.patterns import BadPattern, pattern
from conformance.fhirpath.presence import counted, single_key
from conformance.fhirpath.values import INTEGER, Truth

Ask: TypeAlias = Callable[[Any, Any], Truth]


class Predicate(NamedTuple):
    """``ask(value, environment)``; ``is_partial`` when a part is left to closures, which look at the environment."""

    ask: Ask
    is_partial: bool = False


#: Primitive types whose text is compared by another rule than equality of text.
_NO_PLAIN_TEXT = frozenset(
    {"date", "dateTime", "instant", "time", "decimal", "boolean", "integer", "positiveInt", "unsignedInt"}
)


def general_ask(compiler: Compiler, type: str, tree: syntax.Expression, name: str, at: int) -> Ask:
    """The question ``tree`` of a value of ``type`` by its closure."""
    general = compiler.truth(tree, name, at)

    def ask(value: Any, environment: Any) -> Truth:
        focus = Node(value, type)
        return general(frame_of(focus, environment or NOTHING), [focus])

    return ask


def _text_test(name: str, argument: str) -> Callable[[str], bool] | None:
    """The function ``name`` with this argument; None when it is none of those that ask of a text."""
    try:
        make = _TEXT_TESTS.get(name)
        return make(argument) if make else None
    except BadPattern:
        return None  # told about where the expression is evaluated


def _searching(regex: str) -> Callable[[str], bool]:
    search = pattern(regex).search
    return lambda text: search(text) is not None


_TEXT_TESTS: dict[str, Callable[[str], Callable[[str], bool]]] = {
    "startsWith": lambda part: lambda text: text.startswith(part),
    "endsWith": lambda part: lambda text: text.endswith(part),
    "contains": lambda part: lambda text: part in text,
    "matches": _searching,
}


class Comparisons:
    """Questions of the primitive elements of a value of one type; None for what is of another shape."""

    def __init__(self, compiler: Compiler, type: str) -> None:
        self._compiler = compiler
        self._model = compiler.model
        self._type = type

    def _text_key(self, tree: syntax.Expression) -> str | None:
        key = single_key(self._model, self._type, tree)
        return key[0] if key and key[1] not in _NO_PLAIN_TEXT else None

    def equals(self, left: syntax.Expression, text: str, *, negated: bool) -> Predicate | None:
        """``name = 'text'``"""
        key = self._text_key(left)
        if key is None:
            return None

        def ask(value: Any, _environment: Any) -> Truth:
            found = value.get(key)
            return None if found is None else (found == text) is not negated

        return Predicate(ask)

    def one_of(self, left: syntax.Expression, right: syntax.Expression) -> Predicate | None:
        """``name in ('a' | 'b')``"""
        key, texts = self._text_key(left), _texts(right)
        if key is None or not texts:
            return None
        wanted = frozenset(texts)

        def ask(value: Any, _environment: Any) -> Truth:
            found = value.get(key)
            if found is None:
                return False if f"_{key}" in value else None
            return found in wanted

        return Predicate(ask)

    def of_text(self, tree: syntax.Invoke, focus: syntax.Expression, name: str, text: str) -> Predicate | None:
        """``name.startsWith('text')``, ``name.matches('pattern')`` and the like."""
        key, test = self._text_key(focus), _text_test(name, text)
        if key is None or test is None:
            return None
        fits, general = test, general_ask(self._compiler, self._type, tree, name, tree.at)

        def ask(value: Any, environment: Any) -> Truth:
            found = value.get(key)
            if type(found) is str:
                return fits(found)
            return None if found is None else general(value, environment)

        return Predicate(ask)

    def of_itself(self, tree: syntax.Function, name: str, text: str) -> Predicate | None:
        """``startsWith('text')`` and the like of a primitive value itself."""
        test = _text_test(name, text) if self._type[:1].islower() else None
        if test is None:
            return None
        fits, general = test, general_ask(self._compiler, self._type, tree, name, tree.at)

        def ask(value: Any, environment: Any) -> Truth:
            return fits(value) if type(value) is str else general(value, environment)

        return Predicate(ask)

    def ordered(self, tree: syntax.Binary) -> Predicate | None:
        """``a < b`` of single values, and of counts."""
        return self._more(tree) or self._ordered_values(tree)

    def _more(self, tree: syntax.Binary) -> Predicate | None:
        """``children().count() > id.count()``"""
        left, right = (counted(self._model, self._type, side) for side in (tree.left, tree.right))
        if left is None or right is None or tree.operator != ">":
            return None
        one, other = left, right
        return Predicate(lambda value, _environment: one(value) > other(value))

    def _ordered_values(self, tree: syntax.Binary) -> Predicate | None:
        sides = [self._scalar(side) for side in (tree.left, tree.right)]
        if sides[0] is None or sides[1] is None:
            return None
        left, right, operate = sides[0], sides[1], BINARY[tree.operator]

        def ask(value: Any, _environment: Any) -> Truth:
            one, other = left(value), right(value)
            if one is None or other is None:
                return None
            try:
                answer = operate([one], [other])
            except NotDefined:
                self._compiler.refuse(tree.operator, tree.at, [one], [other])
            return answer[0].value if answer else None

        return Predicate(ask)

    def _scalar(self, tree: syntax.Expression) -> Callable[[Any], Node | None] | None:
        """A literal, or the only value of one primitive element."""
        if isinstance(tree, syntax.Literal) and tree.unit is None:
            constant = Node(tree.value, tree.type)
            return lambda _value: constant
        count = counted(self._model, self._type, tree)
        if count is not None:
            tally = count
            return lambda value: Node(tally(value), INTEGER)
        key = single_key(self._model, self._type, tree)
        if key is None:
            return None
        name, kind = key

        def give(value: Any) -> Node | None:
            found = value.get(name)
            return None if found is None else Node(found, kind)

        return give


def _texts(tree: syntax.Expression) -> list[str]:
    """The texts of ``('a' | 'b')``; none when it is anything else."""
    parts = chain(tree) if isinstance(tree, syntax.Binary) and tree.operator == "|" else [tree]
    found = [part.value for part in parts if isinstance(part, syntax.Literal) and isinstance(part.value, str)]
    plain = all(isinstance(part, syntax.Literal) and part.type == "System.String" for part in parts)
    return found if plain else []
