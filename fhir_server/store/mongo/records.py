"""Records: values kept beside the resources."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from pymongo import DeleteOne, UpdateOne

from fhir_server.store.mongo import criteria
from fhir_server.store.mongo.layout import Collection, Collections
from fhir_server.store.mongo.words import SEPARATOR, Document, escaped, unescaped
from fhir_server.store.protocol import HOLDS, Record

#: Records of one look-up, and bytes from which it takes no more.
CHUNK, CHUNK_BYTES = 200, 8 * 1024 * 1024
#: Records that come in one message: the server would send up to 16 MB of them before it is asked for more.
_BATCH = 50

Operation = UpdateOne | DeleteOne


def name_of(space: str, name: str) -> str:
    """``_id`` of a record: those of a space lie side by side, by name."""
    return f"{escaped(space)}{SEPARATOR}{name}"


def space_of(of: str) -> str:
    """The space of a record, by its ``_id``."""
    return unescaped(of.partition(SEPARATOR)[0])


async def spaces(collection: Collection) -> list[str]:
    """The spaces that hold records, in order: one look for each."""
    found: list[str] = []
    after = ""
    while document := await collection.find_one({"_id": {"$gt": after}}, {"_id": 1}, sort=[("_id", 1)]):
        found.append(space_of(document["_id"]))
        after = escaped(found[-1]) + "\x02"
    return sorted(found)


def put(of: str, value: bytes | None) -> Operation:
    """The operation that makes a record so."""
    return DeleteOne({"_id": of}) if value is None else UpdateOne({"_id": of}, {"$set": {"v": value}}, upsert=True)


def touch(of: str) -> Operation:
    """An operation that conflicts with every change of a record that is there."""
    return UpdateOne({"_id": of}, {"$inc": {"c": 1}})


async def values(collection: Collection, names: Iterable[str], session: Any) -> dict[str, bytes]:
    """The values of those that are there."""
    found = collection.find({"_id": {"$in": list(names)}}, {"v": 1}, session=session)
    return {document["_id"]: bytes(document["v"]) for document in await found.to_list()}


async def value(collection: Collection, space: str, name: str) -> bytes | None:
    """See ``Store.record``."""
    found = await collection.find_one({"_id": name_of(space, name)}, {"v": 1})
    return bytes(found["v"]) if found else None


async def chunk(collection: Collection, space: str, after: str | None) -> list[tuple[str, bytes]]:
    """The records of a space that follow a name, as many as are read together; none at the end."""
    start = name_of(space, after or "")
    least: Document = {"$gte" if after is None else "$gt": start, "$lt": escaped(space) + "\x02"}
    cut = len(name_of(space, ""))
    found: list[tuple[str, bytes]] = []
    left = CHUNK_BYTES
    async with collection.find({"_id": least}, {"v": 1}).sort("_id", 1).limit(CHUNK).batch_size(_BATCH) as documents:
        async for document in documents:
            found.append((document["_id"][cut:], bytes(document["v"])))
            left -= len(found[-1][1])
            if left <= 0:
                break
    return found


async def every(collection: Collection, space: str) -> AsyncIterator[tuple[str, bytes]]:
    """See ``Store.records``."""
    found = await chunk(collection, space, None)
    while found:
        for pair in found:
            yield pair
        found = await chunk(collection, space, found[-1][0])


async def held(collection: Collection, session: Any = None) -> list[int]:
    """The positions that open work keeps searchable."""
    start = name_of(HOLDS, "")
    found = collection.find({"_id": {"$gte": start, "$lt": escaped(HOLDS) + "\x02"}}, {"v": 1}, session=session)
    return [int(bytes(document["v"])) for document in await found.to_list()]


async def are_given(collections: Collections, given: Sequence[Record], session: Any) -> bool:
    """Whether records are just so. They take part in the transaction: nobody changes them at the same time."""
    found = await values(collections.record, (name_of(space, name) for space, name, _ in given), session)
    if any(found.get(name_of(space, name)) != value for space, name, value in given):
        return False
    touched = [touch(name_of(space, name)) for space, name, value in given if value is not None]
    absences = [criteria.absence_id(name_of(space, name)) for space, name, value in given if value is None]
    if touched:
        await collections.record.bulk_write(touched, session=session)
    if absences:
        await collections.guard.bulk_write([criteria.touch(of) for of in absences], session=session)
    return True
