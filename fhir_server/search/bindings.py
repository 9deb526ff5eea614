"""The system that a ``code`` element implies: its required binding names only one.

https://hl7.org/fhir/R4/search.html#token
"""

from __future__ import annotations

from typing import Any

from conformance.definitions import Definitions


class ImpliedSystems:
    """Implied systems by element, each worked out once."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._value_sets: dict[str, str] = {}

    def of(self, element: tuple[str, str] | None) -> str:
        """The system of a coded element, given as (type that holds it, name); "" when none or several are implied."""
        found = self._definitions.element(*element) if element else None
        if found is None or found.binding is None or found.binding.strength != "required":
            return ""
        url = found.binding.value_set
        if url not in self._value_sets:
            self._value_sets[url] = _only_system(self._definitions.value_set(url))
        return self._value_sets[url]


def _only_system(value_set: dict[str, Any] | None) -> str:
    includes = (value_set or {}).get("compose", {}).get("include", ())
    systems = {include.get("system", "") for include in includes}
    return str(systems.pop()) if len(systems) == 1 else ""
