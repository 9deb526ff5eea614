"""Where the references of a resource lead. https://hl7.org/fhir/R4/references.html"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fhir_server.search.places import local
from fhir_server.store.protocol import Key

_LOCAL = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})")


def local_key(reference: str, base_url: str) -> Key | None:
    """The resource of this server that a reference names, whatever its version; None for any other."""
    match = _LOCAL.fullmatch(local(reference, base_url))
    return Key(match[1], match[2]) if match else None


def references(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Text and FHIRPath of every literal reference inside a value at ``path``, contained resources included."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from references(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name == "reference" and isinstance(inner, str):
                yield inner, f"{path}.{name}"
            elif isinstance(inner, dict | list):
                yield from references(inner, f"{path}.{name}")
