"""Sorted pages. Commit order comes from the indexes; any other is made by the server from at most a cap of matches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from bson import MaxKey

from conformance.errors import TooCostly
from fhir_server.store.messages import TOO_MANY_TO_SORT
from fhir_server.store.mongo import documents
from fhir_server.store.mongo.moments import PER_MILLISECOND, first_at, moment_of
from fhir_server.store.mongo.queries import TIME, Scope
from fhir_server.store.mongo.words import Document
from fhir_server.store.ordering import SortValue
from fhir_server.store.query import ID, LAST_UPDATED, Query, Sort

#: More matches than this are sorted by lastUpdated only; otherwise the search is refused.
SORT_CAP = 100_000
#: Characters of the hash before an id.
_HASH = len(documents.place(""))
_MISSING = MaxKey()

Place = tuple[list[SortValue], int]


class Row(NamedTuple):
    """A match with its sort values."""

    values: Sequence[SortValue]
    vid: int


class Column(NamedTuple):
    """A sort key on the server: the expression of its values, and how these are read and written here."""

    expression: object
    decode: Callable[[object], SortValue]
    encode: Callable[[SortValue], object]


async def sorted_rows(
    scope: Scope, query: Query, place: Place | None, limit: int, *, backward: bool = False
) -> list[Row]:
    """The first ``limit`` matches after a place in the query's order, or with ``backward`` before it in the reverse."""
    match = await scope.filter(query.where)
    if [sort.param for sort in query.sort] in ([], [LAST_UPDATED]):
        return await _by_vid(scope, query, match, place, limit, backward=backward)
    columns = [_column(sort) for sort in query.sort]
    directions = [sort.descending != backward for sort in query.sort]
    pipeline = _pipeline(match, columns, directions, place, limit)
    cursor = await scope.version.aggregate(pipeline, session=scope.session, maxTimeMS=TIME, allowDiskUse=True)
    found = await cursor.to_list()
    if found and found[0]["total"] > SORT_CAP:
        raise TooCostly.of(TOO_MANY_TO_SORT, cap=SORT_CAP)
    return [Row([column.decode(one[f"k{at}"]) for at, column in enumerate(columns)], int(one["_id"])) for one in found]


async def _by_vid(
    scope: Scope, query: Query, match: Document, place: Place | None, limit: int, *, backward: bool
) -> list[Row]:
    down = any(sort.descending for sort in query.sort) != backward
    if place is not None:
        match = {"$and": [match, {"_id": {"$lt" if down else "$gt": place[1]}}]}
    cursor = scope.version.find(match, {"_id": 1}, session=scope.session, max_time_ms=TIME)
    found = await cursor.sort("_id", -1 if down else 1).limit(limit).to_list()
    return [Row([None] * len(query.sort), int(document["_id"])) for document in found]


def _pipeline(
    match: Document, columns: Sequence[Column], directions: Sequence[bool], place: Place | None, limit: int
) -> list[Document]:
    keys = {f"k{at}": column.expression for at, column in enumerate(columns)}
    steps: list[Document] = [
        {"$match": match},
        {"$limit": SORT_CAP + 1},
        {"$project": keys},
        {"$setWindowFields": {"output": {"total": {"$count": {}}}}},
    ]
    if place is not None:
        values = [column.encode(value) for column, value in zip(columns, place[0], strict=True)]
        steps.append({"$match": {"$expr": _beyond([*values, place[1]], directions)}})
    order = {name: -1 if down else 1 for name, down in zip(keys, directions, strict=True)}
    return [*steps, {"$sort": {**order, "_id": -1 if directions[0] else 1}}, {"$limit": limit}]


def _beyond(values: Sequence[object], directions: Sequence[bool]) -> Document:
    """The condition of what comes after a row: beyond it in some column, and equal in all before that one."""
    names = [*(f"$k{at}" for at in range(len(directions))), "$_id"]
    signs = ["$lt" if down else "$gt" for down in (*directions, directions[0])]
    operands = [[name, {"$literal": value}] for name, value in zip(names, values, strict=True)]
    equal: list[Document] = [{"$eq": pair} for pair in operands]
    return {"$or": [{"$and": [*equal[:at], {signs[at]: operands[at]}]} for at in range(len(names))]}


def _column(sort: Sort) -> Column:
    if sort.param == LAST_UPDATED:
        moment = {"$subtract": ["$_id", {"$mod": ["$_id", PER_MILLISECOND]}]}
        return Column(moment, lambda key: moment_of(key) if isinstance(key, int) else None, _encoded_moment)
    if sort.param == ID:
        return Column({"$substrBytes": ["$k", _HASH, -1]}, str, lambda value: value)
    return _param_column(sort)


def _encoded_moment(value: SortValue) -> object:
    return first_at(value) if isinstance(value, int) else None


def _param_column(sort: Sort) -> Column:
    """Least or greatest value of a parameter; what has none comes last in both directions."""
    kept = {"$getField": {"field": {"$literal": sort.param}, "input": "$s"}}
    value = {"$cond": [{"$isArray": [kept]}, {"$arrayElemAt": [kept, -1 if sort.descending else 0]}, kept]}
    missing = None if sort.descending else _MISSING

    def encode(of: SortValue) -> object:
        return missing if of is None else documents.sort_key(of)

    return Column({"$ifNull": [value, {"$literal": missing}]}, documents.sort_value, encode)
