"""Nodes as the System values that operators and functions reckon with. https://hl7.org/fhir/R4/fhirpath.html#types

A FHIR primitive converts to the System type that stands for it, a FHIR Quantity to System.Quantity; any other value has
no System type.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from conformance.fhirpath.arithmetic import Number, in_bounds
from conformance.fhirpath.model import Node
from conformance.fhirpath.moments import Moment, clock, moment
from conformance.fhirpath.quantities import Quantity, quantity_of

Nodes: TypeAlias = Sequence[Node]
Truth: TypeAlias = bool | None

BOOLEAN = "System.Boolean"
STRING = "System.String"
INTEGER = "System.Integer"
DECIMAL = "System.Decimal"
DATE = "System.Date"
DATE_TIME = "System.DateTime"
TIME = "System.Time"
QUANTITY = "System.Quantity"
TYPE_INFO = "System.TypeInfo"

TRUE = [Node(True, BOOLEAN)]
FALSE = [Node(False, BOOLEAN)]
#: Of a System value itself, of FHIR types whose JSON kind does not tell, and of the kinds of quantity.
_KINDS = {
    **{name: name for name in (BOOLEAN, STRING, INTEGER, DECIMAL, DATE, DATE_TIME, TIME, QUANTITY)},
    "date": DATE, "dateTime": DATE_TIME, "instant": DATE_TIME, "time": TIME, "decimal": DECIMAL,
    "Quantity": QUANTITY, "SimpleQuantity": QUANTITY, "Age": QUANTITY, "Count": QUANTITY, "Distance": QUANTITY,
    "Duration": QUANTITY, "MoneyQuantity": QUANTITY,
}  # fmt: skip
_BY_JSON: dict[type, str] = {bool: BOOLEAN, str: STRING, int: INTEGER, Decimal: DECIMAL, float: DECIMAL}
_NUMBERS = frozenset({INTEGER, DECIMAL})
MOMENTS = frozenset({DATE, DATE_TIME, TIME})


def kind(node: Node) -> str:
    """The System type that ``node`` converts to; empty for a complex type or a primitive without value."""
    value = node.value
    if value is None:
        return ""
    named = _KINDS.get(node.type)
    if named is None:
        return _BY_JSON.get(type(value), "")
    if named == QUANTITY:
        return QUANTITY
    by_json = _BY_JSON.get(type(value), "")
    return named if named == DECIMAL or by_json in (STRING, named) else by_json


def boolean(value: Truth) -> list[Node]:
    """A truth value as a collection; empty for None."""
    if value is None:
        return []
    return TRUE if value else FALSE


def string(value: str | None) -> list[Node]:
    """A text as a collection; empty for None."""
    return [] if value is None else [Node(value, STRING)]


def number(value: Number | None) -> list[Node]:
    """An integer or decimal as a collection; empty for None or what is out of bounds."""
    kept = None if value is None else in_bounds(value)
    if kept is None:
        return []
    return [Node(kept, DECIMAL if isinstance(kept, Decimal) else INTEGER)]


def measured(value: Quantity | None) -> list[Node]:
    """A quantity as a collection; empty for None or a number out of bounds."""
    return [Node(value, QUANTITY)] if value is not None and value.value.is_finite() else []


def number_of(node: Node) -> Number | None:
    """The number that ``node`` is; None for anything else."""
    value = node.value
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    if isinstance(value, int) and kind(node) == DECIMAL:
        return Decimal(value)
    return value if kind(node) in _NUMBERS else None


def text_of(node: Node) -> str | None:
    """The text that ``node`` is; None for anything else. Dates and times are texts, too."""
    return node.value if isinstance(node.value, str) else None


def moment_of(node: Node) -> Moment | None:
    """The date or time that ``node`` is; None for anything else and for one that the calendar lacks."""
    if not isinstance(node.value, str):
        return None
    return clock(node.value) if kind(node) == TIME else moment(node.value)


def measure_of(node: Node) -> Quantity | None:
    """The quantity that ``node`` is, a number counting as one without unit; None for anything else."""
    value: Any = node.value
    if isinstance(value, Quantity):
        return value
    if isinstance(value, dict):
        return quantity_of(value) if kind(node) == QUANTITY else None
    found = number_of(node)
    return None if found is None else Quantity(Decimal(found))
