"""``organizeOutputBy=Patient``: blocks of a header row, a Patient and its compartment.

https://build.fhir.org/ig/HL7/bulk-data/export.html#bulk-data-output-file-organization
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from conformance.json_codec import encode
from fhir_server.search import SearchRegistry
from fhir_server.search.compartments import compartment_predicate
from fhir_server.store.protocol import Store, Version
from fhir_server.store.query import ALL, And, Predicate


@dataclass(frozen=True, slots=True)
class PatientBlocks:
    """Shapes Patients into blocks. ``types`` are those of the rows; ``is_wanted`` judges each by its time.

    What belongs to several Patients stands in the block of each; what belongs to none is left out.
    """

    store: Store
    registry: SearchRegistry
    position: int
    types: tuple[str, ...]
    is_wanted: Callable[[Version], bool]
    cut: Callable[[bytes], bytes]
    visible: Predicate = ALL

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
        """The Patient first, then the others as they came. One scan: a hospital has many Patients."""
        if patient.key.type in self.types:
            yield patient
        others = tuple(name for name in self.types if name != patient.key.type)
        if others:
            where = compartment_predicate(self.registry, patient.key, others)
            seen = where if self.visible == ALL else And((where, self.visible))
            async for chunk in self.store.scan(others, self.position, where=seen):
                for version in chunk:
                    yield version
