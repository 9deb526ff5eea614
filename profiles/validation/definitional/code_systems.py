"""CodeSystem: its count, its properties and those of its concepts. https://hl7.org/fhir/R4/codesystem.html"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from profiles import messages
from profiles.validation.findings import Findings, joined, one, quoted, under
from profiles.validation.scope import Scope, objects
from terminology.membership import ValueSets

_URI = "http://hl7.org/fhir/concept-properties#"

#: Properties that the specification defines -> type.
_KNOWN = {
    "inactive": "boolean",
    "notSelectable": "boolean",
    "deprecated": "dateTime",
    "deprecationDate": "dateTime",
    "retirementDate": "dateTime",
    "parent": "code",
    "child": "code",
    "partOf": "code",
    "status": "code",
    "synonym": "code",
    "comment": "string",
    "itemWeight": "decimal",
}


class CodeSystems:
    """A WholeCheck of CodeSystems."""

    def __init__(self, value_sets: ValueSets) -> None:
        self._value_sets = value_sets

    def __call__(self, resource: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG002 - a WholeCheck
        """What is wrong between the parts of a code system."""
        found = _content(resource)
        found = joined(found, _properties(resource))
        types: dict[str, Any] = {}
        for entry in objects(resource.get("property")):
            types.setdefault(str(entry.get("code")), entry.get("type"))
        for place, concept in _concepts(resource, ()):
            for position, entry in enumerate(objects(concept.get("property"))):
                problem = self._value(entry, types)
                if problem:
                    for step in reversed((*place, "property", position)):
                        under(step, problem)
                    found = joined(found, problem)
        return found

    def _value(self, entry: dict[str, Any], types: dict[str, Any]) -> Findings:
        key = next((name for name in entry if name.startswith("value")), "")
        actual = key.removeprefix("value")
        expected = types.get(str(entry.get("code")))
        if not actual or not isinstance(expected, str):
            return None
        if actual.lower() != expected.lower():
            return one(messages.PROPERTY_TYPE, code=quoted(entry.get("code")), found=actual, expected=expected)
        return None


def _content(resource: dict[str, Any]) -> Findings:
    content, count = resource.get("content"), resource.get("count")
    number = sum(1 for _ in _concepts(resource, ()))
    if content == "not-present" and number:
        return one(messages.CONCEPTS_NOT_EXPECTED, "concept", 0)
    if content == "complete" and isinstance(count, int) and count != number:
        return one(messages.CONCEPT_COUNT, "count", stated=count, found=number)
    return None


def _properties(resource: dict[str, Any]) -> Findings:
    """Properties defined twice, or otherwise than the specification does."""
    found: Findings = None
    codes: set[str] = set()
    uris: set[str] = set()
    for position, entry in enumerate(objects(resource.get("property"))):
        code, uri = str(entry.get("code")), entry.get("uri")
        problem = one(messages.PROPERTY_TWICE, name=quoted(code)) if code in codes else None
        codes.add(code)
        if isinstance(uri, str):
            if uri in uris:
                problem = joined(problem, one(messages.PROPERTY_TWICE, name=quoted(uri)))
            uris.add(uri)
            problem = joined(problem, _as_specified(code, uri, entry.get("type")))
        if problem:
            found = joined(found, under("property", under(position, problem)))
    return found


def _as_specified(code: str, uri: str, actual: Any) -> Findings:
    name = uri.removeprefix(_URI)
    expected = _KNOWN.get(name) if name != uri else None
    if expected is None:
        return None
    found: Findings = None
    if code in _KNOWN and code != name:
        found = one(messages.PROPERTY_CODE, uri=quoted(uri), expected=name, found=quoted(code))
    if actual != expected:
        params = {"code": quoted(uri), "found": quoted(actual), "expected": expected}
        found = joined(found, one(messages.PROPERTY_TYPE, **params))
    return found


def _concepts(
    holder: dict[str, Any], place: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    stack = [(place, holder)]
    while stack:
        above, current = stack.pop()
        for position, concept in enumerate(objects(current.get("concept"))):
            inside = (*above, "concept", position)
            yield inside, concept
            stack.append((inside, concept))
