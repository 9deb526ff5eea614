"""Deleted resources as transaction Bundles of DELETE entries.

https://hl7.org/fhir/uv/bulkdata/export.html#response---complete-status (deleted)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.json_codec import decode, encode
from fhir_server.bulk.exporting.compartments import PATIENT, PROVENANCE
from fhir_server.bulk.exporting.provenance import TARGET
from fhir_server.repository.includes import local_key
from fhir_server.search import Indexer
from fhir_server.store.protocol import Key, Store, Version

#: Entries of one Bundle.
_ENTRIES = 500


async def bundles(versions: Sequence[Version]) -> list[bytes]:
    """The deletions, some hundred in each Bundle."""
    return [_bundle(versions[start : start + _ENTRIES]) for start in range(0, len(versions), _ENTRIES)]


def _bundle(versions: Sequence[Version]) -> bytes:
    entries = [{"request": {"method": "DELETE", "url": str(version.key)}} for version in versions]
    return encode({"resourceType": "Bundle", "type": "transaction", "entry": entries})


@dataclass(frozen=True, slots=True)
class OfPatients:
    """Chooses the deletions of what belonged to the compartment of a Patient; ``ids`` None means any Patient.

    What was deleted is judged as it last was: by the version before the deletion. Provenance follows its targets, as
    in the output. ``others`` are types outside of the compartment that were asked for: all of their deletions are told,
    since what referred to them is not known any more, and to delete what one does not have changes nothing.
    """

    store: Store
    indexer: Indexer
    ids: frozenset[str] | None
    others: frozenset[str]
    position: int

    async def __call__(self, versions: Sequence[Version]) -> list[Version]:
        """Those of ``versions``."""
        return [version for version in versions if await self._is_told(version)]

    async def _is_told(self, version: Version) -> bool:
        if version.key.type in self.others or await self._belongs(version):
            return True
        return version.key.type == PROVENANCE and await self._is_about_one(version)

    async def _belongs(self, version: Version) -> bool:
        """True for a Patient that is meant, and for what referred to one as its compartment says."""
        if version.key.type == PATIENT:
            return self._is_meant(version.key.id)
        codes = self.indexer.registry.compartment(PATIENT, version.key.type)
        return any(code in codes and self._is_patient(key) for code, key in await self._references(version))

    async def _is_about_one(self, provenance: Version) -> bool:
        """True when a target belongs, or belonged before it was deleted, too."""
        targets = [key for code, key in await self._references(provenance) if code == TARGET]
        found = [await self.store.read(key, self.position) for key in targets]
        return any([version is not None and await self._belongs(version) for version in found])

    async def _references(self, version: Version) -> list[tuple[str, Key]]:
        """Code and target of the references of a resource; of a deleted one those that it last had."""
        last: Version | None = version
        if version.is_deleted:
            last = await self.store.vread(version.key, version.version_id - 1)
        if last is None or last.is_deleted:
            return []
        found = self.indexer.references(decode(last.body))
        keys = [(code, local_key(target)) for code, target in found]
        return [(code, key) for code, key in keys if key is not None]

    def _is_patient(self, key: Key) -> bool:
        return key.type == PATIENT and self._is_meant(key.id)

    def _is_meant(self, id: str) -> bool:
        return self.ids is None or id in self.ids
