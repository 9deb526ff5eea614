"""The writer of a load: what visits share is merged, whoever else writes; what is applied is durable."""

import asyncio
import itertools
import json
import os
import random
import resource
import signal
from hashlib import sha256

import pytest
from descendants import forked
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import Unavailable
from fhir_server.bulk import messages, wire
from fhir_server.bulk.apart import applied_apart
from fhir_server.bulk.applying import Applier, Batch
from fhir_server.bulk.tally import Tally
from fhir_server.bulk.translate import Translated
from fhir_server.bulk.writer import Writer
from fhir_server.repository.prepare import prepare
from fhir_server.search import Indexer
from fhir_server.store import open_store
from fhir_server.store.protocol import Key, Unit
from fhir_server.store.reference import ReferenceStore
from mappers.units import Raw

SYSTEM = "https://w3id.org/vn-ehb/sid/patient/"


def person(*numbers, birth="1980-01-02"):
    return {
        "resourceType": "Patient",
        "id": "p",
        "identifier": [{"system": f"{SYSTEM}{number}", "value": "BN1"} for number in numbers],
        "birthDate": birth,
    }


def unit(*shared, visit="k", own=b"", submitted=""):
    """A submission of a visit with these contributions."""
    raw = Raw("file.xml", 3, {}, b"")
    digest = sha256(f"{visit} {submitted}".encode() + own).hexdigest()
    return Translated(raw, visit, digest, submitted, shared, (), "LK1", 0, {}, writes=own or wire.pack([]))


