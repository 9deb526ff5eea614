"""One claim's bytes -> the text of each of its tables, whichever way NOIDUNGFILE holds it.

Bad-data policy: base64 (with white space, with lost padding), CDATA, escaped and plain nested XML are all read;
what is none of these is reported and stays in the raw bytes.
"""

from __future__ import annotations

import binascii
import codecs
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.issues import Message
from mappers.bhyt_xml import messages
from mappers.bhyt_xml.extract.encodings import UTF_16
from mappers.bhyt_xml.extract.tags import closing, opening
from mappers.bhyt_xml.schema.tables import ROW_TAGS, UNREAD_ROW_TAGS

_FILE = re.compile(opening("FILEHOSO"))
_KIND = re.compile(opening("LOAIHOSO") + rb"\s*([^<]*?)\s*</")
_BODY = re.compile(opening("NOIDUNGFILE") + rb"(.*)" + closing("NOIDUNGFILE"), re.DOTALL)
_OPEN_BODY = re.compile(opening("NOIDUNGFILE") + rb"(.*)", re.DOTALL)
_FILE_END = re.compile(closing("FILEHOSO"))
_CDATA = re.compile(rb"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([\w.\-]+)""")
#: First bytes -> encoding.
_BEGINNINGS = ((codecs.BOM_UTF8, "utf-8"), *UTF_16)


@dataclass(frozen=True, slots=True)
class Found:
    """Something to say about a table: the message, its field and value, and its parameters."""

    message: Message
    field: str = ""
    value: str = ""
    row: int | None = None
    params: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One FILEHOSO: its label, its table's text (None: unreadable, empty: no content) and what reading it found."""

    label: str
    text: str | None
    found: tuple[Found, ...] = ()


def parts(claim: bytes, encoding: str) -> Iterator[Part]:
    """The tables of one claim in the order of the file; bare tables without FILEHOSO count as one each."""
    starts = [match.end() for match in _FILE.finditer(claim)]
    if not starts:
        yield from _bare(claim, encoding)
        return
    for start, following in zip(starts, [*starts[1:], len(claim)], strict=True):
        yield _part(claim[start:following], encoding)


def label_of(text: str) -> str:
    """The table that a text holds, by its first known element; empty when there is none."""
    for match in re.finditer(r"<(?:[\w.\-]+:)?([\w]+)", text[:4000]):
        tag = match.group(1).upper()
        if tag in ROW_TAGS or tag in UNREAD_ROW_TAGS:
            return ROW_TAGS.get(tag) or UNREAD_ROW_TAGS[tag]
    return ""


def _bare(claim: bytes, encoding: str) -> Iterator[Part]:
    """Tables that stand directly in the claim, each beginning with its root or, where that is missing, its list."""
    text, found = _decoded(claim, encoding)
    pattern = r"<(?:[\w.\-]+:)?(TONG_HOP|CHITIEU_\w+|CHI_TIEU_\w+|DSACH_\w+)[\s>]"
    starts: list[int] = []
    for match in re.finditer(pattern, text):
        inside = starts and match.group(1).startswith("DSACH") and text.count("<", starts[-1], match.start()) == 1
        if not inside:
            starts.append(match.start())
    ends = [*starts[1:], len(text)] if starts else []
    for start, end in zip(starts, ends, strict=True):
        body = text[start:end]
        yield Part(label_of(body), body, tuple(found))
        found = []


def _part(block: bytes, encoding: str) -> Part:
    kind = _KIND.search(block)
    label = kind.group(1).decode("utf-8", "replace").upper() if kind else ""
    body = _BODY.search(block) or _OPEN_BODY.search(_FILE_END.split(block)[0])
    content = body.group(1).strip() if body else b""
    if content.startswith(b"<![CDATA["):
        content = b"".join(_CDATA.findall(content)).strip()
    return _read(label, content, encoding)


def _read(label: str, content: bytes, encoding: str) -> Part:
    if not content:
        return Part(label, "")
    if content.startswith((b"<", b"\xef\xbb\xbf<")):
        text, found = _decoded(content, encoding)
        return Part(label, text, tuple(found))
    if content.startswith(b"&lt;"):
        text, found = _decoded(content, encoding)
        return Part(label, html.unescape(text), tuple(found))
    return _from_base64(label, content)


def _from_base64(label: str, content: bytes) -> Part:
    packed = b"".join(content.split())
    repaired: list[Found] = []
    if packed and len(packed.rstrip(b"=")) % 4 != 1 and len(packed) % 4:
        packed = packed.rstrip(b"=") + b"=" * (-len(packed.rstrip(b"=")) % 4)
        repaired.append(Found(messages.BASE64_REPAIRED, "NOIDUNGFILE"))
    try:
        data = binascii.a2b_base64(packed, strict_mode=True)
    except binascii.Error:
        data = b""
    text, found = _decoded(data.lstrip(), "utf-8")
    if not text.lstrip().startswith("<"):
        shown = content[:80].decode("utf-8", "replace")
        return Part(label, None, (Found(messages.NOT_BASE64, "NOIDUNGFILE", shown),))
    return Part(label, text, (*repaired, *found))


def _decoded(data: bytes, encoding: str) -> tuple[str, list[Found]]:
    for beginning, name in _BEGINNINGS:
        if data.startswith(beginning):
            encoding = name
            break
    else:
        declared = _DECLARED.match(data)
        encoding = declared.group(1).decode("ascii").lower() if declared else encoding
        encoding = "utf-8" if encoding.startswith("utf-16") else encoding
    try:
        text = data.decode(encoding)
        text.encode()  # some codecs of Python make what is no text
    except (UnicodeError, LookupError):
        found = Found(messages.ENCODING, "NOIDUNGFILE", params=(("encoding", encoding),))
        return data.decode("utf-8", "replace"), [found]
    return text.removeprefix("\ufeff"), []
