"""A sorted, merging heap of resources on disk, so that mapping a folder of any size needs little memory.

A temporary SQLite file, gone with the process. Own resources belong to a visit: a newer submission of the visit takes
their place. Shared resources (Patient, Organization, Practitioner) are merged.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from conformance.json_codec import decode, encode

Merge = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]

#: Shared resources kept decoded at a time; of more, the half that was not met for longest goes to the disk.
_HOT = 1_000

_SCHEMA = """
PRAGMA page_size=16384; PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-16000;
CREATE TABLE visit (key TEXT PRIMARY KEY, number INTEGER, submitted TEXT, place TEXT) WITHOUT ROWID;
CREATE TABLE resource (visit INTEGER, type TEXT, id TEXT, body BLOB);
CREATE TABLE shared (type TEXT, id TEXT, body BLOB, PRIMARY KEY (type, id)) WITHOUT ROWID;
BEGIN;
"""
#: Rows of superseded visits are few, so they are left where they are and skipped on the way out. Only keys are sorted.
_ALL = """
SELECT k.type, CASE WHEN k.place IS NULL THEN (SELECT body FROM shared s WHERE s.type = k.type AND s.id = k.id)
                    ELSE (SELECT body FROM resource r WHERE r.rowid = k.place) END
FROM (SELECT type, id, rowid AS place FROM resource WHERE visit IN (SELECT number FROM visit)
      UNION ALL SELECT type, id, NULL FROM shared ORDER BY 1, 2) k
"""
_SHARED = "SELECT body FROM shared WHERE type=? AND id=?"


class Body(NamedTuple):
    """One resource as JSON bytes, and its key."""

    type: str
    id: str
    json: bytes


class Spool:
    """Collects the resources of visits; ``lines`` gives each type and id once, by type and id."""

    def __init__(self, folder: Path, merge: Merge, hot: int = _HOT) -> None:
        self._merge, self._most = merge, hot
        self._hot: dict[tuple[str, str], dict[str, Any]] = {}
        self._visits = 0
        with tempfile.NamedTemporaryFile(dir=folder, prefix="fhir-server-spool-") as file:
            self._db = apsw.Connection(file.name)
            self._db.execute(_SCHEMA).fetchall()

    def close(self) -> None:
        """Drop everything."""
        self._db.close()

    def submitted(self, visit: str) -> tuple[str, str] | None:
        """When the kept submission of this visit was made and where it stands; None when there is none yet."""
        return self._db.execute("SELECT submitted, place FROM visit WHERE key=?", (visit,)).fetchone()

    def put(self, visit: str, submitted: str, place: str, bodies: Iterable[Body]) -> None:
        """Keep the resources of a visit in the place of those that it had."""
        self._visits += 1
        row = (visit, self._visits, submitted, place)
        self._db.execute("INSERT OR REPLACE INTO visit VALUES (?,?,?,?)", row)
        rows = ((self._visits, *body) for body in bodies)
        self._db.executemany("INSERT INTO resource VALUES (?,?,?,?)", rows)

    def merge(self, resources: Iterable[dict[str, Any]]) -> None:
        """Merge shared resources with what is known of them; what says nothing new is left out."""
        for resource in resources:
            key = (resource["resourceType"], resource["id"])
            known = self._hot.pop(key, None) or self._stored(key)
            if known is None or known != resource:
                known = self._merge(known or resource, resource)
            self._hot[key] = known
        if len(self._hot) > self._most:
            self._cool(len(self._hot) - self._most // 2)

    def lines(self) -> Iterator[tuple[str, bytes]]:
        """Type and JSON of every resource, each once, sorted by type and id."""
        self._cool(len(self._hot))
        for type_, body in self._db.execute(_ALL):
            yield type_, bytes(body)

    def _stored(self, key: tuple[str, str]) -> dict[str, Any] | None:
        row = self._db.execute(_SHARED, key).fetchone()
        return decode(row[0]) if row else None

    def _cool(self, count: int) -> None:
        """Write the ``count`` resources that were not met for longest."""
        oldest = list(islice(self._hot, count))
        rows = ((*key, encode(self._hot.pop(key))) for key in oldest)
        self._db.executemany("INSERT OR REPLACE INTO shared VALUES (?,?,?)", rows)
