"""A ViewDefinition as it is written: read from JSON with every fault named.

https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from conformance.definitions.model import CORE
from conformance.issues import Issue, Message
from conformance.views import messages

_is_name = re.compile(r"[A-Za-z][A-Za-z0-9_]*").fullmatch
#: Levels of selects.
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the rows. ``type`` is a FHIR type name, "" when neither said nor to be told from the path."""

    name: str
    path: str
    type: str = ""
    collection: bool = False
    place: str = ""
    """FHIRPath of its definition."""


@dataclass(frozen=True, slots=True)
class Select:
    """One select: at most one of the three iterations, and what each of its rows holds."""

    columns: tuple[Column, ...] = ()
    selects: tuple[Select, ...] = ()
    unions: tuple[Select, ...] = ()
    for_each: str | None = None
    for_each_or_null: str | None = None
    repeat: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole ViewDefinition. ``constants`` are values by name, with the type after ``value``."""

    resource: str
    name: str
    select: Select
    where: tuple[str, ...]
    constants: tuple[tuple[str, str, Any], ...]


@dataclass(slots=True)
class Reader:
    """Reads one definition; what is wrong is in ``issues``."""

    issues: list[Issue] = field(default_factory=list)

    def read(self, content: Any) -> Definition:
        """The definition, as far as it can be read."""
        view = self._object(content, "ViewDefinition", "ViewDefinition")
        found = view.get("resourceType", "ViewDefinition")
        if found != "ViewDefinition":
            self._say(messages.NOT_A_VIEW, "ViewDefinition", found=found)
        self._require_known(view, _VIEW, "ViewDefinition")
        selects = self._selects(view.get("select"), "ViewDefinition.select", 0)
        if not view.get("select"):
            self._say(messages.BAD_ELEMENT, "ViewDefinition", name="select", expected="a list that is not empty")
        return Definition(
            self._text(view, "resource", "ViewDefinition"),
            str(view.get("name") or ""),
            Select(selects=selects, place="ViewDefinition"),
            tuple(self._wheres(view)),
            tuple(self._constants(view)),
        )

    # Parts

    def _wheres(self, view: Mapping[str, Any]) -> Iterator[str]:
        for row, place in self._rows(view.get("where"), "ViewDefinition.where"):
            yield self._text(row, "path", place)

    def _constants(self, view: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
        for row, place in self._rows(view.get("constant"), "ViewDefinition.constant"):
            name = self._name(row, place)
            values = [(key.removeprefix("value"), value) for key, value in row.items() if key.startswith("value")]
            if len(values) != 1 or not _is_of(*values[0]):
                self._say(messages.BAD_CONSTANT, place, name=name)
            else:
                yield name, *values[0]

    def _selects(self, rows: Any, place: str, depth: int) -> tuple[Select, ...]:
        if depth > _DEEPEST:
            self._say(messages.BAD_ELEMENT, place, name="select", expected=f"at most {_DEEPEST} levels deep")
            return ()
        return tuple(self._select(row, where, depth) for row, where in self._rows(rows, place))

    def _select(self, row: Mapping[str, Any], place: str, depth: int) -> Select:
        self._require_known(row, _SELECT, place)
        iterations = [name for name in _ITERATIONS if name in row]
        if len(iterations) > 1:
            self._say(messages.SEVERAL_ITERATIONS, place, names=", ".join(iterations))
        return Select(
            tuple(self._column(one, where) for one, where in self._rows(row.get("column"), f"{place}.column")),
            self._selects(row.get("select"), f"{place}.select", depth + 1),
            self._selects(row.get("unionAll"), f"{place}.unionAll", depth + 1),
            self._optional(row, "forEach", place),
            self._optional(row, "forEachOrNull", place),
            self._repeat(row, place),
            place,
        )

    def _repeat(self, row: Mapping[str, Any], place: str) -> tuple[str, ...]:
        paths = row.get("repeat", ())
        if "repeat" in row and not (isinstance(paths, list) and paths and all(isinstance(p, str) for p in paths)):
            self._say(messages.BAD_ELEMENT, place, name="repeat", expected="a list of paths")
            return ()
        return tuple(paths)

    def _column(self, row: Mapping[str, Any], place: str) -> Column:
        kind = row.get("type", "")
        if not isinstance(kind, str):
            self._say(messages.BAD_ELEMENT, place, name="type", expected="a text")
        collection = row.get("collection", False)
        if not isinstance(collection, bool):
            self._say(messages.BAD_ELEMENT, place, name="collection", expected="true or false")
        named = str(kind).removeprefix(CORE)
        return Column(self._name(row, place), self._text(row, "path", place), named, collection is True, place)

    # Kinds of values

    def _name(self, row: Mapping[str, Any], place: str) -> str:
        name = self._text(row, "name", place)
        if name and not _is_name(name):
            self._say(messages.BAD_NAME, place, name=name)
        return name

    def _optional(self, row: Mapping[str, Any], name: str, place: str) -> str | None:
        return self._text(row, name, place) if name in row else None

    def _text(self, row: Mapping[str, Any], name: str, place: str) -> str:
        value = row.get(name)
        if isinstance(value, str) and value.strip():
            return value
        self._say(messages.BAD_ELEMENT, place, name=name, expected="a text that is not empty")
        return ""

    def _rows(self, rows: Any, place: str) -> Iterator[tuple[Mapping[str, Any], str]]:
        if rows is not None and not isinstance(rows, list):
            self._say(messages.BAD_ELEMENT, place, name=place.rpartition(".")[2], expected="a list")
            return
        for index, row in enumerate(rows or ()):
            where = f"{place}[{index}]"
            yield self._object(row, where, where.rpartition(".")[2]), where

    def _require_known(self, row: Mapping[str, Any], known: frozenset[str], place: str) -> None:
        """A misspelt filter would let everything through."""
        for name in row:
            if name not in known and not name.startswith("_"):
                self._say(messages.UNKNOWN_ELEMENT, place, name=name)

    def _object(self, value: Any, place: str, name: str) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return value
        self._say(messages.BAD_ELEMENT, place, name=name, expected="an object")
        return {}

    def _say(self, message: Message, place: str, **params: object) -> None:
        self.issues.append(Issue(message, place, params))


def _is_of(type: str, value: Any) -> bool:
    """True for a JSON value of a type of constant."""
    known = _CONSTANTS.get(type, ())
    return isinstance(value, known) and (not isinstance(value, bool) or bool in known)


#: What may follow ``value`` in a constant, and what such a value is.
_CONSTANTS: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("Base64Binary", "Canonical", "Code", "Date", "DateTime", "Id", "Instant", "Markdown"), (str,)),
    **dict.fromkeys(("Oid", "String", "Time", "Uri", "Url", "Uuid"), (str,)),
    **dict.fromkeys(("Integer", "PositiveInt", "UnsignedInt"), (int,)),
    "Integer64": (int, str),
    "Boolean": (bool,),
    "Decimal": (int, float, Decimal),
}
_ITERATIONS = ("forEach", "forEachOrNull", "repeat")
_ANY = ("id", "extension", "modifierExtension")
_SELECT = frozenset((*_ITERATIONS, "column", "select", "unionAll", *_ANY))
#: Of a resource, of a canonical one, and its own.
_VIEW = frozenset(
    (
        *_ANY,
        *("resourceType", "meta", "implicitRules", "language", "text", "contained"),
        *(
            "url",
            "identifier",
            "version",
            "versionAlgorithmString",
            "versionAlgorithmCoding",
            "name",
            "title",
            "status",
        ),
        *("experimental", "date", "publisher", "contact", "description", "useContext", "jurisdiction", "purpose"),
        *("copyright", "copyrightLabel", "resource", "profile", "fhirVersion", "constant", "select", "where"),
    )
)
