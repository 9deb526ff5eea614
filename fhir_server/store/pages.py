"""Pages cut from a list that holds everything in order, for the plain engine, and pages of a history for all."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.errors import BadRequest
from fhir_server.store.cursors import cursor_after, place_of
from fhir_server.store.messages import BAD_CURSOR
from fhir_server.store.protocol import Cursor, Page, Version


def page_of(rows: list[Version], limit: int, position: int, cursor: Cursor | None) -> Page:
    """At most ``limit`` rows beside the place of the cursor; BadRequest when it names none of them."""
    start = _start(rows, limit, cursor)
    end = _place(rows, cursor) if cursor and cursor.backward else start + limit
    page = tuple(rows[start:end])
    after = Cursor(position, (page[-1].vid,)) if page and end < len(rows) else None
    before = Cursor(position, (page[0].vid,), backward=True) if page and start > 0 else None
    return Page(page, position, after, before)


def history_page(newest_first: list[Version], limit: int, position: int, cursor: Cursor | None) -> Page:
    """The same of a history, where the version that the cursor names may have been expunged meanwhile."""
    backward = cursor is not None and cursor.backward
    vid = place_of(cursor, 0)[1] if cursor else 0
    rows = [row for row in newest_first if cursor is None or (row.vid > vid if backward else row.vid < vid)]
    found = rows[-limit:] if backward else rows[:limit]
    return cut(found, position, cursor, has_more=len(rows) > limit)


def cut(versions: Sequence[Version], position: int, cursor: Cursor | None, *, has_more: bool) -> Page:
    """A page of a history. ``has_more``: there are others in the direction in which the cursor goes."""
    if not versions:
        return Page((), position)
    backward = cursor is not None and cursor.backward
    after = cursor_after(position, (), versions[-1].vid) if has_more or backward else None
    has_before = has_more if backward else cursor is not None
    before = cursor_after(position, (), versions[0].vid, backward=True) if has_before else None
    return Page(tuple(versions), position, after, before)


def _start(rows: list[Version], limit: int, cursor: Cursor | None) -> int:
    if cursor is None:
        return 0
    place = _place(rows, cursor)
    return max(place - limit, 0) if cursor.backward else place + 1


def _place(rows: list[Version], cursor: Cursor) -> int:
    vids = [version.vid for version in rows]
    if len(cursor.after) != 1 or cursor.after[0] not in vids:
        raise BadRequest.of(BAD_CURSOR)
    return vids.index(cursor.after[0])
