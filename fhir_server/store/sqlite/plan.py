"""Plans: a predicate as posting-list words (an FTS5 expression) and SQL tests on what the words find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple, Protocol

from fhir_server.store.query import Predicate
from fhir_server.store.sqlite.session import Session
from fhir_server.store.sqlite.words import NO_WORD

#: FTS5's parser takes so many words side by side; more go into nested groups.
_OR_CHUNK = 400
#: A disjunction of more parts is looked up once as a whole where that can be done, not part by part for every vid.
PROBES = 8
_UNION_CHUNK = 400


class Text(NamedTuple):
    """An FTS5 expression; ``negated``: what it does not find."""

    expr: str
    negated: bool = False


class Test(NamedTuple):
    """A condition in SQL on the vid written ``{v}``."""

    probe: str
    forward: str | None = None
    """SELECT of the vids that pass, each once, for plans that begin here."""
    implied: bool = False
    """What ``forward`` gives is of the types asked for."""


class LateTest:
    """A test that is made when its SQL is needed; few vids are tested without it."""

    implied = False

    def __init__(self, make: Callable[[], Test], among: Callable[[Sequence[int]], list[int] | None]) -> None:
        self._make = make
        self.among = among
        """Those of some vids, in ascending order, that pass; None where that would be more work than the SQL."""

    @cached_property
    def _made(self) -> Test:
        return self._make()

    @property
    def probe(self) -> str:
        """See ``Test``."""
        return self._made.probe

    @property
    def forward(self) -> str | None:
        """See ``Test``."""
        return self._made.forward


class Plan(NamedTuple):
    """A conjunction."""

    text: Text | None
    tests: tuple[Test | LateTest, ...] = ()


@dataclass(slots=True)
class Binder:
    """Parameters of one statement, by name."""

    values: dict[str, object] = field(default_factory=dict)

    def bind(self, value: object) -> str:
        """The placeholder of a value."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f":{name}"


class Sought(Protocol):
    """The visible matches of another query, inside a statement and sharing its parameters."""

    def sql(self) -> str:
        """The SELECT of their vids, as column ``vid``."""
        ...

    def vids(self, session: Session) -> set[int]:
        """Their vids, found now."""
        ...


class Selector(Protocol):
    """Finds the matches of (types, where)."""

    def __call__(
        self, scope: Scope, types: tuple[str, ...], where: Predicate, among: Sequence[int] | None = None, /
    ) -> Sought:
        """All of them inside the scope's statement, or those among some vids in a statement of their own."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a predicate is compiled: the connection, the types sought, the position, the statement's parameters."""

    session: Session
    types: tuple[str, ...]
    position: int
    binder: Binder
    selector: Selector

    def sought(self, types: tuple[str, ...], where: Predicate) -> Sought:
        """The visible matches of another query."""
        return self.selector(self, types, where)

    def among(self, types: tuple[str, ...], where: Predicate, vids: Sequence[int]) -> set[int]:
        """Those of ``vids``, of these types and in ascending order, that match visibly."""
        alone = replace(self, binder=Binder())
        return self.selector(alone, types, where, vids).vids(self.session) if vids else set()

    def every(self) -> str:
        """The FTS5 expression of all resources of the types."""
        return any_of(map(self.session.words.type, self.types))


def quoted(word: str) -> str:
    """A word as FTS5 reads it."""
    return '"' + word.replace('"', '""') + '"'


def any_of(words: Iterable[str]) -> str:
    """The FTS5 expression of one of these words; of a word never indexed when there are none."""
    return _grouped([quoted(word) for word in words] or [quoted(NO_WORD)])


