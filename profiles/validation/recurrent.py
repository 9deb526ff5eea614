"""Values that come again and again, such as codes and amounts: one that was found right is known again by its JSON.

Only where the answer depends on nothing but the value: by structure alone, and without references.
https://hl7.org/fhir/R4/datatypes.html#complex
"""

from __future__ import annotations

from typing import Any

import msgspec

from profiles.validation.findings import Findings
from profiles.validation.node import Rule
from profiles.validation.scope import Scope

#: Types whose values come again.
TYPES = frozenset({"CodeableConcept", "Coding", "Dosage", "Extension", "Identifier", "Money", "Period", "Quantity"})

#: Values that are remembered of all elements together, and their length: they come from what is validated.
_KEPT = 8_000
_LONGEST = 400
#: A value with this in it may hold a reference, whose answer depends on what is around it.
_REFERENCE = b'"reference"'

_json = msgspec.json.Encoder(decimal_format="number").encode


class Recurrent:
    """What one tree of checks has let through."""

    def __init__(self) -> None:
        self._passed: list[set[bytes]] = []
        self._count = 0

    def rule(self, rule: Rule) -> Rule:
        """The rule, which is not asked again about a value that it has let through."""
        passed: set[bytes] = set()
        self._passed.append(passed)

        def remembered(item: Any, owner: dict[str, Any], scope: Scope) -> Findings:
            try:
                known = _json(item)
            except (TypeError, ValueError, RecursionError):  # no JSON
                return rule(item, owner, scope)
            if known in passed:
                return None
            found = rule(item, owner, scope)
            if found is None and len(known) <= _LONGEST and _REFERENCE not in known:
                self._remember(passed, known)
            return found

        return remembered

    def _remember(self, passed: set[bytes], known: bytes) -> None:
        if self._count >= _KEPT:
            for one in self._passed:
                one.clear()
            self._count = 0
        self._count += 1
        passed.add(known)
