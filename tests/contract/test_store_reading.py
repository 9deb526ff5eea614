"""What every engine promises about positions, pages, history and scans."""

from __future__ import annotations

import asyncio

import pytest
from store_writes import delete, put, span, string, token, unit

from conformance.errors import BadRequest, Gone
from fhir_server.store.protocol import Cursor, Key, Promise, Store
from fhir_server.store.query import (
    ALL,
    ID,
    LAST_UPDATED,
    And,
    Comparison,
    Ids,
    Not,
    OfTypes,
    Or,
    Query,
    RangeTerm,
    Sort,
    StringMode,
    StringTerm,
    TokenTerm,
)

pytestmark = pytest.mark.anyio


async def fill(store: Store, count: int) -> None:
    for number in range(count):
        change = put(f"Patient/{number}", token("active", "true"), span("birthdate", number * 7 % 10, 20))
        await store.transact([unit(change)])


async def walk(store: Store, query: Query, limit: int) -> list[str]:
    page = await store.search(query, limit=limit)
    ids = [version.key.id for version in page.versions]
    while page.next:
        assert len(page.versions) == limit
        page = await store.search(query, limit=limit, cursor=page.next)
        ids += [version.key.id for version in page.versions]
    return ids


@pytest.mark.usefixtures("snapshot")
async def test_reads_at_a_position_do_not_change(store):
    await fill(store, 3)
    position = await store.position()
    await store.transact([unit(put("Patient/0", content="new"), delete("Patient/1"), put("Patient/9"))])
    assert (await store.read(Key("Patient", "0"), position)).version_id == 1
    assert not (await store.read(Key("Patient", "1"), position)).is_deleted
    assert await store.read(Key("Patient", "9"), position) is None
    assert len(await store.read_many([Key("Patient", str(n)) for n in (0, 1, 2, 9)], position)) == 3
    active = Query(("Patient",), TokenTerm("active", None, "true"))
    page = await store.search(active, limit=10, position=position)
    assert [(v.key.id, v.version_id) for v in page.versions] == [("0", 1), ("1", 1), ("2", 1)]
    assert await store.count(active, position) == 3
    assert await store.count(active) == 1
    assert [v.key.id async for chunk in store.scan((), position) for v in chunk] == ["0", "1", "2"]


@pytest.mark.usefixtures("snapshot")
@pytest.mark.parametrize(
    "sort",
    [
        (),
        (Sort(LAST_UPDATED),),
        (Sort(LAST_UPDATED, descending=True),),
        (Sort("birthdate"),),
        (Sort("birthdate", descending=True), Sort(ID)),
        (Sort("name"),),
    ],
)
async def test_a_page_walk_under_writes_gives_each_match_once(store, sort):
    await fill(store, 17)
    query = Query(("Patient",), TokenTerm("active", None, "true"), sort)
    undisturbed = await walk(store, query, 100)
    page = await store.search(query, limit=4)
    ids = [version.key.id for version in page.versions]
    number = 0
    while page.next:
        moved = put(f"Patient/{number}", token("active", "true"), span("birthdate", 99 - number, 200), content=1)
        await store.transact([unit(moved, delete(f"Patient/{16 - number}"), put(f"Patient/n{number}", *moved.entries))])
        number += 1
        page = await store.search(query, limit=4, cursor=page.next)
        ids += [version.key.id for version in page.versions]
    assert ids == undisturbed


@pytest.mark.usefixtures("snapshot")
async def test_a_page_walk_beside_concurrent_writers_gives_each_match_once(store):
    await fill(store, 40)
    running = True

    async def churn(lane: int) -> None:
        number = 0
        while running:
            number += 1
            await store.transact([unit(put(f"Patient/{lane}", token("active", "true"), content=number))])
            await asyncio.sleep(0)

    writers = [asyncio.create_task(churn(lane)) for lane in range(4)]
    query = Query(("Patient",), TokenTerm("active", None, "true"), (Sort(LAST_UPDATED, descending=True),))
    for _ in range(3):
        ids = await walk(store, query, 7)
        assert sorted(ids) == sorted(str(number) for number in range(40))
    running = False
    await asyncio.gather(*writers)


