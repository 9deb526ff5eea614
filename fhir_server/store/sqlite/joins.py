"""Chains: predicates that look at the resources on the other end of a reference."""

from __future__ import annotations

from fhir_server.store.query import Chain, ReverseChain
from fhir_server.store.sqlite.names import Named
from fhir_server.store.sqlite.plan import NOTHING, Plan, Scope, Test, numbers


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
    sources = scope.sought((term.type,), term.source)
    found = sources.sql()
    at = scope.binder.bind(scope.position)
    visible = (
        f"CASE WHEN c.vid <= {at} THEN c.vid ELSE (SELECT p.vid FROM past p WHERE p.h = c.h AND p.vid <= {at}"
        " ORDER BY p.version DESC LIMIT 1) END"
    )
    forward = (
        f"SELECT vid FROM (SELECT DISTINCT {visible} AS vid FROM ({found}) m"
        f" CROSS JOIN ref_out o ON o.vid = m.vid AND o.n = {name} CROSS JOIN cur c ON c.h = o.h) WHERE vid IS NOT NULL"
    )
    leading = f"SELECT 1 FROM version t CROSS JOIN ref_in i ON i.h = t.h AND i.n = {name} WHERE t.vid = {{v}} AND"
    probe, each = f"EXISTS ({leading} +i.vid IN ({found}))", f"EXISTS ({leading} {sources.each('i.vid')})"
    return Plan(None, (Test(probe, forward, each=each),))
