"""What the names of an object's properties decide, once for each set of names.

The objects of a type have few sets of names, so nearly always the answer is there already.
https://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar

#: The names of an object, in its order.
Names: TypeAlias = tuple[str, ...]
Decision = TypeVar("Decision")

#: Sets that are remembered, and how many names each may have: they come from the resources that are validated.
_KEPT = 512
_WIDEST = 64


class ByNames(dict[Names, Decision]):
    """Decisions by names: ``decisions[tuple(value)]``."""

    def __init__(self, decide: Callable[[Names], Decision]) -> None:
        super().__init__()
        self._decide = decide

    def __missing__(self, names: Names) -> Decision:
        found = self._decide(names)
        if len(names) <= _WIDEST:
            if len(self) >= _KEPT:
                self.clear()
            self[names] = found
        return found