async def test_orders(store):
    await store.transact(
        [
            unit(put("Patient/a", string("name", "Đỗ"), span("birthdate", 5, 6), span("birthdate", 9, 10))),
            unit(put("Patient/b", string("name", "an"), string("name", "Vũ"), span("birthdate", 6, 7))),
            unit(put("Patient/c")),
            unit(put("Patient/d", string("name", "ĐO"), span("birthdate", 6, 8))),
        ]
    )

    async def order(*sort: Sort) -> str:
        return "".join(await walk(store, Query(("Patient",), ALL, sort), 3))

    assert await order() == "abcd"
    assert await order(Sort("name")) == "badc"
    assert await order(Sort("name", descending=True)) == "bdac"
    assert await order(Sort("birthdate")) == "abdc"
    assert await order(Sort("birthdate", descending=True)) == "adbc"
    assert await order(Sort("birthdate", descending=True), Sort("name")) == "abdc"
    assert await order(Sort(ID, descending=True)) == "dcba"
    assert await order(Sort(LAST_UPDATED, descending=True)) == "dcba"


@pytest.mark.usefixtures("snapshot")
async def test_expired_positions_are_gone(store, clock):
    await fill(store, 5)
    query = Query(("Patient",), ALL)
    page = await store.search(query, limit=2)
    clock.move(seconds=1800)
    await store.transact([unit(delete("Patient/4"), put("Patient/3", content=1))])
    await store.tidy()
    page = await store.search(query, limit=2, cursor=page.next)
    assert [version.key.id for version in page.versions] == ["2", "3"]
    clock.move(seconds=3601)
    await store.transact([unit(put("Patient/7"))])
    await store.tidy()
    with pytest.raises(Gone):
        await store.search(query, limit=2, cursor=page.next)
    with pytest.raises(Gone):
        await store.count(query, page.next.position)
    assert (await store.read(Key("Patient", "4"), page.next.position)).version_id == 1
    assert await walk(store, query, 2) == ["0", "1", "2", "3", "7"]


async def test_a_page_tells_its_position(store):
    """What one page saw can be asked for again, also when it found nothing."""
    await fill(store, 3)
    first = await store.search(Query(("Patient",), ALL), limit=2)
    nothing = await store.search(Query(("Patient",), Ids(("none",))), limit=2)
    assert first.position == nothing.position == await store.position()
    if Promise.SNAPSHOT in store.promises:
        await store.transact([unit(put("Patient/new"))])
        second = await store.search(Query(("Patient",), ALL), limit=2, cursor=first.next)
        assert (second.position, await store.count(Query(("Patient",), ALL), first.position)) == (first.position, 3)


async def test_a_foreign_cursor_is_refused(store):
    await fill(store, 3)
    with pytest.raises(BadRequest):
        await store.search(Query(("Patient",)), limit=1, cursor=Cursor(await store.position(), ("x", "y", "z")))


async def test_history_of_key_type_and_all_in_pages(store, clock):
    await fill(store, 3)
    clock.move(seconds=10)
    since = clock.now
    await store.transact([unit(put("Patient/1", content=1), put("Encounter/1"))])
    await store.transact([unit(delete("Patient/1"))])

    async def versions(types: tuple[str, ...], id: str | None, since: int | None = None) -> list[str]:
        page = await store.history(types, id, limit=2, since=since)
        rows = list(page.versions)
        while page.next:
            await store.transact([unit(put("Patient/1", content=len(rows)))])
            page = await store.history(types, id, limit=2, since=since, cursor=page.next)
            rows += page.versions
        return [f"{version.key}.{version.version_id}" for version in rows]

    assert await versions((), None, since) == ["Patient/1.3", "Encounter/1.1", "Patient/1.2"]
    assert await versions(("Encounter",), None) == ["Encounter/1.1"]
    assert (await versions(("Patient",), "1"))[-3:] == ["Patient/1.3", "Patient/1.2", "Patient/1.1"]
    assert (await versions((), None))[-3:] == ["Patient/2.1", "Patient/1.1", "Patient/0.1"]
    assert (await store.history(("Patient",), "nobody", limit=3)).versions == ()


@pytest.mark.parametrize(("types", "id"), [((), None), (("Patient",), None), (("Patient",), "1")])
async def test_a_history_is_walked_forward_and_back(store, clock, types, id):
    await fill(store, 3)
    clock.move(seconds=10)
    start = clock.now
    for number in range(4):
        await store.transact([unit(put("Patient/1", content=number), put("Encounter/1", content=number))])
        clock.move(seconds=10)
    end = clock.now
    for during in (None, (start, end)):
        page = await store.history(types, id, limit=2, during=during)
        pages = [page]
        assert page.previous is None
        while page.next:
            await store.transact([unit(put("Patient/1", content=f"{page.next}"))])
            page = await store.history(types, id, limit=2, during=during, cursor=page.next)
            pages.append(page)
        assert len(pages) > 2 or types == ("Patient",)
        for expected in pages[-2::-1]:
            await store.transact([unit(put("Patient/2", content=f"{page.previous}"))])
            page = await store.history(types, id, limit=2, during=during, cursor=page.previous)
            assert page.versions == expected.versions
            assert page.next is not None
        assert page.previous is None


