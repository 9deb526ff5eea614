"""Entries of stored versions are replaced, and nothing else of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from store_writes import delete, put, reference, span, string, token, unit

from fhir_server.store.protocol import Store
from fhir_server.store.query import ALL, Query, ReferenceTerm, Sort, TokenTerm
from fhir_server.store.reindexing import Reindexable, Reindexed

pytestmark = pytest.mark.anyio


@pytest.fixture
def indexed(store: Store) -> Reindexable:
    if not isinstance(store, Reindexable):
        pytest.skip("an engine that does not index anew")
    return store


async def names(store: Store, where: object, *sort: Sort) -> list[str]:
    page = await store.search(Query(("Patient",), where, sort), limit=10)  # type: ignore[arg-type]
    return [version.key.id for version in page.versions]


async def test_entries_are_replaced_and_no_version_is_made(indexed):
    old = (token("code", "old"), string("name", "b"), span("date", 1, 2), reference("of", "Patient/x"))
    for name in ("a", "b", "c"):
        await indexed.transact([unit(put(f"Patient/{name}", *old))])
    before = {version.key.id: version for version in (await indexed.history((), None, limit=9)).versions}
    fresh = {
        "a": (token("code", "new"), string("name", "z"), span("date", 5, 6), reference("of", "Patient/y")),
        "b": (token("code", "new"), string("name", "c")),
    }
    writes = [replace(put(f"Patient/{name}", *old), entries=entries) for name, entries in fresh.items()]
    assert await indexed.reindex([]) == 0
    assert await indexed.reindex([Reindexed(before[write.key.id], write) for write in writes]) == 2
    assert await names(indexed, TokenTerm("code", None, "new")) == ["a", "b"]
    assert await names(indexed, TokenTerm("code", None, "old")) == ["c"]
    assert await names(indexed, ReferenceTerm("of", "Patient/x")) == ["c"]
    assert await names(indexed, ReferenceTerm("of", "Patient/y")) == ["a"]
    assert await names(indexed, ALL, Sort("name")) == ["c", "b", "a"]
    assert await names(indexed, ALL, Sort("date", descending=True)) == ["a", "c", "b"]
    after = {version.key.id: version for version in (await indexed.history((), None, limit=9)).versions}
    assert after == before
    # Written again, a version gets its entries as ever.
    await indexed.transact([unit(put("Patient/a", token("code", "last")))])
    assert await names(indexed, TokenTerm("code", None, "last")) == ["a"]
    assert await names(indexed, TokenTerm("code", None, "new")) == ["b"]


@pytest.mark.usefixtures("snapshot")
async def test_what_is_not_current_is_left_alone(indexed):
    await indexed.transact([unit(put("Patient/a", token("code", "1")))])
    await indexed.transact([unit(put("Patient/b", token("code", "1")))])
    versions = list((await indexed.history((), None, limit=9)).versions)
    position = await indexed.position()
    await indexed.transact([unit(put("Patient/a", token("code", "2")))])
    await indexed.transact([unit(delete("Patient/b"))])
    writes = [Reindexed(version, put(version.key, token("code", "3"))) for version in versions]
    assert await indexed.reindex(writes) == 0
    assert await names(indexed, TokenTerm("code", None, "3")) == []
    page = await indexed.search(Query(("Patient",), TokenTerm("code", None, "1")), limit=9, position=position)
    assert [version.key.id for version in page.versions] == ["a", "b"]
