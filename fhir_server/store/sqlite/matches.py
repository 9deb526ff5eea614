"""From a plan to the SELECT of its visible matches: where to begin, posting lists or one of the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from fhir_server.store.protocol import Op
from fhir_server.store.query import (
    And,
    Chain,
    Ids,
    InCompartment,
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
from fhir_server.store.sqlite.names import Named
from fhir_server.store.sqlite.narrowing import narrowed
from fhir_server.store.sqlite.plan import (
    EVERYTHING,
    Binder,
    LateTest,
    Plan,
    Scope,
    conjunction,
    disjunction,
    listed,
    negation,
    numbers,
    positive,
)
from fhir_server.store.sqlite.session import Session

#: A posting list or test with at most so many vids is where a plan may begin without further thought.
FEW = 2_000
#: A list of at most so many vids is where a plan begins without a look for a shorter one.
ONE_BY_ONE = 200

_LEAVES: dict[type, Callable[[Any, Scope], Plan]] = {
    TokenTerm: terms.token,
    StringTerm: terms.string,
    UriTerm: terms.uri,
    RangeTerm: spans.span,
    NearTerm: spans.near,
    ReferenceTerm: terms.reference,
    InCompartment: terms.in_compartment,
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
    condition: str = ""
    """Where it is enough: what makes a vid ``{v}`` of the types a match."""

    def test(self, v: str) -> str:
        """The condition that a vid of these types is a match, for statements that begin elsewhere."""
        return f"({self.condition})".replace("{v}", v) if self.condition else f"+{v} IN ({self.sql()})"

    def sql(self, *conditions: str, end: str = "", columns: str = "") -> str:
        """The statement with more conditions (``{v}`` for the vid) and an end such as ORDER BY or LIMIT."""
        more = "".join(f" AND {condition}" for condition in conditions).replace("{v}", self.v)
        columns = columns or f"{self.v} AS vid"
        return f"SELECT {columns} {self.select}{more} {end.replace('{v}', self.v)}"

    def vids(self, session: Session) -> set[int]:
        """See ``plan.Sought``."""
        return {row[0] for row in session.db.execute(self.sql(), self.binder.values)}


def matches(session: Session, types: tuple[str, ...], where: Predicate, position: int) -> Matches:
    """The visible live matches of (types, where) at a position; no types means every type."""
    return _sought(Scope(session, (), position, Binder(), _sought), types, where)


def _sought(outer: Scope, types: tuple[str, ...], where: Predicate, among: Sequence[int] | None = None) -> Matches:
    types = types or tuple(outer.session.names.types())
    scope = Scope(outer.session, types, outer.position, outer.binder, _sought)
    plan = compiled(where, scope)
    at = scope.binder.bind(scope.position)
    visible = f"{{v}} <= {at} AND NOT EXISTS (SELECT 1 FROM ended e WHERE e.vid = {{v}} AND e.at <= {at})"
    few = _few(plan, scope) if among is None else Few(list(among), plan, is_typed=True)
    if few is None:
        text = scope.binder.bind(positive(plan.text, scope) if plan.text else scope.every())
        select, v = f"FROM idx WHERE idx MATCH {text}", "idx.rowid"
        conditions = [visible, *(test.probe for test in plan.tests)]
    else:
        vids, conditions = _narrowed(few, scope)
        select, v = f"FROM ({listed(vids, scope)}) f WHERE true", "f.vid"
        conditions = [visible, *conditions]
    told = "".join(f" AND ({condition})" for condition in conditions).replace("{v}", v)
    return Matches(select + told, v, scope.binder, visible if plan == Plan(EVERYTHING) else "")


class Few(NamedTuple):
    """Vids, in ascending order and each once, among which are all matches, and what else these must satisfy."""

    vids: list[int]
    rest: Plan
    is_typed: bool
    """They are of the types asked for."""


def _few(plan: Plan, scope: Scope) -> Few | None:
    """The shortest list to begin with; None where the posting lists are met one by one until there are enough."""
    has_late = any(isinstance(test, LateTest) for test in plan.tests)
    if not has_late and not any(test.forward for test in plan.tests):
        return None
    if plan.text and not plan.text.negated:
        found = f"SELECT rowid AS vid FROM idx WHERE idx MATCH {scope.binder.bind(plan.text.expr)}"
        if has_late and len(vids := _vids(found, scope)) <= FEW:
            return Few(vids, Plan(None, plan.tests), is_typed=True)
        if not has_late and _count(found, scope) <= FEW:
            return None
    return _shortest(plan, scope)


def _shortest(plan: Plan, scope: Scope) -> Few | None:
    """The shortest list of a test, or the first that is short enough."""
    best: Few | None = None
    for test in sorted(plan.tests, key=lambda test: isinstance(test, LateTest)):
        vids = _vids(test.forward, scope) if test.forward else []
        if test.forward and len(vids) <= (len(best.vids) if best else FEW):
            others = tuple(other for other in plan.tests if other is not test)
            best = Few(sorted(vids), Plan(plan.text, others), is_typed=test.implied)
        if best and len(best.vids) <= ONE_BY_ONE:
            break
    return best


def _count(select: str, scope: Scope) -> int:
    """How many vids a SELECT finds, counted up to ``FEW`` + 1."""
    sql = f"SELECT count(*) FROM (SELECT 1 FROM ({select}) LIMIT {FEW + 1})"
    return int(scope.session.db.execute(sql, scope.binder.values).get)


def _vids(select: str, scope: Scope) -> list[int]:
    """The first vids of a SELECT, at most ``FEW`` + 1."""
    sql = f"SELECT vid FROM ({select}) LIMIT {FEW + 1}"
    return [row[0] for row in scope.session.db.execute(sql, scope.binder.values)]


def _narrowed(few: Few, scope: Scope) -> tuple[list[int], list[str]]:
    """The vids that satisfy what is cheap to look up for a list of them, and the conditions that remain."""
    vids, conditions = few.vids, []
    if few.rest.text:
        vids = narrowed(scope.session, few.rest.text, vids, scope.position)
    if not few.is_typed and not (few.rest.text and not few.rest.text.negated):
        conditions.append(_is_typed_in(scope))
    for test in few.rest.tests:
        found = test.among(vids) if isinstance(test, LateTest) else None
        if found is None:
            conditions.append(test.probe)
        else:
            vids = found
    return vids, conditions


def _is_typed_in(scope: Scope) -> str:
    types = numbers(scope.session.names.find_all(Named.TYPE, scope.types, ""))
    return f"EXISTS (SELECT 1 FROM version t WHERE t.vid = {{v}} AND t.type IN {types} AND t.op < {int(Op.DELETE)})"
