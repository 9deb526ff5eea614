"""The GraphQL language: text to selections with variables filled in, fragments spread, @skip and @include decided.

https://spec.graphql.org/October2021/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from conformance.errors import BadRequest, NotSupported
from fhir_server.operations.graphql.cost import DEPTH, SELECTIONS, TOKENS, Budget, too_costly
from fhir_server.operations.graphql.literals import bad_value, constant
from fhir_server.operations.graphql.variables import bound_variables
from fhir_server.operations.messages import (
    GRAPHQL_ARGUMENT,
    GRAPHQL_FRAGMENT,
    GRAPHQL_OPERATION,
    GRAPHQL_QUERIES_ONLY,
    GRAPHQL_SYNTAX,
    GRAPHQL_VARIABLE,
)

if TYPE_CHECKING:
    from graphql.language import ast


@dataclass(frozen=True, slots=True)
class Call:
    """A directive with its arguments."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A field: ``key`` is its alias or name. ``selections`` is None when it has no braces."""

    key: str
    name: str
    arguments: Mapping[str, Any]
    directives: tuple[Call, ...]
    selections: tuple[Selection, ...] | None

    def is_same(self, other: Field) -> bool:
        """True when both ask for the same values, so that their selections can be taken together."""
        return (self.name, self.arguments, self.directives) == (other.name, other.arguments, other.directives)


@dataclass(frozen=True, slots=True)
class Fragment:
    """Selections for values of one type; "" for any."""

    type: str
    selections: tuple[Selection, ...]


Selection: TypeAlias = Field | Fragment


def read_query(text: str, operation: str, given: Mapping[str, Any]) -> tuple[Selection, ...]:
    """The selections of the query ``operation`` ("": the only one) with these variables.

    Raises BadRequest with line and column, NotSupported for mutations and subscriptions, TooCostly.
    """
    document = _parsed(text)
    chosen = _operation(document, operation)
    fragments = {one.name.value: one for one in document.definitions if one.kind == "fragment_definition"}  # type: ignore[attr-defined]
    variables = bound_variables(chosen, given)
    return _Reading(variables, fragments).selections(chosen.selection_set, 1)


def _parsed(text: str) -> ast.DocumentNode:
    from graphql import GraphQLSyntaxError  # noqa: PLC0415  a start without GraphQL is 0.15 s faster
    from graphql.language import parse  # noqa: PLC0415

    try:
        return parse(text, max_tokens=TOKENS.most)
    except RecursionError:
        raise too_costly(DEPTH) from None
    except GraphQLSyntaxError as error:
        if f"{TOKENS.most}" in error.message:
            raise too_costly(TOKENS) from None
        line, column = next(((place.line, place.column) for place in error.locations or ()), (1, 1))
        raise BadRequest.of(GRAPHQL_SYNTAX, reason=error.message, line=line, column=column) from None


def _operation(document: ast.DocumentNode, name: str) -> ast.OperationDefinitionNode:
    found: list[Any] = [
        one
        for one in document.definitions
        if one.kind == "operation_definition" and (not name or (one.name is not None and one.name.value == name))  # type: ignore[attr-defined]
    ]
    if len(found) != 1:
        raise BadRequest.of(GRAPHQL_OPERATION, name=name)
    chosen: ast.OperationDefinitionNode = found[0]
    if chosen.operation.value != "query":
        raise NotSupported.of(GRAPHQL_QUERIES_ONLY, kind=chosen.operation.value)
    return chosen


@dataclass(slots=True)
class _Reading:
    """One operation with its variables."""

    variables: Mapping[str, Any]
    fragments: Mapping[str, Any]
    budget: Budget = field(default_factory=Budget)
    open: list[str] = field(default_factory=list)
    """Names of the fragments that are being spread."""

    def selections(self, given: Any, depth: int) -> tuple[Selection, ...]:
        if depth > DEPTH.most:
            raise too_costly(DEPTH)
        return tuple(self._each(given.selections or (), depth))

    def _each(self, given: Iterable[Any], depth: int) -> Iterator[Selection]:
        for node in given:
            self.budget.spend(SELECTIONS)
            directives = tuple(self._call(one) for one in node.directives or ())
            if _is_wanted(directives):
                yield _KINDS[node.kind](self, node, directives, depth)

    def field(self, node: Any, directives: tuple[Call, ...], depth: int) -> Field:
        name = node.name.value
        shaping = tuple(one for one in directives if one.name not in _CHOOSING)
        inner = self.selections(node.selection_set, depth + 1) if node.selection_set else None
        return Field(node.alias.value if node.alias else name, name, self._arguments(node), shaping, inner)

    def inline(self, node: Any, _directives: tuple[Call, ...], depth: int) -> Fragment:
        type_name = node.type_condition.name.value if node.type_condition else ""
        return Fragment(type_name, self.selections(node.selection_set, depth + 1))

    def spread(self, node: Any, _directives: tuple[Call, ...], depth: int) -> Fragment:
        name = node.name.value
        found = self.fragments.get(name)
        if found is None or name in self.open:
            raise BadRequest.of(GRAPHQL_FRAGMENT, name=name)
        self.open.append(name)
        inner = self.selections(found.selection_set, depth + 1)
        self.open.pop()
        return Fragment(found.type_condition.name.value, inner)

    def _call(self, node: Any) -> Call:
        return Call(node.name.value, self._arguments(node))

    def _arguments(self, node: Any) -> dict[str, Any]:
        found = {one.name.value: self._value(one.value, one.name.value) for one in node.arguments or ()}
        return {name: value for name, value in found.items() if value is not None}

    def _value(self, node: Any, name: str) -> Any:
        if node.kind == "variable":
            if node.name.value not in self.variables:
                raise BadRequest.of(GRAPHQL_VARIABLE, name=node.name.value, type="?")
            return self.variables[node.name.value]
        if node.kind == "list_value":
            return [self._value(one, name) for one in node.values or ()]
        return constant(node, name)


_KINDS: Mapping[str, Callable[..., Selection]] = {
    "field": _Reading.field,
    "inline_fragment": _Reading.inline,
    "fragment_spread": _Reading.spread,
}

#: Directives that are decided while reading, and what lets their selection stay.
_CHOOSING: Mapping[str, bool] = {"skip": False, "include": True}


def _is_wanted(directives: Iterable[Call]) -> bool:
    return all(_condition(one) is _CHOOSING[one.name] for one in directives if one.name in _CHOOSING)


def _condition(call: Call) -> bool:
    place = f"@{call.name}"
    unknown = next((name for name in call.arguments if name != "if"), None)
    if unknown is not None:
        raise BadRequest.of(GRAPHQL_ARGUMENT, place=place, name=unknown)
    value = call.arguments.get("if")
    if not isinstance(value, bool):
        raise bad_value("if", place, "true or false", "true hoặc false")
    return value
