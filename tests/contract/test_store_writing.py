"""What every engine promises about writing."""

from __future__ import annotations

import asyncio
import json
import random
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import pytest
from store_writes import delete, put, reference, string, token, unit

from fhir_server.store.protocol import Expect, Guard, Key, Op, Record, Refusal, RefusalReason, Store, Unit, Written
from fhir_server.store.query import ALL, Chain, Labelled, Not, Query, StringMode, StringTerm, TokenTerm

pytestmark = pytest.mark.anyio
PATIENT = Key("Patient", "1")


async def write(store: Store, *writes: object) -> tuple[Written, ...]:
    [outcome] = await store.transact([unit(*writes)])
    assert not isinstance(outcome, Refusal)
    return outcome


async def test_a_create_is_read_back_with_its_stamp(store, clock):
    [written] = await write(store, put(PATIENT, content="a"))
    version = await store.read(PATIENT)
    body = json.loads(version.body)
    assert written == Written(PATIENT, 1, clock.now, version.position, Op.CREATE, True)
    assert (version.key, version.version_id, version.op) == (PATIENT, 1, Op.CREATE)
    assert body["meta"] == {"versionId": "1", "lastUpdated": "2023-11-14T22:13:20.000Z"}
    assert body["note"] == "a"


async def test_unknown_keys_read_as_none(store):
    assert await store.read(PATIENT) is None
    assert await store.vread(PATIENT, 1) is None
    assert await store.read_many([PATIENT]) == []


async def test_version_ids_count_without_gaps_through_delete_and_recreate(store):
    ops = [
        (await write(store, change))[0]
        for change in (put(PATIENT), put(PATIENT, content=2), delete(PATIENT), put(PATIENT, content=4))
    ]
    assert [(one.version_id, one.op) for one in ops] == [(1, Op.CREATE), (2, Op.UPDATE), (3, Op.DELETE), (4, Op.CREATE)]
    page = await store.history((), None, limit=10)
    assert [version.version_id for version in page.versions] == [4, 3, 2, 1]
    assert (await store.vread(PATIENT, 3)).body == b""
    assert json.loads((await store.vread(PATIENT, 2)).body)["note"] == 2


async def test_an_unchanged_digest_makes_no_version(store, clock):
    [first] = await write(store, put(PATIENT, content=1))
    clock.move(seconds=5)
    [again] = await write(store, put(PATIENT, content=1))
    assert again == first._replace(changed=False)
    assert len((await store.history((), None, limit=10)).versions) == 1


async def test_deleting_what_is_not_there_changes_nothing(store):
    [nothing] = await write(store, delete(PATIENT))
    assert (nothing.changed, nothing.version_id) == (False, 0)
    await write(store, put(PATIENT))
    await write(store, delete(PATIENT))
    [again] = await write(store, delete(PATIENT))
    assert (again.changed, again.version_id, again.op) == (False, 2, Op.DELETE)


async def test_a_deleted_resource_reads_as_a_deletion_and_is_not_found(store):
    await write(store, put(PATIENT, token("active", "true")))
    await write(store, delete(PATIENT))
    assert (await store.read(PATIENT)).is_deleted
    assert await store.read_many([PATIENT]) == []
    assert await store.count(Query(("Patient",))) == 0
    assert await store.counts() == {}


async def test_expected_version_is_enforced(store):
    await write(store, put(PATIENT))
    [refused] = await store.transact([unit(put(PATIENT, content=2, expect=2))])
    assert refused == Refusal(RefusalReason.VERSION, PATIENT, 1, 0)
    [written] = await write(store, put(PATIENT, content=2, expect=1))
    assert written.version_id == 2
    [refused] = await store.transact([unit(put("Patient/2"), put(PATIENT, content=3, expect=Expect.ABSENT))])
    assert refused == Refusal(RefusalReason.EXISTS, PATIENT, 2, 1)
    assert await store.read(Key("Patient", "2")) is None


