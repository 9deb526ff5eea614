"""The embedded engine: SQLite through apsw, WAL, one writer with group commit, FTS5 posting lists beside B-trees."""

from __future__ import annotations

from fhir_server.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
