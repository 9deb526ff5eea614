"""Deleted resources as transaction Bundles of DELETE entries.

https://hl7.org/fhir/uv/bulkdata/export.html#response---complete-status (deleted)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.json_codec import decode, encode
from fhir_server.search import Indexer
from fhir_server.store.protocol import Store, Version

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

    What was deleted is judged as it last was: by the version before the deletion.
    """

    store: Store
    indexer: Indexer
    ids: frozenset[str] | None

    async def __call__(self, versions: Sequence[Version]) -> list[Version]:
        """Those of ``versions``."""
        return [version for version in versions if await self._belongs(version)]

    async def _belongs(self, version: Version) -> bool:
        key = version.key
        if key.type == "Patient":
            return self._is_meant(key.id)
        before = await self.store.vread(key, version.version_id - 1)
        codes = self.indexer.registry.compartment("Patient", key.type)
        if before is None or before.is_deleted:
            return False
        references = self.indexer.references(decode(before.body))
        return any(code in codes and self._is_patient(target) for code, target in references)

    def _is_patient(self, target: str) -> bool:
        name, _, logical_id = target.partition("/")
        return name == "Patient" and self._is_meant(logical_id)

    def _is_meant(self, id: str) -> bool:
        return self.ids is None or id in self.ids
