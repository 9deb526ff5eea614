"""References as they are indexed. https://hl7.org/fhir/R4/references.html"""

from __future__ import annotations

import re
from functools import lru_cache

#: What a host calls itself, and the addresses of a server that listens everywhere.
_OWN_NAMES = ("localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::]")  # noqa: S104  nothing is bound here
_of_own_host = re.compile(rf"(https?://)(?:{'|'.join(map(re.escape, _OWN_NAMES))})(:[0-9]+)?(/.*)?").fullmatch


@lru_cache(maxsize=64)
def bases(base_url: str) -> tuple[str, ...]:
    """What the URLs below a base begin with: on the own host it is the same base by each name that a host has there."""
    found = _of_own_host(base_url)
    if found is None:
        return (f"{base_url}/",)
    scheme, port, path = found.groups("")
    return tuple(f"{scheme}{name}{port}{path}/" for name in _OWN_NAMES)


def below(text: str, base_url: str) -> str:
    """``text`` from the base on, when it is an absolute URL of this server; else ``text`` itself."""
    own = bases(base_url)
    if base_url and text.startswith(own):
        return text[len(next(base for base in own if text.startswith(base))) :].lstrip("/")
    return text


def local(text: str, base_url: str) -> str:
    """The target as it is indexed: "Type/id" without a version for a resource of this server, else ``text`` itself."""
    if text.startswith("http"):
        text = below(text, base_url)
    if "/_history/" in text and ":" not in text:
        return text.partition("/_history/")[0]
    return text
