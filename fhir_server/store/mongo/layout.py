"""Connecting, the collections with their indexes, and what a server must be for this engine."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from pymongo import ASCENDING, AsyncMongoClient, IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import InvalidURI, OperationFailure

from conformance.errors import NotSupported
from fhir_server.store.messages import BAD_URL, NEWER_LAYOUT, OLD_SERVER, STANDALONE
from fhir_server.store.mongo.moments import OPEN
from fhir_server.store.mongo.words import Document

Client: TypeAlias = AsyncMongoClient[Document]
Collection: TypeAlias = AsyncCollection[Document]

#: Raised when stored documents change their shape.
LAYOUT = 1
#: The database of a URL that names none.
DATABASE = "fhir"
#: MongoDB 6.0.
_WIRE = 17
_DAY = 86_400
#: Milliseconds without an answer after which a connection counts as lost, unless the URL says otherwise.
_ANSWER = 120_000
_EXISTS = 48
_ZSTD = {"storageEngine": {"wiredTiger": {"configString": "block_compressor=zstd"}}}

#: Collections, their options and indexes. ``_id`` closes two of them, so that what they find is in commit order.
_COLLECTIONS: dict[str, tuple[Document, list[IndexModel]]] = {
    "version": (
        _ZSTD,
        [
            IndexModel([("t", ASCENDING), ("k", ASCENDING), ("n", ASCENDING)], name="key", unique=True),
            IndexModel(
                [("t", ASCENDING), ("k", ASCENDING)], name="current", unique=True, partialFilterExpression={"x": OPEN}
            ),
            IndexModel([("t", ASCENDING), ("_id", ASCENDING)], name="walked"),
            IndexModel([("t", ASCENDING), ("e", ASCENDING), ("_id", ASCENDING)], name="searched"),
            IndexModel([("t", ASCENDING), ("r.n", ASCENDING), ("r.l", ASCENDING), ("r.h", ASCENDING)], name="ranged"),
            IndexModel([("g", ASCENDING)], name="ended", sparse=True),
        ],
    ),
    "text": ({}, [IndexModel([("n", ASCENDING), ("s", ASCENDING)], name="named")]),
    "record": (_ZSTD, []),
    "guard": ({}, [IndexModel([("at", ASCENDING)], name="old", expireAfterSeconds=_DAY)]),
    "fence": ({}, [IndexModel([("at", ASCENDING)], name="old", expireAfterSeconds=_DAY)]),
    "state": ({}, []),
}
#: The one document of ``state``.
POSITION = "position"
_FIRST = {"layout": LAYOUT, "last": 0, "floor": 0, "expired": 0, "types": [], "flights": []}


class Collections(NamedTuple):
    """The collections of a store."""

    version: Collection
    text: Collection
    record: Collection
    guard: Collection
    fence: Collection
    state: Collection


def connected(url: str, **options: Any) -> Client:
    """A client for the server at a MongoDB URL; nothing is sent yet. Writes wait for a majority, whatever it says."""
    if "sockettimeoutms=" not in url.lower():
        options = {"socketTimeoutMS": _ANSWER, **options}
    try:
        return AsyncMongoClient(url, w="majority", journal=True, appname="fhir-server", **options)
    except (ValueError, InvalidURI):
        raise NotSupported.of(BAD_URL) from None  # What stands in the error may be part of a password.


async def is_made(client: Client) -> bool:
    """True when the database holds a store."""
    return await client.get_default_database(DATABASE)["state"].find_one({"_id": POSITION}) is not None


async def prepared(client: Client) -> Collections:
    """The collections, made when they are not there.

    Raises ``NotSupported`` for a standalone server, an old one, or a store of a newer layout.
    """
    await _require_transactions(client)
    database = client.get_default_database(DATABASE)
    collections = Collections(**{name: database[name] for name in Collections._fields})
    found = await collections.state.find_one({"_id": POSITION})
    if found is None:
        await _make(collections)
    elif found["layout"] > LAYOUT:
        path = f"mongodb database {database.name}"
        raise NotSupported.of(NEWER_LAYOUT, path=path, found=found["layout"], known=LAYOUT)
    return collections


async def _require_transactions(client: Client) -> None:
    hello = await client.admin.command("hello")
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise NotSupported.of(STANDALONE)
    if hello["maxWireVersion"] < _WIRE:
        raise NotSupported.of(OLD_SERVER)


async def _make(collections: Collections) -> None:
    """Make what is missing; the document of ``state`` comes last, so that its presence means that all is there."""
    database = collections.state.database
    for name, (options, indexes) in _COLLECTIONS.items():
        try:
            await database.create_collection(name, check_exists=False, **options)
        except OperationFailure as error:
            if error.code != _EXISTS:
                raise
        if indexes:
            await database[name].create_indexes(indexes)
    await collections.state.update_one({"_id": POSITION}, {"$setOnInsert": _FIRST}, upsert=True)
