"""Composition of workers: every kind of job that this server does, over an open store and the settings."""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from fhir_server.bulk.exporting.kind import ExportKind
from fhir_server.bulk.exporting.opening import open_place
from fhir_server.bulk.exporting.order import EXPORT
from fhir_server.bulk.exporting.places import Place
from fhir_server.bulk.importing.fetching import Fetcher
from fhir_server.bulk.importing.kind import ImportKind
from fhir_server.bulk.importing.order import IMPORT, reads_files
from fhir_server.bulk.reindexing import REINDEX, ReindexKind
from fhir_server.bulk.views.kind import ViewExportKind
from fhir_server.bulk.views.order import VIEW_EXPORT
from fhir_server.indexing import indexing_of
from fhir_server.installation import default_path, of_store
from fhir_server.jobs import Board, Kind, Worker
from fhir_server.origins import parse_origins
from fhir_server.search import Indexer
from fhir_server.settings import Settings
from fhir_server.store.protocol import Store

_SECOND = 1_000_000


def now() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def keep_of(settings: Settings) -> int:
    """How long ended jobs stay, in microseconds."""
    return settings.job_keep * _SECOND


def place_of(settings: Settings) -> Place:
    """Where exported files are. Raises NotSupported or Unavailable for an object store that cannot be used."""
    return open_place(settings.export_to or _beside(settings.store, "exports"))


def spool_of(settings: Settings) -> Path:
    """Where fetched files are until they are imported."""
    return Path(_beside(settings.store, "imports"))


def _beside(store: str, what: str) -> str:
    scheme, _, rest = store.partition(":")
    if scheme == "sqlite":
        return f"{rest.removeprefix('//')}-{what}"
    return str(Path(tempfile.gettempdir()) / f"fhir-server-{what}")


def kinds_of(settings: Settings, store: Store) -> Mapping[str, Kind]:
    """How the jobs of each kind are done."""

    async def indexed() -> Indexer:
        return (await indexing_of(settings, store)).indexer()

    return {
        EXPORT: ExportKind(store, indexed, place_of(settings), now, settings.export_file_size),
        VIEW_EXPORT: ViewExportKind(store, indexed, place_of(settings), now, settings.export_file_size),
        IMPORT: import_kind(settings, store),
        REINDEX: ReindexKind(store, settings, now),
    }


def import_kind(settings: Settings, store: Store) -> ImportKind:
    """How imports are done."""
    fetcher = Fetcher(parse_origins(settings.import_from), settings.import_max_size)
    file = Path(settings.installation) if settings.installation else default_path()
    return ImportKind(
        store, settings, place_of(settings), spool_of(settings), fetcher, lambda: of_store(store, file), now
    )


def worker_of(settings: Settings, store: Store) -> Worker:
    """A worker of this process, for every job but imports of files: those belong to the command that named them."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    board, kinds = Board(store), kinds_of(settings, store)
    return Worker(board, kinds, now, name, keep=keep_of(settings), wants=lambda job: not reads_files(job))