async def test_a_refused_unit_leaves_nothing_and_harms_no_other(store):
    bad = Unit((put("Patient/a"), put("Patient/b", expect=7)), records=(Record("space", "name", b"x"),))
    outcomes = await store.transact([unit(put("Patient/c")), bad, unit(put("Patient/d"))])
    assert [isinstance(outcome, Refusal) for outcome in outcomes] == [False, True, False]
    page = await store.search(Query(("Patient",)), limit=10)
    assert [version.key.id for version in page.versions] == ["c", "d"]
    assert await store.record("space", "name") is None


async def test_a_key_twice_in_one_unit_is_a_programming_error(store):
    with pytest.raises(ValueError, match="Patient/1"):
        await store.transact([unit(put(PATIENT), put(PATIENT, content=2))])


async def test_later_units_of_a_call_see_earlier_ones(store):
    find = Query(("Patient",), TokenTerm("identifier", "s", "1"))
    first = unit(put(PATIENT, token("identifier", "1", "s")), guards=(Guard(find, None),))
    second = unit(put("Patient/2", token("identifier", "1", "s")), guards=(Guard(find, None),))
    third = unit(put(PATIENT, content=3, expect=1), guards=(Guard(find, PATIENT),))
    outcomes = await store.transact([first, second, third])
    assert outcomes[0][0].changed
    assert outcomes[1] == Refusal(RefusalReason.GUARD, PATIENT, 0, 0)
    assert outcomes[2][0].version_id == 2
    assert await store.count(find) == 0


async def test_guards_see_deletes_labels_and_negations_of_the_same_call(store):
    await write(store, put(PATIENT, token("active", "true"), labels=("s|red",)))
    labelled = Query(("Patient",), Labelled(frozenset({"s|red"})))
    inactive = Query(("Patient",), Not(TokenTerm("active", None, "true")))
    outcomes = await store.transact(
        [
            unit(delete(PATIENT), guards=(Guard(labelled, PATIENT), Guard(inactive, None))),
            unit(put("Patient/2", token("active", "false")), guards=(Guard(labelled, None), Guard(inactive, None))),
            unit(put("Patient/3"), guards=(Guard(inactive, Key("Patient", "2")),)),
        ]
    )
    assert not any(isinstance(outcome, Refusal) for outcome in outcomes)


async def test_a_guard_with_a_join_sees_earlier_units(store):
    by_name = Chain("subject", ("Patient",), StringTerm("name", StringMode.PREFIX, "an"))
    find = Query(("Encounter",), by_name)
    encounter = put("Encounter/1", reference("subject", "Patient/1"))
    outcomes = await store.transact(
        [
            unit(put(PATIENT, string("name", "Án"))),
            unit(encounter, guards=(Guard(find, None),)),
            unit(put("Encounter/2", reference("subject", "Patient/1")), guards=(Guard(find, None),)),
        ]
    )
    assert [isinstance(outcome, Refusal) for outcome in outcomes] == [False, False, True]
    assert await store.count(find) == 1


async def test_concurrent_conditional_creates_make_one_resource(store):
    find = Query(("Patient",), TokenTerm("identifier", "cccd", "001"))

    async def create(number: int) -> object:
        change = put(Key("Patient", str(number)), token("identifier", "001", "cccd"))
        [outcome] = await store.transact([unit(change, guards=(Guard(find, None),))])
        return outcome

    outcomes = await asyncio.gather(*(create(number) for number in range(64)))
    assert sum(not isinstance(outcome, Refusal) for outcome in outcomes) == 1
    assert await store.count(find) == 1


async def test_a_version_race_has_exactly_one_winner(store):
    await write(store, put(PATIENT))

    async def update(number: int) -> object:
        [outcome] = await store.transact([unit(put(PATIENT, content=number, expect=1))])
        return outcome

    outcomes = await asyncio.gather(*(update(number) for number in range(20)))
    losers = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert len(losers) == 19
    assert {(loser.reason, loser.current) for loser in losers} == {(RefusalReason.VERSION, 2)}


