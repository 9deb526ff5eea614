"""Rows into tables, many with each statement: to bind and step a row alone costs as much as to put it into its tree."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TypeAlias

import apsw

Row: TypeAlias = "tuple[apsw.SQLiteValue, ...]"

#: Rows of one statement. More gain nothing.
_TOGETHER = 40


def insert(db: apsw.Connection, into: str, rows: Sequence[Row]) -> None:
    """Insert rows, all of one length; ``into`` is the statement up to ``VALUES``."""
    place = f"({', '.join('?' * len(rows[0]))})"
    end = len(rows) - len(rows) % _TOGETHER
    if end:
        together = (list(chain.from_iterable(rows[at : at + _TOGETHER])) for at in range(0, end, _TOGETHER))
        db.executemany(f"{into} VALUES {', '.join([place] * _TOGETHER)}", together)
    if end < len(rows):
        db.executemany(f"{into} VALUES {place}", rows[end:])
