"""The tables of the SQLite engine, and how a file of an older layout is brought up to date.

``vid`` numbers versions in commit order without gaps. A position is the vid of the last version of a unit, so what a
position sees begins with ``vid <= position``. ``h`` is the keyed 64-bit hash of "Type/id" (or of any reference target).
``n`` is the number of an entry of ``name``.
"""

from __future__ import annotations

import os
from pathlib import Path

import apsw

from conformance.errors import Gone, NotSupported
from fhir_server.store.earth import distance
from fhir_server.store.entries import FOLD_VERSION
from fhir_server.store.messages import NEWER_LAYOUT, PAGE_EXPIRED
from fhir_server.store.sqlite.messages import NOT_A_STORE

_FIRST = r"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;

-- Interned (kind, type, param, key): numbers for the ordered rows. See names.py for the kinds.
CREATE TABLE name (n INTEGER PRIMARY KEY, kind INTEGER, type TEXT, param TEXT, key TEXT,
                   UNIQUE (kind, type, param, key));

-- made: position minus vid. updated: milliseconds. body: bodies.py. labels: one a line, NULL when there are none.
CREATE TABLE version (vid INTEGER PRIMARY KEY, h INTEGER, type INTEGER, id TEXT, version INTEGER, op INTEGER,
                      made INTEGER, ended INTEGER, updated INTEGER, digest BLOB, labels TEXT,
                      pack INTEGER, cut INTEGER, size INTEGER, body BLOB);
CREATE TABLE cur (h INTEGER PRIMARY KEY, vid INTEGER);
CREATE TABLE past (h INTEGER, version INTEGER, vid INTEGER, PRIMARY KEY (h, version)) WITHOUT ROWID;

-- Ended versions whose entries are still there, so that old positions can be searched.
CREATE TABLE ended (vid INTEGER PRIMARY KEY, at INTEGER);

-- Posting lists: one word per token, uri, reference, text, label, present parameter and type. See words.py.
CREATE VIRTUAL TABLE idx USING fts5 (w, content='', contentless_delete=1, detail=none,
                                     tokenize="ascii tokenchars '{punctuation}'");

-- What is read in order. Columns without a type keep integers and bytes as they are.
CREATE TABLE span (n INTEGER, low, vid INTEGER, high, PRIMARY KEY (n, low, vid, high)) WITHOUT ROWID;
CREATE TABLE span_of (vid INTEGER, n INTEGER, low, high, PRIMARY KEY (vid, n, low, high)) WITHOUT ROWID;
CREATE TABLE ref_in (h INTEGER, n INTEGER, vid INTEGER, PRIMARY KEY (h, n, vid)) WITHOUT ROWID;
CREATE TABLE ref_out (vid INTEGER, n INTEGER, h INTEGER, PRIMARY KEY (vid, n, h)) WITHOUT ROWID;
CREATE TABLE text (n INTEGER, value TEXT, PRIMARY KEY (n, value)) WITHOUT ROWID;

CREATE TABLE record (space TEXT, name TEXT, value BLOB, PRIMARY KEY (space, name));
CREATE TABLE dictionary (id INTEGER PRIMARY KEY, type INTEGER, data BLOB);

INSERT INTO idx (idx, rank) VALUES ('automerge', 0);
INSERT INTO idx (idx, rank) VALUES ('crisismerge', 500);
"""

#: The name of a SPAN holds all keys of its entries, and is found under each.
_SECOND = """
CREATE TABLE name_key (kind INTEGER, type TEXT, param TEXT, key TEXT, n INTEGER,
                       PRIMARY KEY (kind, type, param, key, n)) WITHOUT ROWID;
INSERT INTO name_key SELECT kind, type, param, key, n FROM name WHERE kind = 3;
"""

#: reach: the length of the longest range under a number, 0 for points; a search knows by it how far below to begin.
#: Then the names of kind SEVERAL: parameters and keys of which some version has more than one range.
_THIRD = """
CREATE TABLE reach (n INTEGER PRIMARY KEY, length INTEGER);
INSERT INTO reach SELECT n, max(iif(typeof(low) = 'integer', high - low, 1e300)) FROM span_of GROUP BY n;
INSERT INTO name (kind, type, param, key)
    SELECT DISTINCT 7, k.type, k.param, k.key FROM span_of s JOIN name_key k ON k.n = s.n
    GROUP BY s.vid, k.type, k.param, k.key HAVING count(*) > 1;
