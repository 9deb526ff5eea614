"""What each engine declares, and the clear refusal where it declares nothing."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from mongo_server import one_node
from store_writes import delete, put, span, token, unit

from conformance.errors import Gone, NotSupported, Unavailable
from fhir_server.store import is_shared, open_store
from fhir_server.store.engines import ENGINES
from fhir_server.store.protocol import Key, Promise, Store
from fhir_server.store.query import ALL, LAST_UPDATED, Query, Sort

pytestmark = pytest.mark.anyio
PAGE = Path(__file__).parents[2] / "docs" / "engines.md"
EVERY = frozenset(Promise)
DECLARED = {
    "memory": frozenset({Promise.ATOMIC, Promise.SNAPSHOT}),
    "sqlite": EVERY,
    "mongodb": EVERY,
    "mongita": frozenset(),
}


async def test_each_engine_declares_what_it_declared(store, url):
    assert store.name == url.partition(":")[0]
    assert store.promises == DECLARED[store.name]


def test_the_page_of_the_engines_has_the_same_promises():
    """Each row of its table: the engine, then yes or no for each promise."""
    rows = re.findall(r"^\| `(\w+):`.*$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert rows == list(DECLARED)
    for name, declared in DECLARED.items():
        [line] = re.findall(rf"^\| `{name}:`.*$", PAGE.read_text("utf-8"), re.MULTILINE)
        told = [cell.strip() for cell in line.strip("|").split("|")][2 : 2 + len(Promise)]
        assert told == ["yes" if promise in declared else "no" for promise in Promise]


def test_every_scheme_stands_on_the_page():
    text = PAGE.read_text("utf-8")
    assert [scheme for scheme in ENGINES if f"`{scheme}:" not in text] == []


async def _refuses(store: Store, position: int) -> None:
    key, query = Key("Patient", "1"), Query(("Patient",), ALL)
    with pytest.raises(NotSupported):
        await store.read(key, position)
    with pytest.raises(NotSupported):
        await store.read_many([key], position)
    with pytest.raises(NotSupported):
        assert [chunk async for chunk in store.scan((), position)]
    with pytest.raises(Gone):
        await store.count(query, position)
    with pytest.raises(Gone):
        await store.search(query, limit=5, position=position)


async def test_an_engine_without_snapshots_refuses_old_positions(store):
    if Promise.SNAPSHOT in store.promises:
        pytest.skip("this engine keeps old positions")
    await store.transact([unit(*(put(f"Patient/{number}", token("code", "x")) for number in range(4)))])
    before = await store.position()
    page = await store.search(Query(("Patient",)), limit=2)
    rest = await store.search(Query(("Patient",)), limit=2, cursor=page.next)
    assert [version.key.id for version in rest.versions] == ["2", "3"]
    [outcome] = await store.transact([unit(delete("Patient/1"))])
    assert await store.position() >= outcome[0].position > before
    await _refuses(store, before)
    with pytest.raises(Gone):
        await store.search(Query(("Patient",)), limit=2, cursor=page.next)
    assert (await store.read(Key("Patient", "1"), await store.position())).is_deleted


async def test_an_engine_for_one_process_refuses_a_second_one(store, url):
    """Within this process another opening stands for it: the lock belongs to the opening, not to the process."""
    if Promise.MULTI_PROCESS in store.promises or url == "memory:":
        pytest.skip("this engine can be shared, or has nothing to share")
    with pytest.raises(Unavailable, match="another process"):
        await open_store(url)
    await store.close()
    again = await open_store(url)
    await again.close()


async def test_an_engine_for_trials_says_so(tmp_path, caplog):
    store = await open_store(f"mongita://{tmp_path}/trial")
    await store.close()
    assert "patient data" in caplog.text


@pytest.mark.parametrize("content", [b"", b"no document"])
async def test_a_trial_folder_that_is_damaged_is_told_and_not_kept_locked(tmp_path, content):
    store = await open_store(f"mongita://{tmp_path}/trial")
    await store.transact([unit(put("Patient/1"))])
    await store.close()
    data = tmp_path / "trial" / "fhir.version" / "$.data"
    data.write_bytes(content)
    for _ in range(2):
        with pytest.raises(Unavailable, match="damaged"):
            await open_store(f"mongita://{tmp_path}/trial")


async def test_a_trial_folder_that_cannot_be_written_is_told(tmp_path):
    """A file in the place of a folder stands for a disk that refuses: also root may not write there."""
    store = await open_store(f"mongita://{tmp_path}/trial")
    await store.transact([unit(put("Patient/1"))])
    shutil.rmtree(tmp_path / "trial" / "fhir.version")
    (tmp_path / "trial" / "fhir.version").write_bytes(b"")
    with pytest.raises(Unavailable, match="failed"):
        await store.transact([unit(put("Patient/2"))])
    await store.close()


def test_mongodb_is_tested_on_a_real_server():
    """Loud when there is none: without mongod this is the test that shows as skipped."""
    assert one_node().primary()


async def test_numbers_are_plain_integers(store):
    """Cursors and positions are encoded by type; a driver's own kind of integer would not be."""
    outcomes = await store.transact([unit(put(f"Patient/{number}", span("date", number, 9))) for number in range(3)])
    page = await store.search(Query((), ALL, (Sort("date"), Sort(LAST_UPDATED))), limit=1)
    moment = await store.settle()
    numbers = [*outcomes[0][0][1:4], *page.versions[0][1:5], page.next.position, *moment, await store.position()]
    numbers += [value for value in page.next.after if not isinstance(value, str)]
    assert {type(number) for number in numbers} == {int}


async def test_who_may_open_a_store_is_known_before_it_is_opened(store, url):
    assert is_shared(url) is (Promise.MULTI_PROCESS in store.promises)
