"""Pieces that are held until the unit comes that they are part of."""

from __future__ import annotations

import asyncio

import pytest

from fhir_server.bulk.importing.applying import Applier, Closing
from fhir_server.store import open_store
from fhir_server.store.protocol import Body, Key, Record, Refusal, Store, Unit, Write


def writes(*ids: str, text: bytes = b"") -> list[Write]:
    body = Body(b'{"resourceType":"Patient","meta":{', b'},"text":"%b"}' % text)
    return [Write(Key("Patient", name), body, (), text) for name in ids]


async def stored(store: Store) -> dict[str, bytes]:
    page = await store.history((), None, limit=100)
    return {version.key.id: version.body.rpartition(b":")[2] for version in page.versions}


@pytest.fixture(params=["memory:", "sqlite://{folder}/a.sqlite"])
def url(request, tmp_path):
    return request.param.format(folder=tmp_path)


def test_a_unit_takes_the_pieces_that_it_names_and_of_one_resource_the_last_write(url):
    async def run() -> None:
        store = await open_store(url)
        applier = Applier(store)
        pieces = (writes("a", "b", text=b"1"), writes("b", "c", text=b"2"), writes("d", text=b"3"))
        first, second, third = [await applier.hold(piece) for piece in pieces]
        assert await applier.close(Closing(Unit(records=(Record("s", "n", b"x"),)), (first, second))) == ()
        assert await stored(store) == {"a": b'"1"}', "b": b'"2"}', "c": b'"2"}'}
        assert await store.record("s", "n") == b"x"
        assert await applier.close(Closing(Unit(), (third,))) == ()
        assert sorted(await stored(store)) == ["a", "b", "c", "d"]
        await store.close()

    asyncio.run(run())


def test_what_a_refused_unit_would_have_taken_is_held_for_the_next(url):
    async def run() -> None:
        store = await open_store(url)
        applier = Applier(store)
        held = (await applier.hold(writes("a")),)
        assert isinstance(await applier.close(Closing(Unit(given=(Record("s", "n", b"other"),)), held)), Refusal)
        assert await stored(store) == {}
        assert await applier.close(Closing(Unit(), held)) == ()
        assert sorted(await stored(store)) == ["a"]
        with pytest.raises(LookupError):  # It is stored, and never so again.
            await applier.close(Closing(Unit(), held))
        await store.close()

    asyncio.run(run())


def test_pieces_that_change_nothing_are_stored_like_others(url):
    async def run() -> None:
        store = await open_store(url)
        applier = Applier(store)
        for text in (b"1", b"1", b"1", b"2", b"2"):
            assert await applier.close(Closing(Unit(), (await applier.hold(writes("a", "b", text=text)),))) == ()
        assert [version.version_id for version in (await store.history((), None, limit=9)).versions] == [2, 2, 1, 1]
        await store.close()

    asyncio.run(run())
