"""An answer as bytes in the format that the client asked for. https://hl7.org/fhir/R4/http.html#mime-type"""

from __future__ import annotations

from typing import Any

import msgspec
from lxml import etree

from conformance import json_codec, xml_codec
from conformance.definitions import Definitions
from conformance.xml_codec.names import FHIR
from fhir_server.rest.negotiation import Format

_STEP = "  "


def rendered(body: bytes, format: Format, definitions: Definitions, *, is_pretty: bool) -> bytes:
    """A resource, given as JSON, in this format. Raises InvalidContent for what XML cannot hold."""
    if format is Format.JSON:
        return msgspec.json.format(body, indent=2) if is_pretty else body
    document = xml_codec.encode(json_codec.decode(body), definitions)
    return _indented(document) if is_pretty else document


def _indented(document: bytes) -> bytes:
    """The document with each element on a line of its own; narratives stay as they are."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    root = etree.fromstring(document, parser)
    _indent(root, "\n")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _indent(element: Any, end: str) -> None:
    children = list(element)
    if not children or (element.text or "").strip() or not element.tag.startswith(f"{{{FHIR}}}"):
        return
    element.text = end + _STEP
    for child in children:
        _indent(child, end + _STEP)
        child.tail = end + _STEP
    children[-1].tail = end
