"""Expunging: documents of versions keep their place and lose the rest. See ``store.expunging``.

The oldest position that is read moves first, so nobody meets a version that is half gone; then one transaction decides
and empties. A writer that changes one of the keys meanwhile makes it try again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import groupby
from typing import Any

from pymongo import UpdateOne

from fhir_server.store.expunging import Wanted, in_order, may_go
from fhir_server.store.mongo import records
from fhir_server.store.mongo.documents import SEARCHED, id_of, place
from fhir_server.store.mongo.flights import Flights, Ticket
from fhir_server.store.mongo.heads import YOUNG
from fhir_server.store.mongo.layout import Collections
from fhir_server.store.mongo.moments import OPEN, moment_of
from fhir_server.store.mongo.transactions import Transactions
from fhir_server.store.mongo.words import Document
from fhir_server.store.protocol import Key, Op, Version

#: Versions that are listed in one go, at least.
CHUNK = 500
_STATE = {"t": 1, "k": 1, "n": 1, "p": 1, "x": 1, "o": 1}
_LEFT = {"$lt": int(Op.EXPUNGED)}
_EMPTIED = {"$set": {"o": int(Op.EXPUNGED), "d": b"", "b": b""}, "$unset": dict.fromkeys(SEARCHED, "")}


class Expunger:
    """Lists and empties."""

    def __init__(self, transactions: Transactions, collections: Collections, flights: Flights) -> None:
        self._transactions = transactions
        self._version = collections.version
        self._record = collections.record
        self._flights = flights

    async def wanted(self, wanted: Wanted) -> AsyncIterator[list[Version]]:
        """See ``Expungeable.expungeable``."""
        for of_type in wanted.types or (await self._flights.head()).types:
            async for chunk in self._of_type(of_type, wanted):
                yield chunk

    async def _of_type(self, of_type: str, wanted: Wanted) -> AsyncIterator[list[Version]]:
        """Walks the index of keys, which gives the versions of one key side by side."""
        found: list[Version] = []
        of_key: list[Version] = []
        match: Document = {"t": of_type, "o": _LEFT} | ({"k": place(wanted.id)} if wanted.id else {})
        async for document in self._version.find(match, _STATE).sort([("k", 1), ("n", 1)]):
            version = _version(document)
            if of_key and of_key[0].key != version.key:
                found += wanted.chosen(of_key)
                of_key = []
                if len(found) >= CHUNK:
                    yield found
                    found = []
            of_key.append(version)
        found += wanted.chosen(of_key) if of_key else []
        if found:
            yield found

    async def remove(self, versions: Sequence[Version], *, live: bool) -> int:
        """See ``Expungeable.expunge``."""
        held = await records.held(self._record)
        asked = {version.vid for version in versions}
        ends = [int(one["x"]) for one in await self._stored(versions, None) if one["_id"] in asked and one["x"] < OPEN]
        mark = max((end for end in ends if end <= min(held, default=end)), default=0)
        if mark:
            await self._flights.expunge(mark)
            await asyncio.sleep(YOUNG)  # By now everybody has heard of it who may read.

        async def body(session: Any, _ticket: Ticket) -> int:
            return await self._emptied(session, versions, held, live=live)

        return (await self._transactions.run(body, lambda: None))[0]

    async def _emptied(self, session: Any, versions: Sequence[Version], held: Sequence[int], *, live: bool) -> int:
        asked = {version.vid for version in versions}
        documents = await self._stored(in_order(versions), session)
        steps: list[UpdateOne] = []
        for _, of_key in groupby(documents, key=lambda document: (document["t"], document["k"])):
            steps += _steps(list(of_key), asked, held, live=live)
        if steps:
            await self._version.bulk_write(steps, ordered=False, session=session)
        return len(steps)

    async def _stored(self, versions: Sequence[Version], session: Any) -> list[Document]:
        """What is left of the keys of these versions, by key and versionId."""
        places: dict[str, set[str]] = {}
        for version in versions:
            places.setdefault(version.key.type, set()).add(place(version.key.id))
        found: list[Document] = []
        for of_type, wanted in places.items():
            match = {"t": of_type, "k": {"$in": sorted(wanted)}, "o": _LEFT}
            found += await self._version.find(match, _STATE, session=session).sort([("k", 1), ("n", 1)]).to_list()
        return found


def _steps(documents: list[Document], asked: set[int], held: Sequence[int], *, live: bool) -> list[UpdateOne]:
    """The changes to one key: its versions come in the order in which they may go."""
    left, steps = len(documents), []
    for document in documents:
        ended = int(document["x"]) if document["x"] < OPEN else None
        op, others = Op(document["o"]), left - 1
        if document["_id"] in asked and may_go(op=op, ended=ended, others=others, held=held, live=live):
            of = {name: document[name] for name in ("t", "k", "n")}
            steps.append(UpdateOne({**of, "x": document["x"], "o": document["o"]}, _EMPTIED))
            left -= 1
    return steps


def _version(document: Document) -> Version:
    vid = int(document["_id"])
    key = Key(document["t"], id_of(document["k"]))
    return Version(key, document["n"], vid, int(document["p"]), moment_of(vid), Op(document["o"]), b"")
