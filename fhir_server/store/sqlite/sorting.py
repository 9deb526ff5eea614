"""Sorted pages: few matches are sorted in memory, many are met in the order of a range parameter's rows."""

from __future__ import annotations

import heapq
import json
from collections.abc import Sequence
from typing import NamedTuple

from conformance.errors import TooCostly
from fhir_server.store.messages import TOO_MANY_TO_SORT
from fhir_server.store.ordering import SortValue, rank
from fhir_server.store.query import ID, LAST_UPDATED, Query, Sort
from fhir_server.store.sqlite.bodies import Packed
from fhir_server.store.sqlite.matches import Matches, matches
from fhir_server.store.sqlite.names import Named
from fhir_server.store.sqlite.plan import numbers
from fhir_server.store.sqlite.session import Session
from fhir_server.store.sqlite.walk import vids_in_order

#: Up to so many matches are always sorted in memory.
FEW = 5_000
#: More matches than this are sorted only along a range parameter or lastUpdated; otherwise the search is refused.
SORT_CAP = 100_000

Place = tuple[list[SortValue], int]


class Row(NamedTuple):
    """A match with its sort values."""

    values: Sequence[SortValue]
    vid: int


def sorted_rows(
    session: Session, query: Query, position: int, place: Place | None, limit: int, *, backward: bool = False
) -> list[Row]:
    """The first ``limit`` matches after ``place`` in the query's order, or with ``backward`` before it, nearest first.

    There is no way back without a place.
    """
    found = matches(session, query.types, query.where, position)
    if [sort.param for sort in query.sort] in ([], [LAST_UPDATED]):
        return _by_vid(session, query, found, place, limit, backward=backward)
    vids = vids_in_order(session, found, limit=FEW + 1)
    if len(vids) > FEW:
        name = _walkable(session, query)
        if name is not None:
            return _Walk(session, found, name, query.sort[0].descending, place, backward).rows(limit)
        vids = vids_in_order(session, found, limit=SORT_CAP + 1)
        if len(vids) > SORT_CAP:
            raise TooCostly.of(TOO_MANY_TO_SORT, cap=SORT_CAP)
    return _in_memory(session, query, vids, place, limit, backward=backward)


def _by_vid(
    session: Session, query: Query, found: Matches, place: Place | None, limit: int, *, backward: bool
) -> list[Row]:
    descending = any(sort.descending for sort in query.sort) is not backward
    after = place[1] if place else None
    vids = vids_in_order(session, found, limit=limit, after=after, descending=descending)
    return [Row([None] * len(query.sort), vid) for vid in vids]


# Few matches


def _in_memory(
    session: Session, query: Query, vids: list[int], place: Place | None, limit: int, *, backward: bool
) -> list[Row]:
    columns = [_values(session, query.types, sort, vids) for sort in query.sort]
    directions = [sort.descending for sort in query.sort]
    rows = [Row([column.get(vid) for column in columns], vid) for vid in vids]

    def order(row: Row) -> tuple[object, ...]:
        return rank(row.values, directions, row.vid)

    if place is not None:
        start = order(Row(*place))
        rows = [row for row in rows if (order(row) < start if backward else order(row) > start)]
    return (heapq.nlargest if backward else heapq.nsmallest)(limit, rows, key=order)


def _values(session: Session, types: tuple[str, ...], sort: Sort, vids: list[int]) -> dict[int, SortValue]:
    fixed = _FIXED.get(sort.param)
    if fixed:
        sql = f"SELECT v.vid, {fixed} FROM json_each(?) m CROSS JOIN version v ON v.vid = m.value"
        return dict(session.db.execute(sql, (json.dumps(vids),)))
    types = types or tuple(session.names.types())
    values = _span_values(session, types, sort, vids)
    if session.names.find_all(Named.ORDER, types, sort.param):
        values.update(_text_values(session, types, sort, [vid for vid in vids if vid not in values]))
    return values


