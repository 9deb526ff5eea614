"""Claim rows as the XML of QĐ 4750: tables, then HOSO, then the envelope GIAMDINHHS."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from mappers.bhyt_xml.schema.tables import LISTS, TABLES
from mappers.synthetic.bill import Row

Content = Literal["base64", "nested"]

#: Columns of free text, which some systems wrap in CDATA.
FREE_TEXT = frozenset(
    {
        "HO_TEN", "DIA_CHI", "LY_DO_VV", "LY_DO_VNT", "CHAN_DOAN_VAO", "CHAN_DOAN_RV", "PP_DIEU_TRI", "GHI_CHU",
        "TEN_THUOC", "LIEU_DUNG", "CACH_DUNG", "TEN_DICH_VU", "TEN_VAT_TU", "MO_TA", "KET_LUAN", "DIEN_BIEN_LS",
        "HOI_CHAN", "PHAU_THUAT",
    }
)  # fmt: skip

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'

_LIST_OF = {"XML2": LISTS[0], "XML3": LISTS[1], "XML4": LISTS[2], "XML5": LISTS[3]}


@dataclass(slots=True)
class Hoso:
    """One HOSO before it is written. Edits change a table's XML text, or the content of its NOIDUNGFILE."""

    visit_id: str
    tables: dict[str, list[Row]]
    cdata: bool
    text_edits: dict[str, Callable[[str], str]] = field(default_factory=dict)
    content_edits: dict[str, Callable[[str], str]] = field(default_factory=dict)
    cut: bool = False
    """The file ends inside this HOSO."""


def envelope(facility: str, day: str, claims: Sequence[Hoso], content: Content) -> bytes:
    """The file: UTF-8, one element GIAMDINHHS. ``day`` is NGAYLAP."""
    head = (
        f'{DECLARATION}\n<GIAMDINHHS xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        f"<THONGTINDONVI><MACSKCB>{facility}</MACSKCB></THONGTINDONVI>"
        f"<THONGTINHOSO><NGAYLAP>{day}</NGAYLAP><SOLUONGHOSO>{len(claims)}</SOLUONGHOSO><DANHSACHHOSO>\n"
    )
    parts = [head]
    for claim in claims:
        parts.append(_hoso(claim, content))
        if claim.cut:
            parts[-1] = parts[-1][: len(parts[-1]) * 3 // 5]
            return "".join(parts).encode()
    parts.append("</DANHSACHHOSO></THONGTINHOSO><CHUKYDONVI></CHUKYDONVI></GIAMDINHHS>\n")
    return "".join(parts).encode()


def _hoso(claim: Hoso, content: Content) -> str:
    files = "".join(
        f"<FILEHOSO><LOAIHOSO>{table}</LOAIHOSO>"
        f"<NOIDUNGFILE>{_content(claim, table, rows, content)}</NOIDUNGFILE></FILEHOSO>"
        for table, rows in claim.tables.items()
    )
    return f"<HOSO>{files}</HOSO>\n"


def _content(claim: Hoso, table: str, rows: list[Row], content: Content) -> str:
    text = table_xml(table, rows, cdata=claim.cdata)
    if table in claim.text_edits:
        text = claim.text_edits[table](text)
    if content == "base64":
        text = b64encode((DECLARATION + text).encode()).decode("ascii")
    return claim.content_edits[table](text) if table in claim.content_edits else text


def table_xml(table: str, rows: Sequence[Row], *, cdata: bool) -> str:
    """The XML of one table: root, list where the table has one, rows in the order of the columns."""
    pattern = _pattern(table, cdata)
    body = "".join([pattern % tuple(_cells(row, cdata=cdata)) for row in rows])
    if table not in _LIST_OF:
        return body
    root, list_of = TABLES[table].root, _LIST_OF[table]
    return f"<{root}><{list_of}>{body}</{list_of}></{root}>"


@cache
def _pattern(table: str, cdata: bool) -> str:
    row = TABLES[table].row
    cells = (
        f"<{column}><![CDATA[%s]]></{column}>" if cdata and column in FREE_TEXT else f"<{column}>%s</{column}>"
        for column in TABLES[table].columns
    )
    return f"<{row}>{''.join(cells)}</{row}>"


def _cells(row: Row, *, cdata: bool) -> Sequence[str]:
    values = tuple(row.values())
    joined = "".join(values)
    if "<" not in joined and "&" not in joined and ">" not in joined:
        return values
    return [value if cdata and column in FREE_TEXT else escape(value) for column, value in row.items()]


def escape(text: str) -> str:
    """Text that may stand in an XML element."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
