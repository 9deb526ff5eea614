"""Names in a row (``Patient.name.family``, ``value.ofType(Quantity)``) walked without looking anything up meanwhile.

Which JSON keys stand for a name, and the type under each, is known from the type that a path starts from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from conformance.fhirpath import syntax
from conformance.fhirpath.model import Choice, Model, Node, nodes_of

#: From a value to the nodes at the end of the names.
NodeWalk: TypeAlias = Callable[[Any], list[Node]]
_Fill: TypeAlias = Callable[[dict[str, Any], list[Node]], None]

_OPEN = frozenset({"Resource", "DomainResource"})
#: Node past its constructor, which takes twice as long.
_new_node: Callable[[type[Node], tuple[Any, str, None]], Node] = tuple.__new__


def names(tree: syntax.Expression, model: Model, type: str) -> list[str] | None:
    """``["name", "family"]`` of ``Patient.name.family`` or ``name.family``; None for anything but names."""
    found: list[str] = []
    while isinstance(tree, syntax.Invoke) and isinstance(tree.step, syntax.Member):
        found.append(tree.step.name)
        tree = tree.focus
    if isinstance(tree, syntax.Special) and tree.name == "$this":
        return found[::-1]
    if not isinstance(tree, syntax.Member):
        return None
    if not (tree.name[0].isupper() and model.is_a(type, tree.name)):
        found.append(tree.name)
    return found[::-1]


class _Step(NamedTuple):
    """One name of a path, and the type that ``ofType`` asks of what it leads to; "" without."""

    name: str
    kind: str = ""


def _steps(tree: syntax.Expression, model: Model, type: str) -> list[_Step] | None:
    """The names of a path with what ``ofType`` says of each; None for anything else."""
    kinds: list[str] = []
    found: list[_Step] = []
    while isinstance(tree, syntax.Invoke):
        if isinstance(tree.step, syntax.Member):
            found.append(_Step(tree.step.name, kinds.pop() if kinds else ""))
        elif not kinds and (kind := _of_type(tree.step)):
            kinds.append(kind)
        else:
            return None
        tree = tree.focus
    start = names(tree, model, type)
    if start is None or (kinds and not start):
        return None
    return [*(_Step(name, kinds.pop() if kinds else "") for name in start), *found[::-1]]


def _of_type(step: syntax.Expression) -> str:
    """``Quantity`` of ``ofType(Quantity)``; "" for any other step."""
    if isinstance(step, syntax.Function) and step.name == "ofType" and len(step.arguments) == 1:
        [kind] = step.arguments
        return kind.name if isinstance(kind, syntax.Member) else ""
    return ""


def is_walkable(type: str) -> bool:
    """True for a complex type that tells all that its values may hold."""
    return bool(type) and type not in _OPEN and not type[:1].islower() and not type.startswith("System.")


def node_walk(tree: syntax.Expression, model: Model, type: str) -> NodeWalk | None:
    """The walk of a path of names from a value of ``type``; None when it is more than that."""
    found = _steps(tree, model, type) if type and is_walkable(type) else None
    fill = _filler(model, type, found) if found else None
    if fill is None:
        return None

    def run(value: dict[str, Any]) -> list[Node]:
        nodes: list[Node] = []
        fill(value, nodes)
        return nodes

    return run


def _filler(model: Model, type: str, path: list[_Step]) -> _Fill | None:
    name, kind = path[0]
    choices: Sequence[Choice] = model.step(type, name)
    if kind:
        if any(choice.type in _OPEN for choice in choices):  # only a value tells its type
            return None
        choices = [choice for choice in choices if model.is_a(choice.type, kind)]
    if len(path) == 1:
        return _together([_last(choice) for choice in choices])
    if not all(is_walkable(choice.type) for choice in choices):
        return None
    parts: list[_Fill] = []
    for choice in choices:
        rest = _filler(model, choice.type, path[1:])
        if rest is None:
            return None
        parts.append(_through(choice.key, rest))
    return _together(parts)


def object_walk(model: Model, type: str, path: list[str]) -> tuple[Callable[[Any], list[Any]], str] | None:
    """The values at the end of ``path`` as JSON, and their type; None unless all on it are objects."""
    keys: list[str] = []
    current = type
    for name in path:
        choices = model.step(current, name)
        if len(choices) != 1 or not is_walkable(choices[0].type):
            return None
        key, current = choices[0]
        keys.append(key)

    def run(value: Any) -> list[Any]:
        found = [value]
        for key in keys:
            inner = [one.get(key) for one in found if one.__class__ is dict]
            found = []
            for one in inner:
                if one.__class__ is list:
                    found += [part for part in one if part is not None]
                elif one is not None:
                    found.append(one)
        return found

    return run, current


def _together(parts: list[_Fill]) -> _Fill:
    if len(parts) == 1:
        return parts[0]

    def fill(value: dict[str, Any], nodes: list[Node]) -> None:
        for part in parts:
            part(value, nodes)

    return fill


def _through(key: str, rest: _Fill) -> _Fill:
    def fill(value: dict[str, Any], nodes: list[Node]) -> None:
        inner = value.get(key)
        if type(inner) is dict:
            rest(inner, nodes)
        elif type(inner) is list:
            for one in inner:
                if type(one) is dict:
                    rest(one, nodes)

    return fill


def _last(choice: Choice) -> _Fill:
    key, kind = choice
    twin_key = f"_{key}" if kind[:1].islower() else ""

    def fill(value: dict[str, Any], nodes: list[Node]) -> None:
        inner = value.get(key)
        if twin_key in value or kind in _OPEN:
            nodes.extend(nodes_of(inner, kind, value.get(twin_key)))
        elif type(inner) is list:
            nodes.extend([_new_node(Node, (one, kind, None)) for one in inner if one is not None])
        elif inner is not None:
            nodes.append(_new_node(Node, (inner, kind, None)))

    return fill
