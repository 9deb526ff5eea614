import asyncio
import json

import pytest

from conformance.errors import Unavailable
from fhir_server.bulk import messages
from fhir_server.bulk.shared import Shared
from fhir_server.bulk.tally import Tally
from fhir_server.bulk.translate import Translated
from fhir_server.repository.prepare import prepare
from fhir_server.search import Indexer
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


def unit(*shared):
    raw = Raw("file.xml", 3, {}, b"")
    return Translated(
        raw=raw, key="k", digest="d", submitted="", shared=shared, issues=(), ma_lk="LK1", invalid=0, rows={}
    )


class Meddled(ReferenceStore):
    """A store where someone else writes right after each of the first ``times`` reads."""

    def __init__(self, indexer, times):
        super().__init__()
        self._indexer, self._left = indexer, times

    async def read_many(self, keys, position=None):
        found = await super().read_many(keys, position)
        if self._left:
            self._left -= 1
            await self.transact([Unit((prepare(person(f"other-{self._left}"), self._indexer),))])
        return found


@pytest.fixture(scope="module")
def indexer(definitions):
    return Indexer(definitions)


def stored(store):
    version = asyncio.run(store.read(Key("Patient", "p")))
    resource = json.loads(version.body)
    return version.version_id, {row["system"].removeprefix(SYSTEM) for row in resource["identifier"]}


def test_contributions_of_a_batch_become_one_version(indexer):
    store, tally = ReferenceStore(), Tally()
    shared = Shared(store, indexer, tally)
    asyncio.run(shared.write([unit(person("a")), unit(person("b"), person("c"))]))
    assert stored(store) == (1, {"a", "b", "c"})
    assert tally.resources == {"Patient": 1}


def test_what_is_known_already_is_not_written(indexer):
    store, tally = ReferenceStore(), Tally()
    shared = Shared(store, indexer, tally)
    for _ in range(3):
        asyncio.run(shared.write([unit(person("a"))]))
    assert stored(store) == (1, {"a"})
    assert (tally.resources, tally.unchanged) == ({"Patient": 1}, 2)


def test_what_others_write_meanwhile_is_merged_and_not_lost(indexer):
    store = Meddled(indexer, 1)
    asyncio.run(Shared(store, indexer, Tally()).write([unit(person("a"))]))
    assert stored(store) == (2, {"a", "other-0"})


def test_endless_contention_is_an_error_and_not_a_loop(indexer):
    store = Meddled(indexer, 1000)
    with pytest.raises(Unavailable) as caught:
        asyncio.run(Shared(store, indexer, Tally()).write([unit(person("a"))]))
    assert caught.value.issues[0].message is messages.CONTENDED


def test_a_contradiction_is_an_issue_with_its_place(indexer, tmp_path):
    store = ReferenceStore()
    path = tmp_path / "issues.ndjson"
    with path.open("wb") as lines:
        shared = Shared(store, indexer, Tally(lines))
        asyncio.run(shared.write([unit(person("a"))]))
        asyncio.run(shared.write([unit(person("a", birth="1991-05-06"))]))
    (issue,) = map(json.loads, path.read_text().splitlines())
    assert (issue["file"], issue["hoso"], issue["ma_lk"], issue["field"]) == ("file.xml", 3, "LK1", "Patient.birthDate")
    assert (issue["rule"], issue["severity"], issue["value"]) == ("BLK-6009", "warning", "1991-05-06")
