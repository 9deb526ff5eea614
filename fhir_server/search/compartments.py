"""Membership of a compartment as a predicate. https://hl7.org/fhir/R4/compartmentdefinition.html"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.errors import BadRequest
from fhir_server.search.messages import NOT_IN_COMPARTMENT
from fhir_server.search.registry import SearchRegistry
from fhir_server.store.query import Ids, Or, Predicate, ReferenceTerm


def compartment_predicate(registry: SearchRegistry, compartment: tuple[str, str], types: Sequence[str]) -> Predicate:
    """Resources of these types that belong to ``compartment``, as ("Patient", id).

    Raises BadRequest when there is no such compartment, when a type has no part in it, or when the types take part in
    different ways (search them one by one: ``compartment_groups``).
    """
    name, focus = compartment
    groups = compartment_groups(registry, name, types)
    members = {one for group in groups.values() for one in group}
    outside = [one for one in types if one not in members]
    alone = name not in types or len(types) == 1
    if not types or outside or len(groups) != 1 or not alone:
        raise BadRequest.of(NOT_IN_COMPARTMENT, type=", ".join(outside or types) or "*", compartment=name)
    return members_of(name, focus, next(iter(groups)), has_focus=name in types)


def compartment_groups(
    registry: SearchRegistry, name: str, types: Sequence[str] = ()
) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Parameter codes -> the types (of ``types``, or all) that take part in the compartment by exactly these."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for one in types or registry.resource_types:
        codes = registry.compartment(name, one)
        if codes or one == name:
            groups.setdefault(codes, []).append(one)
    return {codes: tuple(members) for codes, members in groups.items()}


def members_of(name: str, id: str, codes: Sequence[str], *, has_focus: bool = False) -> Predicate:
    """Resources that refer to the compartment's focus by one of these parameters, and with ``has_focus`` itself."""
    terms: list[Predicate] = [ReferenceTerm(code, f"{name}/{id}") for code in codes]
    if has_focus:
        terms.append(Ids(frozenset((id,))))
    return terms[0] if len(terms) == 1 else Or(tuple(terms))
