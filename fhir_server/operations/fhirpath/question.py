"""What a $fhirpath asks: the parameters of its request, read. https://github.com/brianpos/fhirpath-lab/blob/master/server-api.md"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance import xml_codec
from conformance.definitions import Definitions
from conformance.errors import BadRequest
from conformance.fhirpath.model import Node, actual_type
from conformance.json_codec import decode
from fhir_server.exchange.messages import UNKNOWN_INPUT
from fhir_server.operations.messages import INPUT_VALUE
from fhir_server.operations.parameters import rows

_LAB = "http://fhir.forms-lab.com/StructureDefinition/"
#: Extensions that carry what no value[x] can, as text.
JSON_VALUE, XML_VALUE = f"{_LAB}json-value", f"{_LAB}xml-value"


@dataclass(slots=True)
class Question:
    """``resource`` is None, or the text of a reference, when the request brings no resource itself."""

    expression: str = ""
    context: str = ""
    validate: bool = False
    terminology_server: str = ""
    resource: dict[str, Any] | str | None = None
    variables: dict[str, list[Node]] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)
    """The parts for the answer that repeat what was asked, besides the resource."""


def read_question(parameters: Mapping[str, Any], definitions: Definitions) -> Question:
    """The question in a Parameters resource. Raises BadRequest for a parameter that is unknown or wrong."""
    question = Question()
    for index, row in enumerate(rows(dict(parameters))):
        name = row["name"]
        take = _TAKE.get(name)
        if take is None:
            raise BadRequest.of(UNKNOWN_INPUT, f"Parameters.parameter[{index}]", name=name)
        take(question, row, definitions)
    return question


def from_pairs(pairs: Sequence[tuple[str, str]]) -> Question:
    """The question that query parameters make."""
    given = dict(pairs)
    expression, context = given.get("expression", ""), given.get("context", "")
    parts = [("expression", expression), ("context", context)]
    told = [{"name": name, "valueString": text} for name, text in parts if text]
    return Question(expression, context, told=told)


def _text(row: Mapping[str, Any]) -> str:
    value = row.get("valueString", row.get("valueUri", row.get("valueUrl")))
    if not isinstance(value, str):
        raise BadRequest.of(INPUT_VALUE, name=row.get("name"), expected="a string", expected_vi="chuỗi ký tự")
    return value


def _expression(question: Question, row: dict[str, Any], _definitions: Definitions) -> None:
    question.expression = _text(row)
    question.told.append({"name": "expression", "valueString": question.expression})


def _context(question: Question, row: dict[str, Any], _definitions: Definitions) -> None:
    question.context = _text(row)
    question.told.append({"name": "context", "valueString": question.context})


def _validate(question: Question, row: dict[str, Any], _definitions: Definitions) -> None:
    value = row.get("valueBoolean")
    if not isinstance(value, bool):
        raise BadRequest.of(INPUT_VALUE, name="validate", expected="a boolean", expected_vi="true hoặc false")
    question.validate = value


def _terminology_server(question: Question, row: dict[str, Any], _definitions: Definitions) -> None:
    question.terminology_server = _text(row)


def _resource(question: Question, row: dict[str, Any], definitions: Definitions) -> None:
    given = row.get("resource")
    question.resource = given if isinstance(given, dict) else _in_extension(row, definitions)
    if question.resource is None:
        question.resource = _text(row)


def _variables(question: Question, row: dict[str, Any], definitions: Definitions) -> None:
    parts = row.get("part", [])
    if not isinstance(parts, list) or not all(isinstance(part, dict) and part.get("name") for part in parts):
        raise BadRequest.of(INPUT_VALUE, name="variables", expected="named parts", expected_vi="các phần có tên")
    for part in parts:
        question.variables.setdefault(str(part["name"]), []).extend(_values(part, definitions))
    question.told.append(row)


def _values(part: dict[str, Any], definitions: Definitions) -> list[Node]:
    """The value of a variable; none when it has none."""
    held = definitions.structure("Parameters.parameter").properties
    for key, value in part.items():
        ref = held[key].type if key.startswith("value") and key in held else None
        if ref is not None:
            return [Node(value, ref.code, part.get(f"_{key}"))]
    found = part.get("resource") or _in_extension(part, definitions)
    return [Node(found, actual_type(found, "Resource"))] if found is not None else []


def _in_extension(row: Mapping[str, Any], definitions: Definitions) -> Any:
    """What the extension of a parameter carries as JSON or XML. Raises InvalidContent when that cannot be read."""
    held = row.get("extension")
    for extension in held if isinstance(held, list) else ():
        url, text = (extension.get("url"), extension.get("valueString")) if isinstance(extension, dict) else ("", "")
        if url == JSON_VALUE and isinstance(text, str):
            return decode(text)
        if url == XML_VALUE and isinstance(text, str):
            return xml_codec.decode(text, definitions)
    return None


_TAKE: Mapping[str, Callable[[Question, dict[str, Any], Definitions], None]] = {
    "expression": _expression,
    "context": _context,
    "validate": _validate,
    "variables": _variables,
    "resource": _resource,
    "terminologyserver": _terminology_server,
}
