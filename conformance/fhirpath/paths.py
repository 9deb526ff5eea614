"""Plain paths (``a.b.c``, a choice's type, a simple ``where``) turned into walks over decoded JSON.

Nearly all search parameters are such paths. A walk knows its keys and the type at its end before any resource is seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from conformance.fhirpath import syntax
from conformance.fhirpath.compiler import type_name
from conformance.fhirpath.model import Model
from conformance.fhirpath.references import reference_type


@dataclass(frozen=True, slots=True)
class RefersTo:
    """``where(resolve() is Type)``, judged by the text of the reference."""

    type: str

    def holds(self, value: Any) -> bool:
        """True when the Reference ``value`` leads to this type."""
        return isinstance(value, dict) and reference_type(value) == self.type


@dataclass(frozen=True, slots=True)
class HasValue:
    """``where(name = 'text')``"""

    name: str
    text: str

    def holds(self, value: Any) -> bool:
        """True when the element of ``value`` has this text."""
        return isinstance(value, dict) and value.get(self.name) == self.text


Condition: TypeAlias = RefersTo | HasValue
Step: TypeAlias = str | Condition
Walk: TypeAlias = Callable[[Any], list[Any]]


class Path(NamedTuple):
    """JSON keys and conditions to follow in order, and the FHIR type of what is found.

    ``element`` names its definition, as the type that holds it and its name there; None for the start of the path.
    """

    steps: tuple[Step, ...]
    type: str
    element: tuple[str, str] | None = None


#: Types of which only the value tells what it is.
_OPEN = frozenset({"Resource", "DomainResource"})


def plain_paths(tree: syntax.Expression, model: Model, type: str) -> list[Path] | None:
    """The paths of ``tree`` from a value of ``type``; None when it is more than plain paths."""
    return _Planner(model, type).paths(tree)


class _Planner:
    def __init__(self, model: Model, type: str) -> None:
        self._model = model
        self._type = type

    def paths(self, tree: syntax.Expression) -> list[Path] | None:
        match tree:
            case syntax.Binary("|", left, right):
                return _together(self.paths(left), self.paths(right))
            case syntax.Member(name):
                return self._start(name)
            case syntax.Special("$this"):
                return [Path((), self._type)]
            case syntax.TypeTest("as", operand, name):
                return self._narrowed(self.paths(operand), name)
            case syntax.Invoke(focus, step):
                return self._stepped(self.paths(focus), step)
        return None

    def _start(self, name: str) -> list[Path] | None:
        if self._model.is_a(self._type, name):
            return [Path((), self._type)]
        return self._children([Path((), self._type)], name)

    def _stepped(self, paths: list[Path] | None, step: syntax.Expression) -> list[Path] | None:
        if paths is None:
            return None
        match step:
            case syntax.Member(name):
                return self._children(paths, name)
            case syntax.Function("as" | "ofType", (argument,)):
                name = type_name(argument) or ""
                return self._narrowed(paths, name) if name else None
            case syntax.Function("extension", (syntax.Literal(str() as url, "System.String"),)):
                found = self._children(paths, "extension")
                return found and [path._replace(steps=(*path.steps, HasValue("url", url))) for path in found]
            case syntax.Function("where", (criterion,)):
                condition = _condition(criterion)
                return [path._replace(steps=(*path.steps, condition)) for path in paths] if condition else None
        return None

    def _children(self, paths: list[Path], name: str) -> list[Path] | None:
        if any(path.type in _OPEN or path.type[:1].islower() for path in paths):
            return None  # a resource tells its own type, and children of a primitive stand in its twin
        return [
            Path((*path.steps, choice.key), choice.type, (path.type, name))
            for path in paths
            for choice in self._model.step(path.type, name)
        ]

    def _narrowed(self, paths: list[Path] | None, name: str) -> list[Path] | None:
        if paths is None or any(path.type in _OPEN for path in paths):
            return None
        return [path for path in paths if self._model.is_a(path.type, name)]


def _together(left: list[Path] | None, right: list[Path] | None) -> list[Path] | None:
    if left is None or right is None:
        return None
    return list(dict.fromkeys([*left, *right]))


def _condition(criterion: syntax.Expression) -> Condition | None:
    match criterion:
        case syntax.TypeTest("is", syntax.Function("resolve", ()), name):
            return RefersTo(name)
        case syntax.Binary("=", syntax.Member(name), syntax.Literal(str() as text, "System.String")):
            return HasValue(name, text)
    return None


def walk(steps: tuple[Step, ...]) -> Walk:
    """The values that ``steps`` lead to from a value (a list counts as its members), nulls left out."""
    if not steps:
        return _members
    if isinstance(steps[0], str):
        return _key_walk(steps[0], steps[1:])
    return _condition_walk(steps[0].holds, walk(steps[1:]))


def _members(value: Any) -> list[Any]:
    if type(value) is list:
        return [one for one in value if one is not None]
    return [] if value is None else [value]


def _key_walk(key: str, steps: tuple[Step, ...]) -> Walk:
    rest = walk(steps)

    def run(value: Any) -> list[Any]:
        if type(value) is dict:
            inner = value.get(key)
            return rest(inner) if inner is not None else []
        if type(value) is list:
            return [found for one in value if type(one) is dict and key in one for found in rest(one[key])]
        return []

    return run


def _condition_walk(holds: Callable[[Any], bool], rest: Walk) -> Walk:
    def run(value: Any) -> list[Any]:
        return [found for one in _members(value) if holds(one) for found in rest(one)]

    return run
