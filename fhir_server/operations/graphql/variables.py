"""The variables of a GraphQL operation: those given, else their defaults.

https://spec.graphql.org/October2021/#sec-Language.Variables
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from conformance.errors import BadRequest
from fhir_server.operations.graphql.literals import constant
from fhir_server.operations.messages import GRAPHQL_VARIABLE

#: What the values of the built-in types are; those of other types may be any text or number.
_SCALARS: Mapping[str, tuple[type, ...]] = {
    "Boolean": (bool,),
    "Int": (int,),
    "Float": (int, Decimal),
    "String": (str,),
    "ID": (str, int),
}
_ANY = (str, int, Decimal, bool)


def bound_variables(operation: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of each variable that the operation declares; None for one that may be left out and is.

    Raises BadRequest for a value of another type, and for one that is missing.
    """
    return {one.variable.name.value: _value(one, given) for one in operation.variable_definitions or ()}


def _value(definition: Any, given: Mapping[str, Any]) -> Any:
    name = definition.variable.name.value
    if name in given:
        value = given[name]
    else:
        value = constant(definition.default_value, name) if definition.default_value else None
    if not _fits(value, definition.type):
        raise BadRequest.of(GRAPHQL_VARIABLE, name=name, type=_spelled(definition.type))
    return value


def _fits(value: Any, type_node: Any) -> bool:
    if type_node.kind == "non_null_type":
        return value is not None and _fits(value, type_node.type)
    if value is None:
        return True
    if type_node.kind == "list_type":
        values = value if isinstance(value, list) else [value]
        return all(_fits(one, type_node.type) for one in values)
    wanted = _SCALARS.get(type_node.name.value, _ANY)
    return isinstance(value, wanted) and (bool in wanted or not isinstance(value, bool))


def _spelled(type_node: Any) -> str:
    if type_node.kind == "non_null_type":
        return f"{_spelled(type_node.type)}!"
    return f"[{_spelled(type_node.type)}]" if type_node.kind == "list_type" else str(type_node.name.value)
