"""Pages forward and back give each match once, in order, while others write: for every kind of sort key.

https://hl7.org/fhir/R4/http.html#paging
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fhir_server.repository import prepare
from fhir_server.search import Indexer, parse_search
from fhir_server.store import open_store
from fhir_server.store.protocol import Key, Page, Store, Unit, Write
from fhir_server.store.query import Query
from fhir_server.store.sqlite import sorting

COUNT = 11
UCUM = "http://unitsofmeasure.org"


def observation(number: int) -> dict[str, Any]:
    """Some have no value, some several, many agree."""
    made: dict[str, Any] = {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final" if number % 2 else "amended",
        "code": {"coding": [{"system": "urn:s", "code": code} for code in "cab"[: number % 4]]},
        "valueQuantity": {"value": Decimal(number % 5), "system": UCUM, "code": "mg" if number % 3 else "g"},
        "meta": {"source": f"urn:source:{number % 3}"},
    }
    if number % 4:
        made["subject"] = {"reference": f"Patient/p{number % 3}"}
        made["effectiveDateTime"] = f"2025-0{1 + number % 4}-01"
    return made


def risk(number: int) -> dict[str, Any]:
    chances = [{"probabilityDecimal": Decimal(value) / 10} for value in range(number % 4)]
    return {"resourceType": "RiskAssessment", "id": f"r{number}", "prediction": chances}


def patient(number: int) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": f"p{number}", "name": [{"family": ["Đỗ", "an", "Nguyễn"][number % 3]}]}


MADE = {"Observation": observation, "RiskAssessment": risk, "Patient": patient}
SORTS = [
    ("Observation", "status"), ("Observation", "-code"), ("Observation", "date"), ("Observation", "-date"),
    ("Observation", "value-quantity"), ("Observation", "-value-quantity"), ("Observation", "subject"),
    ("Observation", "_source"), ("Observation", "_id"), ("Observation", "-_id"), ("Observation", "_lastUpdated"),
    ("Observation", "-_lastUpdated"), ("Observation", "status,-date,_id"), ("Observation", "-date,code"),
    ("Observation", ""), ("RiskAssessment", "probability"), ("RiskAssessment", "-probability"), ("Patient", "name"),
    ("Patient", "-family"), ("Patient", "birthdate"),
]  # fmt: skip


@pytest.mark.parametrize("few", [5_000, 0])
@pytest.mark.parametrize("engine", ["memory:", "sqlite:"])
def test_a_walk_under_writes(
    indexer: Indexer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, few: int
) -> None:
    monkeypatch.setattr(sorting, "FEW", few)
    asyncio.run(_walk_all(indexer, engine + (str(tmp_path / "s.sqlite") if engine == "sqlite:" else "")))


async def _walk_all(indexer: Indexer, url: str) -> None:
    store = await open_store(url)
    try:
        for of_type, make in MADE.items():
            for number in range(COUNT):
                await store.transact([Unit((prepare(make(number), indexer),))])
            for sort in [sort for name, sort in SORTS if name == of_type]:
                pairs = [("_sort", sort)] if sort else []
                query = parse_search(of_type, pairs, indexer.registry).query
                await _Walk(store, indexer, query).check()
    finally:
        await store.close()


class _Walk:
    def __init__(self, store: Store, indexer: Indexer, query: Query) -> None:
        self._store, self._indexer, self._query = store, indexer, query

    async def check(self) -> None:
        whole = self._ids(await self._store.search(self._query, limit=1000))
        page = await self._store.search(self._query, limit=3)
        pages = [page]
        while page.next:
            await self._disturb(len(pages))
            page = await self._store.search(self._query, limit=3, cursor=page.next)
            pages.append(page)
        assert [name for page in pages for name in self._ids(page)] == whole
        for earlier in reversed(pages[:-1]):
            assert page.previous is not None
            await self._disturb(100)
            page = await self._store.search(self._query, limit=3, cursor=page.previous)
            assert (page.versions, page.next) == (earlier.versions, earlier.next)
        assert page.previous is None

    def _ids(self, page: Page) -> list[str]:
        return [version.key.id for version in page.versions]

    async def _disturb(self, number: int) -> None:
        """One is made, one is changed, one goes and comes back."""
        (of_type,) = self._query.types
        make = MADE[of_type]
        made, changed, back = make(number + 200), {**make(number + 1), "id": make(0)["id"]}, make(5)
        gone = Write(Key(of_type, back["id"]), None)
        for write in (prepare(made, self._indexer), prepare(changed, self._indexer), gone):
            await self._store.transact([Unit((write,))])
        await self._store.transact([Unit((prepare(back, self._indexer),))])
