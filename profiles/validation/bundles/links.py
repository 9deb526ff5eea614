"""The references of a resource, found by a walk over all of it, in linear time.

https://hl7.org/fhir/R4/references.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def references_in(resource: dict[str, Any]) -> Iterator[str]:
    """The values of all ``Reference.reference`` in a resource, nested Bundles left out."""
    stack: list[Any] = [resource]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if value.get("resourceType") == "Bundle" and value is not resource:
                continue
            reference = value.get("reference")
            if isinstance(reference, str):
                yield reference
            value = value.values()
        stack.extend([part for part in value if isinstance(part, dict | list)])
