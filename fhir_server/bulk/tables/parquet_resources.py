"""Resources of a type as Parquet: a column for each of its elements, and nothing is lost (docs/decisions/0013).

Primitive values are Arrow values, decimals and times as the text they were sent as; everything else is JSON text, cut
out of the resource as it stands. What fits no column (``_birthDate``, what is no element) is in ``other_properties``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any

import msgspec
import pyarrow as pa  # type: ignore[import-untyped]

from conformance.definitions import Definitions, Property
from fhir_server.bulk.exporting.encoders import Encoder, Lines, Sink
from fhir_server.bulk.exporting.state import Part
from fhir_server.bulk.tables.groups import Groups, Open

#: Columns besides those of the elements.
VERSION_ID, LAST_UPDATED, OTHERS = "version_id", "last_updated", "other_properties"

_WHOLE: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENCODER = msgspec.json.Encoder()
_MOMENT = pa.timestamp("us", tz="UTC")
_INT32 = Annotated[int, msgspec.Meta(ge=-(1 << 31), le=(1 << 31) - 1)]

Read = Callable[[msgspec.Raw], Any]


class _Meta(msgspec.Struct, rename={"version_id": "versionId", "last_updated": "lastUpdated"}):
    version_id: str | None = None
    last_updated: datetime | None = None


_META = msgspec.json.Decoder(_Meta)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How values of an element become those of a column. ``read`` raises ValueError for what does not fit."""

    type: Any
    read: Read


def _json(raw: msgspec.Raw) -> str:
    return bytes(raw).decode()


def _number(raw: msgspec.Raw) -> str:
    text = bytes(raw).decode()
    if not (text[:1].isdigit() or text[:1] == "-"):
        raise ValueError(text)
    return text


def _kind_of(one: Property) -> _Kind:
    """The column of a JSON property."""
    code = one.type.code if one.type else ""
    is_list = one.element.is_array
    if code == "decimal" and not is_list:
        return _Kind(pa.string(), _number)
    if one.element.children is not None or not (code[:1].islower() or code.startswith("http")) or code == "decimal":
        return _Kind(pa.json_(), _json)
    arrow, python = _PRIMITIVES.get(code, (pa.string(), str))
    if is_list:
        return _Kind(pa.list_(arrow), msgspec.json.Decoder(list[python | None]).decode)  # type: ignore[valid-type]
    return _Kind(arrow, msgspec.json.Decoder(python).decode)


_PRIMITIVES: dict[str, tuple[Any, Any]] = {
    "boolean": (pa.bool_(), bool),
    "integer": (pa.int32(), _INT32),
    "positiveInt": (pa.int32(), _INT32),
    "unsignedInt": (pa.int32(), _INT32),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a type: ``places`` says for each property where it goes and how."""

    schema: Any
    places: dict[str, tuple[int, Read]]

    def table(self, resources: Sequence[bytes]) -> Any:
        """The resources as a table."""
        height, width = len(resources), len(self.schema)
        columns: list[list[Any]] = [[None] * height for _ in range(width)]
        for row, resource in enumerate(resources):
            self._put(columns, row, _WHOLE.decode(resource))
        fields = [self.schema.field(place) for place in range(width)]
        arrays = [_array(values, field.type) for values, field in zip(columns, fields, strict=True)]
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def _put(self, columns: list[list[Any]], row: int, resource: dict[str, msgspec.Raw]) -> None:
        others: dict[str, msgspec.Raw] = {}
        for name, raw in resource.items():
            place = self.places.get(name)
            try:
                if place is None:
                    others[name] = raw
                else:
                    columns[place[0]][row] = place[1](raw)
            except ValueError:
                others[name] = raw
        others.pop("resourceType", None)
        if others:
            columns[-1][row] = _ENCODER.encode(others).decode()
        columns[0][row], columns[1][row] = _version(resource.get("meta"))


def _array(values: list[Any], type: Any) -> Any:
    if type == pa.json_():
        return pa.ExtensionArray.from_storage(type, pa.array(values, pa.string()))
    return pa.array(values, type)


def _version(meta: msgspec.Raw | None) -> tuple[str | None, datetime | None]:
    try:
        found = _META.decode(meta) if meta else _Meta()
    except ValueError:
        return None, None
    return found.version_id, found.last_updated


@lru_cache(maxsize=256)
def layout_of(definitions: Definitions, type: str) -> Layout:
    """The columns of a resource type: its elements in the order of the specification, choices spelled out."""
    kinds = {name: _kind_of(one) for name, one in definitions.structure(type).properties.items()}
    fields = [
        pa.field(VERSION_ID, pa.string()),
        pa.field(LAST_UPDATED, _MOMENT),
        *(pa.field(name, kind.type) for name, kind in kinds.items()),
        pa.field(OTHERS, pa.json_()),
    ]
    places = {name: (place, kind.read) for place, (name, kind) in enumerate(kinds.items(), 2)}
    told = {"fhir.resourceType": type, "fhir.version": definitions.version}
    return Layout(pa.schema(fields, metadata=told), places)


class ParquetResources:
    """One file of resources of one type."""

    def __init__(self, sink: Sink, layout: Layout, together: Open) -> None:
        self._groups = Groups(sink, layout.schema, layout.table, together)

    def write(self, resources: Sequence[bytes]) -> None:
        """See ``Encoder.write``."""
        self._groups.add(list(resources), sum(map(len, resources)))

    def finish(self) -> None:
        """See ``Encoder.finish``."""
        self._groups.finish()

    def drop(self) -> None:
        """See ``Encoder.drop``."""
        self._groups.drop()


@dataclass(frozen=True, slots=True)
class ParquetFiles:
    """Makes the encoders of one export. Deletions and what is said of the export are lines of JSON as ever."""

    definitions: Definitions
    together: Open

    def __call__(self, sink: Sink, part: Part, type: str) -> Encoder:
        """See ``encoders.Encode``."""
        if part is not Part.OUTPUT:
            return Lines(sink)
        return ParquetResources(sink, layout_of(self.definitions, type), self.together)


def parquet_files(definitions: Definitions) -> ParquetFiles:
    """See ``Format.encode``."""
    return ParquetFiles(definitions, Open())
