"""The references of a resource, found by a walk over all of it, in linear time.

https://hl7.org/fhir/R4/references.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: Steps to a value and the value of ``Reference.reference``.
Link = tuple[tuple[str | int, ...], str]


def links(resource: dict[str, Any]) -> Iterator[Link]:
    """All references of a resource with the steps to the object that holds them, nested Bundles left out."""
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), resource)]
    while stack:
        steps, value = stack.pop()
        if isinstance(value, dict):
            if value.get("resourceType") == "Bundle" and steps:
                continue
            reference = value.get("reference")
            if isinstance(reference, str):
                yield steps, reference
            stack.extend(((*steps, name), part) for name, part in value.items() if isinstance(part, dict | list))
        else:
            stack.extend(((*steps, place), part) for place, part in enumerate(value) if isinstance(part, dict | list))
