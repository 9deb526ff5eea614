"""Expunging: documents of versions keep their place and lose the rest. See ``store.expunging``.

Twice the same is decided, each time in a transaction that excludes those who begin to hold a position. The first one
announces from where on positions are still read; by the second everybody has heard of it who may read, and whoever
reads for longer looks again before it answers. What was ended between the two is announced and waited for anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import groupby
from typing import Any, TypeVar

from pymongo import UpdateOne

from fhir_server.store.expunging import Kept, Wanted, going, greatest_end
from fhir_server.store.mongo import criteria, records
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
#: Seconds from an announcement to what it announces; more than a look may take that does not look again.
WAIT = 1.2 * YOUNG
_STATE = {"t": 1, "k": 1, "n": 1, "p": 1, "x": 1, "o": 1}
_LEFT = {"$lt": int(Op.EXPUNGED)}
_EMPTIED = {"$set": {"o": int(Op.EXPUNGED), "d": b"", "b": b""}, "$unset": dict.fromkeys(SEARCHED, "")}

T = TypeVar("T")


class Expunger:
    """Lists and empties."""

    def __init__(self, transactions: Transactions, collections: Collections, flights: Flights) -> None:
        self._transactions = transactions
        self._version = collections.version
        self._record = collections.record
        self._guard = collections.guard
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

    async def remove(self, versions: Sequence[Version], wanted: Wanted) -> int:
        """See ``Expungeable.expunge``."""
        count, is_left = 0, True
        while is_left:
            mark = await self._in_transaction(lambda session: self._marked(session, versions, wanted))
            if mark:
                await self._flights.reach(mark)
                await self._flights.expunge(mark)
                await asyncio.sleep(WAIT)
            done, is_left = await self._in_transaction(
                lambda session, mark=mark: self._emptied(session, versions, wanted, mark)  # type: ignore[misc]
            )
            count += done
        return count

    async def _in_transaction(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """What is done while nobody begins to hold a position."""

        async def body(session: Any, ticket: Ticket) -> T:
            await self._flights.enter(ticket)
            return await work(session)

        return (await self._transactions.run(body, lambda: None))[0]

    async def _marked(self, session: Any, versions: Sequence[Version], wanted: Wanted) -> int:
        """From where on positions can be read when these are gone, 0 when that changes nothing; none before is held."""
        mark = greatest_end(await self._going(session, versions, wanted))
        if mark:
            await self._guard.bulk_write([criteria.touch(criteria.HOLDS_ID, mark)], session=session)
        return mark

    async def _emptied(self, session: Any, versions: Sequence[Version], wanted: Wanted, mark: int) -> tuple[int, bool]:
        """How many went, and whether others were ended meanwhile and are to be announced first."""
        await self._guard.bulk_write([criteria.touch(criteria.HOLDS_ID)], session=session)
        found = await self._going(session, versions, wanted)
        ready = [one for one in found if (one.ended or 0) <= mark]
        is_whole = len(ready) == len(found)
        ready = ready if is_whole else [one for one in ready if one.ended is not None]
        if ready:
            await self._version.bulk_write(list(map(_emptying, ready)), ordered=False, session=session)
        return len(ready), not is_whole

    async def _going(self, session: Any, versions: Sequence[Version], wanted: Wanted) -> list[Kept]:
        held = await records.held(self._record, session)
        asked = {version.vid for version in versions}
        kept = sorted(await self._kept(session, versions), key=lambda one: one.version.key)
        of_keys = groupby(kept, key=lambda one: one.version.key)
        return [one for _, of_key in of_keys for one in going(list(of_key), asked, wanted, held)]

    async def _kept(self, session: Any, versions: Sequence[Version]) -> list[Kept]:
        """What is left of the keys of these versions, those of one key by versionId."""
        places: dict[str, set[str]] = {}
        for version in versions:
            places.setdefault(version.key.type, set()).add(place(version.key.id))
        found: list[Document] = []
        for of_type, wanted in places.items():
            match = {"t": of_type, "k": {"$in": sorted(wanted)}, "o": _LEFT}
            found += await self._version.find(match, _STATE, session=session).sort([("k", 1), ("n", 1)]).to_list()
        return [Kept(_version(one), int(one["x"]) if one["x"] < OPEN else None) for one in found]


def _emptying(kept: Kept) -> UpdateOne:
    version, ended = kept
    of = {"t": version.key.type, "k": place(version.key.id), "n": version.version_id}
    return UpdateOne({**of, "x": OPEN if ended is None else ended, "o": int(version.op)}, _EMPTIED)


def _version(document: Document) -> Version:
    vid = int(document["_id"])
    key = Key(document["t"], id_of(document["k"]))
    return Version(key, document["n"], vid, int(document["p"]), moment_of(vid), Op(document["o"]), b"")
