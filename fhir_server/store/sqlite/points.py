"""Points in time as vids: lastUpdated never goes back, so a binary search finds where a moment begins."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

import apsw


class _Stamps:
    """lastUpdated in milliseconds by vid, as a sequence for ``bisect``; vids have no gaps."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._length = int(db.execute("SELECT coalesce(max(vid), 0) FROM version").get)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> int:
        return int(self._db.execute("SELECT updated FROM version WHERE vid = ?", (index + 1,)).get)


def settled(db: apsw.Connection, at: int) -> int:
    """The position of what was made at or before a millisecond that no later commit may carry."""
    return vids_at(db, ((at + 1) * 1000,))[0] - 1


def vids_at(db: apsw.Connection, moments: Iterable[int]) -> list[int]:
    """For each moment (microseconds), the first vid that was made at or after it."""
    stamps = _Stamps(db)
    return [bisect_left(stamps, -(-moment // 1000)) + 1 for moment in moments]
