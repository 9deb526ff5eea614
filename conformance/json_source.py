"""Where an element stands in a JSON document: line and column for FHIRPath expressions.

https://hl7.org/fhir/R4/operationoutcome-definitions.html#OperationOutcome.issue.expression
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

_STEP = re.compile(r"\.?(?:`([^`]*)`|([A-Za-z_][A-Za-z0-9_]*))(?:\.ofType\((\w+)\))?(?:\[(\d+)\])?")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(slots=True)
class _Wanted:
    """A place that is asked for, or that lies on the way to one."""

    offset: int | None = None
    below: dict[str | int, _Wanted] = field(default_factory=dict)


@dataclass(slots=True)
class _Frame:
    """An object or array that is being read; ``wanted`` is None where nothing is asked for."""

    wanted: _Wanted | None
    is_object: bool
    index: int = 0
    key: str = ""
    key_offset: int = -1


def positions(content: bytes | str, expressions: Sequence[str]) -> list[tuple[int, int]]:
    """Line and column, both from 1, of each expression such as ``Patient.name[0].given[1]``, in one linear pass.

    A property is where its name begins. What is not in the document gives the element around it. The content must be
    what the JSON codec has read.
    """
    text = content if isinstance(content, str) else content.decode()
    root = _Wanted()
    paths = [list(_path(expression)) for expression in expressions]
    for path in paths:
        place = root
        for step in path:
            place = place.below.setdefault(step, _Wanted())
    _scan(text, root)
    offsets = [_deepest(root, path) for path in paths]
    lines = dict(_lines(text, offsets))
    return [lines[offset] for offset in offsets]


def _path(expression: str) -> Iterator[str | int]:
    """The JSON names and indexes of an expression, without the resource type at its start."""
    for step in list(_STEP.finditer(expression))[1:]:
        name = str(step.group(1) or step.group(2))
        kind = step.group(3)
        yield (name + kind[0].upper() + kind[1:] if kind else name).removeprefix("_")
        if step.group(4):
            yield int(step.group(4))


def _scan(text: str, root: _Wanted) -> None:
    """Notes the offsets of all that is wanted."""
    stack: list[_Frame] = []
    for token in _TOKEN.finditer(text):
        sign = token.group()
        frame = stack[-1] if stack else None
        if sign in ("}", "]"):
            stack.pop()
        elif sign == ",":
            if frame is not None:
                frame.index += 1
                frame.key = ""
        elif sign == ":":
            continue
        elif frame is not None and frame.is_object and not frame.key:
            frame.key, frame.key_offset = _name(sign), token.start()
        else:
            wanted = root if frame is None else _found(frame, token.start())
            if sign in ("{", "["):
                stack.append(_Frame(wanted, sign == "{"))


def _found(frame: _Frame, offset: int) -> _Wanted | None:
    """What is wanted of a value that begins at ``offset``."""
    if frame.wanted is None:
        return None
    wanted = frame.wanted.below.get(frame.key if frame.is_object else frame.index)
    if wanted is not None and wanted.offset is None:
        wanted.offset = frame.key_offset if frame.is_object else offset
    return wanted


def _name(quoted: str) -> str:
    name = json.loads(quoted) if "\\" in quoted else quoted[1:-1]
    return str(name).removeprefix("_") or "_"


def _deepest(root: _Wanted, path: Iterable[str | int]) -> int:
    """The offset of the last step that is in the document."""
    offset, place = 0, root
    for step in path:
        place = place.below[step]
        if place.offset is None:
            break
        offset = place.offset
    return offset


def _lines(text: str, offsets: Iterable[int]) -> Iterator[tuple[int, tuple[int, int]]]:
    """Offset, and its line and column."""
    line, start, seen = 1, 0, 0
    for offset in sorted(set(offsets)):
        line += text.count("\n", seen, offset)
        found = text.rfind("\n", seen, offset)
        start = found + 1 if found >= 0 else start
        seen = offset
        yield offset, (line, offset - start + 1)
