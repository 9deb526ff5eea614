"""References between the entries of a transaction, in narratives too.

https://hl7.org/fhir/R4/bundle.html#references, https://hl7.org/fhir/R4/http.html#trules
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, unescape

from conformance.definitions import Definitions
from fhir_server.exchange.content import SELF_CONTAINED

_absolute = re.compile(r"(https?://.+/)[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}").fullmatch
_versioned = re.compile(r"(.+)/_history/[A-Za-z0-9\-.]{1,64}").fullmatch
#: A link or an image of a narrative, up to its URL. Other attributes before it may hold ``>``.
_link = re.compile(r"""(<(?:a|img)\b(?:[^<>"']|"[^"<]*"|'[^'<]*')*?\s(?:href|src)\s*=\s*)(?:"([^"<]*)"|'([^'<]*)')""")
_QUOTES = {'"': "&quot;", "'": "&apos;"}
_CHARACTERS = {text: quote for quote, text in _QUOTES.items()}
_URI_TYPES = frozenset(("uri", "url", "oid", "uuid"))


@dataclass(frozen=True, slots=True)
class Rewriter:
    """Replaces what names an entry by its fullUrl with the identity that the entry was given."""

    identities: Mapping[str, str]
    """fullUrl -> "Type/id"."""
    definitions: Definitions
    created: frozenset[str] = frozenset()
    """The full URLs of what gets its first version: a reference to a version of one keeps saying a version."""

    def rewrite(self, resource: dict[str, Any], full_url: str) -> None:
        """Replace the references in ``resource``, the links of its narrative and temporary URLs in its uri elements."""
        type_name = str(resource.get("resourceType"))
        if not self.identities or type_name in SELF_CONTAINED:
            return
        match = _absolute(full_url)
        self._walk(resource, (type_name,), match[1] if match else "")

    def _walk(self, node: dict[str, Any], path: tuple[str, ...], root: str) -> None:
        if "resourceType" in node:
            path = (str(node["resourceType"]),)
        for name, value in node.items():
            if isinstance(value, str):
                if (new := self._new(value, name, path, root)) is not None:
                    node[name] = new
            elif isinstance(value, dict):
                self._walk(value, (*path, name), root)
            elif isinstance(value, list):
                self._walk_list(value, name, path, root)

    def _walk_list(self, items: list[Any], name: str, path: tuple[str, ...], root: str) -> None:
        for index, item in enumerate(items):
            if isinstance(item, dict):
                self._walk(item, (*path, name), root)
            elif isinstance(item, str) and (new := self._new(item, name, path, root)) is not None:
                items[index] = new

    def _new(self, value: str, name: str, path: tuple[str, ...], root: str) -> str | None:
        if name == "reference":
            return self.resolved(value, root)
        if name == "div":
            return self._linked(value, root)
        if value in self.identities and self._is_uri(path, name):
            return self.identities[value]
        return None

    def _linked(self, narrative: str, root: str) -> str:
        """The narrative with the links and images that name an entry leading to its identity."""

        def replaced(found: re.Match[str]) -> str:
            url = unescape(found[2] if found[3] is None else found[3], _CHARACTERS)
            new = self.resolved(url, root)
            return found[0] if new is None else f'{found[1]}"{escape(new, _QUOTES)}"'

        return _link.sub(replaced, narrative)

    def resolved(self, reference: str, root: str) -> str | None:
        """The identity that a reference leads to, None when it leads to no entry; ``root`` is its entry's base."""
        for text in (reference, root + reference if root else ""):
            if text in self.identities:
                return self.identities[text]
            if (match := _versioned(text)) is not None and match[1] in self.identities:
                return self.identities[match[1]] + ("/_history/1" if match[1] in self.created else "")
        return None

    def _is_uri(self, path: tuple[str, ...], name: str) -> bool:
        parent = path[0]
        for step in path[1:]:
            types = self.definitions.element_type(parent, step)
            if len(types) != 1:
                return False
            parent = types[0]
        return bool(_URI_TYPES.intersection(self.definitions.element_type(parent, name)))
