"""Where a defect was planted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Table, row from 1 (None: the whole table), field, and the value as written."""

    table: str
    row: int | None
    field: str
    value: str = ""
