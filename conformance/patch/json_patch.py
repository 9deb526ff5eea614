"""JSON Patch over decoded JSON, numbers with their digits. https://www.rfc-editor.org/rfc/rfc6902

All operations apply or none: they work on a copy, and neither the document nor the patch is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from conformance.errors import InvalidContent
from conformance.issues import Issue
from conformance.json_codec import MAX_DEPTH
from conformance.patch import messages
from conformance.patch.operation import Operation, Work
from conformance.patch.pointer import END, index, tokens
from conformance.patch.values import copied, depth, is_same, size

#: Values that the operations of one patch may copy or shift.
LIMIT = 1_000_000
#: Elements of a list that are shifted in the time that one value takes to be copied.
_SHIFTED = 256

Tokens = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One operation, read: ``path`` and ``source`` (of move and copy) as tokens."""

    operation: Operation
    path: Tokens
    source: Tokens = ()
    source_text: str = ""
    value: Any = None


def read_json_patch(patch: Any) -> tuple[Step, ...]:
    """The operations of ``patch``, a decoded JSON Patch document. Raises InvalidContent for what is none."""
    if type(patch) is not list or not all(type(row) is dict for row in patch):
        raise InvalidContent(Issue(messages.NOT_A_LIST_OF_OPERATIONS))
    return tuple(_step(place, row) for place, row in enumerate(patch))


def apply_json_patch(document: Any, patch: Any) -> Any:
    """A new document: ``document`` with the operations of ``patch`` applied in order. Both are decoded JSON.

    Raises InvalidContent for a patch that is none, Unprocessable when an operation does not apply (a ``test`` that
    fails included), TooCostly when the operations copy more than ``LIMIT`` values.
    """
    steps = read_json_patch(patch)
    patched = _Document(copied(document))
    for step in steps:
        _PERFORM[step.operation.name](patched, step)
    return patched.whole


def _step(place: int, row: dict[str, Any]) -> Step:
    name, path, source = row.get("op"), row.get("path"), row.get("from")
    operation = Operation(place, str(name), str(path))
    if type(name) is not str or name not in _PERFORM:
        raise operation.malformed(messages.UNKNOWN_OPERATION, known=", ".join(_PERFORM))
    if type(path) is not str:
        raise operation.malformed(messages.MEMBER_MISSING, member="path")
    if name in _VALUED and "value" not in row:
        raise operation.malformed(messages.MEMBER_MISSING, member="value")
    if name not in _SOURCED:
        return Step(operation, _tokens(operation, path), value=row.get("value"))
    if type(source) is not str:
        raise operation.malformed(messages.MEMBER_MISSING, member="from")
    return Step(operation, _tokens(operation, path), _tokens(operation, source), source)


def _tokens(operation: Operation, pointer: str) -> Tokens:
    found = tokens(pointer)
    if found is None:
        raise operation.malformed(messages.BAD_POINTER, pointer=pointer)
    return found


class _Document:
    """A document while it is patched. It stands in an object of its own, so that the whole has a parent, too."""

    def __init__(self, whole: Any) -> None:
        self._holder = {"": whole}
        self.work = Work(LIMIT)

    @property
    def whole(self) -> Any:
        return self._holder[""]

    def find(self, step: Step, path: Tokens) -> Any:
        value: Any = self._holder
        for count, token in enumerate(("", *path)):
            value = _child(step, value, token, path[:count])
        return value

    def parent(self, step: Step, path: Tokens) -> tuple[Any, str]:
        return (self.find(step, path[:-1]), path[-1]) if path else (self._holder, "")

    def put(self, step: Step, value: Any) -> None:
        _require_shallow(step, value)
        parent, token = self.parent(step, step.path)
        if type(parent) is dict:
            parent[token] = value
        elif type(parent) is list:
            self.work.spend(1 + len(parent) // _SHIFTED, step.operation)
            parent.insert(_place(step, parent, token, len(parent)), value)
        else:
            _absent(step, step.path)

    def exchange(self, step: Step, value: Any) -> None:
        self.find(step, step.path)
        _require_shallow(step, value)
        parent, token = self.parent(step, step.path)
        parent[token if type(parent) is dict else int(token)] = value

    def take(self, step: Step, path: Tokens) -> Any:
        if not path:
            raise step.operation.refused(messages.NOTHING_LEFT)
        value = self.find(step, path)
        parent, token = self.parent(step, path)
        if type(parent) is dict:
            del parent[token]
        else:
            self.work.spend(1 + len(parent) // _SHIFTED, step.operation)
            del parent[int(token)]
        return value


def _require_shallow(step: Step, value: Any) -> None:
    if len(step.path) + depth(value) > MAX_DEPTH:
        raise step.operation.refused(messages.TOO_DEEP, limit=MAX_DEPTH)


def _child(step: Step, value: Any, token: str, path: Tokens) -> Any:
    if type(value) is dict and token in value:
        return value[token]
    if type(value) is not list:
        _absent(step, path)
    return value[_place(step, value, token, len(value) - 1)]


def _place(step: Step, items: list[Any], token: str, most: int) -> int:
    """The index that ``token`` names, up to ``most``; the end of the list where a value may be put there."""
    found = len(items) if token == END else index(token)
    if found is None or found > most:
        raise step.operation.refused(messages.BAD_PLACE, token=token, size=len(items))
    return found


def _absent(step: Step, path: Tokens) -> NoReturn:
    text = "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in path)
    raise step.operation.refused(messages.NOTHING_THERE, pointer=text)


def _add(document: _Document, step: Step) -> None:
    document.put(step, copied(step.value))


def _remove(document: _Document, step: Step) -> None:
    document.take(step, step.path)


def _replace(document: _Document, step: Step) -> None:
    document.exchange(step, copied(step.value))


def _move(document: _Document, step: Step) -> None:
    if step.source == step.path:
        document.find(step, step.source)
        return
    if step.path[: len(step.source)] == step.source:
        raise step.operation.refused(messages.INTO_ITSELF, pointer=step.source_text)
    document.put(step, document.take(step, step.source))


def _copy(document: _Document, step: Step) -> None:
    value = document.find(step, step.source)
    document.work.spend(size(value), step.operation)
    document.put(step, copied(value))


def _test(document: _Document, step: Step) -> None:
    if not is_same(document.find(step, step.path), step.value):
        raise step.operation.refused(messages.TEST_FAILED)


_PERFORM: dict[str, Callable[[_Document, Step], None]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}
_VALUED = frozenset(("add", "replace", "test"))
_SOURCED = frozenset(("move", "copy"))
