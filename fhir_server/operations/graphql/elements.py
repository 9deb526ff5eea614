"""Which elements of a list a field selects. https://hl7.org/fhir/R4/graphql.html#list"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from conformance.definitions import Definitions
from conformance.errors import BadRequest, FhirError, TooCostly
from conformance.fhirpath import Environment, FhirPathError, Node, compile  # noqa: A004  FHIRPath's own word
from conformance.fhirpath.messages import TOO_COSTLY
from fhir_server.operations.graphql.cost import EXPRESSIONS, Budget
from fhir_server.operations.graphql.literals import bad_value
from fhir_server.operations.graphql.schema import Member, Schema
from fhir_server.operations.messages import GRAPHQL_ARGUMENT

#: What one expression may visit: so much, and so much more for each item that it looks at.
_WORK, _WORK_EACH = 2_000, 50
_NUMBERS = ("_offset", "_count")


class Element(NamedTuple):
    """A value with its type, and the resource that holds it."""

    value: Any
    type: str
    root: dict[str, Any]


def require_arguments(schema: Schema, member: Member, name: str, arguments: Mapping[str, Any]) -> None:
    """Raises BadRequest for an argument that a list of this type cannot be narrowed by, or with a wrong value."""
    for argument, value in arguments.items():
        if member.is_primitive or schema.is_found(member.type):
            raise BadRequest.of(GRAPHQL_ARGUMENT, place=name, name=argument)
        if argument in _NUMBERS:
            require_number(value, argument, name)
        elif argument == "fhirpath":
            require_expression(value, name)
        elif not schema.member(member.type, argument).is_primitive:
            raise BadRequest.of(GRAPHQL_ARGUMENT, place=name, name=argument)


def require_number(value: Any, argument: str, name: str, least: int = 0) -> None:
    """Raises BadRequest for anything but a whole number from ``least``."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise bad_value(argument, name, f"a number from {least}", f"một số từ {least}")


def require_expression(value: Any, name: str) -> None:
    """Raises BadRequest for anything but text."""
    if not isinstance(value, str):
        raise bad_value("fhirpath", name, "a FHIRPath expression", "một biểu thức FHIRPath")


@dataclass(frozen=True, slots=True)
class Choice:
    """Chooses among the elements of a query."""

    definitions: Definitions
    budget: Budget

    def narrowed(self, found: Sequence[Element], arguments: Mapping[str, Any]) -> Sequence[Element]:
        """Those that all arguments let through; ``_offset`` and ``_count`` count what the others leave."""
        for name, wanted in arguments.items():
            if name == "fhirpath":
                found = self._where(found, wanted)
            elif name not in _NUMBERS:
                found = [one for one in found if _holds(one.value.get(name), wanted)]
        start = arguments.get("_offset", 0)
        return found[start : start + arguments["_count"]] if "_count" in arguments else found[start:]

    def marks(self, found: Sequence[Element], expression: str) -> list[str]:
        """For each element, what ``expression`` says of it as text: ``.official``; "" where it says nothing."""
        if not expression:
            return [""] * len(found)
        text = f"({expression}\n).first().toString()"
        nodes = self._over(found, expression, f"%items.select(iif({text}.exists(), {text}, ''))")
        return [f".{node.value}" if node.value else "" for node in nodes]

    def _where(self, found: Sequence[Element], expression: str) -> list[Element]:
        kept = {id(node.value) for node in self._over(found, expression, f"%items.where({expression}\n)")}
        return [one for one in found if id(one.value) in kept]

    def _over(self, found: Sequence[Element], expression: str, whole: str) -> list[Node]:
        """What the expression ``whole`` gives of ``%items``; what the client wrote must be one by itself."""
        if not found:
            return []
        self.budget.spend(EXPRESSIONS)
        nodes = [Node(one.value, one.type) for one in found]
        environment = Environment(variables={"items": nodes}, limit=_WORK + _WORK_EACH * len(nodes))
        try:
            compile(expression, self.definitions)
            evaluate = compile(whole, self.definitions, variables=("items",)).evaluate
            return evaluate(found[0].root, environment)
        except FhirPathError as error:
            raise _refused(error) from error


def _refused(error: FhirPathError) -> FhirError:
    category = TooCostly if error.issues[0].message is TOO_COSTLY else BadRequest
    return category(*error.issues)


def _holds(held: Any, wanted: Any) -> bool:
    values = held if isinstance(held, list) else [held]
    texts = {_text(one) for one in (wanted if isinstance(wanted, list) else [wanted])}
    return any(value is not None and _text(value) in texts for value in values)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