async def test_history_of_a_period_has_what_was_current_in_it(store, clock):
    starts = []
    for number in range(3):
        starts.append(clock.now)
        await store.transact([unit(put("Patient/1", content=number), put(f"Encounter/{number}"))])
        clock.move(seconds=10)
    deleted = clock.now
    await store.transact([unit(delete("Patient/1"))])
    clock.move(seconds=10)
    await store.transact([unit(put("Patient/2"))])

    async def versions(start: int, end: int, types: tuple[str, ...] = (), id: str | None = None) -> list[str]:
        cursor, rows = None, []
        while True:
            page = await store.history(types, id, limit=1, during=(start, end), cursor=cursor)
            rows += [f"{version.key}.{version.version_id}" for version in page.versions]
            cursor = page.next
            if cursor is None:
                return rows

    moment = starts[1] + 5_000_000
    assert sorted(await versions(moment, moment + 1)) == ["Encounter/0.1", "Encounter/1.1", "Patient/1.2"]
    assert await versions(moment, moment + 1, ("Patient",)) == ["Patient/1.2"]
    assert await versions(starts[0], starts[0] + 1, ("Patient",), "1") == ["Patient/1.1"]
    assert await versions(starts[1], starts[2], ("Patient",), "1") == ["Patient/1.2"]
    assert await versions(moment, starts[2] + 1, ("Patient",), "1") == ["Patient/1.3", "Patient/1.2"]
    assert await versions(deleted, deleted + 1, ("Patient",)) == ["Patient/1.4"]
    assert await versions(deleted + 1, deleted + 2, ("Patient",)) == []
    assert await versions(starts[0] - 2, starts[0]) == []
    page = await store.history(("Patient",), None, limit=9, since=starts[2], during=(moment, starts[2] + 1))
    assert [version.version_id for version in page.versions] == [3]


async def test_scan_and_counts(store):
    await fill(store, 3)
    await store.transact([unit(put("Encounter/1"), delete("Patient/1"))])
    assert await store.counts() == {"Patient": 2, "Encounter": 1}
    position = await store.position()
    assert [str(v.key) async for chunk in store.scan((), position) for v in chunk] == [
        "Patient/0",
        "Patient/2",
        "Encounter/1",
    ]
    assert [str(v.key) async for chunk in store.scan(("Encounter",), position) for v in chunk] == ["Encounter/1"]


@pytest.mark.usefixtures("snapshot")
async def test_a_deleted_resource_is_not_found_by_its_id(store):
    await fill(store, 3)
    before = await store.position()
    await store.transact([unit(delete("Patient/1"))])
    by_id = Query(("Patient",), Ids(frozenset({"1", "2"})))
    assert await store.count(by_id) == 1
    assert [version.key.id for version in (await store.search(by_id, limit=3)).versions] == ["2"]
    assert await store.count(by_id, before) == 2


async def test_types_are_told_apart_also_beside_a_choice_that_any_type_may_satisfy(store):
    await store.transact([unit(put("Patient/a", span("date", 1, 2)), put("Encounter/a", span("date", 1, 2)))])
    either = Or((Not(TokenTerm("code", None, "x")), RangeTerm("date", Comparison.EQ, 5, 6)))
    for chosen, wanted in ((("Patient",), [("Patient", "a")]), ((), [])):
        query = Query(("Patient", "Encounter"), And((OfTypes(frozenset(chosen)), either)))
        assert [version.key for version in (await store.search(query, limit=5)).versions] == wanted
        assert await store.count(query) == len(wanted)


@pytest.mark.parametrize("types", [("Patient",), ("Patient", "Encounter")])
async def test_predicates_inside_each_other_as_deep_as_filters_allow(store, types):
    """24 levels: what ``_filter`` lets through, every engine takes."""
    await store.transact([unit(put("Patient/a", string("name", "An")), put("Encounter/a", string("name", "Ba")))])
    where = StringTerm("name", StringMode.PREFIX, "a")
    for _ in range(12):
        where = Or((StringTerm("name", StringMode.WHOLE, "c"), Not(where)))
    assert [version.key.type for version in (await store.search(Query(types, where), limit=5)).versions] == ["Patient"]
    assert await store.count(Query(types, Not(where))) == len(types) - 1


async def test_limits(store):
    await fill(store, 3)
    query = Query(("Patient",))
    assert (await store.search(query, limit=0)).versions == ()
    assert (await store.search(query, limit=3)).next is None
    assert (await store.search(Query(("Patient",), Ids(frozenset({"2", "x"}))), limit=3)).versions[0].key.id == "2"
