"""Narrative: ``div`` is one well-formed XHTML element, without document type or entities.

Entities and external content are never read. https://hl7.org/fhir/R4/narrative.html
"""

from __future__ import annotations

from typing import Any, NoReturn
from xml.parsers import expat

from conformance.messages import NOT_STRING
from profiles import messages
from profiles.validation.findings import Findings, one
from profiles.validation.scope import Scope

XHTML = "http://www.w3.org/1999/xhtml"


class _DocumentTypeDeclared(Exception): ...


def check_narrative(item: Any, owner: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG001 - a Rule
    """What is wrong with the text of ``Narrative.div``."""
    if not isinstance(item, str):
        return one(NOT_STRING) if item is not None else one(messages.NULL)
    try:
        root = _root_of(item)
    except _DocumentTypeDeclared:
        return one(messages.XHTML_DOCTYPE)
    except (expat.ExpatError, ValueError) as error:
        return one(messages.BAD_XHTML, reason=str(error))
    return None if root == f"{XHTML} div" else one(messages.XHTML_ROOT)


def _root_of(text: str) -> str:
    """Namespace and name of the root element of a well-formed text."""
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    roots: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:  # noqa: ARG001 - the parser's signature
        roots.append(name)
        parser.StartElementHandler = None

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _refuse
    parser.Parse(text.encode(), True)
    return roots[0]


def _refuse(*declaration: object) -> NoReturn:
    raise _DocumentTypeDeclared(declaration)
