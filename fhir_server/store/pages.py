"""Pages cut from a list that holds everything in order, for the plain engine."""

from __future__ import annotations

from conformance.errors import BadRequest
from fhir_server.store.messages import BAD_CURSOR
from fhir_server.store.protocol import Cursor, Page, Version


def page_of(rows: list[Version], limit: int, position: int, cursor: Cursor | None) -> Page:
    """At most ``limit`` rows beside the place of the cursor; BadRequest when it names none of them."""
    start = _start(rows, limit, cursor)
    end = _place(rows, cursor) if cursor and cursor.backward else start + limit
    page = tuple(rows[start:end])
    after = Cursor(position, (page[-1].vid,)) if page and end < len(rows) else None
    before = Cursor(position, (page[0].vid,), backward=True) if page and start > 0 else None
    return Page(page, after, before)


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
