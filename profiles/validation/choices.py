"""Choice elements ``value[x]``: only one of the types may be present.

https://hl7.org/fhir/R4/formats.html#choice
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from profiles import messages
from profiles.validation.findings import Findings, one


class Rivals(NamedTuple):
    """The JSON properties of a choice, as seen from one of its types; every type but the first by name is told about.

    Both forms of a primitive (``valueString`` and ``_valueString``) are the same type.
    """

    name: str
    """The JSON property of this type."""
    family: frozenset[str]
    """The properties of all types."""
    path: str

    def met(self, names: Collection[str]) -> Findings:
        """What is wrong with an object that has these names."""
        if len(names) < len(self.family):
            present = [key for key in names if key in self.family]
        else:
            present = [key for key in self.family if key in names]
        if len(present) < 2:
            return None
        types = sorted({key.removeprefix("_") for key in present})
        return None if self.name == types[0] else one(messages.TWO_CHOICES, path=self.path, found=", ".join(types))


def family(names: Iterable[str]) -> frozenset[str]:
    """All JSON properties of a choice: ``valueString``, ``_valueString`` …"""
    return frozenset(twin for name in names for twin in (name, f"_{name}"))
