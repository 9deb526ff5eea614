"""What was loaded: one record per visit, beside the resources and in the same commit.

Spaces of the store: ``unit`` visit -> Entry; ``applied`` sha256 of a raw piece -> visit, to know it again without
mapping it; ``source`` sha256 -> the raw piece, packed with zstd. Raw pieces are kept whatever becomes of the visit.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fhir_server.bulk.translate import Translated
from fhir_server.store.protocol import Key, Record, Store

UNIT, APPLIED, SOURCE = "unit", "applied", "source"


class Entry(msgspec.Struct, frozen=True):
    """The applied submission of one visit: its digest, its day, and the resources that belong to it alone."""

    digest: str
    submitted: str
    members: tuple[str, ...]


async def entry(store: Store, visit: str) -> Entry | None:
    """The applied submission of ``visit``, None when there is none."""
    kept = await store.record(UNIT, visit)
    return msgspec.json.decode(kept, type=Entry) if kept else None


async def was_applied(store: Store, digest: str) -> bool:
    """True when the raw piece with this sha256 was applied, even if a newer submission has taken its place since.

    So loading a folder again changes nothing, also when it holds several submissions of one visit.
    """
    return await store.record(APPLIED, digest) is not None


def kept_raw(unit: Translated) -> Record:
    """The record that keeps the raw piece."""
    return Record(SOURCE, unit.digest, unit.source)


def applied(unit: Translated, members: Iterable[Key]) -> tuple[Record, ...]:
    """The records of a submission that is applied and owns ``members``."""
    row = Entry(unit.digest, unit.submitted, tuple(sorted(map(str, members))))
    return (
        Record(UNIT, unit.key, msgspec.json.encode(row)),
        Record(APPLIED, unit.digest, unit.key.encode()),
        kept_raw(unit),
    )
