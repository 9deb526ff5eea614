"""Questions of a value whose type is known, answered on its JSON. https://hl7.org/fhir/R4/conformance-rules.html#constraints

Invariants are nearly all of a few shapes: an element exists, is empty, equals a code; and, or, implies. These need no
nodes. What is of another shape is left to the general closures, alone or as a part of such a question.
"""

from __future__ import annotations

from typing import Any

from conformance.fhirpath import syntax
from conformance.fhirpath.comparisons import Ask, Comparisons, Predicate, general_ask
from conformance.fhirpath.compiler import Compiler
from conformance.fhirpath.environment import frame_of
from conformance.fhirpath.logic import chain
from conformance.fhirpath.model import Node
from conformance.fhirpath.operators import both, either, exclusive, implication
from conformance.fhirpath.presence import Presence, presence, single_key
from conformance.fhirpath.values import Truth
from conformance.fhirpath.walks import is_walkable, names, object_walk

#: Steps that give nothing when they are given nothing.
_PRESERVING = frozenset({
    "where", "select", "ofType", "as", "first", "last", "tail", "skip", "take", "distinct", "trace", "resolve",
    "extension", "repeat", "children", "descendants", "intersect", "exclude",
})  # fmt: skip
_ORDER = frozenset({"<", "<=", ">", ">="})


def predicate(compiler: Compiler, tree: syntax.Expression, type: str) -> Predicate | None:
    """The question ``tree`` of a value of ``type``; None when only the general closures can answer it.

    For a primitive type the value is the plain JSON value, without what stands beside it.
    """
    if not type or type in ("Resource", "DomainResource"):
        return None
    return _Planner(compiler, type).plan(tree)


class Shortcuts(dict[str, Ask | None]):
    """The question ``tree`` by the type of the object that it is asked of; None where only its closure can answer."""

    def __init__(self, compiler: Compiler, tree: syntax.Expression) -> None:
        super().__init__()
        self._compiler = compiler
        self._tree = tree

    def __missing__(self, type: str) -> Ask | None:
        if not (is_walkable(type) and self._compiler.model.is_type(type)):
            return None  # not remembered: resources tell their type themselves
        found = _Planner(self._compiler, type).plan(self._tree)
        short = self[type] = found.ask if found and not found.is_partial else None
        return short


