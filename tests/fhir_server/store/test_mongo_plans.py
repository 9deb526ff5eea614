"""What the MongoDB server does for a search: indexes only, and little of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from mongo_stores import everything, opened, patients
from query_cases import KINDS

from fhir_server.store.query import (
    Comparison,
    Query,
    RangeTerm,
    ReferenceTerm,
    StringMode,
    StringTerm,
    TokenTerm,
)


def stages(plan: object) -> Iterator[dict]:
    """Every stage of the winning plan of an explanation."""
    if isinstance(plan, dict):
        if "stage" in plan:
            yield plan
        for key, value in plan.items():
            if key != "rejectedPlans":
                yield from stages(value)
    elif isinstance(plan, list):
        for value in plan:
            yield from stages(value)


def test_no_kind_of_search_scans_a_collection(url):
    async def main() -> None:
        async with opened(url) as store:
            await store.transact(patients(50))
            for types in (("Patient",), ("Patient", "Encounter"), ()):
                for where in KINDS:
                    explained = await store.explain(Query(types, where))
                    found = {stage["stage"] for stage in stages(explained["queryPlanner"]["winningPlan"])}
                    assert "COLLSCAN" not in found, (types, where)
                    assert found & {"IXSCAN", "EOF", "IDHACK"}, (types, where)

    asyncio.run(main())


def test_no_step_of_any_read_or_write_scans_a_collection(url):
    """The server's own record of what it did: also for chains, sorts, guards, histories, scans and housekeeping."""

    async def main() -> list[dict]:
        async with opened(url) as store:
            await store.transact(patients(50))
            database = store._record.database
            await database.command("profile", 2)
            await everything(store)
            await database.command("profile", 0)
            return await database["system.profile"].find({"planSummary": {"$exists": True}}).to_list()

    done = asyncio.run(main())
    assert {"version", "text", "record", "state"} <= {one["ns"].rpartition(".")[2] for one in done}
    assert [one for one in done if "COLLSCAN" in one["planSummary"]] == []


@pytest.mark.parametrize(
    ("where", "index"),
    [
        (TokenTerm("code", "s", "y"), "searched"),
        (TokenTerm("code", None, "y"), "searched"),
        (StringTerm("name", StringMode.PREFIX, "an 17"), "searched"),
        (ReferenceTerm("link", "Patient/7"), "searched"),
        (RangeTerm("date", Comparison.EQ, 300, 301), "ranged"),
        (RangeTerm("date", Comparison.SA, 590, 591), "ranged"),
        (RangeTerm("date", Comparison.EB, 5, 6), "ranged"),
        (RangeTerm("date", Comparison.AP, 3, 4), "ranged"),
    ],
)
def test_what_is_rare_is_found_by_looking_at_little(url, where, index):
    """Keys and documents that the server looks at stay few while the collection grows."""

    async def main() -> None:
        async with opened(url) as store:
            await store.transact(patients(600))
            explained = await store.explain(Query(("Patient",), where))
            used = {stage.get("indexName") for stage in stages(explained["queryPlanner"]["winningPlan"])}
            assert index in used
            figures = explained["executionStats"]
            assert figures["totalDocsExamined"] <= 20
            assert figures["totalKeysExamined"] <= 40

    asyncio.run(main())


def test_the_dictionary_of_texts_and_other_looks_use_indexes(url):
    async def main() -> None:
        async with opened(url) as store:
            await store.transact(patients(20))
            database = store._record.database
            regex = {"n": {"$in": ["Patient\x01name\x01"]}, "s": {"$regex": "n 1"}}
            ended = {"g": {"$lte": 5}}
            history = {"t": "Patient", "_id": {"$lt": 1 << 62}}
            for collection, query in (("text", regex), ("version", ended), ("version", history)):
                explained = await database[collection].find(query).explain()
                assert "COLLSCAN" not in {stage["stage"] for stage in stages(explained["queryPlanner"]["winningPlan"])}

    asyncio.run(main())
