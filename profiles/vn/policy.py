"""Which national profiles a server can hold resources to that do not claim them.

https://hl7.org/fhir/R4/profiling.html#mixing
"""

from __future__ import annotations

from profiles.vn.declarations import profile
from terminology.names import PROFILES, Names

#: Profiles of documents: a Composition or Bundle may well be something else.
_OF_DOCUMENTS = frozenset(("health-book-composition", "health-book-bundle"))


def national_policy(names: Names) -> dict[str, tuple[str, ...]]:
    """The canonicals of the national profiles that are meant for every resource of a type, by type."""
    found: dict[str, tuple[str, ...]] = {}
    for name in PROFILES:
        if name not in _OF_DOCUMENTS:
            type_name = str(profile(name)["type"])
            found[type_name] = (*found.get(type_name, ()), names.profile(name))
    return found
