"""Whom and what the resources of a record name, however the references are written.

https://hl7.org/fhir/R4/references.html#literal
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mappers.health_book.sections import PERSON_ELEMENTS

_PERSON = "Patient/"
_ends = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64})(?:/_history/[^/]*)?", re.DOTALL).fullmatch


def key_of(resource: Mapping[str, Any]) -> str:
    """``Type/id``."""
    return f"{resource['resourceType']}/{resource['id']}"


def key_in(reference: str) -> str:
    """The ``Type/id`` that a reference ends with, whatever server and version it names; else the text itself."""
    found = _ends(reference)
    return found[1] if found else reference


def references(value: Any) -> Iterator[str]:
    """Every ``reference`` text inside ``value``, in its order."""
    match value:
        case dict():
            if isinstance(value.get("reference"), str):
                yield value["reference"]
            for child in value.values():
                yield from references(child)
        case list():
            for child in value:
                yield from references(child)


def relative(value: Any, server_urls: tuple[str, ...]) -> Any:
    """``value`` with every reference that begins with one of these, or leads to a version there, as ``Type/id``."""
    match value:
        case {"reference": str(text)}:
            return {name: relative(child, server_urls) for name, child in value.items()} | {
                "reference": _relative(text, server_urls)
            }
        case dict():
            return {name: relative(child, server_urls) for name, child in value.items()}
        case list():
            return [relative(child, server_urls) for child in value]
        case _:
            return value


def _relative(text: str, server_urls: tuple[str, ...]) -> str:
    url = next((url for url in server_urls if text.startswith(url)), "")
    key = text.removeprefix(url)
    return text if ":" in key else key.partition("/_history/")[0]


def is_of_another(resource: Mapping[str, Any], person: str) -> bool:
    """True for another person than the one with this key, and for what is about another one."""
    named = (resource.get(element) for element in PERSON_ELEMENTS)
    keys = [key_in(str(value.get("reference", ""))) for value in named if isinstance(value, Mapping)]
    return any(key.startswith(_PERSON) and key != person for key in (key_of(resource), *keys))
