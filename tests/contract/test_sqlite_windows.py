"""Windows: several comparisons of one parameter, and from where on the B-tree is read."""

import pytest
from store_writes import put, span, unit

from fhir_server.store import open_store
from fhir_server.store.query import And, Comparison, Query, RangeTerm
from fhir_server.store.sqlite.making import several
from fhir_server.store.sqlite.names import Named
from fhir_server.store.sqlite.rows import ENDLESS, length_of

pytestmark = pytest.mark.anyio
WINDOW = And((RangeTerm("date", Comparison.GE, 50, 51), RangeTerm("date", Comparison.LT, 60, 61)))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def store(tmp_path):
    store = await open_store(f"sqlite:{tmp_path}/store.sqlite")
    yield store
    await store.close()


async def found(store, where) -> list[str]:
    page = await store.search(Query(("Patient",), where), limit=1000)
    return [version.key.id for version in page.versions]


async def test_a_window_is_found_whatever_lies_outside(store):
    await store.transact([unit(put(f"Patient/{n}", span("date", n, n + 1))) for n in range(300)])
    assert await found(store, WINDOW) == [str(n) for n in range(50, 60)]


async def test_a_long_range_that_reaches_into_the_window_is_found(store):
    await store.transact([unit(put(f"Patient/{n}", span("date", n, n + 1))) for n in range(100)])
    await store.transact([unit(put("Patient/long", span("date", 2, 55)), put("Patient/short", span("date", 2, 40)))])
    assert await found(store, WINDOW) == [*(str(n) for n in range(50, 60)), "long"]


async def test_two_ranges_may_satisfy_one_comparison_each(store):
    await store.transact([unit(put("Patient/both", span("date", 1, 2), span("date", 90, 91)))])
    await store.transact([unit(put("Patient/one", span("date", 1, 2)))])
    assert await found(store, WINDOW) == ["both"]


async def test_several_ranges_under_one_key_are_noted_for_all_processes(store, tmp_path):
    other = await open_store(f"sqlite:{tmp_path}/store.sqlite")
    await store.transact([unit(put("Patient/one", span("date", 55, 56), span("date", 1, 2, "kg")))])
    assert await noted(other) is None
    await store.transact([unit(put("Patient/both", span("date", 1, 2), span("date", 90, 91)))])
    assert await noted(other) is not None
    assert await found(other, WINDOW) == ["one", "both"]
    await other.close()


async def noted(store) -> int | None:
    return store._engine.readers.run(lambda session: session.names.find(Named.SEVERAL, "Patient", "date", ""))


def test_lengths():
    assert length_of(3, 10) == 7
    assert length_of(-(1 << 63), (1 << 63) - 1) == ENDLESS
    assert length_of(b"a", b"a\x00") == 0
    assert length_of(b"a", b"b") == ENDLESS


def test_several():
    assert several((span("date", 1, 2), span("other", 1, 2))) == set()
    assert several((span("date", 1, 2, "", "mg"), span("date", 1, 2, "kg"))) == set()
    assert several((span("date", 1, 2, "", "mg"), span("date", 1, 2, "mg"))) == {("date", "mg")}