"""

#: Between words; every other ASCII character belongs to a word.
SEPARATOR = "\n"


def _punctuation() -> str:
    """Every ASCII character but letters, digits, NUL and the separator, quoted twice over for the DDL."""
    marks = (chr(code) for code in range(1, 128) if not chr(code).isalnum() and chr(code) != SEPARATOR)
    return "".join({"'": "''''", '"': '""'}.get(mark, mark) for mark in marks)


#: One script a layout version, in order; never change one that was released.
MIGRATIONS: tuple[str, ...] = (_FIRST, _SECOND, _THIRD)

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA wal_autocheckpoint=0",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-8192",
    "PRAGMA mmap_size=0",
    "PRAGMA secure_delete=FAST",  # Rows that move or change leave nothing behind in their page: see expunge.py.
)
#: For a file that is being made: pages that come free can be given back to the file system.
_SHRINKING = "PRAGMA auto_vacuum=INCREMENTAL"
#: For the connection that writes: in kilobytes, filled only by writing. A group of a load changes a thousand pages all
#: over the tables; what has no room is written to the log before its time, and read again by the next group.
WRITER_CACHE = "PRAGMA cache_size=-32768"
#: How long a statement waits for another process, in milliseconds.
BUSY_TIMEOUT = 10_000


def _distance(*numbers: apsw.SQLiteValue) -> float | None:
    """``earth.distance`` of what stands in the columns; NULL when that is no place."""
    first, second, third, fourth = numbers
    if isinstance(first, int) and isinstance(second, int) and isinstance(third, int) and isinstance(fourth, int):
        return distance(first, second, third, fourth)
    return None


def connect(path: Path) -> apsw.Connection:
    """A connection with the pragmas of this engine. One thread at a time may use it."""
    db = apsw.Connection(str(path), statementcachesize=200)
    db.set_busy_timeout(BUSY_TIMEOUT)
    # Without it, many statements are prepared anew for each value that is bound, in case it makes for a better plan.
    db.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    db.create_scalar_function("distance", _distance, 4, deterministic=True)
    is_new = not path.exists() or not path.stat().st_size
    for pragma in (_SHRINKING, *_PRAGMAS) if is_new else _PRAGMAS:
        db.execute(pragma).fetchall()
    return db


def prepare(db: apsw.Connection, path: Path) -> None:
    """Create the tables or bring them up to date.

    Raises ``NotSupported`` for a file of a newer server, or of another program.
    """
    if _layout(db) == len(MIGRATIONS):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        _migrate(db, path)
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _layout(db: apsw.Connection) -> int:
    return int(db.pragma("user_version"))


def _migrate(db: apsw.Connection, path: Path) -> None:
    found = _layout(db)
    if found > len(MIGRATIONS):
        raise NotSupported.of(NEWER_LAYOUT, path=path, found=found, known=len(MIGRATIONS))
    if found == 0 and db.execute("SELECT EXISTS (SELECT 1 FROM sqlite_schema)").get:
        raise NotSupported.of(NOT_A_STORE, path=path)
    for script in MIGRATIONS[found:]:
        db.execute(script.replace("{punctuation}", _punctuation())).fetchall()
    if found == 0:
        first = (("hash_key", os.urandom(16)), ("fold", FOLD_VERSION), ("expired", 0))
        db.executemany("INSERT INTO meta VALUES (?, ?)", first)
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}").fetchall()


def require_unexpunged(db: apsw.Connection, position: int) -> None:
    """Raise ``Gone`` for a position that saw something which has been expunged since."""
    if position < expunged(db):
        raise Gone.of(PAGE_EXPIRED)


def expunged(db: apsw.Connection) -> int:
    """The position before which something was seen that has been expunged since; 0 for none."""
    found = meta(db, "expunged")
    return found if isinstance(found, int) else 0


def meta(db: apsw.Connection, name: str) -> object:
    """A value of the ``meta`` table, None when absent."""
    return db.execute("SELECT value FROM meta WHERE name = ?", (name,)).get
