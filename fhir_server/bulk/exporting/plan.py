"""From an order to the walks that carry it out, at one position.

https://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-kick-off-request
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fhir_server.bulk.exporting.compartments import (
    PATIENT,
    PROVENANCE,
    compartment,
    members_of_group,
    narrowed_to,
    patients_of,
    referred_to,
    stored_types,
)
from fhir_server.bulk.exporting.deletions import OfPatients, bundles
from fhir_server.bulk.exporting.filters import predicates
from fhir_server.bulk.exporting.order import RELEVANT, Level, Order
from fhir_server.bulk.exporting.organized import PatientBlocks
from fhir_server.bulk.exporting.provenance import Latest, about, changed
from fhir_server.bulk.exporting.state import Part
from fhir_server.bulk.exporting.walks import Shape, Walk, whole
from fhir_server.exchange.subset import Subset
from fhir_server.search import Indexer
from fhir_server.search.compartments import compartment_groups
from fhir_server.store.protocol import Store, Version
from fhir_server.store.query import ALL, And, Predicate

Groups = dict[tuple[str, ...], Predicate]


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans one order at one position. ``visible`` is what the owner of the job may see."""

    store: Store
    indexer: Indexer
    order: Order
    position: int
    visible: Predicate = ALL

    async def walks(self) -> list[Walk]:
        """What is to be read, in an order that never changes for the same order and position."""
        patients = ALL if self.order.level is Level.SYSTEM else await patients_of(self.store, self.order, self.position)
        if self.order.organized_by:
            return [await self._organized(patients), *await self._deletions()]
        groups = self._groups(patients)
        walks = [self._walk(types, where) for types, where in groups.items()]
        return [*walks, *await self._others(patients, groups), *await self._deletions()]

    # Times

    @property
    def _since(self) -> int | None:
        """The first moment that is later than ``_since``."""
        return None if self.order.since is None else self.order.since + 1

    def _walk(self, types: tuple[str, ...], where: Predicate) -> Walk:
        seen = where if self.visible == ALL else And((where, self.visible))
        return Walk(types, seen, self._since, self.order.until, shape=self._shape())

    def _shape(self) -> Shape:
        return Cut(self._cut) if self.order.elements else whole

    def _cut(self, body: bytes) -> bytes:
        return Subset(elements=self.order.elements).cut(body, self.indexer.registry.definitions)

    # Types

    def _groups(self, patients: Predicate) -> Groups:
        """What is exported, without Provenance that is chosen by its targets, and with the filters."""
        wanted = self.order.types
        if self.order.level is Level.SYSTEM:
            types = self._of_the_system()
            return self._filtered({types: ALL}) if types or not wanted else {}
        groups = compartment(self.indexer.registry, patients)
        return self._filtered(narrowed_to(groups, wanted) if wanted else groups)

    def _of_the_system(self) -> tuple[str, ...]:
        """Types of the first walk; none when no type stands apart from the others."""
        types = self.order.types
        if types or not (self.order.associated or self.order.filters):
            return tuple(name for name in types if not (self.order.associated and name == PROVENANCE))
        every = self.indexer.registry.resource_types
        return tuple(name for name in every if not (self.order.associated and name == PROVENANCE))

    def _filtered(self, groups: Groups) -> Groups:
        """The same, with each type that has a filter in a group of its own."""
        filters = self._filters()
        found: Groups = {}
        for types, where in groups.items():
            rest = tuple(name for name in types if name not in filters)
            if rest or not types:
                found[rest] = where
            found.update({(name,): _both(where, filters[name]) for name in types if name in filters})
        return found

    def _filters(self) -> dict[str, Predicate]:
        order = self.order
        if not order.filters:
            return {}
        return predicates(
            order.filters, self.indexer.registry, zone=self.indexer.zone, base_url=order.base_url, now=order.now
        )

    # What goes with it

    async def _others(self, patients: Predicate, groups: Groups) -> list[Walk]:
        """Provenance that is chosen by its targets, and resources outside of the compartment that were asked for."""
        order, walks = self.order, []
        compartments: Groups = {}
        if order.level is not Level.SYSTEM:
            compartments = compartment(self.indexer.registry, patients)
            inside = {name for types in compartments for name in types}
            stored = await stored_types(self.store, inside, self.position)
            for name in order.types:
                if name not in inside and name != PROVENANCE:
                    where = referred_to(self.indexer.registry, name, groups, stored)
                    walks.append(self._walk((name,), _both(where, self._filters().get(name, ALL))))
        return [*walks, *self._provenance(groups, compartments)]

    def _provenance(self, groups: Groups, compartments: Groups) -> list[Walk]:
        order, filtered = self.order, self._filters().get(PROVENANCE, ALL)
        if order.associated:
            returned = changed(groups, self._since, order.until)
            choose = None if RELEVANT in order.associated else self._latest(returned)
            where = _both(_both(about(returned), filtered), self.visible)
            return [Walk((PROVENANCE,), where, choose=choose, shape=self._shape())]
        if compartments and (not order.types or PROVENANCE in order.types):
            return [self._walk((PROVENANCE,), _both(about(compartments), filtered))]
        return []

    def _latest(self, returned: Groups) -> Latest:
        return Latest(self.store, self.position, returned, self.order.base_url)

    # Deletions

    async def _deletions(self) -> list[Walk]:
        """What was deleted after ``_since``. A filter does not spare a deletion: what it chose may be what is gone."""
        order = self.order
        if order.since is None:
            return []
        choose = None
        if order.level is not Level.SYSTEM:
            choose = OfPatients(self.store, self.indexer, await self._ids(), self._outside(), self.position)
        types = order.types
        if types and order.associated and PROVENANCE not in types:
            types = (*types, PROVENANCE)
        return [Walk(types, ALL, self._since, order.until, Part.DELETED, "Bundle", choose=choose, shape=bundles)]

    def _outside(self) -> frozenset[str]:
        """Types that were asked for and have no part in the Patient compartment."""
        registry = self.indexer.registry
        return frozenset(one for one in self.order.types if not compartment_groups(registry, PATIENT, (one,)))

    async def _ids(self) -> frozenset[str] | None:
        listed = frozenset(self.order.patients) or None
        if self.order.level is not Level.GROUP:
            return listed
        active, _ = await members_of_group(self.store, self.order.group, self.position, self.order.base_url)
        return frozenset(active) if listed is None else listed & active

    # By patient

    async def _organized(self, patients: Predicate) -> Walk:
        registry = self.indexer.registry
        inside = compartment_groups(registry, PATIENT, self.order.types).values()
        types = await stored_types(self.store, (name for each in inside for name in each), self.position)
        cut = self._cut_or_not()
        blocks = PatientBlocks(self.store, registry, self.position, types, self._is_in_time, cut, self.visible)
        return Walk((PATIENT,), _both(patients, self.visible), into=PATIENT, shape=blocks)

    def _cut_or_not(self) -> Callable[[bytes], bytes]:
        return self._cut if self.order.elements else bytes

    def _is_in_time(self, version: Version) -> bool:
        since, until = self._since, self.order.until
        return (since is None or version.last_updated >= since) and (until is None or version.last_updated < until)


@dataclass(frozen=True, slots=True)
class Cut:
    """Shapes resources to the elements that were asked for."""

    cut: Callable[[bytes], bytes]

    async def __call__(self, versions: Sequence[Version]) -> list[bytes]:
        """The resources, cut down."""
        return await asyncio.to_thread(lambda: [self.cut(version.body) for version in versions])


def _both(one: Predicate, other: Predicate) -> Predicate:
    return one if other == ALL else other if one == ALL else And((one, other))
