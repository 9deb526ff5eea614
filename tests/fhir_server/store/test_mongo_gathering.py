"""Searches that come together share commands, and each finds just what it finds alone."""

from __future__ import annotations

import asyncio

import pytest
from mongo_stores import Sent, opened, put

from fhir_server.store.entries import NO_KEY, Entry, Kind, Token
from fhir_server.store.mongo import MongoStore, gathering
from fhir_server.store.protocol import Key, Page, Unit
from fhir_server.store.query import Ids, Query, ReferenceTerm, StringMode, StringTerm, TokenTerm


def token(code: str) -> Entry:
    return Entry("code", Kind.TOKEN, NO_KEY, Token("s", code))


def link(target: str) -> Entry:
    return Entry("link", Kind.REFERENCE, NO_KEY, target)


async def fill(store: MongoStore, count: int = 60) -> None:
    """Every resource has the code all, and every seventh shares a code and a link; some have been replaced."""
    for round_ in (0, 1):
        writes = (
            put(
                f"{of_type}/{n}",
                *(token("all"), token(f"{n % 7}"), token(f"only-{n}"), link(f"Patient/{n % 7}")),
                Entry("name", Kind.STRING, NO_KEY, f"An {n % 7}"),
                note=b"%d" % (round_ if n % 3 else 0),
            )
            for of_type in ("Patient", "Encounter")
            for n in range(count)
        )
        await store.transact([Unit(tuple(writes))])
    await quiet(store)


async def quiet(store: MongoStore) -> None:
    """The store knows that nothing was written since it last asked."""
    await store.position()
    await store.position()


WHERES = [
    *(TokenTerm("code", "s", f"{number}") for number in range(9)),
    *(TokenTerm("code", "s", f"only-{number}") for number in range(9)),
    TokenTerm("code", "s", "all"),
    TokenTerm("code", "s", None),
    *(ReferenceTerm("link", f"Patient/{number}") for number in range(8)),
    *(StringTerm("name", StringMode.EXACT, f"An {number}") for number in range(3)),
    *(Ids(frozenset({f"{number}"})) for number in range(55, 63)),
    Ids(frozenset({"1", "2"})),
    StringTerm("name", StringMode.PREFIX, "an"),
]


async def found(store: MongoStore, query: Query, limit: int) -> Page:
    page = await store.search(query, limit=limit)
    if page.next is None:
        return page
    assert (await store.search(query, limit=limit, cursor=page.next)).versions
    return page


@pytest.mark.parametrize("limit", [1, 5, 200])
@pytest.mark.parametrize("types", [("Patient",), ("Encounter", "Patient"), ()])
def test_each_finds_what_it_finds_alone(url, limit, types):
    """Also where one of them finds so much that the server stops before it comes to what others seek."""

    async def main() -> None:
        async with opened(url) as store:
            await fill(store)
            queries = [Query(types, where) for where in WHERES]
            alone = [await found(store, query, limit) for query in queries]
            assert any(page.versions for page in alone)
            for _ in range(3):
                together = await asyncio.gather(*(found(store, query, limit) for query in queries))
                assert [page.versions for page in together] == [page.versions for page in alone]
                assert [page.next is None for page in together] == [page.next is None for page in alone]

    asyncio.run(main())


def test_many_together_take_few_commands(url, monkeypatch):
    async def main() -> None:
        sent = Sent()
        async with opened(url, event_listeners=[sent]) as store:
            await fill(store)
            sent.names.clear()
            queries = [Query(("Patient",), TokenTerm("code", "s", f"only-{number}")) for number in range(60)]
            pages = await asyncio.gather(*(store.search(query, limit=3) for query in queries))
            assert [page.versions[0].key.id for page in pages] == [str(number) for number in range(60)]
            assert sent.names.count("find") == len(sent.names) <= 4
            reads = [Key("Patient", f"{number}") for number in range(70)]
            sent.names.clear()
            found = await asyncio.gather(*(store.read(key) for key in reads))
            assert [version and version.key for version in found] == reads[:60] + [None] * 10
            assert sent.names == ["find"] * 3
            monkeypatch.setattr(gathering, "MOST", 7)
            await quiet(store)
            pages = await asyncio.gather(*(store.search(query, limit=3) for query in queries))
            assert [page.versions[0].key.id for page in pages] == [str(number) for number in range(60)]

    asyncio.run(main())