async def test_last_updated_never_goes_back_in_commit_order(store, clock):
    await write(store, put("Patient/1"))
    clock.move(seconds=-100)
    await write(store, put("Patient/2"))
    clock.move(seconds=200)
    await write(store, put("Patient/3"))
    page = await store.history((), None, limit=10)
    stamps = [version.last_updated for version in reversed(page.versions)]
    assert stamps == sorted(stamps)
    assert [version.vid for version in page.versions] == sorted((v.vid for v in page.versions), reverse=True)


async def test_records_are_kept_with_their_unit(store):
    records = tuple(Record("ledger", name, name.encode()) for name in ("b", "a", "c"))
    await store.transact([Unit((put(PATIENT),), records=records)])
    await store.transact([Unit(records=(Record("ledger", "b", None), Record("other", "z", b"")))])
    assert await store.record("ledger", "a") == b"a"
    assert await store.record("ledger", "b") is None
    assert await store.record("other", "z") == b""
    assert [pair async for pair in store.records("ledger")] == [("a", b"a"), ("c", b"c")]


async def test_large_records_are_read_a_few_at_a_time(store):
    values = [random.Random(number).randbytes(1 << 18) for number in range(200)]
    for start in range(0, len(values), 20):
        some = enumerate(values[start : start + 20], start)
        await store.transact([Unit(records=tuple(Record("large", f"{number:03}", value) for number, value in some))])
    tracemalloc.start()
    try:
        number = -1
        async for number, (name, value) in aenumerate(store.records("large")):
            assert (name, value) == (f"{number:03}", values[number])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert number == len(values) - 1
    assert peak < 38 << 20


async def aenumerate(found: AsyncIterator[Any]) -> AsyncIterator[tuple[int, Any]]:
    number = 0
    async for one in found:
        yield number, one
        number += 1


async def test_a_unit_is_refused_whole_unless_the_given_records_are_so(store):
    def step(before: bytes | None, after: bytes | None, *writes) -> Unit:
        return Unit(writes, records=(Record("job", "1", after),), given=(Record("job", "1", before),))

    begun = step(None, b"a")
    outcomes = await store.transact([begun, begun, step(b"a", b"b"), step(b"a", b"c", put(PATIENT))])
    assert outcomes == [(), Refusal(RefusalReason.RECORD, None, 0, 0), (), Refusal(RefusalReason.RECORD, None, 0, 0)]
    assert await store.record("job", "1") == b"b"
    assert await store.read(PATIENT) is None
    [ended, again] = await store.transact([step(b"b", None), step(b"b", None)])
    assert (ended, again) == ((), Refusal(RefusalReason.RECORD, None, 0, 0))
    [fine] = await store.transact([step(None, b"z", put(PATIENT))])
    assert isinstance(fine, tuple)
    assert await store.read(PATIENT) is not None


async def test_one_of_many_takes_a_record(store):
    await store.transact([Unit(records=(Record("job", "1", b"free"),))])
    takes = [Unit(records=(Record("job", "1", b"%d" % n),), given=(Record("job", "1", b"free"),)) for n in range(20)]
    outcomes = [outcome for [outcome] in await asyncio.gather(*(store.transact([take]) for take in takes))]
    [winner] = [n for n, outcome in enumerate(outcomes) if outcome == ()]
    assert await store.record("job", "1") == b"%d" % winner


@pytest.mark.usefixtures("snapshot")
async def test_an_acknowledged_write_lies_below_the_position(store):
    [written] = await write(store, put(PATIENT))
    assert await store.position() >= written.position
    assert await store.read(PATIENT, written.position - 1) is None
    assert (await store.search(Query((), ALL), limit=5)).versions[0].key == PATIENT


async def test_guards_see_what_was_readied_and_is_written_with_them(store):
    ready = await store.readied([put(PATIENT, token("code", "a"), content=1), delete("Patient/2")])
    wanted = Query(("Patient",), TokenTerm("code", None, "a"))
    first, second = await store.transact(
        [Unit(tuple(ready)), unit(put("Patient/3"), guards=(Guard(wanted, None),))],
    )
    assert [written.op for written in first] == [Op.CREATE, Op.DELETE]
    assert (second.reason, second.key) == (RefusalReason.GUARD, PATIENT)
    assert json.loads((await store.read(PATIENT)).body)["note"] == 1
