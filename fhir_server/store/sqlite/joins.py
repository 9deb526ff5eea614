"""Chains: predicates that look at the resources on the other end of a reference."""

from __future__ import annotations

import json
from collections.abc import Sequence

from fhir_server.store.query import Chain, ReverseChain
from fhir_server.store.sqlite.names import Named
from fhir_server.store.sqlite.plan import NOTHING, LateTest, Plan, Scope, Test, numbers

#: So many sources of a few targets are looked at; more are met from the other end.
SOURCES = 2_000


def chain(term: Chain, scope: Scope) -> Plan:
    """Sources whose reference leads to a match."""
    names = scope.session.names.find_all(Named.REFERENCE, scope.types, term.param)
    if not names:
        return Plan(NOTHING)
    found = scope.sought(term.types, term.target).sql()
    targets = f"SELECT t.h AS h FROM ({found}) m CROSS JOIN version t ON t.vid = m.vid"
    within = f"n IN {numbers(names)}"
    probe = f"EXISTS (SELECT 1 FROM ref_out o WHERE o.vid = {{v}} AND o.{within} AND +o.h IN ({targets}))"
    forward = f"SELECT DISTINCT i.vid AS vid FROM ({targets}) t CROSS JOIN ref_in i ON i.h = t.h AND i.{within}"
    return Plan(None, (Test(probe, forward, implied=True),))


def reverse_chain(term: ReverseChain, scope: Scope) -> Plan:
    """Targets to which the reference of a match leads."""
    name = scope.session.names.find(Named.REFERENCE, term.type, term.param)
    if name is None:
        return Plan(NOTHING)
    test = LateTest(lambda: _led_to(term, scope, name), lambda vids: _among(term, scope, name, vids))
    return Plan(None, (test,))


def _led_to(term: ReverseChain, scope: Scope, name: int) -> Test:
    found = scope.sought((term.type,), term.source).sql()
    at = scope.binder.bind(scope.position)
    visible = (
        f"CASE WHEN c.vid <= {at} THEN c.vid ELSE (SELECT p.vid FROM past p WHERE p.h = c.h AND p.vid <= {at}"
        " ORDER BY p.version DESC LIMIT 1) END"
    )
    forward = (
        f"SELECT vid FROM (SELECT DISTINCT {visible} AS vid FROM ({found}) m"
        f" CROSS JOIN ref_out o ON o.vid = m.vid AND o.n = {name} CROSS JOIN cur c ON c.h = o.h) WHERE vid IS NOT NULL"
    )
    leading = f"SELECT 1 FROM version t CROSS JOIN ref_in i ON i.h = t.h AND i.n = {name} WHERE t.vid = {{v}}"
    return Test(f"EXISTS ({leading} AND +i.vid IN ({found}))", forward)


_SOURCES = """
SELECT m.value, i.vid FROM json_each(?) m CROSS JOIN version t ON t.vid = m.value
CROSS JOIN ref_in i ON i.h = t.h AND i.n = ? LIMIT ?
"""


def _among(term: ReverseChain, scope: Scope, name: int, vids: Sequence[int]) -> list[int] | None:
    rows = scope.session.db.execute(_SOURCES, (json.dumps(vids), name, SOURCES + 1))
    pairs: list[tuple[int, int]] = [(target, source) for target, source in rows]
    if len(pairs) > SOURCES:
        return None
    found = scope.among((term.type,), term.source, sorted({source for _, source in pairs}))
    return sorted({target for target, source in pairs if source in found})
