"""Rows of tags and texts -> source records: one per row, with the official column names and the values read.

Texts are put into composed form (NFC), which is the same text by Unicode: without it one person has two names.
Bad-data policy: an accepted spelling of a tag is reported, an unknown or repeated tag is reported with its value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from unicodedata import normalize

from mappers.bhyt_xml import messages
from mappers.bhyt_xml.extract.findings import Findings
from mappers.bhyt_xml.extract.table import Item
from mappers.bhyt_xml.extract.values import Reader, reader
from mappers.bhyt_xml.schema.tables import TABLES, Table


@dataclass(frozen=True, slots=True)
class Record:
    """One row. ``sent`` holds the texts as sent, ``values`` what could be read of them."""

    table: str
    row: int
    """Place in the table, from 1."""
    sent: Mapping[str, str]
    values: Mapping[str, Any]

    def text(self, column: str) -> str:
        """The text of a column, empty when it was not sent."""
        value: str = self.values.get(column, "")
        return value

    def get(self, column: str) -> Any:
        """The value of a column, None when there is none that can be used."""
        return self.values.get(column)

    def listed(self, column: str) -> tuple[str, ...]:
        """The parts of a list column that are not empty."""
        return tuple(part for part in self.values.get(column, ()) if part)


#: (official name, reader or None when the text is the value, widest text that the decision allows)
Known = tuple[str, Reader | None, int]
_NO_LIMIT = 1 << 40


@lru_cache(maxsize=16)
def _readers(table: str) -> Mapping[str, Known]:
    """Every accepted tag of a table, with how its column is read."""
    definition = TABLES[table]
    known = {name: (name, reader(column), column.width or _NO_LIMIT) for name, column in definition.columns.items()}
    return MappingProxyType({tag: known[name] for tag, name in definition.spellings.items()})


def read_record(table: Table, row: int, items: Iterable[Item], findings: Findings) -> Record:
    """The record of one row, with everything that is wrong with it noted."""
    readers = _readers(table.name)
    sent: dict[str, str] = {}
    values: dict[str, Any] = {}
    for tag, raw, nested in items:
        known = readers.get(tag)
        text = raw.strip() if raw.isascii() else normalize("NFC", raw).strip()
        if known is None or nested or tag in sent or known[0] != tag:
            known = _odd_item(table.name, row, (tag, text, nested), sent, findings)
            if known is None:
                continue
        name, read, width = known
        sent[name] = text
        if not text:
            continue
        if len(text) > width:
            findings.add(messages.TOO_LONG, table.name, row, name, text, length=len(text), limit=width)
        value = text if read is None else read(text, findings, row)
        if value is not None:
            values[name] = value
    if not values.keys() >= _required(table.name):
        _note_missing(table, row, sent, findings)
    return Record(table.name, row, sent, values)


def _odd_item(table: str, row: int, item: Item, sent: Mapping[str, str], findings: Findings) -> Known | None:
    tag, text, nested = item
    known = _readers(table).get(tag)
    if known is None:
        findings.add(messages.UNKNOWN_TAG, table, row, tag, text)
        return None
    if known[0] in sent:
        if text != sent[known[0]]:
            findings.add(messages.DUPLICATE_TAG, table, row, known[0], text)
        return None
    if nested:
        findings.add(messages.NESTED, table, row, known[0], text)
    if known[0] != tag:
        findings.add(messages.TAG_VARIANT, table, row, known[0], text, sent=tag)
    return known


def _note_missing(table: Table, row: int, sent: Mapping[str, str], findings: Findings) -> None:
    for column in table.required:
        if not sent.get(column.name):
            message = messages.MISSING if column.required == "must" else messages.MISSING_MINOR
            findings.add(message, table.name, row, column.name)


@lru_cache(maxsize=16)
def _required(table: str) -> frozenset[str]:
    return frozenset(column.name for column in TABLES[table].required)
