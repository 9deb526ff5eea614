"""Rows of a view as Parquet. The types of the columns are those of FHIR, as far as nothing is lost by it.

Dates and times stay text: FHIR's may be partial, and carry the zone that they were written in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from conformance.errors import Unprocessable
from conformance.views import Column
from fhir_server.bulk.exporting.encoders import Sink
from fhir_server.bulk.tables.groups import Groups, Open
from fhir_server.bulk.tables.messages import NOT_OF_TYPE
from fhir_server.bulk.tables.text_rows import Row, text_of

#: Digits of a decimal column, and how many of them are decimals.
DIGITS, PLACES = 38, 12
_LAST = Decimal(1).scaleb(-PLACES)
_EXACT = Context(prec=DIGITS, traps=[Inexact, InvalidOperation])
_TYPES: dict[str, Any] = {
    "boolean": pa.bool_(),
    "integer": pa.int32(),
    "positiveInt": pa.int32(),
    "unsignedInt": pa.int32(),
    "integer64": pa.int64(),
    "decimal": pa.decimal128(DIGITS, PLACES),
}
#: About so many bytes are held for each value of a row, besides those of its text.
_VALUE = 64


class ParquetRows:
    """One file of rows. Raises Unprocessable for a value that is not of its column's type, when it comes."""

    def __init__(self, sink: Sink, columns: Sequence[Column], *, header: bool) -> None:  # noqa: ARG002
        self._columns = columns
        self._schema = pa.schema([pa.field(column.name, _type(column)) for column in columns])
        self._readers = [_reader(column) for column in columns]
        self._groups = Groups(sink, self._schema, self._table, Open())

    def write(self, rows: Sequence[Row]) -> None:
        """See ``Encoder.write``."""
        read = [[reader(value) for reader, value in zip(self._readers, row, strict=True)] for row in rows]
        self._groups.add(read, sum(_size(value) for row in read for value in row))

    def finish(self) -> None:
        """See ``Encoder.finish``."""
        self._groups.finish()

    def drop(self) -> None:
        """See ``Encoder.drop``."""
        self._groups.drop()

    def _table(self, rows: list[Row]) -> Any:
        arrays = [
            pa.array([row[place] for row in rows], self._schema.field(place).type)
            for place in range(len(self._columns))
        ]
        return pa.Table.from_arrays(arrays, schema=self._schema)


def _type(column: Column) -> Any:
    found = _TYPES.get(column.type, pa.string())
    return pa.list_(found) if column.collection else found


def _size(value: Any) -> int:
    """Bytes that are held for a value, roughly."""
    if isinstance(value, list):
        return _VALUE + sum(map(_size, value))
    return _VALUE + len(value) if isinstance(value, str) else _VALUE


def _reader(column: Column) -> Callable[[Any], Any]:
    """From the value of a row to that of the column, lists for a collection."""
    convert: Callable[[Any], Any] = _READERS.get(column.type, _text)

    def read(value: Any) -> Any:
        if value is None:
            return None
        found = convert(value)
        if found is None:
            raise Unprocessable.of(NOT_OF_TYPE, column=column.name, type=column.type, value=value)
        return found

    def read_all(values: Any) -> Any:
        return None if values is None else [read(value) for value in values]

    return read_all if column.collection else read


def _text(value: Any) -> str:
    return text_of(value)


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _integer(bits: int) -> Callable[[Any], int | None]:
    most = 1 << (bits - 1)

    def read(value: Any) -> int | None:
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or value != int(value):
            return None
        return int(value) if -most <= value < most else None

    return read


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    try:
        return Decimal(value).quantize(_LAST, context=_EXACT)
    except DecimalException:
        return None


_READERS: dict[str, Callable[[Any], Any]] = {
    "boolean": _boolean,
    "integer": _integer(32),
    "positiveInt": _integer(32),
    "unsignedInt": _integer(32),
    "integer64": _integer(64),
    "decimal": _decimal,
}
