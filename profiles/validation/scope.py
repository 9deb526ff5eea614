"""Where a check stands: the resource that contains what ``#id`` may mean, and the Bundle around it.

https://hl7.org/fhir/R4/references.html#contained, https://hl7.org/fhir/R4/bundle.html#references
"""

from __future__ import annotations

from functools import cached_property
from typing import Any


class Scope:
    """One resource that is not contained, inside the scope of the Bundle or Parameters that carries it."""

    def __init__(self, resource: dict[str, Any], outer: Scope | None = None) -> None:
        self.resource = resource
        self.outer = outer

    def contained_type(self, reference: str) -> str | None:
        """Type of the resource that ``#id`` leads to; ``#`` is the resource itself. None when there is none."""
        return self._contained.get(reference[1:])

    def full_url_type(self, url: str) -> str | None:
        """Type of the entry with this fullUrl in the Bundle around this resource; None when there is none."""
        return self.outer.entry_types.get(url) if self.outer else None

    @cached_property
    def entry_types(self) -> dict[str, str]:
        """fullUrl -> resource type of the entries, when this resource is a Bundle."""
        found: dict[str, str] = {}
        for entry in _objects(self.resource.get("entry")):
            url, resource = entry.get("fullUrl"), entry.get("resource")
            if isinstance(url, str) and isinstance(resource, dict):
                found[url] = str(resource.get("resourceType"))
        return found

    @cached_property
    def _contained(self) -> dict[str, str]:
        found = {"": str(self.resource.get("resourceType"))}
        for inner in _objects(self.resource.get("contained")):
            name = inner.get("id")
            if isinstance(name, str):
                found[name] = str(inner.get("resourceType"))
        return found


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
