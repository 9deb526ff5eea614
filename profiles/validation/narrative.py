"""Narrative: ``div`` is well-formed XHTML of the permitted elements and attributes, and links lead somewhere.

Entities and external content are never read. https://hl7.org/fhir/R4/narrative.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn
from xml.parsers import expat

from conformance.messages import NOT_STRING
from profiles import messages
from profiles.validation.findings import Findings, joined, one, quoted
from profiles.validation.scope import Scope

XHTML = "http://www.w3.org/1999/xhtml"

_ELEMENTS = frozenset(
    """
    p br div h1 h2 h3 h4 h5 h6 a span b em i strong small big tt dfn q var abbr acronym cite blockquote hr address bdo
    kbd sub sup ul ol li dl dt dd pre table caption colgroup col thead tr tfoot tbody th td code samp img map area ins
    del
    """.split()  # noqa: SIM905 - a list of words is read best as words
)
#: Attributes of any element; a namespace prefix (``xml:lang``) is left aside.
_PLAIN = frozenset(
    """
    title style class id idref lang space dir accesskey tabindex span width align valign char charoff abbr axis headers
    scope rowspan colspan
    """.split()  # noqa: SIM905
)
_OWN_ATTRIBUTES = {
    "a": "href name charset type hreflang rel rev shape coords",
    "img": "src border alt longdesc height width usemap ismap",
    "blockquote": "cite",
    "q": "cite",
    "map": "name",
    "area": "shape coords href nohref alt",
    "table": "summary border frame rules cellspacing cellpadding",
    "pre": "space",
    "td": "nowrap",
    "th": "nowrap",
    "ins": "cite datetime",
    "del": "cite datetime",
    "ol": "start type",
    "li": "value",
    "hr": "size noshade",
    "br": "clear",
    "col": "width",
}
_ALLOWED = {name: frozenset(text.split()) for name, text in _OWN_ATTRIBUTES.items()}
#: Elements that a paragraph cannot hold.
_BLOCKS = frozenset({"div", "blockquote", "table", "ol", "ul", "p"})
#: The attribute that leads elsewhere.
_LINKS = {"a": "href", "img": "src"}
#: Schemes that run something, and of what only a mail holds. A urn may lead to an entry of the same Bundle.
_REFUSED_SCHEMES = frozenset({"javascript", "vbscript", "cid"})


class _DocumentTypeDeclared(Exception): ...


@dataclass(slots=True)
class _Seen:
    """What is met in a narrative."""

    roots: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    misplaced: list[str] = field(default_factory=list)
    paragraphs: int = 0
    has_content: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Called by the parser for each start tag."""
        if not self.roots:
            self.roots.append(name)
        space, _, local = name.rpartition(" ")
        if space != XHTML or local not in _ELEMENTS:
            self.problems.append(("element", local))
        elif self.paragraphs and local in _BLOCKS:
            self.misplaced.append(local)
        self.paragraphs += local == "p"
        own = _ALLOWED.get(local, frozenset())
        for key, value in attributes.items():
            plain = key.rpartition(" ")[2]
            if plain not in own and plain not in _PLAIN:
                self.problems.append(("attribute", f"{local}.{plain}"))
            if plain == "id" or (plain == "name" and local == "a"):
                self.anchors.add(value)
            elif plain == _LINKS.get(local):
                self.links.append(value.strip())
        self.has_content = self.has_content or local == "img"

    def end(self, name: str) -> None:
        """Called by the parser for each end tag."""
        self.paragraphs -= name.rpartition(" ")[2] == "p"

    def text(self, data: str) -> None:
        """Called by the parser for each piece of text."""
        self.has_content = self.has_content or bool(data.strip())


def check_narrative(item: Any, owner: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG001 - a Rule
    """What is wrong with the text of ``Narrative.div``."""
    if not isinstance(item, str):
        return one(NOT_STRING) if item is not None else one(messages.NULL)
    seen = _Seen()
    try:
        _parse(item, seen)
    except _DocumentTypeDeclared:
        return one(messages.XHTML_DOCTYPE)
    except (expat.ExpatError, ValueError) as error:
        return one(messages.BAD_XHTML, reason=str(error))
    if seen.roots[0] != f"{XHTML} div":
        return one(messages.XHTML_ROOT)
    return _judged(seen, scope)


def _judged(seen: _Seen, scope: Scope) -> Findings:
    found: Findings = None
    if not seen.has_content:
        found = one(messages.INVARIANT, key="txt-2", human="The narrative SHALL have some non-whitespace content")
    if seen.problems:
        found = joined(found, one(messages.XHTML_NOT_BASIC))
    for kind, name in dict.fromkeys(seen.problems):
        message = messages.XHTML_ELEMENT if kind == "element" else messages.XHTML_ATTRIBUTE
        found = joined(found, one(message, name=quoted(name)))
    for name in dict.fromkeys(seen.misplaced):
        found = joined(found, one(messages.XHTML_IN_PARAGRAPH, name=name))
    for link in dict.fromkeys(seen.links):
        if not link or link.partition(":")[0].lower() in _REFUSED_SCHEMES:
            found = joined(found, one(messages.XHTML_LINK_REFUSED, link=quoted(link)))
        elif link.startswith("#") and not _leads_somewhere(link[1:], seen, scope):
            found = joined(found, one(messages.XHTML_LINK, link=quoted(link)))
    return found


def _leads_somewhere(name: str, seen: _Seen, scope: Scope) -> bool:
    """Whether the narrative, the resource or the Bundle around it has something of this name; none is the top."""
    if not name or name in seen.anchors or name in scope.root.contained_resources:
        return True
    around = scope.root.bundle
    return name in scope.root.anchors or (around is not None and name in around.anchors)


def _parse(text: str, seen: _Seen) -> None:
    """Reads a well-formed text into ``seen``."""
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.StartElementHandler = seen.start
    parser.EndElementHandler = seen.end
    parser.CharacterDataHandler = seen.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.Parse(text.encode(), True)


def _refuse(*declaration: object) -> NoReturn:
    raise _DocumentTypeDeclared(declaration)
