"""Pieces that are sent ahead of the unit that they are part of."""

from __future__ import annotations

import asyncio
import pickle

import pytest

from fhir_server.bulk import wire
from fhir_server.bulk.importing.applying import Applier, Closing, Held, Packed, Sending
from fhir_server.store import open_store
from fhir_server.store.protocol import Body, Key, Record, Refusal, Store, Unit, Write


def packed(*ids: str, text: bytes = b"") -> Packed:
    body = Body(b'{"meta":{', b'},"text":"%b"}' % text)
    return Packed((wire.pack([Write(Key("Patient", name), body, (), text) for name in ids]),))


async def stored(store: Store) -> dict[str, bytes]:
    page = await store.history((), None, limit=100)
    return {version.key.id: version.body.rpartition(b":")[2] for version in page.versions}


def test_a_unit_takes_the_first_pieces_and_of_one_resource_the_last_write():
    async def run() -> None:
        store = await open_store("memory:")
        apply = Applier(store)
        for piece in (packed("a", "b", text=b"1"), packed("b", "c", text=b"2"), packed("d", text=b"3")):
            assert await apply(piece) is None
        assert await apply(Closing(Unit(records=(Record("s", "n", b"x"),)), 2)) is None
        assert await stored(store) == {"a": b'"1"}', "b": b'"2"}', "c": b'"2"}'}
        assert await store.record("s", "n") == b"x"
        assert await apply(Closing(Unit(), 1)) is None
        assert sorted(await stored(store)) == ["a", "b", "c", "d"]

    asyncio.run(run())


def test_what_a_refused_unit_would_have_taken_is_held_for_the_next():
    async def run() -> None:
        store = await open_store("memory:")
        async with Sending(Applier(store)) as sending:
            sending.send(packed("a").writes)
            refused = await sending.close(Unit(given=(Record("s", "n", b"other"),)), 1)
            assert isinstance(refused, Refusal)
            assert await stored(store) == {}
            assert await sending.close(Unit(), 1) == ()
            assert sorted(await stored(store)) == ["a"]

    asyncio.run(run())


def test_what_comes_out_of_a_pipe_is_unpacked_and_applied_alike():
    async def run() -> None:
        received = pickle.loads(pickle.dumps(packed("a", "b", text=b"1")))  # noqa: S301 - our own bytes
        assert isinstance(received, Held)
        store = await open_store("memory:")
        apply = Applier(store)
        await apply(received)
        assert await apply(Closing(Unit(), 1)) is None
        assert await stored(store) == {"a": b'"1"}', "b": b'"1"}'}

    asyncio.run(run())


def test_a_unit_never_goes_without_a_piece_of_its_own():
    async def run() -> None:
        apply = Applier(await open_store("memory:"))
        await apply(packed("a"))
        with pytest.raises(LookupError):
            await apply(Closing(Unit(), 2))

    asyncio.run(run())
