"""Deletions in imports, and stores that follow each other by exports since the last one."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from export_asking import Exported, Exports, Ticks
from fhir_asking import NOW, Asking

from conformance.errors import InvalidContent
from fhir_server.bulk.importing.deletions import are_deletions, deletions
from fhir_server.bulk.importing.manifest import DELETED, manifest
from fhir_server.bulk.importing.order import Input, Origin
from fhir_server.bulk.importing.sources import inputs_of
from fhir_server.store.protocol import Key, Store

Row = dict[str, Any]


def bundle(*urls: str, **more: Any) -> Row:
    entries = [{"request": {"method": "DELETE", "url": url}} for url in urls]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries, **more}


def patient(id: str, **more: Any) -> Row:
    return {"resourceType": "Patient", "id": id, **more}


async def live(store: Store) -> dict[str, Row]:
    """What is there, without what a store stamps."""
    found: dict[str, Row] = {}
    async for chunk in store.scan((), await store.position()):
        for version in chunk:
            row = json.loads(version.body)
            meta = {name: value for name, value in row.pop("meta").items() if name not in ("versionId", "lastUpdated")}
            found[str(version.key)] = row | {"meta": meta}
    return found


def names(imports: Any) -> list[str]:
    return sorted(imports.runner.run(live(imports.store)))


def test_what_are_deletions() -> None:
    assert are_deletions(bundle("Patient/1"))
    assert are_deletions(bundle("Patient/1", id="b"))
    assert not are_deletions(bundle())
    assert not are_deletions(bundle("Patient/1", type="batch"))
    put = {"request": {"method": "PUT", "url": "Patient/1"}, "resource": patient("1")}
    assert not are_deletions(bundle("Patient/1") | {"entry": [*bundle("Patient/1")["entry"], put]})
    assert not are_deletions(patient("1"))
    assert not are_deletions({"resourceType": "Bundle", "type": "transaction", "entry": [7]})


def test_what_a_deletion_names(definitions: Any) -> None:
    found = deletions(bundle("Patient/1", "https://a.example.org/fhir/Encounter/2"), definitions)
    assert [write.key for write in found] == [Key("Patient", "1"), Key("Encounter", "2")]
    wrong = ("Patient", "Patient?name=x", "Horse/1", "x/Patient/1", "Patient/1/_history/2", "Patient/ä", "")
    with pytest.raises(InvalidContent) as caught:
        deletions(bundle(*wrong), definitions)
    assert [issue.params["url"] for issue in caught.value.issues] == list(wrong)


def test_deletions_are_done_where_they_stand(imports: Any) -> None:
    path = imports.written(
        "a.ndjson",
        patient("p1"),
        patient("p2"),
        patient("p3"),
        bundle("Patient/p1", "Patient/p3", "Patient/never"),
        patient("p3", active=True),
        bundle("Patient/x", "Horse/1"),
    )
    _, state = imports.done(path)
    [counts] = state.counts
    assert (counts.stored, counts.refused, counts.deleted) == (4, 1, 3)
    assert names(imports) == ["Patient/p2", "Patient/p3"]
    before = imports.versions()
    imports.done(imports.written("b.ndjson", bundle("Patient/p1", "Patient/never")))
    assert imports.versions() == before


def test_a_bundle_with_an_id_is_a_resource_unless_the_input_is_of_deletions(imports: Any) -> None:
    path = imports.written("a.ndjson", patient("p1"), bundle("Patient/p1", id="b"))
    _, state = imports.done(path)
    assert names(imports) == ["Bundle/b", "Patient/p1"]
    assert [row["issue"][0]["details"]["coding"][0]["code"] for row in imports.outcomes(state)] == ["BLK-6522"]
    gone = imports.written("gone.ndjson", bundle("Patient/p1", id="b"), patient("p2"))
    _, state = imports.ordered(inputs_of([gone], deleted=True))
    assert names(imports) == ["Bundle/b"]
    assert [row["issue"][1]["details"]["coding"][0]["code"] for row in imports.outcomes(state)] == ["BLK-6520"]


def test_the_manifest_tells_of_deletions(imports: Any) -> None:
    path = imports.written("a.ndjson", bundle("Patient/p1", "Patient/p2"))
    job, _ = imports.ordered((Input(Origin.PATH, "a", str(path), "Bundle", deleted=True),))
    body, _ = manifest(job, "http://x")
    assert body["output"] == [{"inputUrl": "a", "count": 0, "extension": {DELETED: 2}}]


def brought(imports: Any, done: Exported) -> None:
    """Import the files of an export: its deletions by the name of their list in the manifest."""
    urls = {part: [item["url"].rpartition("/")[2] for item in done.manifest[part]] for part in ("output", "deleted")}
    inputs = [
        Input(Origin.PATH, name, str(done.folder / name), deleted=part == "deleted")
        for part in urls
        for name in urls[part]
    ]
    _, state = imports.ordered(tuple(inputs))
    assert state.refused == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_law_a_store_follows_another_by_exports_since_the_last(
    imports: Any, fhir: Asking, tmp_path: Path, seed: int
) -> None:
    exports, seeded = Exports(fhir, tmp_path / "out", Ticks(NOW)), random.Random(seed)
    for number in range(40):
        fhir.ask("PUT", f"/Patient/p{number}", patient(f"p{number}"))
    since = ""
    for mark in range(4):
        done = exports.done(f"/$export{since}")
        brought(imports, done)
        assert imports.runner.run(live(imports.store)) == imports.runner.run(live(exports.store))
        since = f"?_since={done.manifest['transactionTime']}"
        for _ in range(30):
            changed(fhir, f"p{seeded.randrange(50)}", mark, seeded)
    versions = imports.versions()
    brought(imports, exports.done("/$export?_since=2030-01-01T00:00:00Z"))
    assert imports.versions() == versions


def changed(fhir: Asking, id: str, mark: int, seeded: random.Random) -> None:
    """One of the things that may happen between two exports: some of them more than once to the same resource."""
    kinds = {
        "delete": ("DELETE",),
        "change": ("PUT",),
        "delete and make anew": ("DELETE", "PUT"),
        "make and delete": ("PUT", "DELETE"),
        "the same again": ("DELETE", "PUT", "DELETE"),
    }
    for method in kinds[seeded.choice(sorted(kinds))]:
        body = patient(id, multipleBirthInteger=mark) if method == "PUT" else None
        assert fhir.ask(method, f"/Patient/{id}", body).status < 300
