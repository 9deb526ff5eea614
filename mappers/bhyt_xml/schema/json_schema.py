"""JSON Schemas of the source records, made from the column tables: what one row of each table should look like.

A record is the object of a row's texts as sent, by official column name. The schemas are published in
``docs/mapping/bhyt_xml``; the reading of claims uses the same data, compiled. https://json-schema.org/draft/2020-12
"""

from __future__ import annotations

from typing import Any

from mappers.bhyt_xml.schema.tables import FORMS, Column, Table

_PATTERNS = {
    "number": r"^-?\d+(\.\d+)?$",
    "money": r"^-?\d+(\.\d+)?$",
    "datetime": r"^\d{12}$",
    "date": r"^(\d{8}|\d{12})$",
    "birth": r"^\d{12}$",
}


def json_schema(table: Table) -> dict[str, Any]:
    """The JSON Schema of one row of a table."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{table.name}: {table.title}",
        "description": f"One {table.row} row of QĐ 4750, texts as sent.",
        "type": "object",
        "properties": {name: _column(column) for name, column in table.columns.items()},
        "required": [column.name for column in table.required],
        "additionalProperties": False,
    }


def _column(column: Column) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "description": column.meaning}
    if column.width is not None:
        schema["maxLength"] = column.width
    if column.required:
        schema["minLength"] = 1
    allowed = _allowed(column)
    if allowed and not column.required:
        return schema | {"anyOf": [{"const": ""}, allowed]}
    return schema | allowed


def _allowed(column: Column) -> dict[str, Any]:
    if column.codes:
        return {"enum": sorted(column.codes)}
    pattern = _PATTERNS.get(column.kind)
    if pattern is None and column.form:
        pattern = f"^({FORMS[column.form][0]})$"
    if pattern is None:
        return {}
    if column.is_list:
        one = pattern.removeprefix("^").removesuffix("$")
        pattern = rf"^({one})?(; ?({one})?)*$"
    return {"pattern": pattern}
