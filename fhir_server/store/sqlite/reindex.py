"""Replacing the entries of versions: a job inside the writer's transaction."""

from __future__ import annotations

from collections.abc import Sequence

from fhir_server.store.protocol import Op, Record
from fhir_server.store.reindexing import Reindexed
from fhir_server.store.sqlite.bodies import Packer
from fhir_server.store.sqlite.making import Maker
from fhir_server.store.sqlite.records import record
from fhir_server.store.sqlite.rows import Decided, RowWriter
from fhir_server.store.sqlite.session import Session
from fhir_server.store.sqlite.upkeep import drop_entries

_IS_CURRENT = "SELECT 1 FROM version WHERE vid = ? AND ended IS NULL AND size > 0"


def replace_entries(session: Session, versions: Sequence[Reindexed], given: Sequence[Record]) -> int | None:
    """See ``Reindexable.reindex``."""
    if any(record(session.db, space, name) != value for space, name, value in given):
        return None
    current = [one for one in versions if session.db.execute(_IS_CURRENT, (one.version.vid,)).get]
    current.sort(key=lambda one: one.version.vid)
    drop_entries(session, [(one.version.vid,) for one in current])
    rows = RowWriter(session.db, Maker(session.names, session.words, Packer(session.db)), session.names)
    rows.replace(
        [Decided(one.version.vid, 0, one.write, 0, Op.UPDATE, 0, 0, 0, previous_live=False) for one in current]
    )
    return len(current)
