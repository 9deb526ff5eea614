"""Sorted pages. Commit order comes from the indexes; any other is made by the server from at most a cap of matches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from bson import MaxKey

from conformance.errors import TooCostly
from fhir_server.store.messages import TOO_MANY_TO_SORT
from fhir_server.store.mongo import documents
from fhir_server.store.mongo.filters import is_point
from fhir_server.store.mongo.moments import PER_MILLISECOND, first_at, moment_of
from fhir_server.store.mongo.queries import Scope
from fhir_server.store.mongo.words import Document
from fhir_server.store.ordering import SortValue
from fhir_server.store.query import ID, LAST_UPDATED, Predicate, Query, Sort

#: More matches than this are sorted by lastUpdated only; otherwise the search is refused.
SORT_CAP = 100_000
#: Up to so many are sorted together with what is asked of them; the rows of more are found first.
FEW = 200
#: Characters of the hash before an id.
_HASH = len(documents.place(""))
_MISSING = MaxKey()
_COUNT: Document = {"$setWindowFields": {"output": {"total": {"$count": {}}}}}

Place = tuple[list[SortValue], int]


class Row(NamedTuple):
    """A match with its sort values."""

    values: Sequence[SortValue]
    vid: int
    document: Document | None = None
    """With the fields that were asked for, where they come at no cost."""


class Column(NamedTuple):
    """A sort key on the server: the expression of its values, and how these are read and written here."""

    expression: object
    decode: Callable[[object], SortValue]
    encode: Callable[[SortValue], object]


async def sorted_rows(
    scope: Scope,
    query: Query,
    place: Place | None,
    limit: int,
    *,
    backward: bool = False,
    fields: Document | None = None,
) -> list[Row]:
    """The first ``limit`` matches after a place in the query's order, or with ``backward`` before it in the reverse.

    In commit order they come with ``fields``.
    """
    match = await scope.filter(query.where)
    if [sort.param for sort in query.sort] in ([], [LAST_UPDATED]):
        down = any(sort.descending for sort in query.sort) != backward
        match = {"$and": [match, {"_id": {"$lt" if down else "$gt": place[1]}}]} if place else match
        order = {"_id": -1 if down else 1}
        documents = await scope.versions.find(
            match, fields or {"_id": 1}, limit=limit, sort=order, hint=hint_of(query.where)
        )
        return [Row([None] * len(query.sort), int(one["_id"]), one if fields else None) for one in documents]
    return await _by_columns(scope, query, match, place, limit, backward=backward, fields=fields or {})


def hint_of(where: Predicate) -> str | None:
    """The index that finds a predicate's matches in commit order, when that is known without asking the server."""
    return "searched" if is_point(where) else None


async def _by_columns(
    scope: Scope, query: Query, match: Document, place: Place | None, limit: int, *, backward: bool, fields: Document
) -> list[Row]:
    columns = [_column(sort) for sort in query.sort]
    beyond = _steps(columns, [sort.descending != backward for sort in query.sort], place, limit)
    for cap, kept in ((FEW, fields), (SORT_CAP, {})):
        keys = {f"k{at}": column.expression for at, column in enumerate(columns)}
        counted: list[Document] = [{"$limit": cap + 1}, {"$project": {**keys, **kept}}, _COUNT]
        pipeline = [{"$match": match}, *counted, *beyond]
        found = await scope.versions.aggregate(pipeline)
        if found and found[0]["total"] <= cap:
            return [_row(one, columns, with_document=bool(kept)) for one in found]
        if not found and (place is None or cap == SORT_CAP):
            return []
    raise TooCostly.of(TOO_MANY_TO_SORT, cap=SORT_CAP)


def _row(found: Document, columns: Sequence[Column], *, with_document: bool) -> Row:
    values = [column.decode(found[f"k{at}"]) for at, column in enumerate(columns)]
    return Row(values, int(found["_id"]), found if with_document else None)


def _steps(columns: Sequence[Column], directions: Sequence[bool], place: Place | None, limit: int) -> list[Document]:
    """From matches with their keys to the first of them after a place."""
    steps: list[Document] = []
    if place is not None:
        values = [column.encode(value) for column, value in zip(columns, place[0], strict=True)]
        steps.append({"$match": {"$expr": _beyond([*values, place[1]], directions)}})
    order = {f"k{at}": -1 if down else 1 for at, down in enumerate(directions)}
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
