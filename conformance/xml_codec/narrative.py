"""Narrative between JSON and XML: the characters of ``div`` are the same in both.

https://hl7.org/fhir/R4/narrative.html, https://hl7.org/fhir/R4/xml.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from html.entities import html5

from conformance.errors import InvalidContent
from conformance.xml_codec.names import XHTML
from conformance.xml_codec.source import new_parser, parse

#: A start tag or empty-element tag of a well-formed document; its end is the first ``>`` outside quotes.
_TAG_TEXT = r"""<([^\s/>]+)[^'">]*(?:(?:"[^"]*"|'[^']*')[^'">]*)*>"""
_TAG = re.compile(_TAG_TEXT)
_TAG_BYTES = re.compile(_TAG_TEXT.encode())
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_OF_XML = {"amp", "lt", "gt", "quot", "apos"}
_DECLARATION = re.compile(r"\A\s*<\?xml\s[^>]*>")


def source_of(content: bytes, start: int, end: int) -> str:
    """The element as the document has it, from its start tag to its end tag (at ``end``) when it has one."""
    tag = _TAG_BYTES.match(content, start)
    is_empty_tag = tag is not None and tag.group().endswith(b"/>")
    stop = tag.end() if tag and is_empty_tag else content.index(b">", end) + 1
    return content[start:stop].decode()


def self_contained(text: str, namespace: str, prefixes: Mapping[str, str]) -> str:
    """The element with the declarations it takes from the elements around it: its default namespace and prefixes."""
    tag = _TAG.match(text)
    if tag is None:
        return text
    added = ""
    if namespace == XHTML and ":" not in tag.group(1) and not re.search(r"\sxmlns\s*=", tag.group()):
        added = f' xmlns="{XHTML}"'
    if prefixes and _root_of(text) is None:
        added += "".join(f' xmlns:{prefix}="{escape(uri)}"' for prefix, uri in prefixes.items() if f"{prefix}:" in text)
    place = tag.end(1)
    return text[:place] + added + text[place:]


def writable(text: str) -> str | None:
    """The XHTML as it can stand in an XML document, None when it is not one well-formed ``div``.

    HTML's own entities, which XML does not know, become the characters they mean.
    """
    bare = _DECLARATION.sub("", text)
    if _is_div(bare):
        return bare
    plain = _ENTITY.sub(_character, bare)
    return plain if plain != bare and _is_div(plain) else None


def _character(match: re.Match[str]) -> str:
    name = match.group(1)
    return match.group() if name in _OF_XML else html5.get(f"{name};", match.group())


def _is_div(text: str) -> bool:
    root = _root_of(text)
    return root is not None and root.rpartition(" ")[2] == "div"


def _root_of(text: str) -> str | None:
    """Namespace and name of the root; None when the text is not well-formed or has a document type."""
    names: list[str] = []

    def start(name: str, _: object) -> None:
        names.append(name)
        parser.StartElementHandler = None

    parser = new_parser()
    parser.StartElementHandler = start
    try:
        parse(parser, text.encode())
    except (InvalidContent, UnicodeEncodeError):
        return None
    return names[0]
