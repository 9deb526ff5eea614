"""The predicate algebra of the store. ``fhir_server.store.meaning`` says in plain Python what each predicate means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from fhir_server.store.entries import Bound


class Comparison(StrEnum):
    """R4's prefixes, on intervals. https://hl7.org/fhir/R4/search.html#prefix"""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    LT = "lt"
    GE = "ge"
    LE = "le"
    SA = "sa"
    EB = "eb"
    AP = "ap"
    """Overlap; the caller has already widened the interval."""


class StringMode(StrEnum):
    """How a string term compares."""

    PREFIX = "prefix"
    CONTAINS = "contains"
    SUFFIX = "suffix"
    WHOLE = "whole"
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class TokenTerm:
    """``system`` or ``code`` None means any; ``system`` "" means that the resource gives no system."""

    param: str
    system: str | None
    code: str | None
    key: str = ""


@dataclass(frozen=True, slots=True)
class StringTerm:
    """EXACT compares the text as written; all others compare folded texts, WHOLE for equality."""

    param: str
    mode: StringMode
    text: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class UriTerm:
    """Equality, or with ``below`` every URI that starts with ``uri``."""

    param: str
    uri: str
    below: bool = False


@dataclass(frozen=True, slots=True)
class RangeTerm:
    """A comparison of the entry's interval with ``[low, high)``."""

    param: str
    comparison: Comparison
    low: Bound
    high: Bound
    key: str = ""


@dataclass(frozen=True, slots=True)
class NearTerm:
    """A place on Earth within so many metres of a point.

    The place is the low ends of a range of ``latitude`` and of one of ``longitude``, with the key "", in
    ``store.earth`` units.
    """

    latitude: str
    longitude: str
    point: tuple[int, int]
    metres: float


@dataclass(frozen=True, slots=True)
class ReferenceTerm:
    """Equality with a target: "Type/id", or an absolute URL or canonical."""

    param: str
    target: str


@dataclass(frozen=True, slots=True)
class InCompartment:
    """A reference to ``focus`` ("Type/id") by one of the parameters that put the resource's type into a compartment."""

    focus: str
    groups: tuple[tuple[tuple[str, ...], frozenset[str]], ...]
    """Parameters, and the types that take part by exactly these."""

    @property
    def spelled_out(self) -> Predicate:
        """The same in terms of single references."""
        return Or(
            tuple(
                And((OfTypes(types), Or(tuple(ReferenceTerm(param, self.focus) for param in params))))
                for params, types in self.groups
            )
        )


@dataclass(frozen=True, slots=True)
class Present:
    """The resource has at least one entry of this parameter."""

    param: str


@dataclass(frozen=True, slots=True)
class OfTypes:
    """The resource is of one of these types."""

    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Ids:
    """The logical id is one of these."""

    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Updated:
    """lastUpdated, a point in microseconds, compared with ``[low, high)``."""

    comparison: Comparison
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Labelled:
    """The version carries one of these access labels."""

    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class And:
    """All of these; an empty And is true."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of these; an empty Or is false."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """All resources of the query's types but these."""

    part: Predicate


@dataclass(frozen=True, slots=True)
class Chain:
    """Resources whose reference ``param`` leads to a current resource of ``types`` that satisfies ``target``."""

    param: str
    types: tuple[str, ...]
    target: Predicate


@dataclass(frozen=True, slots=True)
class ReverseChain:
    """Resources to which reference ``param`` of a current ``type`` resource that satisfies ``source`` leads."""

    type: str
    param: str
    source: Predicate


Predicate: TypeAlias = (
    TokenTerm
    | StringTerm
    | UriTerm
    | RangeTerm
    | NearTerm
    | ReferenceTerm
    | InCompartment
    | Present
    | OfTypes
    | Ids
    | Updated
    | Labelled
    | And
    | Or
    | Not
    | Chain
    | ReverseChain
)

ALL: Predicate = And(())
NONE: Predicate = Or(())

#: Sort key that orders by lastUpdated, in every engine.
LAST_UPDATED = "_lastUpdated"
#: Sort key that orders by logical id.
ID = "_id"


@dataclass(frozen=True, slots=True)
class Sort:
    """Order by a parameter: ascending by its least value, descending by its greatest; missing last.

    Only entries with the key "" count. Ties go by vid, in the direction of the first sort key.
    ``fhir_server.store.ordering`` has the values.
    """

    param: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What to find. No types means every type. Without sort keys the order is ascending vid (commit order)."""

    types: tuple[str, ...] = ()
    where: Predicate = ALL
    sort: tuple[Sort, ...] = ()


def is_judged_alone(predicate: Predicate) -> bool:
    """True when ``holds`` can judge it: no part of it looks at other resources."""
    match predicate:
        case And(parts) | Or(parts):
            return all(map(is_judged_alone, parts))
        case Not(part):
            return is_judged_alone(part)
        case _:
            return not isinstance(predicate, Chain | ReverseChain)
