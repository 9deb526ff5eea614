"""Looks that come together share one command: those that seek one element or one id, each at the same position, and
reads of what is current.

A command costs the server more than what it finds. The first look goes alone and at once; those that come while it is
under way wait for it and then go together, so nobody waits for more than two commands and nobody waits without need.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from pymongo.errors import PyMongoError

from fhir_server.store.mongo.documents import BODY, place
from fhir_server.store.mongo.filters import LATEST, LEAVES, any_of, every, is_point, of_types, visible
from fhir_server.store.mongo.heads import Heads
from fhir_server.store.mongo.layout import Collection
from fhir_server.store.mongo.looks import Looks
from fhir_server.store.mongo.words import Document
from fhir_server.store.query import Ids, Query

#: At most so many go together.
MOST = 50
#: And of so many types: the server merges 200 pieces of an index in commit order, one for each type and value.
_TYPES = 4
_ORDER = {"_id": 1}


class Spot(NamedTuple):
    """What looks that go together have in common: types, position, the field they seek in, and how much they want."""

    types: tuple[str, ...]
    position: int | None
    """None: what is current, readable or not, deletions too."""
    field: str
    limit: int

    @property
    def found_by(self) -> str:
        """Where values of the field are found."""
        return "searched" if self.field == "e" else "key" if self.position is not None else "current"

    def match(self, values: list[str]) -> Document:
        """The filter of what has one of these values."""
        sought = any_of(values) if self.field == "e" else {"k": {"$in": values}}
        return every([of_types(self.types), sought, LATEST if self.position is None else visible(self.position)])


@dataclass(slots=True)
class _Asked:
    """Who waits, and for what; None comes when it has to look alone."""

    value: str
    found: asyncio.Future[list[Document] | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def settle(self, found: list[Document] | None) -> None:
        if not self.found.done():
            self.found.set_result(found)


def sought(query: Query, types: tuple[str, ...]) -> tuple[str, str] | None:
    """The field and the one value that a query seeks in it, in commit order; None for any other query."""
    where = query.where
    if query.sort or len(types) > _TYPES:
        return None
    if isinstance(where, Ids):
        return ("k", place(next(iter(where.ids)))) if len(where.ids) == 1 else None
    return ("e", LEAVES[type(where)](where)["e"]) if is_point(where) else None


class Gathering:
    """The looks of one process."""

    def __init__(self, version: Collection, heads: Heads) -> None:
        self._version = version
        self._heads = heads
        self._waiting: dict[Spot, list[_Asked]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def find(self, looks: Looks, spot: Spot, value: str) -> list[Document]:
        """The first versions in commit order that have a value, with the fields of ``BODY`` at least."""
        if spot in self._waiting:
            asked = _Asked(value)
            self._waiting[spot].append(asked)
            found = await asked.found
            return await _alone(looks, spot, value) if found is None else found
        self._waiting[spot] = []
        try:
            return await _alone(looks, spot, value)
        finally:
            self._go_on(spot)

    def _go_on(self, spot: Spot) -> None:
        """Send those who wait."""
        waiting = self._waiting.pop(spot)
        if waiting:
            self._waiting[spot] = waiting[MOST:]
            task = asyncio.create_task(self._together(spot, waiting[:MOST]), name="store-looks")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _together(self, spot: Spot, asked: list[_Asked]) -> None:
        try:
            async with self._heads.session() as session:
                every_found = await _all(Looks(self._version, session), spot, [one.value for one in asked])
            for one, found in zip(asked, every_found, strict=True):
                one.settle(found)
        except PyMongoError:
            return  # Each finds out by itself what is wrong.
        finally:
            for one in asked:
                one.settle(None)
            self._go_on(spot)


async def _alone(looks: Looks, spot: Spot, value: str) -> list[Document]:
    return await looks.find(spot.match([value]), BODY, limit=spot.limit, sort=_ORDER, hint=spot.found_by)


async def _all(looks: Looks, spot: Spot, values: list[str]) -> list[list[Document] | None]:
    """What each finds; None where that is not known, as others found so much."""
    limit = spot.limit * len(values)
    fields = {**BODY, spot.field: 1}
    found = await looks.find(spot.match(sorted(set(values))), fields, limit=limit, sort=_ORDER, hint=spot.found_by)
    by_value: dict[str, list[Document]] = {value: [] for value in values}
    for document in found:
        for value in _values(document[spot.field]):
            if value in by_value:
                by_value[value].append(document)
    is_all = len(found) < limit
    return [by_value[one][: spot.limit] if is_all or len(by_value[one]) >= spot.limit else None for one in values]


def _values(of_field: str | list[str]) -> Iterable[str]:
    return dict.fromkeys(of_field) if isinstance(of_field, list) else (of_field,)
