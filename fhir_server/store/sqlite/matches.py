"""From a plan to the SELECT of its visible matches: where to begin, posting lists or one of the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from fhir_server.store.query import (
    And,
    Chain,
    Ids,
    Labelled,
    NearTerm,
    Not,
    OfTypes,
    Or,
    Predicate,
    Present,
    RangeTerm,
    ReferenceTerm,
    ReverseChain,
    StringTerm,
    TokenTerm,
    Updated,
    UriTerm,
)
from fhir_server.store.sqlite import joins, spans, terms
from fhir_server.store.sqlite.plan import (
    EVERYTHING,
    Binder,
    Plan,
    Scope,
    Test,
    conjunction,
    disjunction,
    listed,
    negation,
    positive,
)
from fhir_server.store.sqlite.session import Session

#: A posting list or test with at most so many vids is where a plan may begin without further thought.
FEW = 2_000
#: So many vids are looked up in the posting lists one by one rather than met while reading them.
ONE_BY_ONE = 200

_LEAVES: dict[type, Callable[[Any, Scope], Plan]] = {
    TokenTerm: terms.token,
    StringTerm: terms.string,
    UriTerm: terms.uri,
    RangeTerm: spans.span,
    NearTerm: spans.near,
    ReferenceTerm: terms.reference,
    Present: terms.present,
    OfTypes: terms.of_types,
    Ids: terms.ids,
    Updated: terms.updated,
    Labelled: terms.labelled,
    Chain: joins.chain,
    ReverseChain: joins.reverse_chain,
}


def compiled(predicate: Predicate, scope: Scope) -> Plan:
    """The plan of a predicate."""
    match predicate:
        case And(parts):
            return _all(parts, scope)
        case Or(parts):
            return disjunction([compiled(part, scope) for part in parts], scope)
        case Not(part):
            return negation(compiled(part, scope), scope)
        case _:
            return _LEAVES[type(predicate)](predicate, scope)


def _all(parts: Sequence[Predicate], scope: Scope) -> Plan:
    """All of these parts. Beside a choice of types the others are looked up for these types alone."""
    choices = [part for part in parts if isinstance(part, OfTypes)]
    kept = frozenset(scope.types).intersection(*(choice.types for choice in choices))
    inside = replace(scope, types=tuple(name for name in scope.types if name in kept)) if choices else scope
    others = [part for part in parts if not isinstance(part, OfTypes)]
    plan = conjunction([_together(group, inside) for group in _windows(others)])
    return plan if _is_typed(plan) else conjunction([plan, *(compiled(choice, scope) for choice in choices)])


def _is_typed(plan: Plan) -> bool:
    """True when it finds only resources of the types it was made for: a word belongs to one type."""
    return bool(plan.text and not plan.text.negated) or any(test.implied for test in plan.tests)


def _windows(parts: Sequence[Predicate]) -> Iterable[list[Predicate]]:
    """The parts, comparisons of one parameter and key side by side: ``ge`` and ``lt`` are a window."""
    groups: dict[object, list[Predicate]] = {}
    for place, part in enumerate(parts):
        groups.setdefault((part.param, part.key) if isinstance(part, RangeTerm) else place, []).append(part)
    return groups.values()


def _together(group: list[Predicate], scope: Scope) -> Plan:
    """Parts that all must hold; comparisons as one where a resource has a single range to compare with."""
    ranges = [part for part in group if isinstance(part, RangeTerm)]
    if len(ranges) > 1 and spans.is_single(ranges, scope):
        return spans.spans(ranges, scope)
    return conjunction([compiled(part, scope) for part in group])


class Matches(NamedTuple):
    """A SELECT without its end: add conditions on ``v`` with AND, then ORDER BY ``v``."""

    select: str
    v: str
    """How the vid is called in it."""
    binder: Binder
    conditions: tuple[str, ...]
    """What a vid ``{v}`` of these types must satisfy to be a match, the first that it is visible."""

    def test(self, v: str) -> str:
        """The condition that a vid of these types is a match, for statements that begin elsewhere."""
        return self.each(v) if len(self.conditions) == 1 else f"+{v} IN ({self.sql()})"

    def each(self, v: str) -> str:
        """See ``plan.Sought``."""
        return " AND ".join(f"({condition})" for condition in self.conditions).replace("{v}", v)

    def sql(self, *conditions: str, end: str = "", columns: str = "") -> str:
        """The statement with more conditions (``{v}`` for the vid) and an end such as ORDER BY or LIMIT."""
        more = "".join(f" AND {condition}" for condition in conditions).replace("{v}", self.v)
        columns = columns or f"{self.v} AS vid"
        return f"SELECT {columns} {self.select}{more} {end.replace('{v}', self.v)}"


def matches(session: Session, types: tuple[str, ...], where: Predicate, position: int) -> Matches:
    """The visible live matches of (types, where) at a position; no types means every type."""
    return _matches(session, Binder(), types, where, position)


def _sought(scope: Scope, types: tuple[str, ...], where: Predicate) -> Matches:
    return _matches(scope.session, scope.binder, types, where, scope.position)


def _matches(session: Session, binder: Binder, types: tuple[str, ...], where: Predicate, position: int) -> Matches:
    scope = Scope(session, types or tuple(session.names.types()), position, binder, _sought)
    plan = compiled(where, scope)
    start, tests = _start(plan, scope)
    at = binder.bind(position)
    visible = f"{{v}} <= {at} AND NOT EXISTS (SELECT 1 FROM ended e WHERE e.vid = {{v}} AND e.at <= {at})"
    listed: tuple[str, ...] = ()
    if start is None or plan.text or not start.implied:
        text = binder.bind(positive(plan.text, scope) if plan.text else scope.every())
        listed = (f"EXISTS (SELECT 1 FROM idx WHERE idx MATCH {text} AND idx.rowid = {{v}})",)
    if start is None:
        select, v = f"FROM idx WHERE idx MATCH {text}", "idx.rowid"
        conditions = (visible, *(test.probe for test in tests))
    else:
        select, v = f"FROM ({start.forward}) f WHERE true", "f.vid"
        conditions = (visible, *listed, *map(_one, tests))
    told = "".join(f" AND ({condition})" for condition in conditions).replace("{v}", v)
    each = (visible, *(listed if plan.text else ()), *map(_one, plan.tests))
    return Matches(select + told, v, binder, (visible,) if plan == Plan(EVERYTHING) else each)


def _one(test: Test) -> str:
    """The condition of a test where few vids are tested."""
    return test.each or test.probe


def _start(plan: Plan, scope: Scope) -> tuple[Test | None, list[Test]]:
    """The test to begin with (None: begin with the posting lists), and the tests that remain."""
    tests = list(plan.tests)
    if not any(test.forward for test in tests):
        return None, tests
    if plan.text and not plan.text.negated and _listed(plan.text.expr, scope) <= FEW:
        return None, tests
    size, index = FEW + 1, 0
    for place in sorted(range(len(tests)), key=lambda place: bool(tests[place].each)):
        found, tests[place] = _looked_up(tests[place], scope)
        size, index = min((size, index), (found, place))
        if size <= ONE_BY_ONE:
            break
    free = plan.text is None and tests[index].implied
    start = tests[index] if size <= ONE_BY_ONE or (free and size <= FEW) else None
    return start, [test for test in tests if test is not start]


def _listed(expr: str, scope: Scope) -> int:
    sql = f"SELECT count(*) FROM (SELECT 1 FROM idx WHERE idx MATCH ? LIMIT {FEW + 1})"
    return int(scope.session.db.execute(sql, (expr,)).get)


def _looked_up(test: Test, scope: Scope) -> tuple[int, Test]:
    """How many vids pass, and the test as a list of them when they are few."""
    if not test.forward:
        return FEW + 1, test
    sql = f"SELECT vid FROM ({test.forward}) LIMIT {FEW + 1}"
    vids = [row[0] for row in scope.session.db.execute(sql, scope.binder.values)]
    return len(vids), listed(vids, scope, implied=test.implied) if len(vids) <= FEW else test
