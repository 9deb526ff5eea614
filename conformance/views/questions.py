"""The FHIRPath expressions of a view, compiled with its constants and the functions that views add."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from conformance.errors import FhirError
from conformance.fhirpath import Environment, Expression, FhirPathError, Node
from conformance.fhirpath.checker import types_of
from conformance.fhirpath.compiler import Compiler
from conformance.fhirpath.model import NEAREST, Model
from conformance.fhirpath.quantities import UCUM, Quantity
from conformance.issues import Issue
from conformance.views import messages
from conformance.views.definition import Definition
from conformance.views.keys import BASE, VIEW_FUNCTIONS

ROW_INDEX = "rowIndex"
_OPEN = frozenset({"Resource", "DomainResource"})


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same for all rows of one resource: its environment, and the variables in it."""

    environment: Environment
    variables: Mapping[str, Any]

    def at(self, index: int) -> Environment:
        """The environment of a row of an iteration."""
        values = MappingProxyType({**self.variables, ROW_INDEX: index})
        old = self.environment
        return Environment(old.resource, now=old.now, variables=values)


class Question:
    """One path. ``types`` are those that it may give, None when that cannot be told."""

    __slots__ = ("_expression", "_looks_at_index", "_type", "types")

    def __init__(self, expression: Expression, types: frozenset[str] | None) -> None:
        self._expression, self.types = expression, types
        self._type = expression.type
        self._looks_at_index = ROW_INDEX in expression.text

    @property
    def text(self) -> str:
        """The path as it is written."""
        return self._expression.text

    @property
    def type(self) -> str:
        """The FHIR type of every value; "" when it cannot be told or there are several."""
        only = next(iter(self.types)) if self.types is not None and len(self.types) == 1 else ""
        return "" if only in _OPEN else NEAREST.get(only, only)

    def nodes(self, focus: Node, setting: Setting, index: int) -> list[Node]:
        """What it gives of ``focus``. Raises FhirPathError."""
        environment = setting.at(index) if self._looks_at_index else setting.environment
        plain = focus.value if focus.type == self._type and focus.value.__class__ is dict else focus
        return [node for node in self._expression.evaluate(plain, environment) if node.value is not None]


@dataclass(frozen=True, slots=True)
class Questions:
    """Compiles the paths of one definition; faults are added to ``issues``."""

    model: Model
    names: frozenset[str]
    issues: list[Issue]

    def ask(self, path: str, type: str, place: str) -> Question | None:
        """The question of a path from values of ``type`` ("": any); None when it cannot be asked."""
        try:
            types = types_of(path, self.model, type, self.names)
            compiler = Compiler(path, self.model, VIEW_FUNCTIONS, variables=self.names)
            return Question(Expression(compiler, type), types)
        except FhirPathError as error:
            told = error.issues[0]
            reasons = {"reason": told.text("en"), "reason_vi": told.text("vi")}
            self.issues.append(Issue(messages.BAD_PATH, place, reasons))
            return None


def variables_of(definition: Definition, base_url: str) -> dict[str, Any]:
    """The ``%variables`` of a definition: its constants, where it runs, and the index of the row."""
    constants = {name: _constant(kind, value) for name, kind, value in definition.constants}
    return {**constants, BASE: base_url, ROW_INDEX: 0}


def _constant(type: str, value: Any) -> Any:
    name = type[:1].lower() + type[1:]
    if isinstance(value, bool):
        return Node(value, "boolean")
    if name == "decimal" and isinstance(value, int | float):
        return Node(Decimal(str(value)), name)
    return Node(value, name)


def plain(node: Node) -> Any:
    """The value of a node as JSON."""
    value = node.value
    if isinstance(value, Quantity):
        code = {} if value.is_calendar else {"system": UCUM, "code": value.unit}
        return {"value": value.value, "unit": value.unit, **code}
    return value


def reasons_of(error: FhirError) -> dict[str, str]:
    """What an error says, for a message that holds it."""
    return {"reason": error.issues[0].text("en"), "reason_vi": error.issues[0].text("vi")}
