"""The whole check of a store's file: pages, versions, what it keeps of itself, entries, records. It changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import TypeAlias

import apsw

from conformance.errors import NotSupported
from conformance.issues import Issue
from fhir_server.store.sqlite.backup import reading
from fhir_server.store.sqlite.check_entries import Derive, EntryCheck
from fhir_server.store.sqlite.check_values import records, values
from fhir_server.store.sqlite.check_versions import Report, pages, versions
from fhir_server.store.sqlite.faults import translated
from fhir_server.store.sqlite.layout import connect, meta, prepare
from fhir_server.store.sqlite.messages import NOT_A_STORE, UNFINISHED
from fhir_server.store.sqlite.records import record
from fhir_server.store.sqlite.session import Session
from fhir_server.store.sqlite.words import Words

#: Gives a reporter for a part of the check.
Parts: TypeAlias = Callable[[str], AbstractContextManager[Report]]


def check(path: Path, derive: Derive | None, parts: Parts) -> Iterator[Issue]:
    """What is wrong with the store in ``path``, which may be in use; entries only with ``derive``.

    Raises ``Unavailable`` when it cannot be opened at all, ``NotSupported`` when it holds no store. Memory does not
    grow with the store, but for eight bytes a version.
    """
    _require_store(path)
    with translated(), closing(connect(path)) as db:
        prepare(db, path)
        key = meta(db, "hash_key")
    words = Words(key if isinstance(key, bytes) else b"")
    with translated(), closing(Session(path, words)) as session:
        yield from _part("pages", parts, lambda report: _pages(session, report))
        yield from _part("versions", parts, lambda report: versions(session.db, words, report))
        yield from _part("values", parts, lambda report: _values(session, report))
        if derive is not None:
            entries = EntryCheck(session, derive)
            yield from _part("entries", parts, entries.findings)
            yield from _part("records", parts, lambda report: records(session.db, report))


def kept_record(path: Path, space: str, name: str) -> bytes | None:
    """A record of the store in ``path``, which may be in use.

    Raises ``Unavailable`` when it cannot be read, ``NotSupported`` when it holds no store.
    """
    _require_store(path)
    with translated(), closing(connect(path)) as db:
        prepare(db, path)
        return record(db, space, name)


def _require_store(path: Path) -> None:
    """Refuse an empty file and one of another program, which opening would make a store of, and a whole one."""
    with translated(), closing(reading(path)) as db:
        if not db.pragma("user_version"):
            raise NotSupported.of(NOT_A_STORE, path=path)


def _pages(session: Session, report: Report) -> Iterator[Issue]:
    steps = 0

    def tick() -> bool:
        nonlocal steps
        steps += 1
        report(steps, None)
        return False

    session.db.set_progress_handler(tick, 1_000_000, id="check")
    try:
        yield from pages(session.db)
    finally:
        session.db.set_progress_handler(None, id="check")


def _values(session: Session, report: Report) -> Iterator[Issue]:
    with session.snapshot():
        found = list(values(session.db, report))
    yield from found


def _part(name: str, parts: Parts, findings: Callable[[Report], Iterator[Issue]]) -> Iterator[Issue]:
    """The findings of a part; a damaged page ends it with one more."""
    with parts(name) as report:
        try:
            yield from findings(report)
        except apsw.Error as error:
            yield Issue(UNFINISHED, "", {"part": name, "detail": str(error)})
