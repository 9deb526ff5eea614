"""From a plan to the SELECT of its visible matches: where to begin, posting lists or one of the tests."""

from __future__ import annotations

from collections.abc import Callable
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
from fhir_server.store.sqlite import joins, terms
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
    RangeTerm: terms.span,
    NearTerm: terms.near,
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
            return conjunction([compiled(part, scope) for part in parts])
        case Or(parts):
            return disjunction([compiled(part, scope) for part in parts], scope)
        case Not(part):
            return negation(compiled(part, scope), scope)
        case _:
            return _LEAVES[type(predicate)](predicate, scope)


class Matches(NamedTuple):
    """A SELECT without its end: add conditions on ``v`` with AND, then ORDER BY ``v``."""

    select: str
    v: str
    """How the vid is called in it."""
    binder: Binder
    visible: str | None
    """Condition on ``{v}`` alone when all live resources of the types are sought; else None."""

    def test(self, v: str) -> str:
        """The condition that a vid of these types is a match, for statements that begin elsewhere."""
        return self.visible.replace("{v}", v) if self.visible else f"+{v} IN ({self.sql()})"

    def sql(self, *conditions: str, end: str = "", columns: str = "") -> str:
        """The statement with more conditions (``{v}`` for the vid) and an end such as ORDER BY or LIMIT."""
        more = "".join(f" AND {condition}" for condition in conditions).replace("{v}", self.v)
        columns = columns or f"{self.v} AS vid"
        return f"SELECT {columns} {self.select}{more} {end.replace('{v}', self.v)}"


def matches(session: Session, types: tuple[str, ...], where: Predicate, position: int) -> Matches:
    """The visible live matches of (types, where) at a position; no types means every type."""
    return _matches(session, Binder(), types, where, position)


def _subselect(scope: Scope, types: tuple[str, ...], where: Predicate) -> str:
    return _matches(scope.session, scope.binder, types, where, scope.position).sql()


def _matches(session: Session, binder: Binder, types: tuple[str, ...], where: Predicate, position: int) -> Matches:
    scope = Scope(session, types or tuple(session.names.types()), position, binder, _subselect)
    plan = compiled(where, scope)
    start, tests = _start(plan, scope)
    at = binder.bind(position)
    if start is None:
        text = binder.bind(positive(plan.text, scope) if plan.text else scope.every())
        select, v = f"FROM idx WHERE idx MATCH {text}", "idx.rowid"
    else:
        select, v = f"FROM ({start.forward}) f WHERE true", "f.vid"
        if plan.text or not start.implied:
            text = binder.bind(positive(plan.text, scope) if plan.text else scope.every())
            select += f" AND EXISTS (SELECT 1 FROM idx WHERE idx MATCH {text} AND idx.rowid = f.vid)"
    visible = f"{{v}} <= {at} AND NOT EXISTS (SELECT 1 FROM ended e WHERE e.vid = {{v}} AND e.at <= {at})"
    conditions = "".join(f" AND ({condition})" for condition in (visible, *(test.probe for test in tests)))
    return Matches(select + conditions.replace("{v}", v), v, binder, visible if plan == Plan(EVERYTHING) else None)


def _start(plan: Plan, scope: Scope) -> tuple[Test | None, list[Test]]:
    """The test to begin with (None: begin with the posting lists), and the tests that remain."""
    tests = list(plan.tests)
    if not any(test.forward for test in tests):
        return None, tests
    if plan.text and not plan.text.negated and _listed(plan.text.expr, scope) <= FEW:
        return None, tests
    looked = [_looked_up(test, scope) for test in tests]
    tests = [test for _, test in looked]
    size, index = min((size, index) for index, (size, _) in enumerate(looked))
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
