"""Static check of an expression against the types it starts from: does every element named exist?

https://hl7.org/fhirpath/N1/#type-safety-and-strict-evaluation
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from conformance.fhirpath import syntax
from conformance.fhirpath.compiler import type_name
from conformance.fhirpath.constants import iterates
from conformance.fhirpath.messages import UNKNOWN_ELEMENT, UNORDERED, FhirPathError
from conformance.fhirpath.model import Model
from conformance.fhirpath.parser import parse


class Known(NamedTuple):
    """The types that a collection may hold, None when that cannot be told, and whether it has an order."""

    types: frozenset[str] | None
    is_ordered: bool = True


_ANY = Known(None)
_OPEN = frozenset({"Resource", "DomainResource", "Element", "BackboneElement"})

#: Functions that give what they are given, or less of it.
_SAME = frozenset({
    "where", "first", "last", "tail", "skip", "take", "single", "distinct", "trace", "sort", "intersect", "exclude",
    "checkModifiers", "slice",
})  # fmt: skip
#: Functions whose argument is no expression of what is known here: it goes on from its own results, or names a type.
_UNSEEN = frozenset({"repeat", "getReferenceKey"})
_ORDERED = frozenset({"first", "last", "tail", "skip", "take"})
_RESULTS = {
    **dict.fromkeys((
            "exists", "empty", "not", "all", "allTrue", "anyTrue", "allFalse", "anyFalse", "isDistinct",
            "subsetOf", "supersetOf", "hasValue", "startsWith", "endsWith", "contains", "matches",
            "matchesFull", "is", "memberOf", "conformsTo", "htmlChecks", "hasExtension",
        ), "System.Boolean"),
    **dict.fromkeys(["count", "length", "indexOf", "lastIndexOf", "toInteger", "precision"], "System.Integer"),
    **dict.fromkeys((
            "substring", "upper", "lower", "replace", "replaceMatches", "toChars", "toString", "trim",
            "split", "join", "encode", "decode", "escape", "unescape", "getResourceKey", "getReferenceKey",
        ), "System.String"),
    "extension": "Extension",
    "elementDefinition": "ElementDefinition",
    "toQuantity": "System.Quantity",
    "type": "System.TypeInfo",
}  # fmt: skip


def check(text: str, model: Model, type: str, variables: Collection[str] = ()) -> None:
    """Raises FhirPathError for an element that cannot exist in a value of ``type``, and for a function that needs an
    order where there is none. ``variables`` are of unknown type."""
    types_of(text, model, type, variables)


def types_of(text: str, model: Model, type: str, variables: Collection[str] = ()) -> frozenset[str] | None:
    """The types that the expression may give, None when that cannot be told. Raises as ``check`` does."""
    return _Checker(text, model, type, variables).whole().types


class _Checker:
    def __init__(self, text: str, model: Model, type: str, variables: Collection[str]) -> None:
        self._text = text
        self._model = model
        self._root = Known(frozenset({type}) if type else None)
        self._variables = variables

    def whole(self) -> Known:
        return self._of(parse(self._text), self._root)

    def _of(self, tree: syntax.Expression, this: Known) -> Known:
        """What ``tree`` gives where ``$this`` is ``this``."""
        return _RULES[type(tree)](self, tree, this)

    def _literal(self, tree: syntax.Literal, _this: Known) -> Known:
        return Known(frozenset({tree.type}))

    def _unknown(self, _tree: syntax.Expression, _this: Known) -> Known:
        return _ANY

    def _external(self, tree: syntax.External, _this: Known) -> Known:
        return self._root if tree.name == "context" and tree.name not in self._variables else _ANY

    def _special(self, tree: syntax.Special, this: Known) -> Known:
        return this if tree.name == "$this" else _ANY

    def _member(self, tree: syntax.Member, this: Known) -> Known:
        if this.types and tree.name[0].isupper() and any(self._model.is_a(one, tree.name) for one in this.types):
            return this
        return self._child(tree, this)

    def _child(self, tree: syntax.Member, focus: Known) -> Known:
        if focus.types is None or focus.types & _OPEN or "System.TypeInfo" in focus.types:
            return focus._replace(types=None)
        found = [choice.type for one in focus.types for choice in self._model.step(one, tree.name)]
        if not found and focus.types:
            owner = " or ".join(sorted(focus.types))
            raise FhirPathError.at(UNKNOWN_ELEMENT, self._text, tree.at, type=owner, name=tree.name)
        return focus._replace(types=frozenset(found))

    def _invoke(self, tree: syntax.Invoke, this: Known) -> Known:
        focus = self._of(tree.focus, this)
        if isinstance(tree.step, syntax.Member):
            return self._child(tree.step, focus)
        return self._function(tree.step, this, focus) if isinstance(tree.step, syntax.Function) else _ANY

    def _root_function(self, tree: syntax.Function, this: Known) -> Known:
        return self._function(tree, this, this)

    def _function(self, call: syntax.Function, this: Known, focus: Known) -> Known:
        if call.name in ("is", "as", "ofType"):
            name = type_name(call.arguments[0]) if call.arguments else None
            return self._typed(call.name, name or "", focus)
        if call.name in _ORDERED and not focus.is_ordered:
            raise FhirPathError.at(UNORDERED, self._text, call.at, name=call.name)
        inner = focus if iterates(call.name) else this
        given = [self._of(argument, inner) for argument in call.arguments] if call.name not in _UNSEEN else []
        return self._result(call.name, focus, given)

    def _result(self, name: str, focus: Known, given: list[Known]) -> Known:
        if name in _SAME:
            return focus
        if name in _RESULTS:
            return Known(frozenset({_RESULTS[name]}))
        if name in ("children", "descendants"):
            return Known(None, is_ordered=False)
        if name in ("union", "combine") and given:
            return _union(focus, given[0])
        return given[0] if name == "select" and given else _ANY

    def _typed(self, operator: str, name: str, focus: Known) -> Known:
        if operator == "is":
            return Known(frozenset({"System.Boolean"}))
        plain = name.removeprefix("FHIR.")
        return focus._replace(types=frozenset({plain}) if self._model.is_type(plain) else None)

    def _type_test(self, tree: syntax.TypeTest, this: Known) -> Known:
        return self._typed(tree.operator, tree.type, self._of(tree.operand, this))

    def _indexer(self, tree: syntax.Indexer, this: Known) -> Known:
        self._of(tree.index, this)
        return self._of(tree.focus, this)

    def _unary(self, tree: syntax.Unary, this: Known) -> Known:
        return self._of(tree.operand, this)

    def _binary(self, tree: syntax.Binary, this: Known) -> Known:
        left, right = self._of(tree.left, this), self._of(tree.right, this)
        return _union(left, right) if tree.operator == "|" else _ANY


def _union(left: Known, right: Known) -> Known:
    types = None if left.types is None or right.types is None else left.types | right.types
    return Known(types, left.is_ordered and right.is_ordered)


_RULES: dict[type, Callable[..., Known]] = {
    syntax.Literal: _Checker._literal,
    syntax.Empty: _Checker._unknown,
    syntax.External: _Checker._external,
    syntax.Special: _Checker._special,
    syntax.Member: _Checker._member,
    syntax.Function: _Checker._root_function,
    syntax.Invoke: _Checker._invoke,
    syntax.Indexer: _Checker._indexer,
    syntax.Unary: _Checker._unary,
    syntax.Binary: _Checker._binary,
    syntax.TypeTest: _Checker._type_test,
}
