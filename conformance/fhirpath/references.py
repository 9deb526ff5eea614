"""What a Reference tells without being followed. https://hl7.org/fhir/R4/references.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def reference_type(reference: Mapping[str, Any]) -> str | None:
    """The resource type that ``reference`` leads to, from its text (``Patient/1``, also absolute) or its ``type``."""
    text = reference.get("reference")
    if isinstance(text, str) and not text.startswith(("#", "urn:")):
        name = _type_segment(text)
        if name:
            return name
    stated = reference.get("type")
    return stated.rsplit("/", 1)[-1] if isinstance(stated, str) else None


def _type_segment(text: str) -> str | None:
    """``Patient`` of ``Patient/1``, ``http://x/fhir/Patient/1`` and ``Patient/1/_history/2``."""
    path = text.split("/_history/", 1)[0]
    head, slash, _id = path.rpartition("/")
    name = head.rpartition("/")[2] if slash else ""
    return name if name[:1].isupper() and name.isalpha() else None
