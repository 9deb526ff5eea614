"""Interned names: small numbers for (kind, type, param, key), shared by all processes through the ``name`` table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import TypeAlias

import apsw


class Named(IntEnum):
    """What a name stands for. The numbers are stored: never renumber."""

    TYPE = 0
    STRING = 1
    SPAN = 3
    REFERENCE = 4
    URI = 5
    ORDER = 6
    """A parameter with texts to sort by."""
    SEVERAL = 7
    """A parameter and key of which some version has more than one range."""


#: Parameters, and the types that they are sought in.
Groups: TypeAlias = tuple[tuple[tuple[str, ...], frozenset[str]], ...]
#: Look-ups whose answer is kept.
_KEPT = 10_000


class NewNameError(Exception):
    """Nothing was stored under this name yet, and only a write transaction gives it a number."""


class NameTable:
    """The names as one connection sees them. A number never changes, so what was found is kept."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._numbers: dict[tuple[Named, str, str, str], int] = {}
        self._keyed: dict[tuple[Named, str, str, tuple[str, ...]], int] = {}
        self._types: dict[int, str] = {}
        self._newest = -1
        self._is_steady = False
        self._looked: dict[tuple[object, ...], list[int]] = {}

    def steady(self, newest: int) -> None:
        """A read transaction has begun, in which ``newest`` is the greatest number: no name appears before its end.

        What was looked up in vain stays so as long as that is the greatest number.
        """
        if newest != self._newest:
            self._looked.clear()
            self._newest = newest
        self._is_steady = True

    def unsteady(self) -> None:
        """It ends."""
        self._is_steady = False

    def _numbers_of(self, sought: tuple[object, ...], look: Callable[[], Iterable[int]]) -> list[int]:
        found = self._looked.get(sought) if self._is_steady else None
        if found is None:
            found = list(look())
            if self._is_steady and len(self._looked) < _KEPT:
                self._looked[sought] = found
        return found

    def find(self, kind: Named, type: str, param: str = "", key: str = "") -> int | None:
        """The number of a name, None when nothing was stored under it."""
        name = (kind, type, param, key)
        number = self._numbers.get(name)
        if number is None:
            sql = "SELECT n FROM name WHERE kind = ? AND type = ? AND param = ? AND key = ?"
            number = self._db.execute(sql, name).get
            if number is not None:
                self._numbers[name] = number
        return number

    def find_all(self, kind: Named, types: Iterable[str], param: str, key: str = "") -> list[int]:
        """The numbers of a parameter in these types, those that exist."""
        among = tuple(types)

        def look() -> Iterable[int]:
            found = (self.find(kind, of_type, param, key) for of_type in among)
            return (number for number in found if number is not None)

        return self._numbers_of((kind, among, param, key), look)

    def of_groups(self, kind: Named, types: tuple[str, ...], groups: Groups) -> list[int]:
        """The numbers of the parameters of each group in its types, as far as they are among ``types``."""

        def look() -> Iterable[int]:
            for params, some in groups:
                for param in params:
                    yield from self.find_all(kind, sorted(some.intersection(types)), param)

        return self._numbers_of((kind, types, groups), look)

    def with_key(self, kind: Named, types: Iterable[str], param: str, key: str) -> list[int]:
        """The numbers that ``intern_keys`` gave to keys of which ``key`` is one."""
        among, sql = tuple(types), "SELECT n FROM name_key WHERE kind = ? AND type = ? AND param = ? AND key = ?"

        def look() -> Iterable[int]:
            return (row[0] for of_type in among for row in self._db.execute(sql, (kind, of_type, param, key)))

        return self._numbers_of(("with", kind, among, param, key), look)

    def intern(self, kind: Named, type: str, param: str = "", key: str = "") -> int:
        """The number of a name, given now when it is new; outside a write transaction that raises NewNameError."""
        number = self._numbers.get((kind, type, param, key))
        return self._interned(kind, type, param, key) if number is None else number

    def _interned(self, kind: Named, type: str, param: str, key: str) -> int:
        number = self.find(kind, type, param, key)
        if number is None:
            if not self._db.in_transaction:
                raise NewNameError
            sql = "INSERT INTO name (kind, type, param, key) VALUES (?, ?, ?, ?) RETURNING n"
            number = int(self._db.execute(sql, (kind, type, param, key)).get)
            self._numbers[kind, type, param, key] = number
        return number

    def intern_keys(self, kind: Named, type: str, param: str, keys: tuple[str, ...]) -> int:
        """The number of all ``keys`` together, under each of which it is found; see ``intern``."""
        name = (kind, type, param, keys)
        number = self._keyed.get(name)
        if number is None:
            number = self._keyed[name] = self._intern_keys(kind, type, param, keys)
        return number

    def _intern_keys(self, kind: Named, type: str, param: str, keys: Sequence[str]) -> int:
        together = json.dumps(keys, ensure_ascii=False)
        known = self.find(kind, type, param, together)
        if known is not None:
            return known
        number = self.intern(kind, type, param, together)
        rows = ((kind, type, param, key, number) for key in keys)
        self._db.executemany("INSERT OR IGNORE INTO name_key VALUES (?, ?, ?, ?, ?)", rows)
        return number

    def type(self, number: int) -> str:
        """The resource type of a number."""
        found = self._types.get(number)
        if found is None:
            found = self._types[number] = str(self._db.execute("SELECT type FROM name WHERE n = ?", (number,)).get)
        return found

    def types(self) -> list[str]:
        """Every resource type that was ever stored."""
        sql = "SELECT n FROM name WHERE kind = ? ORDER BY n"
        numbers = self._numbers_of((Named.TYPE,), lambda: (row[0] for row in self._db.execute(sql, (Named.TYPE,))))
        return [self.type(number) for number in numbers]

    def forget(self) -> None:
        """Drop what was kept: after a rollback, when numbers given in it are void."""
        self._numbers.clear()
        self._keyed.clear()
        self._types.clear()
