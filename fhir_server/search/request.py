"""What a search asks for, once its text is understood. https://hl7.org/fhir/R4/search.html"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from conformance.issues import Issue
from fhir_server.store.query import Query

#: Parameter of a page link; its value is made by the repository and means nothing to clients.
CURSOR = "_cursor"

#: Matches on a page when a request does not say; and the most that one may ask for.
DEFAULT_COUNT = 50
MAX_COUNT = 1000


class Total(StrEnum):
    """``_total``: how much effort the number of matches is worth. https://hl7.org/fhir/R4/search.html#total"""

    NONE = "none"
    ESTIMATE = "estimate"
    ACCURATE = "accurate"


class Summary(StrEnum):
    """https://hl7.org/fhir/R4/valueset-summary-type.html"""

    TRUE = "true"
    TEXT = "text"
    DATA = "data"
    COUNT = "count"
    FALSE = "false"


@dataclass(frozen=True, slots=True)
class Include:
    """One ``_include`` (source -> target) or ``_revinclude`` (the same, walked backwards).

    ``params`` are the reference parameters of ``source`` to follow (several for ``*``); ``target`` narrows the type.
    """

    source: str
    params: tuple[str, ...]
    target: str | None = None
    iterate: bool = False


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """The predicate and order to give the store, and how the answer is to be shown."""

    query: Query
    includes: tuple[Include, ...] = ()
    revincludes: tuple[Include, ...] = ()
    count: int | None = None
    """Matches a page; None when the request does not say; 0 asks for the number of matches only."""
    total: Total | None = None
    summary: Summary | None = None
    elements: tuple[str, ...] = ()
    cursor: str | None = None
    self_pairs: tuple[tuple[str, str], ...] = ()
    """The parameters that were really used, for the self link; the cursor is not among them."""
    issues: tuple[Issue, ...] = ()
    """What was ignored, when the request was handled leniently."""
    compartment: tuple[str, str] | None = None

    @property
    def is_count_only(self) -> bool:
        """True when no resources are wanted, only their number."""
        return self.count == 0 or self.summary is Summary.COUNT