def _grouped(parts: Sequence[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    chunks = [" OR ".join(parts[start : start + _OR_CHUNK]) for start in range(0, len(parts), _OR_CHUNK)]
    return f"({chunks[0]})" if len(chunks) == 1 else _grouped([f"({chunk})" for chunk in chunks])


NOTHING = Text(quoted(NO_WORD))
EVERYTHING = Text(quoted(NO_WORD), negated=True)


def conjunction(plans: Iterable[Plan]) -> Plan:
    """All of these."""
    texts: list[Text] = []
    tests: list[Test | LateTest] = []
    for plan in plans:
        texts.extend([plan.text] if plan.text else [])
        tests.extend(plan.tests)
    texts = [text for text in texts if text != EVERYTHING] or ([] if tests else [EVERYTHING])
    return Plan(_all_texts(texts) if texts else None, tuple(tests))


def _all_texts(texts: Sequence[Text]) -> Text:
    found = [text.expr for text in texts if not text.negated]
    barred = [text.expr for text in texts if text.negated]
    if not found:
        return Text(_grouped(barred), negated=True)
    expr = found[0] if len(found) == 1 else f"({' AND '.join(found)})"
    return Text(f"({expr} NOT {_grouped(barred)})" if barred else expr)


def disjunction(plans: Sequence[Plan], scope: Scope) -> Plan:
    """One of these."""
    texts = [positive(plan.text, scope) for plan in plans if plan.text and not plan.tests]
    if len(texts) == len(plans):
        return Plan(Text(_grouped(texts))) if plans else Plan(NOTHING)
    together = _together(plans, scope)
    if together is not None and len(plans) > PROBES:
        return Plan(None, (Test(f"+{{v}} IN ({together})", together, implied=True),))
    every = _grouped([probe(plan, scope) for plan in plans])
    return Plan(None, (Test(every, together, implied=together is not None),))


def _together(plans: Sequence[Plan], scope: Scope) -> str | None:
    """SELECT of what any plan finds, when each has one place to begin."""
    found = [start for start in (_forward(plan, scope) for plan in plans) if start is not None]
    return _united(found) if len(found) == len(plans) else None


def _united(selects: Sequence[str]) -> str:
    """SELECT of all vids; SQLite takes so many in one UNION, more go into nested ones."""
    if len(selects) <= _UNION_CHUNK:
        return " UNION ".join(selects)
    chunks = [selects[start : start + _UNION_CHUNK] for start in range(0, len(selects), _UNION_CHUNK)]
    return _united([f"SELECT vid FROM ({' UNION '.join(chunk)})" for chunk in chunks])


def _forward(plan: Plan, scope: Scope) -> str | None:
    """SELECT of all vids of the types that the plan finds, when it is a single test or text."""
    match plan:
        case Plan(None, (Test(_, str() as forward, True),)):
            return f"SELECT vid FROM ({forward})"
        case Plan(Text(expr, False), ()):
            return f"SELECT rowid AS vid FROM idx WHERE idx MATCH {scope.binder.bind(expr)}"
    return None


def negation(plan: Plan, scope: Scope) -> Plan:
    """All but these."""
    if plan.text and not plan.tests:
        return Plan(Text(plan.text.expr, not plan.text.negated))
    return Plan(None, (Test(f"NOT {probe(plan, scope)}"),))


def positive(text: Text, scope: Scope) -> str:
    """The FTS5 expression of what a text finds, also when it is negated."""
    return f"({scope.every()} NOT {text.expr})" if text.negated else text.expr


def probe(plan: Plan, scope: Scope) -> str:
    """A whole plan as one SQL condition on ``{v}``."""
    conditions = [f"({test.probe})" for test in plan.tests]
    if plan.text:
        kind = "NOT IN" if plan.text.negated else "IN"
        bound = scope.binder.bind(plan.text.expr)
        conditions.append(f"+{{v}} {kind} (SELECT rowid FROM idx WHERE idx MATCH {bound})")
    return f"({' AND '.join(conditions)})"


def listed(vids: Iterable[int], scope: Scope) -> str:
    """SELECT of these vids, as column ``vid``."""
    bound = scope.binder.bind(f"[{','.join(map(str, vids))}]")
    return f"SELECT value AS vid FROM json_each({bound})"


def numbers(values: Iterable[int]) -> str:
    """Integers as an SQL list."""
    return f"({', '.join(map(str, values))})"
