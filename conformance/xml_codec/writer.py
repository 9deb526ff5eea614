"""From the dict to XML: elements in the order of the definitions, values in the attribute ``value``.

https://hl7.org/fhir/R4/xml.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from typing import Any, ClassVar

from conformance import messages
from conformance.errors import InvalidContent
from conformance.issues import Issue, Message
from conformance.json_codec import MAX_DEPTH
from conformance.xml_codec import narrative
from conformance.xml_codec.names import FHIR, XSI, step
from conformance.xml_codec.tables import Field, Kind, Plan, Table, Tables

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_SPECIAL = re.compile('[&<"\\x00-\\x1f\ud800-\udfff\ufffe\uffff]')
_ESCAPED = {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_PREFIXES = ("", "xsi", "xml")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*\Z")


class _Unwritable(ValueError):
    """Raised deep inside, where the place is not known."""

    def __init__(self, message: Message, found: object, **params: object) -> None:
        super().__init__()
        self.message = message
        self.found = found
        self.params = params


def document(resource: dict[str, Any], tables: Tables) -> bytes:
    """The whole document. Raises InvalidContent, with the place, for what XML cannot hold."""
    writer = _Writer(tables)
    try:
        writer.resource(resource, f' xmlns="{FHIR}"')
    except _Unwritable as error:
        place = next(_places_of(error.found, resource, str(resource.get("resourceType", ""))), "")
        raise InvalidContent(Issue(error.message, place, error.params)) from error
    except RecursionError:
        raise InvalidContent(Issue(messages.XML_TOO_DEEP, params={"limit": MAX_DEPTH})) from None
    return "".join(writer.parts).encode()


class _Writer:
    """Collects the parts of one document."""

    def __init__(self, tables: Tables) -> None:
        self.parts: list[str] = [_DECLARATION]
        self._tables = tables
        self._extras = tables["Element"]

    def resource(self, resource: dict[str, Any], declaration: str = "") -> None:
        """One resource as the element of its type."""
        name = resource.get("resourceType") if isinstance(resource, dict) else None
        if not isinstance(name, str):
            raise _Unwritable(messages.XML_NO_RESOURCE_TYPE, resource)
        table = self._tables[name]
        if not table.is_resource:
            _check_name(name)
            table = Table(name, is_resource=True)
        self._object(name, resource, table, declaration)

    def _object(self, tag: str, found: dict[str, Any], table: Table, attributes: str = "") -> None:
        plan, parts = table.plan(tuple(found)), self.parts
        if plan.unknown:
            attributes += _unknown_attributes(plan, found, attributes.startswith(" value="))
        for name in plan.attributes:
            attributes += f' {name}="{_text(found[name])}"'
        if not plan.steps and not plan.has_text:
            parts.append(f"<{tag}{attributes}/>")
            return
        parts.append(f"<{tag}{attributes}>")
        if plan.has_text:
            parts.append(_text(found["#text"]).replace(">", "&gt;"))
        get, writers = found.get, self._writers
        for field, value, twin in plan.steps:
            writers[field.kind](self, field, get(value), get(twin))
        parts.append(f"</{tag}>")

    def _primitives(self, field: Field, value: Any, twin: Any) -> None:
        tag = field.name
        if twin is None and type(value) is str:
            self.parts.append(f'<{tag} value="{_text(value)}"/>')
        elif isinstance(value, list) or isinstance(twin, list):
            for item, item_twin in zip_longest(_listed(value), _listed(twin)):
                self._primitive(tag, item, item_twin)
        else:
            self._primitive(tag, value, twin)

    def _primitive(self, tag: str, value: Any, twin: Any) -> None:
        if isinstance(value, dict | list) or not isinstance(twin, dict | None):
            raise _Unwritable(messages.XML_NAME, value if twin is None else twin, name=tag)
        attributes = "" if value is None else f' value="{_text(value)}"'
        if twin is None:
            self.parts.append(f"<{tag}{attributes}/>")
        else:
            self._object(tag, twin, self._extras, attributes)

    def _complex(self, field: Field, value: Any, twin: Any) -> None:
        if twin is not None:
            self._unknown(field, value, twin)
            return
        table = self._tables[field.target]
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, dict):
                self._object(field.name, item, table)
            else:
                self._anything(field.name, item, None)

    def _resources(self, field: Field, value: Any, _: Any) -> None:
        for item in _listed(value):
            self.parts.append(f"<{field.name}>")
            self.resource(item)
            self.parts.append(f"</{field.name}>")

    def _xhtml(self, _: Field, value: Any, __: Any) -> None:
        text = narrative.writable(value) if isinstance(value, str) else None
        if text is None:
            raise _Unwritable(messages.XML_NARRATIVE, value)
        self.parts.append(text)

    def _unknown(self, field: Field, value: Any, twin: Any) -> None:
        """What the definitions do not know, or not in this shape: by the kind of its value."""
        _check_name(field.name)
        for item, item_twin in zip_longest(_listed(value), _listed(twin)):
            self._anything(field.name, item, item_twin)

    def _anything(self, tag: str, value: Any, twin: Any) -> None:
        if isinstance(value, dict):
            self._object(tag, value, self._extras)
        else:
            self._primitive(tag, value, twin)

    #: Functions and not methods of an object, which would hold itself by them.
    _writers: ClassVar[Mapping[Kind, Callable[[_Writer, Field, Any, Any], None]]] = {
        Kind.PRIMITIVE: _primitives,
        Kind.COMPLEX: _complex,
        Kind.RESOURCE: _resources,
        Kind.XHTML: _xhtml,
        Kind.UNKNOWN: _unknown,
    }


def _listed(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _check_name(name: str) -> None:
    if not _NAME.match(name):
        raise _Unwritable(messages.XML_NAME, name, name=name)


def _unknown_attributes(plan: Plan, found: dict[str, Any], has_value: bool) -> str:
    """The attributes that FHIR does not know, as they were read."""
    parts = []
    for key in plan.unknown:
        name = key[1:]
        prefix, _, local = name.rpartition(":")
        is_taken = name in plan.attributes or name == "xmlns" or (has_value and name == "value")
        if is_taken or prefix not in _PREFIXES or not _NAME.match(local):
            raise _Unwritable(messages.XML_NAME, key, name=key)
        parts.append(f' {name}="{_text(found[key])}"')
    if any(key.startswith("@xsi:") for key in plan.unknown):
        parts.insert(0, f' xmlns:xsi="{XSI}"')
    return "".join(parts)


def _text(value: Any) -> str:
    """A primitive value as text between double quotes."""
    if type(value) is not str:
        return ("true" if value else "false") if isinstance(value, bool) else str(value)
    if _SPECIAL.search(value) is None:
        return value
    try:
        return _SPECIAL.sub(_escape, value)
    except KeyError as error:
        raise _Unwritable(messages.XML_CHARACTER, value, code=f"{ord(error.args[0]):04X}") from None


def _escape(match: re.Match[str]) -> str:
    return _ESCAPED[match.group()]


def _places_of(wanted: object, value: Any, path: str) -> Iterator[str]:
    """FHIRPath of each place where this object or property stands."""
    if value is wanted:
        yield path
    elif isinstance(value, dict):
        for name, item in value.items():
            if name is wanted:
                yield path + step(str(name))
            yield from _places_of(wanted, item, f"{path}{step(name)}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _places_of(wanted, item, f"{path}[{index}]")
