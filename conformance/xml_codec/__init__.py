"""FHIR XML, exactly: the same dict that the JSON codec gives, and back, without losing a digit.

https://hl7.org/fhir/R4/xml.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from conformance.definitions import Definitions
from conformance.issues import Issue
from conformance.xml_codec.places import SourceLines
from conformance.xml_codec.reader import Reader
from conformance.xml_codec.source import utf8
from conformance.xml_codec.tables import Tables
from conformance.xml_codec.writer import document

__all__ = ["SourceLines", "decode", "decode_with_issues", "encode"]


def decode(data: bytes | str, definitions: Definitions) -> dict[str, Any]:
    """The resource in ``data``, in the shape the JSON codec gives: numbers with their digits, lists by definition.

    Elements, attributes and text that FHIR does not know are kept (``name``, ``@name``, ``#text``), so that validation
    reports them. Raises InvalidContent, with line and column, for what is not well-formed, has a document type, is not
    in the namespace of FHIR, or is nested deeper than the JSON codec allows.
    """
    content, _ = utf8(data)
    reader = Reader(content, _tables(definitions))
    reader.read()
    return reader.resource


def decode_with_issues(data: bytes | str, definitions: Definitions) -> tuple[dict[str, Any], list[Issue], SourceLines]:
    """The resource, what is wrong with it as XML, and where each element stands. Raises as ``decode`` does.

    An issue about something that the resource keeps has the expression under which validation reports it too.
    """
    content, issues = utf8(data)
    reader = Reader(content, _tables(definitions))
    reader.read()
    return reader.resource, issues + reader.issues, SourceLines(content)


def encode(resource: dict[str, Any], definitions: Definitions) -> bytes:
    """The resource as a compact UTF-8 document, elements in the order of the definitions.

    Raises InvalidContent for what XML cannot hold: a control character, a property that is no name, a narrative that
    is not well-formed, a resource without ``resourceType``, or one that contains itself.
    """
    return document(resource, _tables(definitions))


@lru_cache(maxsize=4)
def _tables(definitions: Definitions) -> Tables:
    return Tables(definitions)
