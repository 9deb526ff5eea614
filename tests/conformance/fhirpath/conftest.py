"""Resources of the official FHIRPath suite, some of which exist in XML only."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from conformance.definitions import Definitions
from conformance.json_codec import decode

Reader = Callable[[str], dict[str, Any]]

FHIR = "{http://hl7.org/fhir}"
READERS: dict[str, Callable[[str], Any]] = {
    "boolean": lambda text: text == "true",
    "integer": int,
    "positiveInt": int,
    "unsignedInt": int,
    "decimal": Decimal,
}


@pytest.fixture(scope="session")
def read_input(definitions: Definitions, testdata: Path) -> Reader:
    """Gives the resource of a file of the suite."""

    @lru_cache
    def read(name: str) -> dict[str, Any]:
        path = testdata / "fhirpath" / "input" / name
        if path.suffix == ".json":
            return decode(path.read_bytes())
        return resource(definitions, etree.parse(path).getroot())

    return read


def resource(definitions: Definitions, element: Any) -> dict[str, Any]:
    """A resource in XML as decoded JSON."""
    name = element.tag.removeprefix(FHIR)
    return {"resourceType": name, **content(definitions, element, name)}


def content(definitions: Definitions, element: Any, type_name: str) -> dict[str, Any]:
    """The properties of an element."""
    structure = definitions.structure(type_name)
    found: dict[str, Any] = {key: value for key, value in element.attrib.items() if key in structure.elements}
    for child in element:
        if not isinstance(child.tag, str):
            continue
        key = etree.QName(child).localname
        meaning = structure.properties[key]
        value, twin = single(definitions, child, meaning.element, meaning.type.code if meaning.type else "")
        if meaning.element.is_array:
            found.setdefault(key, []).append(value)
        elif value is not None:
            found[key] = value
        if twin:
            assert not meaning.element.is_array
            found[f"_{key}"] = twin
    return found


def single(definitions: Definitions, child: Any, element: Any, code: str) -> tuple[Any, dict[str, Any]]:
    """The value of one XML element, and what a primitive carries besides it."""
    if code == "xhtml":
        return etree.tostring(child, encoding="unicode", with_tail=False), {}
    if code in ("Resource", "DomainResource"):
        return resource(definitions, child[0]), {}
    if element.children is not None or element.content_reference:
        return content(definitions, child, element.content_reference or element.path), {}
    if code[:1].islower() or code.startswith("http"):
        text = child.get("value")
        twin = content(definitions, child, "Element") if len(child) or child.get("id") else {}
        return None if text is None else READERS.get(code, str)(text), twin
    return content(definitions, child, code), {}
