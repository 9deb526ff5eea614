"""Literal values of the GraphQL language. https://spec.graphql.org/October2021/#sec-Input-Values"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from conformance.errors import BadRequest, FhirError
from fhir_server.operations.messages import GRAPHQL_VALUE

_MOST_DIGITS = 100


def bad_value(name: str, place: str, expected: str, expected_vi: str) -> FhirError:
    """The failure of an argument with a value of the wrong kind."""
    return BadRequest.of(GRAPHQL_VALUE, name=name, place=place, expected=expected, expected_vi=expected_vi)


def constant(node: Any, name: str) -> Any:
    """The value of a literal: names of enumerations as text. Raises BadRequest for an object or an endless number."""
    make = _CONSTANTS.get(node.kind)
    if make is None or (node.kind in _NUMBERS and len(node.value) > _MOST_DIGITS):
        raise bad_value(name, "the query", "a value or a list of values", "một giá trị hoặc một danh sách giá trị")
    return make(node, name)


def _listed(node: Any, name: str) -> list[Any]:
    return [constant(one, name) for one in node.values or ()]


def _nothing(_node: Any, _name: str) -> None:
    return None


def _plain(node: Any, _name: str) -> Any:
    return node.value


_NUMBERS = frozenset(("int_value", "float_value"))
_CONSTANTS: Mapping[str, Callable[[Any, str], Any]] = {
    "int_value": lambda node, _name: int(node.value),
    "float_value": lambda node, _name: Decimal(node.value),
    "string_value": _plain,
    "boolean_value": _plain,
    "enum_value": _plain,
    "null_value": _nothing,
    "list_value": _listed,
}