_FIXED = {LAST_UPDATED: "v.updated * 1000", ID: "v.id"}


def _span_values(session: Session, types: tuple[str, ...], sort: Sort, vids: list[int]) -> dict[int, SortValue]:
    names = session.names.with_key(Named.SPAN, types, sort.param, "")
    if not names:
        return {}
    sql = (
        f"SELECT r.vid, {'max' if sort.descending else 'min'}(r.low) FROM json_each(?) m"
        f" CROSS JOIN span_of r ON r.vid = m.value AND r.n IN {numbers(names)} GROUP BY r.vid"
    )
    return dict(session.db.execute(sql, (json.dumps(vids),)))


def _text_values(session: Session, types: tuple[str, ...], sort: Sort, vids: list[int]) -> dict[int, SortValue]:
    names = session.names.find_all(Named.ORDER, types, sort.param)
    sql = "SELECT v.vid, v.pack, v.cut, v.size, v.body FROM json_each(?) m CROSS JOIN version v ON v.vid = m.value"
    values: dict[int, SortValue] = {}
    for vid, *packed in session.db.execute(sql, (json.dumps(vids),)):
        texts = session.unpacker.sort_texts(Packed(*packed))
        for name in names:
            if name in texts:
                values[vid] = texts[name][sort.descending]
    return values


# Many matches


def _walkable(session: Session, query: Query) -> int | None:
    """The number of the range parameter whose rows are in the query's order; None when there is no such."""
    if len(query.sort) != 1 or len(query.types) != 1:
        return None
    param = query.sort[0].param
    names = session.names.with_key(Named.SPAN, query.types, param, "")
    has_texts = session.names.find(Named.ORDER, query.types[0], param) is not None
    return names[0] if len(names) == 1 and not has_texts else None


class _Walk(NamedTuple):
    """Matches met along the rows of one range parameter, beyond ``place``."""

    session: Session
    found: Matches
    name: int
    descending: bool
    place: Place | None
    backward: bool

    def rows(self, limit: int) -> list[Row]:
        """Those with a value in the order of their values, then those without; the other way round going back."""
        parts = [self._with_value, self._without_value]
        if self.backward:
            parts.reverse()
        begun = self.place is not None and (self.place[0][0] is None) is not self.backward
        if begun:  # the place lies in the second part already
            return parts[1](limit, self.place)
        rows = parts[0](limit, self.place)
        return rows if len(rows) == limit else rows + parts[1](limit - len(rows), None)

    def _with_value(self, limit: int, place: Place | None) -> list[Row]:
        """Each match once, at its first row in the order of the query."""
        less = ">" if self.descending else "<"
        beyond, end = (">", "ASC") if self.descending is self.backward else ("<", "DESC")
        values, further = dict(self.found.binder.values), ""
        if place is not None:
            values.update(low=place[0][0], vid=place[1])
            further = f" AND r.low {beyond}= :low AND (r.low, r.vid) {beyond} (:low, :vid)"
        earlier = (
            f"SELECT 1 FROM span_of x WHERE x.vid = r.vid AND x.n = {self.name}"
            f" AND (x.low, x.high) {less} (r.low, r.high)"
        )
        sql = (
            f"SELECT r.low, r.vid FROM span r WHERE r.n = {self.name} AND {self.found.test('r.vid')}{further}"
            f" AND NOT EXISTS ({earlier}) ORDER BY r.low {end}, r.vid {end} LIMIT {int(limit)}"
        )
        return [Row([low], vid) for low, vid in self.session.db.execute(sql, values)]

    def _without_value(self, limit: int, place: Place | None) -> list[Row]:
        test = f"NOT EXISTS (SELECT 1 FROM span_of x WHERE x.vid = {{v}} AND x.n = {self.name})"
        after = place[1] if place else None
        descending = self.descending is not self.backward
        vids = vids_in_order(self.session, self.found, limit=limit, after=after, descending=descending, test=test)
        return [Row([None], vid) for vid in vids]
