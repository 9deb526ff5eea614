"""Predicates on ranges as plans: comparisons of an interval, and of places.

A range is found by where it begins. A comparison that asks for its end alone (``ge``) begins below the asked interval
by the length of the longest range, which the ``reach`` table tells; so a narrow window is a narrow piece of the B-tree,
however many ranges lie on both sides of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from fhir_server.store.earth import latitudes
from fhir_server.store.entries import Bound
from fhir_server.store.query import Comparison, NearTerm, RangeTerm
from fhir_server.store.sqlite.names import Named
from fhir_server.store.sqlite.plan import NOTHING, Plan, Scope, Test, numbers
from fhir_server.store.sqlite.rows import ENDLESS

_WITHIN = "(r.low >= {low} AND r.low <= {high} AND r.high <= {high})"
#: ``query.compare`` in SQL. Where it follows, a bound on ``low`` lets the B-tree be used.
COMPARISONS: dict[Comparison, str] = {
    Comparison.EQ: _WITHIN,
    Comparison.NE: f"NOT {_WITHIN}",
    Comparison.GT: "r.high > {high}",
    Comparison.LT: "r.low < {low}",
    Comparison.GE: f"(r.high > {{high}} OR {_WITHIN})",
    Comparison.LE: f"r.low <= {{high}} AND (r.low < {{low}} OR {_WITHIN})",
    Comparison.SA: "r.low >= {high}",
    Comparison.EB: "(r.high <= {low} AND r.low <= {low})",
    Comparison.AP: "(r.low < {high} AND r.high > {low})",
}


#: The bound of the asked interval that the end of an entry's range reaches, for comparisons that ask for the end alone.
_REACHES: dict[Comparison, Callable[[RangeTerm], Bound]] = {
    Comparison.GT: lambda term: term.high,
    Comparison.GE: lambda term: term.low,
    Comparison.AP: lambda term: term.low,
}


#: No integer of SQLite is less.
_LEAST = -(1 << 63)


def span(term: RangeTerm, scope: Scope) -> Plan:
    """A range compared with an interval."""
    return spans((term,), scope)


def is_single(terms: Sequence[RangeTerm], scope: Scope) -> bool:
    """True when no version has two ranges under the parameter and key that these terms share."""
    names = scope.session.names
    return not names.find_all(Named.SEVERAL, scope.types, terms[0].param, terms[0].key)


def spans(terms: Sequence[RangeTerm], scope: Scope) -> Plan:
    """One range compared with several intervals, all under the same parameter and key."""
    names = scope.session.names.with_key(Named.SPAN, scope.types, terms[0].param, terms[0].key)
    if not names:
        return Plan(NOTHING)
    reach = _reach(names, scope)
    conditions = [condition for term in terms for condition in _compared(term, reach, scope)]
    condition = f"r.n IN {numbers(names)} AND " + " AND ".join(conditions)
    test = f"EXISTS (SELECT 1 FROM span_of r WHERE r.vid = {{v}} AND {condition})"
    return Plan(None, (Test(test, f"SELECT DISTINCT r.vid AS vid FROM span r WHERE {condition}", implied=True),))


def _compared(term: RangeTerm, reach: int, scope: Scope) -> Iterator[str]:
    """The comparison, and from where on beginnings can satisfy it at all."""
    low, high = scope.binder.bind(term.low), scope.binder.bind(term.high)
    yield COMPARISONS[term.comparison].format(low=low, high=high)
    least = _REACHES[term.comparison](term) if term.comparison in _REACHES else None
    if isinstance(least, int) and reach < ENDLESS:
        yield f"r.low >= {scope.binder.bind(max(least - reach, _LEAST))}"
    elif isinstance(least, bytes) and reach == 0:
        yield f"r.low >= {scope.binder.bind(least)}"


def _reach(names: Sequence[int], scope: Scope) -> int:
    """The length of the longest range under these numbers."""
    sql = f"SELECT max(length), count(*) FROM reach WHERE n IN {numbers(names)}"
    length, count = scope.session.db.execute(sql).get
    return int(min(length, ENDLESS)) if count == len(names) else ENDLESS


def near(term: NearTerm, scope: Scope) -> Plan:
    """A place within a distance: those between two latitudes, then measured."""
    names = scope.session.names
    across = names.with_key(Named.SPAN, scope.types, term.latitude, "")
    along = names.with_key(Named.SPAN, scope.types, term.longitude, "")
    if not (across and along):
        return Plan(NOTHING)
    least, greatest = latitudes(term.point[0], term.metres)
    latitude, longitude, metres = map(scope.binder.bind, (*term.point, term.metres))
    condition = (
        f"r.n IN {numbers(across)} AND r.low BETWEEN {least} AND {greatest} AND o.n IN {numbers(along)}"
        f" AND distance(r.low, o.low, {latitude}, {longitude}) <= {metres}"
    )
    joined = "CROSS JOIN span_of o ON o.vid = r.vid WHERE"
    probe = f"EXISTS (SELECT 1 FROM span_of r {joined} r.vid = {{v}} AND {condition})"
    return Plan(None, (Test(probe, f"SELECT DISTINCT r.vid AS vid FROM span r {joined} {condition}", implied=True),))
