"""Whether anything stands at the end of a path of names, told from the JSON alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from conformance.fhirpath import syntax
from conformance.fhirpath.model import Choice, Model
from conformance.fhirpath.walks import is_walkable, names

Presence: TypeAlias = Callable[[Any], bool]


def single_key(model: Model, type: str, tree: syntax.Expression) -> tuple[str, str] | None:
    """JSON key and type of one primitive element that is no list; None when ``tree`` is anything else."""
    path = names(tree, model, type) if is_walkable(type) else None
    if not path or len(path) != 1 or model.is_list(type, path[0]):
        return None
    choices = model.step(type, path[0])
    if len(choices) != 1 or not choices[0].type[:1].islower() or choices[0].type == "xhtml":
        return None
    return choices[0].key, choices[0].type


def presence(model: Model, type: str, path: list[str]) -> Presence | None:
    """Whether there is a value at the end of ``path`` in a value of ``type``; None when it is not told beforehand."""
    if not is_walkable(type):
        return None
    choices = model.step(type, path[0])
    if len(path) == 1:
        return _any([_held(choice) for choice in choices])
    parts: list[Presence] = []
    for choice in choices:
        rest = presence(model, choice.type, path[1:])
        if rest is None:
            return None
        parts.append(_through(choice.key, rest))
    return _any(parts)


def _any(parts: list[Presence]) -> Presence:
    if len(parts) == 1:
        return parts[0]
    return lambda value: any([part(value) for part in parts])  # noqa: C419  faster than a generator for a few


def _held(choice: Choice) -> Presence:
    key, twin = choice.key, f"_{choice.key}"
    if not choice.type[:1].islower():

        def holds(value: Any) -> bool:
            found = value.get(key)
            return found is not None and found != []

        return holds

    def holds_either(value: Any) -> bool:
        found = value.get(key)
        if found is not None and found != []:
            return True
        other = value.get(twin)
        return other is not None and other != []

    return holds_either


def counted(model: Model, type: str, tree: syntax.Expression) -> Callable[[Any], int] | None:
    """``children().count()`` or ``name.count()`` of one name; None for anything else."""
    match tree:
        case syntax.Invoke(syntax.Function("children", ()), syntax.Function("count", ())) if is_walkable(type):
            keys = frozenset(model.keys(type))
            return lambda value: _children(value, keys)
        case syntax.Invoke(syntax.Member() as member, syntax.Function("count", ())) if is_walkable(type):
            path = names(member, model, type)
            choices = model.step(type, path[0]) if path else ()
            if len(choices) == 1:
                key = choices[0].key
                return lambda value: _length(value.get(key), value.get(f"_{key}"))
    return None


def _children(value: Any, keys: frozenset[str]) -> int:
    total = 0
    for key, inner in value.items():
        if key in keys:
            if inner.__class__ is not list:
                total += inner is not None
            elif f"_{key}" in value:
                total += _length(inner, value[f"_{key}"])
            else:
                total += len(inner) - inner.count(None)
        elif key[:1] == "_" and key[1:] in keys and value.get(key[1:]) is None:
            total += _length(None, inner)
    return total


def _length(value: Any, twin: Any) -> int:
    """How many values there are, of which some may exist beside JSON's value only."""
    if value.__class__ is list or twin.__class__ is list:
        values, twins = value or (), twin or ()
        held = sum(one is not None for one in values)
        return held + sum(one is not None and (n >= len(values) or values[n] is None) for n, one in enumerate(twins))
    return int(value is not None or twin is not None)


def _through(key: str, rest: Presence) -> Presence:
    def holds(value: Any) -> bool:
        inner = value.get(key)
        if type(inner) is dict:
            return rest(inner)
        if type(inner) is list:
            return any(type(one) is dict and rest(one) for one in inner)
        return False

    return holds
