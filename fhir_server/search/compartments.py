"""Membership of a compartment as a predicate. https://hl7.org/fhir/R4/compartmentdefinition.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.errors import BadRequest
from fhir_server.search.messages import NOT_IN_COMPARTMENT
from fhir_server.search.registry import SearchRegistry
from fhir_server.store.query import And, Ids, OfTypes, Or, Predicate, ReferenceTerm


def compartment_predicate(registry: SearchRegistry, compartment: tuple[str, str], types: Sequence[str]) -> Predicate:
    """Resources of these types (none: of all) that belong to ``compartment``, as ("Patient", id).

    Raises BadRequest for a type that has no part in it.
    """
    name, focus = compartment
    groups = compartment_groups(registry, name, types)
    members = {one for group in groups.values() for one in group}
    outside = [one for one in types if one not in members]
    if outside or not groups:
        raise BadRequest.of(NOT_IN_COMPARTMENT, type=", ".join(outside) or "*", compartment=name)
    if len(types) == 1:
        return members_of(name, focus, next(iter(groups)), has_focus=name in types)
    return Or(tuple(_parts(name, focus, groups)))


def _parts(name: str, focus: str, groups: Mapping[tuple[str, ...], tuple[str, ...]]) -> Iterator[Predicate]:
    for codes, members in groups.items():
        if codes:
            yield And((OfTypes(frozenset(members)), members_of(name, focus, codes)))
        if name in members:
            yield And((OfTypes(frozenset((name,))), Ids(frozenset((focus,)))))


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
