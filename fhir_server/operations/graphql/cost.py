"""What one GraphQL query may cost. A query beyond it is refused, never answered in part."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from conformance.errors import FhirError, TooCostly
from fhir_server.operations.messages import GRAPHQL_TOO_COSTLY


class Bound(NamedTuple):
    """A limit and what it counts."""

    most: int
    what: str
    what_vi: str


#: Parts of the language in one document.
TOKENS = Bound(5_000, "tokens", "ký hiệu")
#: Selections inside selections, fragments included.
DEPTH = Bound(25, "levels", "tầng")
#: Selections, each fragment counted wherever it is spread.
SELECTIONS = Bound(10_000, "selections", "lựa chọn")
#: Elements looked at.
NODES = Bound(100_000, "elements", "phần tử")
#: Matches of a list, which is answered whole or refused.
LISTED = Bound(1_000, "matches in one list", "kết quả trong một danh sách")
#: Evaluations of FHIRPath, by the filters and slices of a query.
EXPRESSIONS = Bound(2_000, "expressions", "biểu thức")
#: Searches made, those of lists inside lists included.
SEARCHES = Bound(100, "searches", "lần tìm kiếm")
#: Resources read or found.
RESOURCES = Bound(2_000, "resources", "tài nguyên")


def too_costly(bound: Bound) -> FhirError:
    """The refusal of a query that goes beyond ``bound``."""
    return TooCostly.of(GRAPHQL_TOO_COSTLY, limit=bound.most, what=bound.what, what_vi=bound.what_vi)


@dataclass(slots=True)
class Budget:
    """What a query has spent so far."""

    spent: dict[Bound, int] = field(default_factory=dict)

    def spend(self, bound: Bound, count: int = 1) -> None:
        """Counts. Raises TooCostly beyond the bound."""
        spent = self.spent[bound] = self.spent.get(bound, 0) + count
        if spent > bound.most:
            raise too_costly(bound)
