import asyncio
import json

import pytest

from conformance.errors import BadRequest
from fhir_server.bulk.export import export
from fhir_server.store import open_store
from fhir_server.store.protocol import Body, Key, Record, Unit, Write


def write(type_, id_, mark):
    head = b'{"resourceType":"%b","id":"%b","meta":{' % (type_.encode(), id_.encode())
    return Write(Key(type_, id_), Body(head, b'},"language":"%d"}' % mark), digest=b"%d" % mark)


async def filled(url):
    store = await open_store(url)
    await store.transact([Unit((write("Patient", "a", 1), write("Patient", "b", 1), write("Group", "g", 1)))])
    await store.transact([Unit((write("Patient", "a", 2), Write(Key("Group", "g"), None)))])
    await store.transact([Unit(records=(Record("source", "x", b"raw"),))])
    return store


@pytest.fixture(params=["memory", "sqlite"])
def url(request, tmp_path):
    return "memory:" if request.param == "memory" else f"sqlite://{tmp_path}/fhir.sqlite"


def test_current_versions_by_type(url, tmp_path):
    async def job():
        store = await filled(url)
        reports = []
        done = await export(store, tmp_path / "out", report=lambda *at: reports.append(at))
        await store.close()
        return done, reports

    done, reports = asyncio.run(job())
    assert done.counts == {"Patient": 2}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["Patient.ndjson"]
    text = (tmp_path / "out" / "Patient.ndjson").read_bytes()
    assert done.bytes == len(text)
    rows = [json.loads(line) for line in text.splitlines()]
    assert {(row["id"], row["meta"]["versionId"], row["language"]) for row in rows} == {
        ("a", "2", "2"),
        ("b", "1", "1"),
    }
    assert reports[-1] == (2, 2)


def test_a_broken_export_leaves_no_file(url, tmp_path):
    class Broken(Exception):
        pass

    def fail(done, total):
        raise Broken

    async def job():
        store = await filled(url)
        try:
            await export(store, tmp_path / "out", report=fail)
        finally:
            await store.close()

    with pytest.raises(Broken):
        asyncio.run(job())
    assert list((tmp_path / "out").iterdir()) == []


def test_only_the_types_that_are_asked_for(url, tmp_path):
    async def job():
        store = await filled(url)
        done = await export(store, tmp_path / "out", ["Group"])
        await store.close()
        return done

    assert asyncio.run(job()).counts == {}


def test_a_name_that_is_no_type_is_refused(url, tmp_path):
    async def job():
        store = await filled(url)
        with pytest.raises(BadRequest, match="Patients"):
            await export(store, tmp_path / "out", ["Patient", "Patients"])
        await store.close()

    asyncio.run(job())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("types", "left"), [((), ["Patient"]), (["Group"], ["Basic", "Patient"])])
def test_what_is_there_no_more_leaves_no_file_of_an_earlier_export(url, tmp_path, types, left):
    out = tmp_path / "out"
    out.mkdir()
    for name in ("Basic.ndjson", "Group.ndjson", "Patient.ndjson", "Mine.ndjson", "Basic.txt"):
        (out / name).write_text("old")

    async def job():
        store = await filled(url)
        await export(store, out, types)
        await store.close()

    asyncio.run(job())
    names = sorted(path.name for path in out.iterdir())
    assert names == sorted([*(f"{name}.ndjson" for name in left), "Mine.ndjson", "Basic.txt"])
