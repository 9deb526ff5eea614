"""Quick answers for primitives: what a check has let through once, it need not look at again.

https://hl7.org/fhir/R4/datatypes.html#primitive
"""

from __future__ import annotations

from typing import Any

from conformance.primitives import PRIMITIVES
from profiles.validation.node import Leaf
from terminology.membership import Membership, ValueSets

#: Types whose values come again and again. Texts and ids do not.
_RECURRENT = frozenset({"canonical", "code", "date", "dateTime", "instant", "oid", "uri", "url"})

#: Values that are remembered of a type or value set, and their length: they come from what is validated.
_KEPT = 4096
_LONGEST = 200


class Passed(dict[str, None]):
    """Texts that a check has let through; asking for another one checks it. None means that all is well."""

    def __init__(self, check: Leaf) -> None:
        super().__init__()
        self._check = check

    def __missing__(self, item: object) -> object:
        found = self._check(item)
        if found is None and isinstance(item, str) and len(item) <= _LONGEST:
            if len(self) >= _KEPT:
                self.clear()
            self[item] = None
        return found


class Leaves:
    """The quick answers of one validator, shared by all elements of a type or with the same value set."""

    def __init__(self, value_sets: ValueSets) -> None:
        self._value_sets = value_sets
        self._leaves: dict[tuple[str, str], Leaf] = {}

    def of_type(self, type_code: str) -> Leaf:
        """Whether a value is of a primitive type."""
        check = PRIMITIVES[type_code]
        if type_code not in _RECURRENT:
            return check
        return self._leaves.setdefault((type_code, ""), Passed(check).__getitem__)

    def bound(self, type_code: str, value_set: str) -> Leaf:
        """Whether a value is of a primitive type and surely in a value set."""
        check, membership = PRIMITIVES[type_code], self._value_sets.membership

        def outside(item: Any) -> object:
            if check(item) is not None or not isinstance(item, str):
                return True
            return None if membership(value_set, None, item) is Membership.YES else True

        return self._leaves.setdefault((type_code, value_set), Passed(outside).__getitem__)
