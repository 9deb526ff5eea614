"""The graph that a query gives, put together as @flatten and @slice ask. https://hl7.org/fhir/R4/graphql.html#flattening"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from conformance.errors import BadRequest
from fhir_server.operations.messages import GRAPHQL_CONFLICT


class Where(NamedTuple):
    """Where the values of a field go: what @slice adds to their names, and whether a flattened list collates them."""

    suffix: str = ""
    is_collated: bool = False

    def inside(self, mark: str, *, is_list: bool) -> Where:
        """For the children of an element that is flattened away."""
        return Where(self.suffix + mark, self.is_collated or is_list)


@dataclass(slots=True)
class Graph:
    """One object of the answer: values by name, in the order in which they came."""

    values: dict[str, Any] = field(default_factory=dict)
    _types: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, value: Any) -> None:
        """The only value under a name. Raises BadRequest when there is one already."""
        if name in self.values:
            raise BadRequest.of(GRAPHQL_CONFLICT, name=name)
        self.values[name] = value

    def append(self, name: str, value: Any, type: str = "") -> None:
        """One more value of a list. Raises BadRequest when the others are of another ``type``, or there is no list."""
        values = self.values.setdefault(name, [])
        if not isinstance(values, list) or self._types.setdefault(name, type) != type:
            raise BadRequest.of(GRAPHQL_CONFLICT, name=name)
        values.append(value)

    def begin(self, name: str) -> None:
        """A list that may stay empty."""
        self.values.setdefault(name, [])
