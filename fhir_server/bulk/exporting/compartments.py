"""Patients of an export and what belongs to them, as predicates on the store's own reference rows.

https://hl7.org/fhir/uv/bulkdata/export.html#query-parameters, https://hl7.org/fhir/R4/compartmentdefinition-patient.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from conformance.json_codec import decode
from fhir_server.bulk.exporting.order import Level, Order
from fhir_server.repository.includes import local_key
from fhir_server.search import SearchRegistry
from fhir_server.search.compartments import compartment_groups
from fhir_server.search.places import local
from fhir_server.store.protocol import Key, Store, Version
from fhir_server.store.query import ALL, And, Chain, Ids, Not, Or, Predicate, Query, ReverseChain

PATIENT, PROVENANCE = "Patient", "Provenance"
_CHUNK = 500


async def patients_of(store: Store, order: Order, position: int) -> Predicate:
    """Which Patients are meant: all, those of a list, the active members of a Group, or both."""
    parts: list[Predicate] = []
    if order.level is Level.GROUP:
        parts.append(ReverseChain("Group", "member", Ids(frozenset((order.group,)))))
        _, inactive = await members_of_group(store, order.group, position, order.base_url)
        if inactive:
            parts.append(Not(Ids(frozenset(inactive))))
    if order.patients:
        parts.append(Ids(frozenset(order.patients)))
    return parts[0] if len(parts) == 1 else And(tuple(parts))


async def members_of_group(store: Store, group: str, position: int, base_url: str) -> tuple[set[str], set[str]]:
    """Ids of the Patients in a Group, and of those that are inactive in it. https://hl7.org/fhir/R4/group.html"""
    version = await store.read(Key("Group", group), position)
    active: set[str] = set()
    inactive: set[str] = set()
    for key, is_inactive in _members(version, base_url):
        if key is not None and key.type == PATIENT:
            (inactive if is_inactive else active).add(key.id)
    return active, inactive - active


def count_of_others(group: Version, base_url: str) -> int:
    """How many active members of a Group are no Patients of this server, so that nothing is exported of them."""
    others = (key is None or key.type != PATIENT for key, is_inactive in _members(group, base_url) if not is_inactive)
    return sum(others)


def _members(group: Version | None, base_url: str) -> Iterator[tuple[Key | None, bool]]:
    """Each member by its key on this server, and whether it is inactive."""
    for member in decode(group.body).get("member", ()) if group and group.body else ():
        reference = str(member.get("entity", {}).get("reference", ""))
        yield local_key(local(reference, base_url)), member.get("inactive") is True


async def missing_patients(store: Store, order: Order, position: int) -> list[str]:
    """Those of the list that are not here, or not in the Group."""
    here: set[str] = set()
    meant = await patients_of(store, order, position)
    for start in range(0, len(order.patients), _CHUNK):
        chunk = frozenset(order.patients[start : start + _CHUNK])
        page = await store.search(Query((PATIENT,), And((Ids(chunk), meant))), limit=len(chunk), position=position)
        here.update(version.key.id for version in page.versions)
    return [one for one in order.patients if one not in here]


async def stored_types(store: Store, types: Iterable[str], position: int) -> tuple[str, ...]:
    """Those of which there are resources at a position: the same whenever it is asked."""
    found = [name for name in types if (await store.search(Query((name,), ALL), limit=1, position=position)).versions]
    return tuple(found)


def compartment(registry: SearchRegistry, patients: Predicate) -> dict[tuple[str, ...], Predicate]:
    """Types -> what their resources satisfy in the compartments of these patients. Provenance is not among them."""
    found: dict[tuple[str, ...], Predicate] = {(PATIENT,): patients}
    for codes, types in compartment_groups(registry, PATIENT).items():
        members = tuple(name for name in types if name not in (PATIENT, PROVENANCE))
        if members and codes:
            chains = tuple(Chain(code, (PATIENT,), patients) for code in codes)
            found[members] = chains[0] if len(chains) == 1 else Or(chains)
    return found


def narrowed_to(groups: dict[tuple[str, ...], Predicate], wanted: Collection[str]) -> dict[tuple[str, ...], Predicate]:
    """The same groups with only these types."""
    found = {tuple(name for name in types if name in wanted): where for types, where in groups.items()}
    return {types: where for types, where in found.items() if types}


def referred_to(
    registry: SearchRegistry, type: str, groups: dict[tuple[str, ...], Predicate], stored: Iterable[str]
) -> Predicate:
    """Resources of a type outside of the compartment that resources of these groups refer to."""
    here = frozenset(stored)
    return Or(
        tuple(
            ReverseChain(name, code, where)
            for types, where in groups.items()
            for name in types
            if name in here
            for code in _leading_to(registry, name, type)
        )
    )


def _leading_to(registry: SearchRegistry, source: str, target: str) -> Sequence[str]:
    return [row.code for row in registry.references(source) if target in row.targets]
