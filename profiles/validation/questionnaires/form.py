"""A Questionnaire as a form: its items by linkId, and the extensions that bound their answers.

https://hl7.org/fhir/R4/questionnaire.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_EXTENSION = "http://hl7.org/fhir/StructureDefinition/"
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"


class Question:
    """One item of a Questionnaire."""

    __slots__ = ("children", "link_id", "parent", "raw", "type")

    def __init__(self, raw: dict[str, Any], parent: Question | None) -> None:
        self.raw = raw
        self.parent = parent
        self.link_id = str(raw.get("linkId", ""))
        self.type = str(raw.get("type", ""))
        self.children = [Question(inner, self) for inner in objects(raw.get("item"))]

    @property
    def is_required(self) -> bool:
        """True when it must be answered once it is enabled."""
        return self.raw.get("required") is True

    @property
    def repeats(self) -> bool:
        """True when it may have several answers."""
        return self.raw.get("repeats") is True

    def extension(self, name: str) -> Any:
        """The value of a standard extension by the end of its url, None when absent."""
        return next((value for value in self.extensions(name)), None)

    def extensions(self, name: str) -> Iterator[Any]:
        """The values of a standard extension."""
        urls = (_EXTENSION + name, f"{_EXTENSION}questionnaire-{name}", _SDC + name)
        for entry in objects(self.raw.get("extension")):
            if entry.get("url") in urls:
                yield value_of(entry)

    def walk(self) -> Iterator[Question]:
        """This item and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


class Form:
    """A Questionnaire."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = raw
        self.questions = [Question(inner, None) for inner in objects(raw.get("item"))]
        self.by_link_id = {one.link_id: one for top in self.questions for one in top.walk()}


def value_of(holder: dict[str, Any]) -> Any:
    """The value of a ``value[x]`` in an object."""
    return next((value for key, value in holder.items() if key.startswith("value")), None)


def typed_value(holder: dict[str, Any]) -> tuple[str, Any]:
    """The JSON property of ``value[x]`` in an object and its value; empty when there is none."""
    return next(((key, value) for key, value in holder.items() if key.startswith("value")), ("", None))


def objects(value: object) -> list[dict[str, Any]]:
    """The objects of a decoded JSON array, as far as it is one."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
