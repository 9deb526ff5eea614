"""What the store keeps about itself, and the records beside the resources: can all of it be read and be so?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import apsw
from zstandard import ZstdError

from conformance.issues import Issue
from fhir_server.store.protocol import Record, held_position
from fhir_server.store.sqlite.check_versions import Report
from fhir_server.store.sqlite.messages import BAD_KEYS, BAD_RECORD, BAD_VALUE
from fhir_server.store.sqlite.names import Named
from fhir_server.store.sqlite.records import unpacked_record

_CHUNK = 500
_HASH_KEY = 16
_RECORDS = f"SELECT space, name, value FROM record WHERE (space, name) > (?, ?) ORDER BY space, name LIMIT {_CHUNK}"

#: Ranges are found by each key of their name: names without one of their keys, and keys without a name.
_MISSING_KEYS = f"""
SELECT DISTINCT n.type, n.param FROM name n, json_each(n.key) k WHERE n.kind = {Named.SPAN:d} AND NOT EXISTS
    (SELECT 1 FROM name_key x WHERE x.kind = n.kind AND x.type = n.type AND x.param = n.param AND x.key = k.value
     AND x.n = n.n)
"""
_EXTRA_KEYS = """
SELECT DISTINCT x.type, x.param FROM name_key x WHERE NOT EXISTS
    (SELECT 1 FROM name n, json_each(n.key) k WHERE n.n = x.n AND n.kind = x.kind AND n.type = x.type
     AND n.param = x.param AND k.value = x.key)
"""

#: May a value be so, given the last vid?
_Law: TypeAlias = Callable[[object, int], bool]


def _is_position(value: object, last: int) -> bool:
    return isinstance(value, int) and 0 <= value <= last


_VALUES: dict[str, _Law] = {
    "hash_key": lambda value, _: isinstance(value, bytes) and len(value) == _HASH_KEY,
    "fold": lambda value, _: isinstance(value, int),
    "expired": _is_position,
    "expunged": lambda value, last: value is None or _is_position(value, last),
    "floor": lambda value, _: value is None or isinstance(value, int),
}


def values(db: apsw.Connection, _: Report) -> Iterator[Issue]:
    """What the store keeps about itself, and by which names ranges are found. One look."""
    last = int(db.execute("SELECT coalesce(max(vid), 0) FROM version").get)
    rows: list[Any] = db.execute("SELECT name, value FROM meta").fetchall()
    known = dict(rows)
    for name, is_right in _VALUES.items():
        value = known.get(name)
        if not is_right(value, last):
            told = value if isinstance(value, int | str) else type(value).__name__
            yield Issue(BAD_VALUE, "", {"name": name, "value": told})
    for sql in (_MISSING_KEYS, _EXTRA_KEYS):
        for of_type, param in db.execute(sql).fetchall():
            yield Issue(BAD_KEYS, str(of_type), {"param": param})


def records(db: apsw.Connection, report: Report) -> Iterator[Issue]:
    """Records that cannot be read, and positions that are kept for open work and are none. In chunks."""
    done = 0
    rows: list[Any] = [("", "", b"")]
    while rows := db.execute(_RECORDS, rows[-1][:2]).fetchall():
        for space, name, value in rows:
            yield from _record(str(space), str(name), value)
        done += len(rows)
        report(done, None)


def _record(space: str, name: str, value: object) -> Iterator[Issue]:
    try:
        held_position(Record(space, name, unpacked_record(value if isinstance(value, bytes) else b"")))
    except (ValueError, ZstdError) as error:
        yield Issue(BAD_RECORD, "", {"space": space, "name": name, "detail": str(error)})
