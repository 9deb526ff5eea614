"""Membership of a compartment as a predicate. https://hl7.org/fhir/R4/compartmentdefinition.html"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from conformance.errors import BadRequest
from fhir_server.search.messages import NOT_IN_COMPARTMENT
from fhir_server.search.registry import SearchRegistry
from fhir_server.store.query import And, Ids, InCompartment, OfTypes, Or, Predicate, ReferenceTerm


def compartment_predicate(registry: SearchRegistry, compartment: tuple[str, str], types: Sequence[str]) -> Predicate:
    """Resources of these types (none: of all) that belong to ``compartment``, as ("Patient", id).

    Raises BadRequest for a type that has no part in it.
    """
    name, focus = compartment
    groups = compartment_groups(registry, name, types)
    outside = [one for one in types if not any(one in members for members in groups.values())]
    if outside or not groups:
        raise BadRequest.of(NOT_IN_COMPARTMENT, type=", ".join(outside) or "*", compartment=name)
    if len(types) == 1:
        return members_of(name, focus, next(iter(groups)), has_focus=name in types)
    referring = referring_to(registry, compartment, types)
    if types and name not in types:
        return referring
    return Or((referring, And((OfTypes(frozenset((name,))), Ids(frozenset((focus,)))))))


def referring_to(registry: SearchRegistry, compartment: tuple[str, str], types: Sequence[str] = ()) -> InCompartment:
    """Resources of these types (none: of all) that take part in ``compartment`` by a reference to its focus."""
    name, focus = compartment
    return InCompartment(f"{name}/{focus}", _by_reference(registry, name, tuple(types)))


@lru_cache(maxsize=256)
def _by_reference(
    registry: SearchRegistry, name: str, types: tuple[str, ...]
) -> tuple[tuple[tuple[str, ...], frozenset[str]], ...]:
    groups = compartment_groups(registry, name, types)
    return tuple((codes, frozenset(members)) for codes, members in groups.items() if codes)


def compartment_groups(
    registry: SearchRegistry, name: str, types: Sequence[str] = ()
) -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """Parameter codes -> the types (of ``types``, or all) that take part in the compartment by exactly these."""
    return _groups(registry, name, tuple(types))


@lru_cache(maxsize=256)
def _groups(registry: SearchRegistry, name: str, types: tuple[str, ...]) -> Mapping[tuple[str, ...], tuple[str, ...]]:
    groups: dict[tuple[str, ...], list[str]] = {}
    for one in types or registry.resource_types:
        codes = registry.compartment(name, one)
        if codes or one == name:
            groups.setdefault(codes, []).append(one)
    return MappingProxyType({codes: tuple(members) for codes, members in groups.items()})


def members_of(name: str, id: str, codes: Sequence[str], *, has_focus: bool = False) -> Predicate:
    """Resources that refer to the compartment's focus by one of these parameters, and with ``has_focus`` itself."""
    terms: list[Predicate] = [ReferenceTerm(code, f"{name}/{id}") for code in codes]
    if has_focus:
        terms.append(Ids(frozenset((id,))))
    return terms[0] if len(terms) == 1 else Or(tuple(terms))
