"""From XML to the dict that the JSON codec gives, in one pass over the document.

Bad-data policy: what is well-formed is read. An element that the definitions do not know stands under its name, an
attribute under ``@name``, text under ``#text``, an element of another namespace under ``{namespace}name``: so the
validator finds them too. What the dict cannot show (the order of elements) is told by issues alone.
https://hl7.org/fhir/R4/xml.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeAlias

from conformance import messages
from conformance.errors import InvalidContent
from conformance.issues import Issue, Message
from conformance.json_codec import MAX_DEPTH
from conformance.xml_codec import names
from conformance.xml_codec.names import FHIR, XHTML
from conformance.xml_codec.narrative import self_contained, source_of
from conformance.xml_codec.source import issue_here, new_parser, parse
from conformance.xml_codec.tables import Field, Kind, Table, Tables, unknown

#: The object that an element fills, with its table, the place of its last child in the order, and its own field.
_Context: TypeAlias = tuple[Table, dict[str, Any], int, Field]

#: Issues that are collected; who sends more has understood by then.
_ISSUES = 200
#: Elements inside each other from which on the levels of JSON are counted: each makes two at most.
_DEEP = MAX_DEPTH // 2 - 2

#: Prefixes that a narrative may take from around it; FHIR knows no use for even one.
_NAMESPACES = 50
#: Characters of a text that is not allowed: those that are kept, and those that an issue shows.
_TEXT, _SHOWN = 1000, 80

_PRIMITIVE = Kind.PRIMITIVE
_WRAPPER = Table("Resource")
_INNER = Field("", Kind.INNER, 0, is_array=False, step="", target="")
_RESERVED = {"resourceType"}


class Reader:
    """Reads one document. ``resource`` and ``issues`` are what was found."""

    def __init__(self, content: bytes, tables: Tables) -> None:
        self.resource: dict[str, Any] = {}
        self.issues: list[Issue] = []
        self._content = content
        self._tables = tables
        self._primitive = tables["Element"]
        self._stack: list[_Context] = []
        self._table = _WRAPPER
        self._object: dict[str, Any] | None = self.resource
        self._last = 0
        self._field = _INNER
        self._twins: list[tuple[dict[str, Any], str]] = []
        self._prefixes: dict[str, str] = {}
        self._xhtml_depth = self._xhtml_start = 0
        self._xhtml_name = ""
        self._text_end = 0

    def read(self) -> None:
        """Reads the document. Raises InvalidContent when it is not well-formed or not FHIR."""
        parser = self._parser = new_parser()
        parser.StartElementHandler = self._root
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartNamespaceDeclHandler = self._namespace
        parser.ProcessingInstructionHandler = self._instruction
        try:
            parse(parser, self._content)
        finally:
            del self._parser  # which holds this object by its handlers
        for owner, name in self._twins:
            _align(owner, name)

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        namespace, local = names.split(name)
        if namespace != FHIR:
            raise InvalidContent(issue_here(self._parser, messages.XML_NOT_FHIR, name=local, namespace=namespace))
        self._parser.StartElementHandler = self._start
        self._start(name, attributes)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        owner = self._object
        if owner is None:
            owner = self._twin()
        table, last = self._table, self._last
        field = table.elements.get(name) or self._unknown(name, owner)
        order = field.order
        is_misplaced = order < last
        self._stack.append((table, owner, last if is_misplaced else order, self._field))
        self._field = field
        if len(self._stack) > _DEEP:
            self._check_depth()
        if field.kind is _PRIMITIVE:
            self._open_primitive(field, owner, attributes)
        else:
            self._openers[field.kind](self, name, owner, attributes)
        self._last = 0
        if is_misplaced:
            self._note(messages.XML_OUT_OF_ORDER, name=field.name, after=table.name_at(last))

    def _end(self, _: str) -> None:
        self._table, self._object, self._last, self._field = self._stack.pop()

    def _open_primitive(self, field: Field, owner: dict[str, Any], attributes: dict[str, str]) -> None:
        value: Any = attributes.get("value")
        if field.convert is not None and value is not None:
            value = field.convert(value)
        if field.is_array or field.name in owner:
            self._put(field, owner, value)
        else:
            owner[field.name] = value
        self._object = None
        self._table = self._primitive
        if len(attributes) != 1 or value is None:
            self._take_twin_attributes(attributes)

    def _open_complex(self, _: str, owner: dict[str, Any], attributes: dict[str, str]) -> None:
        found: dict[str, Any] = {}
        field = self._field
        self._put(field, owner, found)
        self._object = found
        self._table = self._tables[field.target]
        if attributes:
            self._take_attributes(attributes, found)

    def _open_wrapper(self, _: str, owner: dict[str, Any], attributes: dict[str, str]) -> None:
        self._object = {}
        self._put(self._field, owner, self._object)
        self._table = _WRAPPER
        self._take_attributes(attributes, self._object)

    def _open_resource(self, name: str, owner: dict[str, Any], attributes: dict[str, str]) -> None:
        owner["resourceType"] = names.element_key(name)
        self._object = owner
        self._table = self._tables[owner["resourceType"]]
        self._take_attributes(attributes, owner)

    def _open_unknown(self, _: str, owner: dict[str, Any], attributes: dict[str, str]) -> None:
        field = self._field
        if "value" in attributes:
            self._open_primitive(field, owner, attributes)
        else:
            self._open_complex("", owner, attributes)

    def _open_xhtml(self, name: str, _: object, __: object) -> None:
        """The narrative is not taken apart: its characters are kept."""
        parser = self._parser
        self._xhtml_start, self._xhtml_depth, self._xhtml_name = parser.CurrentByteIndex, 1, name
        parser.StartElementHandler = self._deeper_xhtml
        parser.EndElementHandler = self._end_of_xhtml
        parser.CharacterDataHandler = None

    def _deeper_xhtml(self, _: str, __: object) -> None:
        self._xhtml_depth += 1

    def _end_of_xhtml(self, name: str) -> None:
        self._xhtml_depth -= 1
        if self._xhtml_depth:
            return
        parser = self._parser
        text = source_of(self._content, self._xhtml_start, parser.CurrentByteIndex)
        namespace = names.split(self._xhtml_name)[0]
        if self._prefixes or (namespace == XHTML and not text.startswith(f'<div xmlns="{XHTML}"')):
            text = self_contained(text, namespace, self._prefixes)
        self._put(self._field, self._stack[-1][1], text)
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        self._end(name)

    def _put(self, field: Field, owner: dict[str, Any], value: Any) -> None:
        name = field.name
        if field.is_array:
            items = owner.get(name)
            if items is None:
                owner[name] = [value]
            else:
                items.append(value)
        elif name not in owner:
            owner[name] = value
        elif isinstance(owner[name], list):
            owner[name].append(value)
        else:  # the validator sees a list where none may be
            owner[name] = [owner[name], value]

    def _twin(self) -> dict[str, Any]:
        """The object with the extensions of the primitive that is open: ``_name`` in JSON."""
        owner, name = self._stack[-1][1], self._field.name
        value, key = owner.get(name), f"_{name}"
        found: dict[str, Any] = {}
        if isinstance(value, list):
            twins = owner[key] = _listed(owner.get(key))
            twins.extend([None] * (len(value) - 1 - len(twins)))
            twins.append(found)
        else:
            owner[key] = found
        self._twins.append((owner, name))
        self._object = found
        return found

    def _take_attributes(self, attributes: dict[str, str], found: dict[str, Any]) -> None:
        known = self._table.attributes
        for name, value in attributes.items():
            if name in known:
                found[name] = value
            else:
                key = names.attribute_key(name)
                found[key] = value
                self._note(messages.XML_UNKNOWN_ATTRIBUTE, key, name=key[1:])

    def _take_twin_attributes(self, attributes: dict[str, str]) -> None:
        others = {name: value for name, value in attributes.items() if name != "value"}
        if others:
            self._take_attributes(others, self._twin())

    def _unknown(self, name: str, owner: dict[str, Any]) -> Field:
        key = names.element_key(name)
        if key.startswith("{"):
            self._note(messages.XML_NAMESPACE, key, name=names.split(name)[1], namespace=names.split(name)[0])
        if self._table is _WRAPPER and "resourceType" not in owner:
            return _INNER
        if key in _RESERVED or key in self._table.attributes or key.startswith("_"):
            key = f"{{{FHIR}}}{key}"
        return unknown(key, self._last)

    def _text(self, text: str) -> None:
        if text.isspace():
            return
        found = self._twin() if self._object is None else self._object
        before = found.get("#text", "")
        place = self._parser.CurrentByteIndex
        if (
            b"<" in self._content[self._text_end : place]
        ):  # else it goes on with the text before, by a line or a reference
            self._note(messages.XML_TEXT, "#text", text=text.strip()[:_SHOWN])
        self._text_end = place
        if len(before) < _TEXT:
            found["#text"] = before + text[:_TEXT]

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        if prefix and uri and len(self._prefixes) < _NAMESPACES:
            self._prefixes[prefix] = uri

    def _instruction(self, target: str, _: str) -> None:
        self._note(messages.XML_INSTRUCTION, name=target)

    def _note(self, message: Message, step: str = "", **params: object) -> None:
        if len(self.issues) < _ISSUES:
            self.issues.append(issue_here(self._parser, message, self._path(step), **params))

    def _path(self, last: str) -> str:
        """FHIRPath of the element that is open, or of what stands in it under ``last``."""
        path = str(self.resource.get("resourceType", ""))
        fields = [entry[3] for entry in self._stack[1:]] + [self._field]
        for (_, owner, _, _), field in zip(self._stack, fields, strict=False):
            if field.step:
                items = owner.get(field.name)
                path += names.step(field.step) + (f"[{len(items) - 1}]" if isinstance(items, list) else "")
        return path + names.step(last) if last else path

    def _check_depth(self) -> None:
        """Counts the levels of objects and lists, as the JSON codec does."""
        fields = [entry[3] for entry in self._stack] + [self._field]
        levels = sum(1 + (f.is_array or f.kind is Kind.UNKNOWN) for f in fields if f.kind is not Kind.INNER)
        if levels >= MAX_DEPTH:
            raise InvalidContent(issue_here(self._parser, messages.XML_TOO_DEEP, limit=MAX_DEPTH))

    #: Functions and not methods of an object, which would hold itself by them.
    _openers: ClassVar[Mapping[Kind, Callable[[Reader, str, dict[str, Any], dict[str, str]], None]]] = {
        Kind.COMPLEX: _open_complex,
        Kind.RESOURCE: _open_wrapper,
        Kind.INNER: _open_resource,
        Kind.XHTML: _open_xhtml,
        Kind.UNKNOWN: _open_unknown,
    }


def _align(owner: dict[str, Any], name: str) -> None:
    """Values and their twins get lists of the same length; values that are all missing are left out."""
    value, key = owner.get(name), f"_{name}"
    if isinstance(value, list):
        twins = owner[key] = _listed(owner[key])
        twins.extend([None] * (len(value) - len(twins)))
        if all(item is None for item in value):
            del owner[name]
    elif value is None:
        owner.pop(name, None)


def _listed(twins: Any) -> list[Any]:
    """The twins of values of which a second one was met."""
    if isinstance(twins, list):
        return twins
    return [] if twins is None else [twins]
