"""The quick way through a table that is written as plainly as can be, which nearly all are.

Only text is accepted that an XML parser would read the same: rows of leaf elements in upper case without attributes or
comments, and of references only XML's own five. Anything else gives None, and the real parser decides.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import unescape  # nosec: text only, nothing is parsed

from mappers.bhyt_xml.schema.tables import Table

#: One leaf: its tag and its text, bare or in one CDATA section.
_LEAF = re.compile(r"<([A-Z][A-Z0-9_]*)(?: ?/>|>(?:<!\[CDATA\[([^\]]*(?:\](?!\]>)[^\]]*)*)\]\]>|([^<]*))</\1>)")
_OTHER_REFERENCE = re.compile(r"&(?!(?:lt|gt|amp|quot|apos);)")
_QUOTES = {"&quot;": '"', "&apos;": "'"}
_GROUPS = 4
_OPEN = re.compile(r"<([A-Z][A-Z0-9_]*)>")
_CLOSE = re.compile(r"</([A-Z][A-Z0-9_]*)>")
#: Characters that XML 1.0 forbids; a lone carriage return needs XML's line-end rules.
_FORBIDDEN = bytes({*range(0x20)} - {0x09, 0x0A})


def flat_rows(text: str, table: Table) -> list[list[tuple[str, str, bool]]] | None:
    """The rows of a plainly written table, or None when the text needs a parser."""
    text = text.replace("\r\n", "\n")
    data = text.encode()
    if "&" in text and _OTHER_REFERENCE.search(text):
        return None
    if "\ufffe" in text or "\uffff" in text or len(data.translate(None, _FORBIDDEN)) != len(data):
        return None
    head, *pieces = text.split(f"<{table.row}>")
    rows = []
    tail = ""
    for piece in pieces:
        body, closing, tail = piece.partition(f"</{table.row}>")
        row = _leaves(body) if closing else None
        if row is None or ("<" in tail and piece is not pieces[-1]):
            return None
        rows.append(row)
    return rows if rows and _is_wrapped(head, tail) else None


def _leaves(body: str) -> list[tuple[str, str, bool]] | None:
    parts = _LEAF.split(body)
    if "".join(parts[::_GROUPS]).strip():
        return None
    return [
        (tag, unescape(bare, _QUOTES) if bare and "&" in bare else quoted or bare or "", False)
        for tag, quoted, bare in zip(parts[1::_GROUPS], parts[2::_GROUPS], parts[3::_GROUPS], strict=True)
    ]


def _is_wrapped(head: str, tail: str) -> bool:
    """Whether head and tail are nothing but the elements around the rows, closed in their order."""
    opened, closed = _OPEN.findall(head), _CLOSE.findall(tail)
    if opened != closed[::-1]:
        return False
    return not (_OPEN.sub("", head).strip() or _CLOSE.sub("", tail).strip())
