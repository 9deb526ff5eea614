"""What an import stores, what it refuses, and what it says of that."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import zstandard

from conformance.errors import NotFound
from fhir_server.bulk.importing import findings
from fhir_server.bulk.importing.lines import LINES
from fhir_server.bulk.importing.order import IMPORT, Input, Level, Order, Origin
from fhir_server.bulk.importing.sources import inputs_of
from fhir_server.exchange.messages import SUBSETTED_CONTENT
from fhir_server.jobs import Board, Job


def patient(id: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id, **more}


def ids_of(outcome: dict[str, Any]) -> list[str]:
    return [issue["details"]["coding"][0]["code"] for issue in outcome["issue"]]


def places_of(outcomes: list[dict[str, Any]]) -> list[str]:
    return [outcome["issue"][0]["diagnostics"] for outcome in outcomes]


def test_bad_lines_are_named_by_file_and_line(imports):
    folder = imports.folder / "in"
    folder.mkdir()
    imports.written("in/a.ndjson", patient("p1"), b"{", b"", patient("bad id"), {"resourceType": "Nothing", "id": "x"})
    imports.written("in/b.ndjson", patient("p2"), {"id": "p3"}, patient("p3", gendre="male"), patient("p4"))
    job, state = imports.done(folder)
    assert sorted(version.key.id for version in imports.versions()) == ["p1", "p2", "p4"]
    assert [(one.stored, one.refused) for one in state.counts] == [(1, 3), (2, 2)]
    assert (job.done, job.expected) == (8, 8)
    found = imports.outcomes(state)
    assert places_of(found) == ["a.ndjson:2", "a.ndjson:4", "a.ndjson:5", "b.ndjson:2", "b.ndjson:3"]
    assert [ids_of(one)[0] for one in found] == ["BLK-6514"] * 5
    assert [ids_of(one)[1] for one in found] == ["CNF-1001", "BLK-6513", "BLK-6511", "BLK-6511", "VAL-2002"]
    assert found[-1]["issue"][1]["expression"] == ["Patient.gendre"]
    [line, file] = found[-1]["issue"][1]["extension"]
    assert (line["valueInteger"], file["valueString"]) == (3, "b.ndjson")
    assert [one.input for one in state.errors or ()] == [0, 1]


def test_repeating_an_import_makes_no_version(imports):
    path = imports.written("a.ndjson", patient("p1"), {"resourceType": "Patient", "active": True}, b"{")
    _, first = imports.done(path)
    before = imports.versions()
    _, second = imports.done(path)
    assert imports.versions() == before
    assert len(before) == 2
    assert first.counts == second.counts


def test_the_content_of_a_resource_without_an_id_makes_one(imports):
    plain = {"resourceType": "Patient", "active": True}
    stamped = {**plain, "meta": {"versionId": "7", "lastUpdated": "2020-01-01T00:00:00Z"}}
    other = {**plain, "meta": {"tag": [{"code": "x"}]}}
    path = imports.written("a.ndjson", plain, stamped, other, plain)
    _, state = imports.done(path)
    assert len(imports.versions()) == 2
    assert state.counts[0].stored == 4
    assert all(len(version.key.id) == 32 for version in imports.versions())


def test_of_several_lines_of_one_resource_the_last_counts(imports):
    path = imports.written("a.ndjson", patient("p1", active=True), patient("p1", active=False))
    imports.done(path)
    [version] = imports.versions()
    assert json.loads(version.body)["active"] is False


def test_a_bundle_that_asks_for_something_is_told_to_be_kept_only(imports):
    entry = [{"resource": patient("p1"), "request": {"method": "PUT", "url": "Patient/p1"}}]
    kinds = ("transaction", "batch", "collection")
    bundles = [{"resourceType": "Bundle", "id": kind, "type": kind, "entry": entry} for kind in kinds]
    bundles[2]["entry"] = [{"resource": patient("p1")}]
    _, state = imports.done(imports.written("a.ndjson", *bundles))
    assert sorted(version.key.type for version in imports.versions()) == ["Bundle"] * 3
    assert (state.counts[0].stored, state.counts[0].told) == (3, 2)
    assert [ids_of(one) for one in imports.outcomes(state)] == [["BLK-6523"]] * 2


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress], ids=["gzip", "zstd"])
def test_packed_files_are_read_whole_or_said_to_be_cut_off(imports, pack):
    lines = b"".join(json.dumps(patient(f"p{number}", active=True)).encode() + b"\n" for number in range(3000))
    whole, cut = pack(lines), pack(lines)[:-40]
    path = imports.folder / "a.ndjson.gz"
    path.write_bytes(whole + pack(json.dumps(patient("last")).encode()))
    _, state = imports.done(path)
    assert (state.counts[0].stored, state.refused) == (3001, 0)
    path.write_bytes(cut)
    _, state = imports.done(path, language="vi")
    assert state.refused == 1
    [outcome] = imports.outcomes(state)
    assert ids_of(outcome) == ["BLK-6509"]
    assert outcome["issue"][0]["details"]["text"].endswith(": tệp kết thúc giữa chừng dữ liệu nén.")
    assert int(places_of([outcome])[0].rpartition(":")[2]) == state.counts[0].stored + 1


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor(write_checksum=True).compress])
def test_nothing_is_stored_of_a_packed_file_whose_checksum_fails(imports, pack):
    """One changed bit may have changed a number that still reads well, in any line."""
    packed = bytearray(pack(b"".join(json.dumps(patient(f"p{n}")).encode() + b"\n" for n in range(3000))))
    packed[-3] ^= 1
    path = imports.folder / "a.ndjson.gz"
    path.write_bytes(packed)
    _, state = imports.done(path)
    assert (state.counts[0].stored, state.refused, state.counts[0].broken) == (0, 1, 1)
    [outcome] = imports.outcomes(state)
    assert "so that none of it is taken" in outcome["issue"][0]["details"]["text"]


def test_the_levels_of_validation(imports):
    """An invariant (con-5: no clinical status of what was entered in error) is no matter of structure."""
    system = "http://terminology.hl7.org/CodeSystem"
    bad = {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": "Patient/p1"},
        "code": {"text": "x"},
        "clinicalStatus": {"coding": [{"system": f"{system}/condition-clinical", "code": "active"}]},
        "verificationStatus": {"coding": [{"system": f"{system}/condition-ver-status", "code": "entered-in-error"}]},
    }
    path = imports.written("a.ndjson", bad, patient("p1", gendre="male"))
    found = {}
    for level in Level:
        _, state = imports.done(path, validation=level)
        found[level] = (state.counts[0].stored, state.counts[0].refused, state.counts[0].told)
    assert found[Level.OFF] == (2, 0, 0)
    assert found[Level.STRUCTURE] == (1, 1, 0)
    assert found[Level.WARN] == (1, 1, 1)
    assert found[Level.ENFORCE] == (0, 2, 0)


def test_a_source_is_given_to_what_has_none(imports):
    path = imports.written("a.ndjson", patient("p1"), patient("p2", meta={"source": "urn:x"}))
    imports.ordered(inputs_of([path]), source="http://other.example.org")
    sources = {version.key.id: json.loads(version.body)["meta"]["source"] for version in imports.versions()}
    assert sources == {"p1": "http://other.example.org", "p2": "urn:x"}


def test_an_input_of_one_type_refuses_others(imports):
    path = imports.written("a.ndjson", patient("p1"), {"resourceType": "Basic", "id": "b", "code": {"text": "x"}})
    _, state = imports.ordered((Input(Origin.PATH, "a", str(path), "Patient"),))
    assert [ids_of(one)[1] for one in imports.outcomes(state)] == ["BLK-6512"]


def test_a_part_of_a_resource_overwrites_nothing(imports):
    """As an export with ``_elements`` gives it."""
    tags = [{"code": "x"}, {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}]
    path = imports.written("a.ndjson", patient("p1", gender="male"), patient("p1", meta={"tag": tags}))
    _, state = imports.done(path, validation=Level.OFF)
    [version] = imports.versions()
    assert json.loads(version.body)["gender"] == "male"
    assert (state.counts[0].stored, state.refused) == (1, 1)
    [outcome] = imports.outcomes(state)
    assert places_of([outcome]) == ["a.ndjson:2"]
    assert ids_of(outcome) == ["BLK-6514", SUBSETTED_CONTENT.id]
    assert outcome["issue"][1]["expression"] == ["Patient.meta.tag[1]"]


def test_a_missing_file_is_told_and_the_others_are_imported(imports):
    path = imports.written("a.ndjson", patient("p1"))
    missing = Input(Origin.PATH, "gone.ndjson", str(imports.folder / "gone.ndjson"))
    _, state = imports.ordered((missing, *inputs_of([path])))
    assert [version.key.id for version in imports.versions()] == ["p1"]
    assert places_of(imports.outcomes(state)) == ["gone.ndjson:1"]


def test_a_folder_without_files_of_resources_is_no_input(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(NotFound):
        inputs_of([tmp_path])


def test_a_file_that_changed_since_the_checkpoint_is_read_from_its_beginning(imports):
    path = imports.written("a.ndjson", *(patient(f"p{number}") for number in range(LINES + 100)), b"{")
    name = imports.add(Order(inputs=inputs_of([path]), validation=Level.OFF))

    async def stopped() -> Job:
        """A worker that got through one piece and a half."""
        lease = await Board(imports.store).take([IMPORT], "first", 0, 1)
        assert lease
        checkpoint, calls = lease.checkpoint, []

        async def once(*given: Any, **named: Any) -> Any:
            if calls:
                raise KeyError
            calls.append(1)
            return await checkpoint(*given, **named)

        lease.checkpoint = once
        with pytest.raises(KeyError):
            await imports.kind.run(lease)
        await lease.give_back()
        return await Board(imports.store).find(name)

    assert imports.runner.run(stopped()).done == LINES
    imports.written("a.ndjson", *(patient(f"q{number}") for number in range(300)), b"{")
    job = imports.drained(name)
    assert (job.state, job.done) == ("completed", 301)
    assert len(imports.versions()) == LINES + 300
    assert job.token == 2


def test_nothing_but_the_error_files_stays_behind(imports):
    path = imports.written("a.ndjson", b"{")
    job, state = imports.done(path)

    async def left() -> list[str]:
        return [name async for name, _ in imports.store.records(findings.space_of(job.id))]

    assert imports.runner.run(left()) == []
    [file] = (imports.folder / "errors" / job.id).iterdir()
    assert file.name == (state.errors or [])[0].file.name.partition("/")[2]
    imports.runner.run(imports.kind.clean(job))
    assert not (imports.folder / "errors" / job.id).exists()


def test_findings_are_kept_in_records_of_whole_lines():
    for outcomes in (b"", b"a\n", b"short\n" * 200_000, b"x" * 3_000_000 + b"\nb\n"):
        kept = findings.kept("j", 0, 7, outcomes)
        assert b"".join(record.value for record in kept) == outcomes
        assert [record.name for record in kept] == sorted({record.name for record in kept})
        assert all(record.value.endswith(b"\n") for record in kept)
        longest = max(map(len, outcomes.splitlines()), default=0)
        assert all(len(record.value) <= (1 << 18) + longest + 1 for record in kept)
