"""Reads generated envelopes back with the standard library alone, so that the tests share no code with the writer."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import pytest

Row = dict[str, str]


@dataclass(frozen=True)
class ReadClaim:
    """One HOSO: the rows of each table, in the order of the file."""

    facility: str
    made: str
    tables: dict[str, list[Row]]

    @property
    def summary(self) -> Row:
        return self.tables["XML1"][0]

    @property
    def lines(self) -> list[Row]:
        return [*self.tables.get("XML2", []), *self.tables.get("XML3", [])]


def read(content: bytes) -> Iterator[ReadClaim]:
    root = ET.fromstring(content)  # noqa: S314 - our own output
    assert root.tag == "GIAMDINHHS"
    assert root.findtext("THONGTINHOSO/SOLUONGHOSO") == str(len(list(root.iter("HOSO"))))
    for hoso in root.iter("HOSO"):
        tables = {file.findtext("LOAIHOSO"): _rows(file.find("NOIDUNGFILE")) for file in hoso.findall("FILEHOSO")}
        yield ReadClaim(root.findtext("THONGTINDONVI/MACSKCB"), root.findtext("THONGTINHOSO/NGAYLAP"), tables)


def _rows(content: ET.Element) -> list[Row]:
    packed = content.text or ""
    table = content[0] if len(content) else ET.fromstring(base64.b64decode(packed, validate=True))  # noqa: S314
    rows = [table] if table.tag == "TONG_HOP" else list(table[0])
    return [{cell.tag: cell.text or "" for cell in row} for row in rows]


@pytest.fixture(scope="session")
def read_claims() -> Callable[[bytes], Iterator[ReadClaim]]:
    """The claims of an envelope's bytes."""
    return read