def text(length):
    """A resource that cannot be packed."""
    return {"resourceType": "Basic", "id": "t", "code": {"text": random.Random(1).randbytes(length // 2).hex()}}


def load(store, indexer, *batches, tally=None, apply=None):
    """Give these batches to a writer; its tally."""
    tally = tally or Tally()

    async def whole():
        async with Writer(store, indexer, tally, apply or Applier(store), enforce=False) as writer:
            for batch in batches:
                await writer.write(batch)

    asyncio.run(whole())
    return tally


class Meddled(ReferenceStore):
    """A store where someone else writes right after those reads for which ``turns`` says so: what is there and more."""

    def __init__(self, indexer, turns):
        super().__init__()
        self._indexer, self._turns, self.others = indexer, iter(turns), set()

    async def read_many(self, keys, position=None):
        found = await super().read_many(keys, position)
        if next(self._turns, False):
            self.others.add(f"other-{len(self.others)}")
            there = await self.read(Key("Patient", "p"))
            numbers = identifiers(there) if there else set()
            await self.transact([Unit((prepare(person(*sorted(numbers | self.others)), self._indexer),))])
        return found


@pytest.fixture(scope="module")
def indexer(definitions):
    return Indexer(definitions)


def identifiers(version):
    return {row["system"].removeprefix(SYSTEM) for row in json.loads(version.body)["identifier"]}


def stored(store):
    version = asyncio.run(store.read(Key("Patient", "p")))
    return version.version_id, identifiers(version)


def test_contributions_of_a_batch_become_one_version(indexer):
    store = ReferenceStore()
    tally = load(store, indexer, [unit(person("a")), unit(person("b"), person("c"), visit="l")])
    assert stored(store) == (1, {"a", "b", "c"})
    assert (tally.resources, tally.applied) == ({"Patient": 1}, 2)


def test_what_is_known_already_is_not_written(indexer):
    store = ReferenceStore()
    tally = load(store, indexer, *[[unit(person("a"), visit=str(number))] for number in range(5)])
    assert stored(store) == (1, {"a"})
    assert (tally.resources, tally.unchanged, tally.applied) == ({"Patient": 1}, 4, 5)


def test_a_batch_is_merged_with_what_batches_in_flight_will_have_written(indexer):
    """Nothing is refused by the store: each batch knew of the one before, which was not stored yet."""
    store = ReferenceStore()
    asked, inner = [], Applier(store)

    async def apply(batch):
        await asyncio.sleep(0.01)
        applied = await inner(batch)
        asked.append(applied.is_whole)
        return applied

    load(store, indexer, *[[unit(person(str(number)), visit=str(number))] for number in range(6)], apply=apply)
    assert stored(store) == (6, set("012345"))
    assert asked == [True] * 6


def test_what_others_write_meanwhile_is_merged_and_not_lost(indexer):
    store = Meddled(indexer, [True])
    tally = load(store, indexer, *[[unit(person(name), visit=name)] for name in "abc"])
    version, numbers = stored(store)
    assert numbers == {"a", "b", "c", "other-0"}
    assert (version, tally.resources["Patient"], tally.applied) == (4, 3, 3)


@given(st.lists(st.booleans(), max_size=12), st.lists(st.lists(st.sampled_from("abcdef"), max_size=3), max_size=8))
def test_law_whoever_writes_meanwhile_nothing_is_lost(definitions, turns, batches):
    """An entry of ``batches`` are the contributions of one batch."""
    store = Meddled(Indexer(definitions), turns)
    units = [[unit(person(name), visit=f"{n}{name}") for name in set(names)] for n, names in enumerate(batches)]
    tally = load(store, store._indexer, *units)
    assert tally.applied == sum(map(len, units))
    if any(units) or store.others:
        assert stored(store)[1] == {name for names in batches for name in names} | store.others


def test_endless_contention_is_an_error_and_not_a_loop(indexer):
    store = Meddled(indexer, itertools.repeat(True))
    with pytest.raises(Unavailable) as caught:
        load(store, indexer, [unit(person("a"))])
    assert caught.value.issues[0].message is messages.CONTENDED


def test_a_visit_that_comes_again_at_once_is_judged_on_its_first_submission(indexer):
    """It waits for the ledger: or the older one, on which the ledger says nothing yet, would win."""
    store = ReferenceStore()
    first, last = ({"resourceType": "Basic", "id": name, "code": {"text": name}} for name in ("first", "last"))
    newer = unit(own=wire.pack([prepare(last, indexer)]), submitted="2025-02-02")
    older = unit(own=wire.pack([prepare(first, indexer)]), submitted="2025-01-01")
    tally = load(store, indexer, [newer], [older])
    assert asyncio.run(store.read(Key("Basic", "last"))) is not None
    assert asyncio.run(store.read(Key("Basic", "first"))) is None
    assert (tally.applied, tally.issues["warning"]) == (1, 1)


def test_a_contradiction_is_an_issue_with_its_place(indexer, tmp_path):
    path = tmp_path / "issues.ndjson"
    with path.open("wb") as lines:
        batches = [[unit(person("a"))], [unit(person("a", birth="1991-05-06"), visit="l")]]
        load(ReferenceStore(), indexer, *batches, tally=Tally(lines))
    (issue,) = map(json.loads, path.read_text().splitlines())
    assert (issue["file"], issue["hoso"], issue["ma_lk"], issue["field"]) == ("file.xml", 3, "LK1", "Patient.birthDate")
    assert (issue["rule"], issue["severity"], issue["value"]) == ("BLK-6009", "warning", "1991-05-06")


class TestApart:
    """The store is written by a process of its own."""

    def test_it_writes_what_the_other_way_writes(self, indexer, tmp_path):
        async def whole():
            store = await open_store(f"sqlite://{tmp_path}/a.sqlite")
            with applied_apart(f"sqlite://{tmp_path}/a.sqlite", Applier) as apply:
                tally = Tally()
                async with Writer(store, indexer, tally, apply, enforce=False) as writer:
                    for name in "abcdef":
                        await writer.write([unit(person(name), visit=name)])
            found = await store.read(Key("Patient", "p"))
            await store.close()
            return found, tally

        found, tally = asyncio.run(whole())
        assert found.version_id == tally.resources["Patient"] == tally.applied == 6

    def test_what_the_store_says_there_is_raised_here(self, indexer, tmp_path):
        """The process may write no more: its disk is full."""
        big = unit(visit="x", own=wire.pack([prepare(text(100_000), indexer)]))

        async def whole(apply):
            for _ in range(50):
                await apply(Batch(wire.pack([]), ((big, None),), (), 0))

        with applied_apart(f"sqlite://{tmp_path}/a.sqlite", Applier) as apply:
            asyncio.run(apply(Batch(wire.pack([]), (), (), 0)))
            resource.prlimit(forked(os.getpid())[-1], resource.RLIMIT_FSIZE, (100_000, 100_000))
            with pytest.raises(Unavailable) as caught:
                asyncio.run(whole(apply))
        assert caught.value.issues[0].message.id == "RST-4504"
        assert "tệp của kho dữ liệu" in caught.value.issues[0].text("vi")

    def test_when_the_process_dies_the_load_ends_with_an_error(self, tmp_path):
        with applied_apart(f"sqlite://{tmp_path}/a.sqlite", Applier) as apply:
            asyncio.run(apply(Batch(wire.pack([]), (), (), 0)))
            os.kill(forked(os.getpid())[-1], signal.SIGKILL)
            with pytest.raises(Unavailable) as caught:
                asyncio.run(apply(Batch(wire.pack([]), (), (), 0)))
        assert caught.value.issues[0].message is messages.WORKER_DIED
