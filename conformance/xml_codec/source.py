"""The characters of an XML document, and the parser that reads them: no document type, no entities, no network.

expat reads as fast as lxml builds its tree, and it tells byte, line and column of all it meets: so the narrative can be
kept byte by byte, and an issue finds its place. https://hl7.org/fhir/R4/xml.html
"""

from __future__ import annotations

import codecs
import re
from typing import NoReturn
from xml.parsers import expat

from conformance import messages
from conformance.errors import InvalidContent
from conformance.issues import Issue, Message

_DECLARED = re.compile(rb"""\A(?:\xef\xbb\xbf)?<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HANDLERS = (
    "StartElementHandler",
    "EndElementHandler",
    "CharacterDataHandler",
    "StartNamespaceDeclHandler",
    "ProcessingInstructionHandler",
    "StartDoctypeDeclHandler",
)
_UTF_8 = {"utf-8", "ascii"}
#: FHIR asks for UTF-8. These are read as well: the export of a Windows program need not be turned away.
_ALSO_READ = {"utf-16", "iso8859-1", "iso8859-15", "cp1252", "cp1258"}


def utf8(data: bytes | str) -> tuple[bytes, list[Issue]]:
    """The document as UTF-8, with a warning when it was in another encoding. Raises InvalidContent if that fails."""
    if isinstance(data, str):
        return _encoded(data), []
    name = _encoding(data)
    if name in _UTF_8:
        return data, []
    if name not in _ALSO_READ:
        raise _malformed(f"the encoding {name} is not read")
    try:
        text = data.decode(name)
    except UnicodeDecodeError as error:
        raise _malformed(f"it is not {name}") from error
    return _encoded(text), [Issue(messages.XML_ENCODING, params={"name": name}, line=1, column=1)]


def new_parser() -> expat.XMLParserType:
    """A parser of UTF-8 that gives names as namespace, blank and local name, and refuses a document type."""
    parser = expat.ParserCreate("UTF-8", " ")

    def refuse(name: str, *_: object) -> NoReturn:
        raise InvalidContent(issue_here(parser, messages.XML_DOCUMENT_TYPE, name=name))

    parser.StartDoctypeDeclHandler = refuse
    return parser


def parse(parser: expat.XMLParserType, content: bytes) -> None:
    """Reads the whole document. Raises InvalidContent, with the place, when it is not well-formed."""
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        issue = Issue(
            messages.XML_MALFORMED,
            params={"detail": _reason(content, error)},
            line=error.lineno,
            column=error.offset + 1,
        )
        raise InvalidContent(issue) from error
    finally:  # the handlers know the parser: without them it goes at once
        for name in _HANDLERS:
            setattr(parser, name, None)


def issue_here(parser: expat.XMLParserType, message: Message, expression: str = "", **params: object) -> Issue:
    """An issue with the line and column (both from 1) that the parser has reached."""
    return Issue(message, expression, params, line=parser.CurrentLineNumber, column=parser.CurrentColumnNumber + 1)


def _encoding(data: bytes) -> str:
    """The encoding by its name in Python, or as it was declared when Python knows none of that name."""
    if data.startswith(_UTF_16):
        return "utf-16"
    declared = _DECLARED.match(data)
    name = declared.group(1).decode() if declared else "utf-8"
    try:
        return codecs.lookup(name).name
    except LookupError:
        return name


def _reason(content: bytes, error: expat.ExpatError) -> str:
    try:
        content.decode()
    except UnicodeDecodeError as fault:
        return f"byte {fault.start} fits no character of UTF-8"
    return expat.ErrorString(error.code)


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise _malformed("half of a surrogate pair stands alone") from error


def _malformed(detail: str) -> InvalidContent:
    return InvalidContent(Issue(messages.XML_MALFORMED, params={"detail": detail}))
