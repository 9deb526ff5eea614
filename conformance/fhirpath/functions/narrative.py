"""htmlChecks(): what a narrative may hold. https://hl7.org/fhir/R4/narrative.html#xhtml"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from xml.parsers import expat

XHTML = "http://www.w3.org/1999/xhtml"

_ELEMENTS = frozenset({
    "a", "abbr", "acronym", "b", "big", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd",
    "dfn", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "map", "area", "ol",
    "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td",
    "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var", "kbd", "bdo", "del", "ins", "address",
})  # fmt: skip
#: Attributes that any element may have.
_COMMON = frozenset({
    "title", "style", "class", "id", "lang", "xml:lang", "dir", "accesskey", "tabindex", "xmlns", "align", "valign",
    "width", "height", "border", "cellspacing", "cellpadding", "bgcolor",
})  # fmt: skip
#: Attributes of one element.
_OWN = {
    "a": "href name charset type hreflang rel rev shape coords target",
    "img": "src alt longdesc name usemap ismap hspace vspace",
    "area": "shape coords href alt nohref target",
    "map": "name",
    "td": "abbr axis headers scope rowspan colspan nowrap char charoff",
    "th": "abbr axis headers scope rowspan colspan nowrap char charoff",
    "tr": "char charoff",
    "table": "summary frame rules",
    "col": "span char charoff",
    "colgroup": "span char charoff",
    "thead": "char charoff",
    "tbody": "char charoff",
    "tfoot": "char charoff",
    "ol": "type start compact",
    "ul": "type compact",
    "li": "type value",
    "br": "clear",
    "hr": "size noshade",
    "q": "cite",
    "blockquote": "cite",
    "del": "cite datetime",
    "ins": "cite datetime",
    "pre": "xml:space",
}
_ALLOWED = {name: _COMMON | frozenset(_OWN.get(name, "").split()) for name in _ELEMENTS}
_ADDRESSES = frozenset({"href", "src"})
#: Addresses that run something when they are followed.
_ACTIVE = re.compile(r"\s*(?:javascript|vbscript|data:text/html)", re.IGNORECASE)
_PADDED = re.compile(r"[\x00-\x20]+")
#: Answers are kept for texts of so many characters.
_REMEMBERED = 65_536
#: An element that shows something without holding text.
_SHOWN = "img"


class _Unclean(ValueError):
    """Something that a narrative may not hold."""


class _Reader:
    """Hears of elements, attributes and text; raises _Unclean."""

    __slots__ = ("_depth", "has_content")

    def __init__(self) -> None:
        self._depth = 0
        self.has_content = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        allowed = _ALLOWED.get(name)
        if allowed is None or (self._depth == 0 and (name != "div" or attributes.get("xmlns") != XHTML)):
            raise _Unclean(name)
        self._depth += 1
        if name == _SHOWN:
            self.has_content = True
        for key, value in attributes.items():
            if key not in allowed or (key in _ADDRESSES and _ACTIVE.match(_PADDED.sub("", value))):
                raise _Unclean(key)

    def text(self, text: str) -> None:
        """Text between tags."""
        if not self.has_content and text.strip():
            self.has_content = True

    def forbidden(self, *_: Any) -> None:
        """A document type or an instruction."""
        raise _Unclean


def is_clean(text: Any) -> bool:
    """True for one well-formed ``div`` of XHTML that holds something, and no script, form, frame or event."""
    if not isinstance(text, str):
        return False
    return _checked(text) if len(text) <= _REMEMBERED else _checked.__wrapped__(text)


@lru_cache(maxsize=8)
def _checked(text: str) -> bool:
    """Two invariants ask the same of each narrative, one after the other."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.forbidden
    parser.ProcessingInstructionHandler = reader.forbidden
    try:
        parser.Parse(_without_names(text), True)
    except (expat.ExpatError, _Unclean):
        return False
    return reader.has_content


#: Entities of HTML, which XML does not know; their meaning does not matter here.
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z][A-Za-z0-9]{1,30};")


def _without_names(text: str) -> str:
    return _ENTITY.sub("&#160;", text) if "&" in text else text
