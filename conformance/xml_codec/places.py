"""Where an element stands in an XML document: line and column for a FHIRPath expression.

https://hl7.org/fhir/R4/operationoutcome-definitions.html#OperationOutcome.issue.expression
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from conformance.xml_codec.source import new_parser, parse

_STEP = re.compile(r"\.?(?:`([^`]*)`|([A-Za-z_][A-Za-z0-9_]*))(?:\.ofType\((\w+)\))?(?:\[(\d+)\])?")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(slots=True)
class _Place:
    name: str
    line: int
    column: int
    children: list[_Place] = field(default_factory=list)

    def child(self, name: str, type_name: str | None, index: int) -> _Place | None:
        """The element that a step leads to; a choice may be named without its type."""
        exact = {name, name + type_name[0].upper() + type_name[1:]} if type_name else {name}
        found = [place for place in self.children if place.name in exact]
        if not found:
            found = [place for place in self.children if _is_choice_of(name, place.name)]
        return found[index] if index < len(found) else None


class SourceLines:
    """Looks up places in a well-formed document, which is read again at the first question."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def position(self, expression: str) -> tuple[int, int]:
        """Line and column, both from 1, of the start tag of an element such as ``Patient.name[0].given[1]``.

        What is not in the document (a missing element, an attribute) gives the element around it.
        """
        steps = list(_STEP.finditer(_COMMENT.sub("", expression)))
        place = self._root
        for step in steps[1:]:
            name = (step.group(1) or step.group(2)).removeprefix("_")
            found = _inside(place).child(name, step.group(3), int(step.group(4) or 0))
            if found is None:
                break
            place = found
        return place.line, place.column

    @cached_property
    def _root(self) -> _Place:
        around = _Place("", 1, 1)
        stack = [around]
        parser = new_parser()

        def start(name: str, _: object) -> None:
            place = _Place(name.rpartition(" ")[2], parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)
            stack[-1].children.append(place)
            stack.append(place)

        def end(_: str) -> None:
            stack.pop()

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parse(parser, self._content)
        return around.children[0]


def _inside(place: _Place) -> _Place:
    """The resource in an element such as ``contained``, which FHIRPath does not name; else the element itself."""
    first = place.children[0] if place.children else place
    return first if first.name[:1].isupper() else place


def _is_choice_of(name: str, element: str) -> bool:
    return element.startswith(name) and element[len(name) : len(name) + 1].isupper()
