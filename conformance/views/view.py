"""A compiled view: rows of resources. https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from conformance.definitions import Definitions
from conformance.errors import Unprocessable
from conformance.fhirpath import Environment, FhirPathError, Node, model_of
from conformance.issues import Issue, has_errors
from conformance.views import messages
from conformance.views.columns import columns_of, faults
from conformance.views.definition import Column, Definition, Reader
from conformance.views.questions import Question, Questions, Setting, reasons_of, variables_of
from conformance.views.rows import Builder, Row, Rows, told

_BOOLEANS = frozenset({"boolean", "System.Boolean"})


class View:
    """Gives the rows of resources of one type. It keeps no state, so threads may share it."""

    __slots__ = ("_now", "_rows", "_variables", "_wheres", "columns", "name", "resource")

    def __init__(
        self, definition: Definition, columns: Sequence[Column], wheres: Sequence[Question], rows: Rows, base: str
    ) -> None:
        self.name = definition.name
        self.resource = definition.resource
        self.columns = tuple(columns)
        """In the order of the values of a row; their types are said by the definition, or told by the paths."""
        self._wheres, self._rows = tuple(wheres), rows
        self._variables = variables_of(definition, base)

    def rows(self, resource: dict[str, Any], now: str | None = None) -> list[Row]:
        """The rows of one resource, none when it is of another type or the where paths leave it out.

        Values are JSON values with Decimal, lists for a collection. ``now`` is what ``now()`` gives, a dateTime. Raises
        Unprocessable for several values in a column that is no collection, and where a path cannot be evaluated;
        TooCostly for very many rows.
        """
        if resource.get("resourceType") != self.resource:
            return []
        setting = Setting(Environment(resource, now=now, variables=self._variables), self._variables)
        focus = Node(resource, self.resource)
        try:
            if not all(_holds(where, focus, setting) for where in self._wheres):
                return []
            return self._rows(focus, setting, 0)
        except FhirPathError as error:
            raise Unprocessable.of(messages.FAILED_ROW, resource=told(setting), **reasons_of(error)) from error


def compile_view(content: Any, definitions: Definitions, base_url: str = "") -> View:
    """The view of a decoded ViewDefinition.

    References below ``base_url`` have keys, as relative ones have. Raises Unprocessable with every fault, each with its
    place.
    """
    reader = Reader()
    definition = reader.read(content)
    issues = [*reader.issues, *faults(definition)]
    if definition.resource and not definitions.is_resource(definition.resource):
        issues.append(Issue(messages.UNKNOWN_RESOURCE, "ViewDefinition.resource", {"type": definition.resource}))
    if has_errors(issues):
        raise Unprocessable(*issues)
    questions = Questions(model_of(definitions), frozenset(variables_of(definition, "")), issues)
    builder = Builder(questions)
    rows = builder.select(definition.select, definition.resource)
    wheres = [_where(questions, path, place, definition) for place, path in enumerate(definition.where)]
    if has_errors(issues):
        raise Unprocessable(*issues)
    columns = [_typed(column, builder) for column in columns_of(definition.select)]
    return View(definition, columns, [where for where in wheres if where], rows, base_url)


def _typed(column: Column, builder: Builder) -> Column:
    return column if column.type else replace(column, type=builder.types.get(column.name, ""))


def _where(questions: Questions, path: str, index: int, definition: Definition) -> Question | None:
    place = f"ViewDefinition.where[{index}].path"
    question = questions.ask(path, definition.resource, place)
    if question is not None and question.types is not None and not question.types & _BOOLEANS:
        found = ", ".join(sorted(question.types)) or "nothing"
        questions.issues.append(Issue(messages.NOT_TRUTH, place, {"path": path, "found": found}))
    return question


def _holds(where: Question, focus: Node, setting: Setting) -> bool:
    nodes = where.nodes(focus, setting, 0)
    if not nodes:
        return False
    if len(nodes) > 1 or not isinstance(nodes[0].value, bool):
        found = f"{len(nodes)} values" if len(nodes) > 1 else nodes[0].type.removeprefix("System.")
        raise Unprocessable.of(messages.NOT_TRUTH, "ViewDefinition.where", path=where.text, found=found)
    return nodes[0].value
