"""References as they are indexed. https://hl7.org/fhir/R4/references.html"""

from __future__ import annotations


def local(text: str, base_url: str) -> str:
    """The target as it is indexed: "Type/id" without a version for a resource of this server, else ``text`` itself."""
    if base_url and text.startswith(base_url):
        text = text[len(base_url) :].lstrip("/")
    if "/_history/" in text and ":" not in text:
        return text.partition("/_history/")[0]
    return text
