"""MongoDB stores of tests, patients to put into them, and everything that can be asked of them."""

from __future__ import annotations

import itertools
from contextlib import asynccontextmanager

from pymongo.monitoring import CommandListener
from query_cases import KINDS, START

from fhir_server.store.entries import NO_KEY, Entry, Interval, Kind, Token
from fhir_server.store.mongo import MongoStore
from fhir_server.store.protocol import Body, Guard, Key, Record, Unit, Write
from fhir_server.store.query import ALL, ID, Query, Sort, TokenTerm


class HandClock:
    """Stands still until it is moved."""

    now = START

    def __call__(self) -> int:
        return self.now


class Sent(CommandListener):
    """The names of the commands that were sent."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def started(self, event: object) -> None:
        self.names.append(event.command_name)

    def succeeded(self, event: object) -> None:
        """Not counted again."""

    def failed(self, event: object) -> None:
        """Not counted again."""


@asynccontextmanager
async def opened(url: str, **options: object):
    store = await MongoStore.open(url, **options)
    try:
        yield store
    finally:
        await store.close()


def put(key: str, *entries: Entry, note: bytes = b"") -> Write:
    of_type, _, logical_id = key.partition("/")
    return Write(Key(of_type, logical_id), Body(b'{"meta":{', b'},"note":"%b"}' % note), entries, note)


def name(text: str) -> Entry:
    return Entry("name", Kind.STRING, NO_KEY, text)


def date(low: int) -> Entry:
    return Entry("date", Kind.RANGE, NO_KEY, Interval(low, low + 1))


def patients(count: int) -> list[Unit]:
    code = Entry("code", Kind.TOKEN, NO_KEY, Token("s", "x"))
    link = Entry("link", Kind.REFERENCE, NO_KEY, "Patient/0")
    writes = (put(f"Patient/{n}", name(f"An {n}"), code, date(n), link) for n in range(count))
    return [Unit((write,)) for write in writes]


async def everything(store: MongoStore) -> None:
    """Every kind of read, and the writes that look first."""
    for where, sort in itertools.product(KINDS, ((), (Sort("name"),), (Sort(ID, descending=True), Sort("date")))):
        page = await store.search(Query(("Patient",), where, sort), limit=3)
        if page.next:
            await store.search(Query(("Patient",), where, sort), limit=3, cursor=page.next)
    for where in KINDS:
        await store.count(Query((), where))
        guarded = Unit((put("Patient/g"),), guards=(Guard(Query(("Patient",), where), None),))
        await store.transact([guarded])
    position = await store.position()
    for types, logical_id in (((), None), (("Patient",), None), (("Patient",), "1")):
        await store.history(types, logical_id, limit=2, since=5, during=(5, HandClock.now))
    for where, deleted in ((ALL, False), (ALL, True), (TokenTerm("code", "s", "x"), False)):
        assert [chunk async for chunk in store.scan((), position, where=where, deleted=deleted)] or deleted
    await store.read_many([Key("Patient", "1"), Key("Encounter", "1")])
    await store.vread(Key("Patient", "1"), 1)
    await store.counts()
    await store.transact([Unit(records=(Record("space", "name", b"1"),))])
    assert [pair async for pair in store.records("space")]
    assert await store.spaces()
    await store.tidy()
