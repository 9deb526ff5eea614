"""``organizeOutputBy=Patient``: blocks of a header row, a Patient and its compartment.

https://build.fhir.org/ig/HL7/bulk-data/export.html#bulk-data-output-file-organization
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from conformance.json_codec import encode
from fhir_server.search import SearchRegistry
from fhir_server.search.compartments import compartment_groups, members_of
from fhir_server.store.protocol import Store, Version


@dataclass(frozen=True, slots=True)
class PatientBlocks:
    """Shapes Patients into blocks. ``types`` limits the rows (none: all); ``is_wanted`` judges each by its time.

    What belongs to several Patients stands in the block of each; what belongs to none is left out.
    """

    store: Store
    registry: SearchRegistry
    position: int
    types: tuple[str, ...]
    is_wanted: Callable[[Version], bool]
    cut: Callable[[bytes], bytes]

    async def __call__(self, patients: Sequence[Version]) -> list[bytes]:
        """The lines of these Patients' blocks."""
        return [line for patient in patients async for line in self._block(patient)]

    async def _block(self, patient: Version) -> AsyncIterator[bytes]:
        rows = [row async for row in self._rows(patient) if self.is_wanted(row)]
        if rows:
            header = {"name": "header", "valueReference": {"reference": str(patient.key)}}
            yield encode({"resourceType": "Parameters", "parameter": [header]})
        for row in rows:
            yield self.cut(row.body)

    async def _rows(self, patient: Version) -> AsyncIterator[Version]:
        if not self.types or patient.key.type in self.types:
            yield patient
        for codes, types in compartment_groups(self.registry, patient.key.type, self.types).items():
            members = tuple(name for name in types if name != patient.key.type)
            if codes and members:
                where = members_of(*patient.key, codes)
                async for chunk in self.store.scan(members, self.position, where=where):
                    for version in chunk:
                        yield version