class _Planner:
    def __init__(self, compiler: Compiler, type: str) -> None:
        self._compiler = compiler
        self._model = compiler.model
        self._type = type
        self._values = Comparisons(compiler, type)

    def plan(self, tree: syntax.Expression) -> Predicate | None:
        match tree:
            case syntax.Binary("and" | "or"):
                return self._chain(tree)
            case syntax.Binary("implies" | "xor"):
                return self._pair(tree)
            case syntax.Binary("=" | "!=", left, syntax.Literal(str() as text, "System.String")):
                return self._values.equals(left, text, negated=tree.operator == "!=")
            case syntax.Binary("=" | "!=", left, right):
                return self._same_answer(tree)
            case syntax.Function("hasValue", ()):
                return Predicate(_is_value if self._type[:1].islower() else _never)
            case syntax.Binary("in", left, right):
                return self._values.one_of(left, right)
            case syntax.Binary(operator, left, right) if operator in _ORDER:
                return self._values.ordered(tree)
            case syntax.Invoke(focus, syntax.Function(name, arguments)) if name == "not" or is_walkable(self._type):
                return self._call(tree, focus, name, arguments)
            case syntax.Function(name, (syntax.Literal(str() as text, "System.String"),)):
                return self._values.of_itself(tree, name, text)
        return None

    def _part(self, tree: syntax.Expression, name: str, at: int) -> Predicate:
        """A part of a question: by a short way, or by its closure."""
        return self.plan(tree) or Predicate(self._general(tree, name, at), is_partial=True)

    def _general(self, tree: syntax.Expression, name: str, at: int) -> Ask:
        return general_ask(self._compiler, self._type, tree, name, at)

    # -- logic

    def _chain(self, tree: syntax.Binary) -> Predicate:
        parts = [self._part(part, tree.operator, tree.at) for part in chain(tree)]
        settled, rule = (False, both) if tree.operator == "and" else (True, either)
        asks = [part.ask for part in parts]

        def ask(value: Any, environment: Any) -> Truth:
            answer: Truth = not settled
            for one in asks:
                found = one(value, environment)
                if found is settled:
                    return settled
                answer = rule(answer, found)
            return answer

        return Predicate(ask, any(part.is_partial for part in parts))

    def _pair(self, tree: syntax.Binary) -> Predicate:
        left, right = (self._part(part, tree.operator, tree.at) for part in (tree.left, tree.right))
        is_partial = left.is_partial or right.is_partial
        one, other = left.ask, right.ask
        if tree.operator == "xor":
            return Predicate(
                lambda value, environment: exclusive(one(value, environment), other(value, environment)), is_partial
            )

        def ask(value: Any, environment: Any) -> Truth:
            premise = one(value, environment)
            return True if premise is False else implication(premise, other(value, environment))

        return Predicate(ask, is_partial)

    def _same_answer(self, tree: syntax.Binary) -> Predicate | None:
        """``a.exists() = b.exists()``"""
        left, right = self.plan(tree.left), self.plan(tree.right)
        if left is None or right is None:
            return None
        one, other, wanted = left.ask, right.ask, tree.operator == "="

        def ask(value: Any, environment: Any) -> Truth:
            first, second = one(value, environment), other(value, environment)
            return None if first is None or second is None else (first is second) is wanted

        return Predicate(ask, left.is_partial or right.is_partial)

    # -- calls

    def _call(
        self, tree: syntax.Invoke, focus: syntax.Expression, name: str, arguments: tuple[syntax.Expression, ...]
    ) -> Predicate | None:
        match name, arguments:
            case (("exists" | "empty"), ()):
                return self._existence(focus, wanted=name == "exists")
            case (("exists" | "all"), (criterion,)):
                found = self._items(focus, criterion, every=name == "all")
                match focus:
                    case syntax.Invoke(items, syntax.Function("where", (condition,))) if found is None:
                        rest = self._general(tree, name, tree.at)
                        return self._selected(rest, items, condition, every=name == "all")
                return found
            case "not", ():
                return self._negation(focus)
            case "hasValue", ():
                key = single_key(self._model, self._type, focus)
                return Predicate(lambda value, _environment: value.get(key[0]) is not None) if key else None
            case _, (syntax.Literal(str() as text, "System.String"),):
                return self._values.of_text(tree, focus, name, text)
        return None

    def _negation(self, focus: syntax.Expression) -> Predicate | None:
        inner = self.plan(focus)
        if inner is None:
            return None
        one = inner.ask

        def ask(value: Any, environment: Any) -> Truth:
            answer = one(value, environment)
            return None if answer is None else not answer

        return Predicate(ask, inner.is_partial)

    def _existence(self, focus: syntax.Expression, *, wanted: bool) -> Predicate | None:
        match focus:
            case syntax.Invoke(items, syntax.Function("where", (criterion,))):
                found = self._items(items, criterion, every=False)
                if found is not None:
                    one = found.ask
                    return Predicate(lambda value, environment: one(value, environment) is wanted, found.is_partial)
        path = names(focus, self._model, self._type)
        seen = presence(self._model, self._type, path) if path else None
        if seen is None:
            return self._guarded(focus, wanted=wanted)
        held: Presence = seen
        return Predicate(lambda value, _environment: held(value) is wanted)

    def _guarded(self, focus: syntax.Expression, *, wanted: bool) -> Predicate | None:
        """A longer path: nothing is at its end when nothing is at its beginning."""
        start, steps = focus, 0
        while isinstance(start, syntax.Invoke):
            if not isinstance(start.step, syntax.Member) and getattr(start.step, "name", "") not in _PRESERVING:
                return None
            start, steps = start.focus, steps + 1
        path = names(start, self._model, self._type)
        seen = presence(self._model, self._type, path) if path and steps else None
        if seen is None:
            return None
        held, closure, kind = seen, self._compiler.closure(focus), self._type

        def ask(value: Any, environment: Any) -> Truth:
            if not held(value):
                return not wanted
            node = Node(value, kind)
            return bool(closure(frame_of(node, environment), [node])) is wanted

        return Predicate(ask, is_partial=True)

    def _items(self, focus: syntax.Expression, criterion: syntax.Expression, *, every: bool) -> Predicate | None:
        """``exists(criterion)`` or ``all(criterion)`` of the objects at the end of a path of names."""
        path = names(focus, self._model, self._type)
        found = object_walk(self._model, self._type, path) if path else None
        if found is None:
            return None
        walk, kind = found
        inner = _Planner(self._compiler, kind).plan(criterion)
        if inner is None or inner.is_partial:
            return None
        short, general = inner.ask, general_ask(self._compiler, kind, criterion, "criteria", 0)

        def ask(value: Any, _environment: Any) -> Truth:
            for item in walk(value):
                one = short if item.__class__ is dict else general
                if (one(item, None) is True) is not every:
                    return not every
            return every

        return Predicate(ask)

    def _selected(
        self, rest: Ask, items: syntax.Expression, criterion: syntax.Expression, *, every: bool
    ) -> Predicate | None:
        """``items.where(criterion).all(…)`` and the like: the ``rest`` is asked when something is selected."""
        guard = self._items(items, criterion, every=False)
        if guard is None:
            return None
        is_any = guard.ask

        def ask(value: Any, environment: Any) -> Truth:
            return rest(value, environment) if is_any(value, environment) else every

        return Predicate(ask, is_partial=True)


def _is_value(value: Any, _environment: Any) -> Truth:
    return value is not None


def _never(_value: Any, _environment: Any) -> Truth:
    return False