def test_who_gives_up_takes_nobody_with_it(url):
    async def main() -> None:
        async with opened(url) as store:
            await fill(store, 20)
            for round_ in range(6):
                await quiet(store)
                queries = [Query(("Patient",), TokenTerm("code", "s", f"only-{number}")) for number in range(12)]
                asked = [asyncio.create_task(store.search(query, limit=3)) for query in queries]
                for _ in range(round_):
                    await asyncio.sleep(0)
                asked[round_ % 2].cancel()
                asked[5].cancel()
                pages = await asyncio.gather(*asked, return_exceptions=True)
                gone = {round_ % 2, 5}
                gave_up = {n for n, page in enumerate(pages) if isinstance(page, asyncio.CancelledError)}
                assert gave_up <= gone  # The driver may have had the answer already.
                assert all(pages[n].versions[0].key.id == str(n) for n in range(12) if n not in gave_up)
            assert not store._reader._gathering._waiting

    asyncio.run(main())


def test_beside_writers_of_another_process_each_sees_what_was_acknowledged_before_it_came(url):
    async def main() -> None:
        async with opened(url) as store, opened(url) as other:
            await fill(store, 10)
            written, done = [0], asyncio.Event()

            async def write() -> None:
                for number in range(101, 125):
                    await other.transact([Unit((put("Patient/1", token("w"), note=b"%d" % number),))])
                    written[0] = number
                    await asyncio.sleep(0.03 if number % 4 == 0 else 0)
                done.set()

            async def read(where: object) -> None:
                while not done.is_set():
                    known = written[0]
                    [version] = (await store.search(Query(("Patient",), where), limit=3)).versions or [None]
                    assert version is None or int(version.body.split(b'"note":"')[1].split(b'"')[0]) >= known
                    assert version is not None or known == 0

            wheres = (TokenTerm("code", "s", "w"), Ids(frozenset({"1"})))
            await asyncio.gather(write(), *(read(where) for where in wheres * 5))

    asyncio.run(main())


def test_positions_are_not_mixed(url):
    async def main() -> None:
        async with opened(url) as store:
            await fill(store, 5)
            position = await store.position()
            await store.transact([Unit((put("Patient/1", token("only-1"), note=b"new"),))])
            queries = [Query(("Patient",), TokenTerm("code", "s", f"only-{number}")) for number in range(5)]
            old = await asyncio.gather(*(store.search(query, limit=3, position=position) for query in queries))
            new = await asyncio.gather(*(store.search(query, limit=3) for query in queries))
            assert [page.versions[0].version_id for page in old] != [page.versions[0].version_id for page in new]
            assert b"new" in new[1].versions[0].body
            assert b"new" not in old[1].versions[0].body

    asyncio.run(main())


def test_answers_may_be_large_and_larger_than_one_message(url):
    async def main() -> None:
        async with opened(url) as store:
            for number in range(12):
                note = b"x" * (3_000_000 if number % 2 else 100_000)
                await store.transact([Unit((put(f"Patient/{number}", token("x"), note=note),))])
            await quiet(store)
            for limit in (1, 3, 20):
                query = Query(("Patient",), TokenTerm("code", "s", "x"))
                for page in await asyncio.gather(*(store.search(query, limit=limit) for _ in range(3))):
                    assert [one.key.id for one in page.versions] == [str(number) for number in range(12)][:limit]
                    assert (page.next is None) == (limit == 20)
            found = await asyncio.gather(*(store.read(Key("Patient", f"{number}")) for number in range(12)))
            assert [len(one.body) > 2_000_000 for one in found] == [number % 2 == 1 for number in range(12)]
            assert len((await store.history((), None, limit=20)).versions) == 12

    asyncio.run(main())


def test_looks_go_together_at_a_secondary_too(url):
    async def main() -> None:
        async with opened(f"{url}&readPreference=secondaryPreferred") as store:
            await fill(store, 20)
            queries = [Query(("Patient",), TokenTerm("code", "s", f"only-{number}")) for number in range(20)]
            pages = await asyncio.gather(*(store.search(query, limit=3) for query in queries))
            assert [page.versions[0].key.id for page in pages] == [str(number) for number in range(20)]

    asyncio.run(main())
