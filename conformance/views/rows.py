"""Selects compiled to closures that give rows. https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html#processing-algorithm

A closure takes a value and gives its rows as tuples; rows of siblings are crossed, rows of a union follow each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any, TypeAlias

from conformance.errors import TooCostly, Unprocessable
from conformance.fhirpath import Node
from conformance.views import messages
from conformance.views.columns import columns_of
from conformance.views.definition import Column, Select
from conformance.views.keys import resource_key
from conformance.views.questions import ROW_INDEX, Question, Questions, Setting, plain

Row: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = Callable[[Node, Setting, int], list[Row]]
Cell: TypeAlias = Callable[[Node, Setting, int], Any]
#: From a value to those that the rows of a select are made of.
Iteration: TypeAlias = Callable[[Node, Setting, int], list[Node]]

#: Rows that one resource may give, and values that one ``repeat`` may visit.
MOST_ROWS = 100_000
#: Values in all rows of one resource: very wide rows have to be fewer.
MOST_VALUES = 5_000_000
#: Levels that ``repeat`` follows: no JSON is deeper.
_DEEPEST = 100
_INDEX = f"%{ROW_INDEX}"


def told(setting: Setting) -> str:
    """The resource of this setting, for a message."""
    return resource_key(setting.environment.resource) or "a resource without id"


class Builder:
    """Compiles the selects of one definition."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions
        self.types: dict[str, str] = {}
        """Name of a column -> the type of its values, as far as the paths tell it."""

    def select(self, select: Select, type: str) -> Rows:
        """The rows of a select from values of ``type`` ("": any)."""
        iteration, inner, is_outer = self._iteration(select, type)
        rows = self._crossed(select, inner)
        if iteration is None:
            return rows
        return _iterated(iteration, rows, _nulls(select) if is_outer else None, _most(select))

    def _iteration(self, select: Select, type: str) -> tuple[Iteration | None, str, bool]:
        """What a select goes through (None: nothing), the type of that, and whether nothing gives a row of nulls."""
        if select.repeat:
            asked = [self._questions.ask(path, "", f"{select.place}.repeat") for path in select.repeat]
            return _repeated([one for one in asked if one]), "", False
        path = select.for_each if select.for_each is not None else select.for_each_or_null
        if path is None:
            return None, type, False
        name = "forEach" if select.for_each is not None else "forEachOrNull"
        question = self._questions.ask(path, type, f"{select.place}.{name}")
        if question is None:
            return None, "", False
        return question.nodes, question.type, select.for_each is None

    def _crossed(self, select: Select, type: str) -> Rows:
        cells = [self._cell(column, type) for column in select.columns]
        parts = [self.select(one, type) for one in select.selects]
        if select.unions:
            parts.append(_joined([self.select(one, type) for one in select.unions], _most(select)))
        if not parts:
            return lambda focus, setting, index: [tuple([cell(focus, setting, index) for cell in cells])]
        return _product(cells, parts, _most(select))

    def _cell(self, column: Column, type: str) -> Cell:
        question = self._questions.ask(column.path, type, f"{column.place}.path")
        if question is None:
            return lambda _focus, _setting, _index: None
        self.types.setdefault(column.name, question.type)
        return _collected(question) if column.collection else _single(question, column.name)


def _collected(question: Question) -> Cell:
    return lambda focus, setting, index: [plain(node) for node in question.nodes(focus, setting, index)]


def _single(question: Question, name: str) -> Cell:
    def cell(focus: Node, setting: Setting, index: int) -> Any:
        nodes = question.nodes(focus, setting, index)
        if len(nodes) > 1:
            raise Unprocessable.of(messages.SEVERAL_VALUES, column=name, count=len(nodes), resource=told(setting))
        return plain(nodes[0]) if nodes else None

    return cell


def _most(select: Select) -> int:
    """The rows that a select may give of one resource."""
    return min(MOST_ROWS, MOST_VALUES // max(1, len(columns_of(select))))


def _product(cells: Sequence[Cell], parts: Sequence[Rows], most: int) -> Rows:
    def rows(focus: Node, setting: Setting, index: int) -> list[Row]:
        own = tuple([cell(focus, setting, index) for cell in cells])
        sides: list[list[Row]] = []
        size = 1
        for part in parts:
            sides.append(part(focus, setting, index))
            size *= len(sides[-1])
            _bound(sum(map(len, sides)), setting)
        _bound(size, setting, most)
        if len(sides) == 1:
            return [own + row for row in sides[0]]
        return [own + sum(combined, ()) for combined in product(*sides)]

    return rows


def _joined(branches: Sequence[Rows], most: int) -> Rows:
    def run(focus: Node, setting: Setting, index: int) -> list[Row]:
        found: list[Row] = []
        for rows in branches:
            found += rows(focus, setting, index)
            _bound(len(found), setting, most)
        return found

    return run


def _iterated(iteration: Iteration, rows: Rows, nulls: Rows | None, most: int) -> Rows:
    def run(focus: Node, setting: Setting, index: int) -> list[Row]:
        found: list[Row] = []
        nodes = iteration(focus, setting, index)
        for place, node in enumerate(nodes):
            found += rows(node, setting, place)
            _bound(len(found), setting, most)
        return found if nodes or nulls is None else nulls(focus, setting, 0)

    return run


def _nulls(select: Select) -> Rows:
    """The one row of a forEachOrNull that found nothing: nulls, but the index of the row is 0."""
    row = tuple(0 if column.path.strip() == _INDEX else None for column in columns_of(select))
    return lambda _focus, _setting, _index: [row]


def _repeated(questions: Sequence[Question]) -> Iteration:
    """Depth first: each value is followed by what the same paths find in it."""

    def below(node: Node, setting: Setting, depth: int) -> Iterator[Node]:
        if depth > _DEEPEST:
            raise TooCostly.of(messages.TOO_MANY_ROWS, resource=told(setting), limit=MOST_ROWS)
        for question in questions:
            for child in question.nodes(node, setting, 0):
                yield child
                yield from below(child, setting, depth + 1)

    def run(focus: Node, setting: Setting, _index: int) -> list[Node]:
        found: list[Node] = []
        for node in below(focus, setting, 0):
            found.append(node)
            _bound(len(found), setting)
        return found

    return run


def _bound(count: int, setting: Setting, most: int = MOST_ROWS) -> None:
    if count > most:
        raise TooCostly.of(messages.TOO_MANY_ROWS, resource=told(setting), limit=most)
