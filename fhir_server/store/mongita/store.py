"""The Mongita store: the plain engine in memory, and a copy of every version in Mongita's collections.

Mongita finds nothing with ``$or`` and says nothing, rewrites whole collections in place, and takes milliseconds for a
change that grow with the collection. So it keeps documents here and is asked nothing but all of them, once, when the
store is opened; ``holds`` answers the searches. None of the promises can be kept on it.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from conformance.errors import Gone, NotSupported, Unavailable
from conformance.issues import Issue
from fhir_server.store.clock import HORIZON, Clock, system_clock
from fhir_server.store.expunging import Wanted
from fhir_server.store.meaning import Subject
from fhir_server.store.messages import (
    IO_FAILED,
    NO_DRIVER,
    PAGE_EXPIRED,
    TRIAL_FULL,
    TRIAL_IN_USE,
    TRIAL_ONLY,
    TRIAL_POSITION,
)
from fhir_server.store.mongita.documents import Kept, document_of, kept_of
from fhir_server.store.mongita.faults import translated, understood
from fhir_server.store.moving import Restored
from fhir_server.store.protocol import Outcome, Promise, Record, Unit, Version
from fhir_server.store.query import ALL, Predicate
from fhir_server.store.reference import ReferenceStore
from fhir_server.store.reindexing import Reindexed

#: Versions that the engine takes.
CAPACITY = 20_000
#: The path that stands for no folder at all.
MEMORY = "memory"
_DATABASE, _LOCK = "fhir", "lock"
_LOG = logging.getLogger("fhir_server.store")


class MongitaStore(ReferenceStore):
    """See ``fhir_server.store.protocol.Store``. It reads the present state only, and serves one process."""

    name = "mongita"
    promises: frozenset[Promise] = frozenset()

    def __init__(self, client: Any, lock: int | None, *, clock: Clock, horizon: int) -> None:
        super().__init__(clock=clock, horizon=horizon)
        self._client = client
        self._lock = lock
        self._versions = client[_DATABASE]["version"]
        self._kept_records = client[_DATABASE]["record"]
        with understood():
            self._load()

    @classmethod
    async def open(cls, path: str, *, clock: Clock = system_clock, horizon: int = HORIZON) -> MongitaStore:
        """The store in a folder, created when absent; ``memory`` keeps nothing. A warning is logged.

        Raises ``NotSupported`` when Mongita is not installed, ``Unavailable`` when the folder cannot be used, holds
        files that are damaged, or another process uses it.
        """
        _LOG.warning(Issue(TRIAL_ONLY).text())
        lock = None if path == MEMORY else _locked(Path(path))
        try:
            return cls(_client(path), lock, clock=clock, horizon=horizon)
        except BaseException:
            _unlock(lock)
            raise

    async def close(self) -> None:
        """See ``Store.close``."""
        self._client.close()
        _unlock(self._lock)
        self._lock = None

    def _load(self) -> None:
        for kept in sorted(map(kept_of, self._versions.find({})), key=lambda kept: kept.version.vid):
            self._keep(kept.version, _subject(kept), kept.digest)
            self._position = kept.version.position
        for document in self._kept_records.find({}):
            self._records[document["space"], document["name"]] = document["value"]

    # Reading: only what is current

    def _at(self, position: int | None) -> int:
        if position is not None and position < self._position:
            raise NotSupported.of(TRIAL_POSITION)
        return self._position

    def _searchable(self, position: int | None) -> int:
        if position is not None and position < self._position:
            raise Gone.of(PAGE_EXPIRED)
        return self._position

    async def scan(
        self,
        types: tuple[str, ...],
        position: int,
        *,
        where: Predicate = ALL,
        after: int = 0,
        since: int | None = None,
        deleted: bool = False,
    ) -> AsyncIterator[list[Version]]:
        """See ``Store.scan``. NotSupported when something was written since the position."""
        self._at(position)
        async for chunk in super().scan(types, position, where=where, after=after, since=since, deleted=deleted):
            yield chunk

    # Writing

    async def transact(self, units: Sequence[Unit]) -> list[Outcome]:
        """See ``Store.transact``. ``Unavailable`` when the engine is full."""
        before = self._room_for(sum(len(unit.writes) for unit in units))
        outcomes = await super().transact(units)
        self._keep_versions(before)
        for unit, outcome in zip(units, outcomes, strict=True):
            if isinstance(outcome, tuple):
                self._keep_records(unit.records)
        return outcomes

    async def restore(self, versions: Sequence[Restored], records: Sequence[Record] = ()) -> None:
        """See ``Movable.restore``. ``Unavailable`` when the engine is full."""
        before = self._room_for(len(versions))
        await super().restore(versions, records)
        self._keep_versions(before)
        self._keep_records(records)

    async def reindex(self, versions: Sequence[Reindexed], given: Sequence[Record] = ()) -> int | None:
        """See ``Reindexable.reindex``."""
        count = await super().reindex(versions, given)
        self._keep_again([version for version, _ in versions] if count else [])
        return count

    async def expunge(self, versions: Sequence[Version], wanted: Wanted) -> int:
        """See ``Expungeable.expunge``."""
        count = await super().expunge(versions, wanted)
        self._keep_again(versions)
        return count

    def _room_for(self, count: int) -> int:
        """The versions that are there, when so many more may come."""
        if len(self._stored) + count > CAPACITY:
            raise Unavailable.of(TRIAL_FULL, cap=CAPACITY)
        return len(self._stored)

    def _keep_versions(self, before: int) -> None:
        new = [document_of(self._kept(one)) for one in self._stored[before:]]
        if new:
            with translated():
                self._versions.insert_many(new)

    def _keep_again(self, versions: Sequence[Version]) -> None:
        for version in versions:
            document = document_of(self._kept(self._stored[version.vid - 1]))
            with translated():
                self._versions.replace_one({"_id": document["_id"]}, document)

    @staticmethod
    def _kept(one: Any) -> Kept:
        return Kept(one.version, one.subject.entries, tuple(sorted(one.subject.labels)), one.digest)

    def _keep_records(self, records: Sequence[Record]) -> None:
        for space, name, value in records:
            of = f"{space}\x01{name}"
            with translated():
                if value is None:
                    self._kept_records.delete_one({"_id": of})
                else:
                    document = {"_id": of, "space": space, "name": name, "value": value}
                    self._kept_records.replace_one({"_id": of}, document, upsert=True)


def _client(path: str) -> Any:
    try:
        import mongita  # type: ignore[import-untyped]  # noqa: PLC0415  an extra, loaded by who uses it
    except ImportError as error:
        raise NotSupported.of(NO_DRIVER, package="'vn-fhir-server[mongita]'") from error
    with understood():
        return mongita.MongitaClientMemory() if path == MEMORY else mongita.MongitaClientDisk(path)


def _unlock(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


def _locked(folder: Path) -> int:
    """The open lock file of a folder that no other process uses."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(f"{folder}.{_LOCK}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise Unavailable.of(IO_FAILED, detail=str(error)) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise Unavailable.of(TRIAL_IN_USE, path=folder) from error
    return lock


def _subject(kept: Kept) -> Subject:
    key, moment = kept.version.key, kept.version.last_updated
    return Subject(key.id, moment, kept.entries, frozenset(kept.labels), key.type)
