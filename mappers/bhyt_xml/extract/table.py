"""One table's text -> rows of (tag, text).

Bad-data policy: a well-formed table is parsed as it is. Else control characters become spaces, and bare ``<`` and ``&``
in its text are escaped (exports write ``CSST<M75_T37_HA120/70_NT18_HL2>`` unescaped); both are reported. Else each row
is parsed alone, and rows that are broken or cut off are reported and stay in the raw bytes. No DTD is read and no
entity expanded, so a large text is safe.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from conformance.issues import Message
from mappers.bhyt_xml import messages
from mappers.bhyt_xml.extract.content import Found
from mappers.bhyt_xml.extract.flat import flat_rows
from mappers.bhyt_xml.schema.tables import LISTS, TABLES, Table

Item = tuple[str, str, bool]
"""(official or unknown tag, text, whether the text was made of nested elements)."""

#: ``huge_tree`` lifts lxml's 10 MB limit on one text; entities stay unresolved and DTDs are cut out beforehand.
_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True, remove_pis=True
)
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_SUSPECT = re.compile(r"<!\[CDATA\[.*?\]\]>|<(?!!--|\?)|&", re.DOTALL)
_TAG = re.compile(r"</?(?:[\w.\-]+:)?([A-Za-z_][\w.\-]*)(?:\s[^<>]*)?/?>")
_REFERENCE = re.compile(r"&(?:(amp|lt|gt|quot|apos)|(#\d{1,7}|#x[0-9A-Fa-f]{1,6})|(\w{1,40}));")
#: Characters that XML 1.0 does not allow, as they are or as references; https://www.w3.org/TR/xml/#charsets
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
    r"|&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]|[dD][89a-fA-F][0-9a-fA-F]{2}|[fF]{3}[eEfF]));"
)
_SHOWN = 120
_LOOK_BACK = 4000


@dataclass(slots=True)
class Rows:
    """The rows of one table with their place (from 1) and what reading them found."""

    rows: list[tuple[int, list[Item]]] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)


def read_rows(text: str, table: Table) -> Rows:
    """Every readable row of a table."""
    result = Rows()
    declaration = _DECLARATION.match(text)
    text = text[declaration.end() :] if declaration else text
    flat = flat_rows(text, table)
    if flat is not None:
        result.rows = list(enumerate(flat, 1))
        return result
    text = _without_dtd(text, result)
    try:
        root = etree.fromstring(text.encode(), _PARSER)
    except etree.XMLSyntaxError:
        _read_damaged(text, table, result)
    else:
        result.rows = list(enumerate((_items(row) for row in _row_elements(root, table)), 1))
    return result


def count_rows(text: str, row_tag: str | None) -> int:
    """Rows of a table that is not read: elements named ``row_tag``, or 1 for a table of one row."""
    if row_tag is None:
        return 1
    return len(re.findall(rf"<(?:[\w.\-]+:)?{row_tag}[\s>/]", text))


def _without_dtd(text: str, result: Rows) -> str:
    found = _DOCTYPE.search(text) if "<!DOCTYPE" in text[:2000].upper() else None
    if found is None:
        return text
    result.found.append(Found(messages.DTD_REFUSED, value=found.group()[:_SHOWN]))
    return text[: found.start()] + text[found.end() :]


def _row_elements(root: etree._Element, table: Table) -> Iterator[etree._Element]:
    """Row elements by name or, under other names, elements whose children are columns."""
    if local_name(root.tag) == table.row or _is_row(root, table):
        yield root
        return
    for child in root:
        yield from _row_elements(child, table)


def _is_row(element: etree._Element, table: Table) -> bool:
    return any(local_name(child.tag) in table.spellings for child in element)


def _items(row: etree._Element) -> list[Item]:
    return [
        (local_name(child.tag), child.text or "", False)
        if len(child) == 0
        else (local_name(child.tag), _inner(child), True)
        for child in row
    ]


def _inner(element: etree._Element) -> str:
    if all(isinstance(child, etree._Entity) for child in element):
        return "".join([element.text or "", *(f"{child.text}{child.tail or ''}" for child in element)])
    return " ".join("".join(str(text) for text in element.itertext()).split())


@lru_cache(maxsize=4096)
def local_name(tag: str) -> str:
    """The tag without namespace, in upper case."""
    if not isinstance(tag, str):
        return ""
    return tag.rpartition("}")[2].rpartition(":")[2].upper()


def _read_damaged(text: str, table: Table, result: Rows) -> None:
    repaired = _escaped(_without_controls(text, table, result), table, result)
    try:
        root = etree.fromstring(repaired.encode(), _PARSER)
    except etree.XMLSyntaxError as error:
        result.found.append(Found(messages.NOT_XML, params=(("detail", _reason(error)),)))
        _read_each(repaired, table, result)
    else:
        result.rows = list(enumerate((_items(row) for row in _row_elements(root, table)), 1))


def _without_controls(text: str, table: Table, result: Rows) -> str:
    """The text with a space for each control character: XML cannot hold one, and no reader could show it."""
    rows = _row_starts(text, table)
    told: set[int] = set()
    for match in _CONTROL.finditer(text):
        at, row = match.start(), bisect_right(rows, match.start())
        if row not in told:
            told.add(row)
            shown = ascii(match.group())[1:-1]
            result.found.append(Found(messages.CONTROL, _field_at(text, at, table), shown, row or None))
    return _CONTROL.sub(" ", text)


def _row_starts(text: str, table: Table) -> list[int]:
    return [match.start() for match in re.finditer(rf"<(?:[\w.\-]+:)?{table.row}[\s>]", text)]


def _reason(error: etree.XMLSyntaxError) -> str:
    return (error.msg or "syntax").split(", line ")[0]


def _escaped(text: str, table: Table, result: Rows) -> str:
    """The text with every ``<`` and ``&`` escaped that is no tag and no reference."""
    known = {*table.spellings, table.root, table.row, *LISTS}
    known |= {match.group(1).upper() for match in re.finditer(r"</(?:[\w.\-]+:)?([\w.\-]+)\s*>", text)}
    rows = _row_starts(text, table)
    out: list[str] = []
    last = 0
    for at in _suspects(text):
        message = _fault(text, at, known)
        if message is None:
            continue
        shown = text[at : at + _SHOWN].partition("</")[0]
        row = bisect_right(rows, at) or None
        result.found.append(Found(message, _field_at(text, at, table), shown, row))
        out += (text[last:at], "&lt;" if text[at] == "<" else "&amp;")
        last = at + 1
    return "".join([*out, text[last:]])


def _suspects(text: str) -> Iterator[int]:
    """Positions of ``<`` and ``&`` outside CDATA sections."""
    return (match.start() for match in _SUSPECT.finditer(text) if not match.group().startswith("<!["))


def _fault(piece: str, at: int, known: set[str]) -> Message | None:
    if piece[at] == "<":
        tag = _TAG.match(piece, at)
        return None if tag and tag.group(1).upper() in known else messages.ESCAPED
    reference = _REFERENCE.match(piece, at)
    if reference is None:
        return messages.ESCAPED
    return messages.ENTITY if reference.group(3) else None


def _field_at(text: str, at: int, table: Table) -> str:
    """The column that a position of the text lies in, by the last tag opened before it."""
    before = text[max(0, at - _LOOK_BACK) : at]
    opened = [match.group(1).upper() for match in re.finditer(r"<(?:[\w.\-]+:)?([\w.\-]+)>", before)]
    return next((tag for tag in reversed(opened) if tag in table.spellings), "")


def _read_each(text: str, table: Table, result: Rows) -> None:
    """Rows one by one: the whole ones are read, the others reported."""
    starts = _row_starts(text, table)
    ends = [*starts[1:], len(text)] if starts else []
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1):
        closing = re.search(rf"</(?:[\w.\-]+:)?{table.row}\s*>", text[start:end])
        piece = text[start : start + closing.end()] if closing else text[start:end]
        try:
            element = etree.fromstring(re.sub(r"<(/?)[\w.\-]+:", r"<\1", piece).encode(), _PARSER)
        except etree.XMLSyntaxError as error:
            detail = (("detail", _reason(error)),)
            result.found.append(Found(messages.ROW_NOT_XML, table.row, piece[:_SHOWN], number, detail))
        else:
            result.rows.append((number, _items(element)))


def table_of(label: str) -> Table | None:
    """The table of a LOAIHOSO, or None when this version does not read it."""
    return TABLES.get(label)
