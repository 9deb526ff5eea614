"""Every level and parameter of an export, against what the versions of the store say."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from export_asking import Exports, Row, at_time, expected_lines
from fhir_asking import BASE, NOW, SECOND

from fhir_server.bulk.exporting.manifest import SHA256, is_readable, manifest
from fhir_server.jobs import State
from fhir_server.store.protocol import HOLDS, instant

GROUP, PATIENT, SYSTEM = "/Group/g1/$export", "/Patient/$export", "/$export"


def patient_of(row: Row) -> str:
    if row["resourceType"] == "Patient":
        return str(row["id"])
    return str(row.get("subject", {}).get("reference", "")).removeprefix("Patient/")


def is_of(row: Row, *patients: str) -> bool:
    """In the compartment of one of these patients, as the data of these tests go."""
    if row["resourceType"] == "Group":
        return any(member["entity"]["reference"].removeprefix("Patient/") in patients for member in row["member"])
    if row["resourceType"] == "Provenance":
        owners = {f"Observation/o{number}": f"p{number % 4}" for number in range(12)}
        return any(owners.get(target["reference"]) in patients for target in row["target"])
    return patient_of(row) in patients


EVERYBODY = ("p0", "p1", "p2", "p3")
CASES = {
    f"{SYSTEM}": lambda _: True,
    f"{SYSTEM}?_type=Patient,Group&_type=Observation": lambda row: row["resourceType"] in "Patient Group Observation",
    f"{SYSTEM}?_typeFilter=Observation%3Fstatus%3Dfinal": lambda row: row.get("status", "final") == "final",
    f"{SYSTEM}?_type=Observation&_typeFilter=Observation%3Fstatus%3Dfinal%26code%3D1,Observation%3Fcode%3D2%2C0": (
        lambda row: (
            row["resourceType"] == "Observation"
            and (row["code"]["coding"][0]["code"] in "20" or row["status"] == "final")
        )
    ),
    f"{SYSTEM}?_type=Observation&includeAssociatedData=RelevantProvenanceResources": (
        lambda row: row["resourceType"] in ("Observation", "Provenance")
    ),
    f"{SYSTEM}?_type=Observation&includeAssociatedData=LatestProvenanceResources": (
        lambda row: row["resourceType"] == "Observation" or row["id"] in ("v1", "v2")
    ),
    f"{SYSTEM}?_type=Patient&includeAssociatedData=LatestProvenanceResources": (
        lambda row: row["resourceType"] == "Patient"
    ),
    f"{SYSTEM}?_type=Observation&includeAssociatedData=RelevantProvenanceResources&_typeFilter=Provenance%3Frecorded%3D2026-01-02": (  # noqa: E501
        lambda row: row["resourceType"] == "Observation" or row["id"] in ("v2", "v3")
    ),
    f"{SYSTEM}?_typeFilter=Observation%3Fcode%3D0&includeAssociatedData=LatestProvenanceResources": (
        lambda row: (
            row["id"] == "v1"
            if row["resourceType"] == "Provenance"
            else "code" not in row or row["code"]["coding"][0]["code"] == "0"
        )
    ),
    f"{SYSTEM}?_type=Observation,Provenance&includeAssociatedData=RelevantProvenanceResources&_typeFilter=Provenance%3Frecorded%3D2026-01-02": (  # noqa: E501
        lambda row: row["resourceType"] == "Observation" or row["id"] in ("v2", "v3")
    ),
    f"{PATIENT}": lambda row: is_of(row, *EVERYBODY),
    f"{PATIENT}?_type=Patient": lambda row: row["resourceType"] == "Patient",
    f"{PATIENT}?_type=Provenance": lambda row: row["resourceType"] == "Provenance",
    f"{PATIENT}?_type=Observation,Practitioner": (
        lambda row: row["resourceType"] == "Observation" or row["id"] == "d1"
    ),
    f"{PATIENT}?_type=Observation&_typeFilter=Observation%3Fstatus%3Dfinal&includeAssociatedData=RelevantProvenanceResources": (  # noqa: E501
        lambda row: row.get("status") == "final" or (row["resourceType"] == "Provenance" and row["id"] != "v2")
    ),
    f"{GROUP}": lambda row: is_of(row, "p0", "p1"),
    f"{GROUP}?_type=Observation": lambda row: row["resourceType"] == "Observation" and is_of(row, "p0", "p1"),
    f"{GROUP}?_type=Patient": lambda row: row["resourceType"] == "Patient" and is_of(row, "p0", "p1"),
}


@pytest.mark.parametrize("url", CASES)
def test_an_export_is_the_store_at_its_time(hospital: Exports, url: str) -> None:
    meant = CASES[url]
    done = hospital.done(url)
    versions = hospital.fhir.runner.run(at_time(hospital.store, done.at))
    assert sorted(done.lines()) == expected_lines(versions, lambda _, row: meant(row))
    assert done.manifest["request"] == f"{BASE}{url}".replace("%3D", "=").replace("%3F", "?") or "_typeFilter" in url
    assert done.manifest["deleted"] == done.manifest["error"] == []


@pytest.mark.parametrize("level", [SYSTEM, PATIENT, GROUP])
@pytest.mark.parametrize("name", ["since", "until"])
def test_by_time(hospital: Exports, level: str, name: str) -> None:
    versions = hospital.fhir.runner.run(at_time(hospital.store, NOW + 10**12))
    moments = sorted({version.last_updated for version in versions})
    names = hospital.done(level).names
    everything = {version.key: version for version in versions if str(version.key) in names}
    for moment in moments[::5]:
        done = hospital.done(f"{level}?_{name}={instant(moment).decode()}")
        is_in = moment.__lt__ if name == "since" else moment.__gt__
        kept = [version.body for version in everything.values() if is_in(version.last_updated)]
        assert sorted(done.lines()) == sorted(kept)


def test_what_changes_after_its_time_is_in_the_next(hospital: Exports) -> None:
    """Two exports, the second since the transactionTime of the first, together follow the store."""
    first = hospital.done(SYSTEM)
    copy = {(row["resourceType"], row["id"]): row for row in first.rows()}
    hospital.fhir.ask("PUT", "/Patient/p0", {"resourceType": "Patient", "id": "p0", "gender": "female"})
    hospital.fhir.ask("DELETE", "/Observation/o3")
    hospital.fhir.ask("PUT", "/Patient/new", {"resourceType": "Patient", "id": "new"})
    second = hospital.done(f"{SYSTEM}?_since={first.manifest['transactionTime']}")
    assert second.names == ["Patient/new", "Patient/p0"]
    assert second.deleted == ["Observation/o3"]
    copy |= {(row["resourceType"], row["id"]): row for row in second.rows()}
    for name in second.deleted:
        del copy[tuple(name.split("/"))]
    versions = hospital.fhir.runner.run(at_time(hospital.store, second.at))
    rows = [json.loads(line) for line in expected_lines(versions, lambda *_: True)]
    assert copy == {(row["resourceType"], row["id"]): row for row in rows}


@pytest.mark.parametrize(
    ("url", "gone"),
    [
        (SYSTEM, ["Observation/o11", "Observation/o2", "Practitioner/d2"]),
        (f"{SYSTEM}?_type=Practitioner", ["Practitioner/d2"]),
        (PATIENT, ["Observation/o11", "Observation/o2"]),
        (GROUP, []),
        ("/Group/g2/$export", ["Observation/o2"]),
        (f"{PATIENT}?_type=Observation,Practitioner", ["Observation/o11", "Observation/o2", "Practitioner/d2"]),
    ],
)
def test_what_was_deleted(hospital: Exports, url: str, gone: list[str]) -> None:
    hospital.fhir.ask("DELETE", "/Practitioner/d2")
    hospital.fhir.ask("DELETE", "/Observation/o2")
    member = [{"entity": {"reference": "Patient/p2"}}]
    group = {"resourceType": "Group", "id": "g2", "type": "person", "actual": True, "member": member}
    hospital.fhir.ask("PUT", "/Group/g2", group)
    mark = "&" if "?" in url else "?"
    done = hospital.done(f"{url}{mark}_since={instant(NOW - SECOND).decode()}")
    assert done.deleted == gone
    assert not set(done.deleted) & set(done.names)
    for row in done.rows("deleted"):
        assert (row["resourceType"], row["type"]) == ("Bundle", "transaction")
        assert {entry["request"]["method"] for entry in row["entry"]} == {"DELETE"}
    assert all(item["type"] == "Bundle" for item in done.manifest["deleted"])
    assert hospital.done(f"{url}{mark}_since={done.manifest['transactionTime']}").deleted == []


@pytest.mark.parametrize(
    ("url", "gone"),
    [
        (PATIENT, ["Observation/o1", "Provenance/v1", "Provenance/v2"]),
        (f"{PATIENT}?_type=Patient", []),
        (GROUP, ["Observation/o1", "Provenance/v1", "Provenance/v2"]),
        ("/Group/g2/$export", []),
        (
            f"{SYSTEM}?_type=Patient&includeAssociatedData=RelevantProvenanceResources",
            ["Provenance/v1", "Provenance/v2"],
        ),
    ],
)
def test_deleted_provenance_follows_its_targets_as_in_the_output(hospital: Exports, url: str, gone: list[str]) -> None:
    member = [{"entity": {"reference": "Patient/p2"}}]
    hospital.fhir.ask(
        "PUT", "/Group/g2", {"resourceType": "Group", "id": "g2", "type": "person", "actual": True} | {"member": member}
    )
    mark = "&" if "?" in url else "?"
    at = hospital.done(url).manifest["transactionTime"]
    for name in ("Provenance/v1", "Observation/o1", "Provenance/v2"):
        hospital.fhir.ask("DELETE", f"/{name}")
    assert hospital.done(f"{url}{mark}_since={at}").deleted == gone


def test_the_latest_provenance_is_so_by_its_moment(hospital: Exports) -> None:
    moments = (
        "2026-02-01T05:00:00+07:00",
        "2026-01-31T23:00:00Z",
        "2026-01-31T23:00:00.250Z",
        "2026-02-01T06:00:00+07:00",
    )
    for number, moment in enumerate(moments):
        agent, target = [{"who": {"reference": "Practitioner/d2"}}], [{"reference": "Observation/o3"}]
        row = {"resourceType": "Provenance", "id": f"m{number}", "target": target, "recorded": moment, "agent": agent}
        assert hospital.fhir.ask("PUT", f"/Provenance/m{number}", row).status == 201
    done = hospital.done(
        f"{SYSTEM}?_type=Observation&_typeFilter=Observation%3F_id%3Do3&includeAssociatedData=LatestProvenanceResources"
    )
    assert done.names == ["Observation/o3", "Provenance/m2"]


def test_members_that_are_no_patients_here_are_told(hospital: Exports) -> None:
    references = ("Patient/p0", "Group/g1", f"{BASE}/Patient/p1", "https://other.example.org/fhir/Patient/p2")
    members = [{"entity": {"reference": one}} for one in references] + [{"entity": {"display": "An"}}]
    gone = {"entity": {"reference": "Practitioner/d1"}, "inactive": True}
    group = {"resourceType": "Group", "id": "mixed", "type": "person", "actual": True, "member": [*members, gone]}
    assert hospital.fhir.ask("PUT", "/Group/mixed", group).status == 201
    done = hospital.done("/Group/mixed/$export?_type=Patient")
    assert done.names == ["Patient/p0", "Patient/p1"]
    [told] = done.rows("error")
    assert told["issue"][0]["severity"] == "warning"
    assert told["issue"][0]["details"]["text"].endswith(": 3.")
    assert hospital.done(f"{GROUP}?_type=Patient").rows("error") == []


def patients(*ids: str) -> list[Row]:
    return [{"name": "patient", "valueReference": {"reference": f"Patient/{one}"}} for one in ids]


@pytest.mark.parametrize(("level", "chosen"), [(PATIENT, ("p1", "p3")), (GROUP, ("p1",))])
def test_chosen_patients(hospital: Exports, level: str, chosen: tuple[str, ...]) -> None:
    done = hospital.done(level, patients(*chosen))
    versions = hospital.fhir.runner.run(at_time(hospital.store, done.at))
    assert sorted(done.lines()) == expected_lines(versions, lambda _, row: is_of(row, *chosen))


def test_parameters_by_post(hospital: Exports) -> None:
    given: list[Row] = [
        {"name": "_type", "valueString": "Patient"},
        {"name": "_type", "valueString": "Observation"},
        {"name": "_since", "valueInstant": "2020-01-01T00:00:00Z"},
        {"name": "allowPartialManifests", "valueBoolean": True},
    ]
    done = hospital.done(SYSTEM, given)
    assert {name.partition("/")[0] for name in done.names} <= {"Patient", "Observation"}
    assert hospital.job(done.job.id).request["partial"] is True


def test_elements(hospital: Exports) -> None:
    for row in hospital.done(f"{SYSTEM}?_type=Patient,Observation&_elements=id,Patient.active").rows():
        assert {"code": "SUBSETTED"}.items() <= row["meta"]["tag"][-1].items()
        wanted = {"active"} if row["resourceType"] == "Patient" else {"status", "code"}
        assert set(row) == {"resourceType", "id", "meta"} | wanted
    hospital.asked(f"{SYSTEM}?_elements=value[x],Observation.valueQuantity,meta,text,contained")


@pytest.mark.parametrize("row", [{"name": "_type"}, {"name": "_typeFilter", "part": [{"name": "x"}]}])
def test_a_parameter_without_a_value_is_not_everything(hospital: Exports, row: Row) -> None:
    assert hospital.refused(SYSTEM, [row])


PATIENT_1 = {"reference": "Patient/p1"}


@pytest.mark.parametrize(
    "body",
    [
        {"parameters": [{"name": "patient", "valueReference": PATIENT_1}]},
        {"parameter": {"name": "patient", "valueReference": PATIENT_1}},
        {"parameter": ["patient"]},
        {"parameter": [{"valueReference": PATIENT_1}]},
        {"parameter": [{"name": "patient", "valueReference": {"reference": None}}]},
        {"parameter": [{"name": "patient", "valueReference": PATIENT_1, "resource": {"resourceType": "Patient"}}]},
        {"parameter": [{"name": "_type", "valueString": "Group", "valueCode": "Patient"}]},
        {"parameter": [{"name": "_type", "valueReference": {"reference": "Patient"}}]},
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_what_limits_an_export_is_never_passed_over(hospital: Exports, body: Row, strict: bool) -> None:
    response = hospital.fhir.ask("POST", PATIENT, {"resourceType": "Parameters", **body}, is_async=True, strict=strict)
    assert response.status == 400
    [issue] = json.loads(response.body)["issue"]
    assert "None" not in issue["details"]["text"]
    assert issue["expression"][0].startswith("Parameters.parameter")


def test_the_same_twice_is_no_contradiction(hospital: Exports) -> None:
    hospital.asked(f"{SYSTEM}?_since=2026-01-01T00:00:00Z&_since=2026-01-01T00:00:00Z")


def test_by_patient(hospital: Exports) -> None:
    done = hospital.done(f"{GROUP}?organizeOutputBy=Patient")
    blocks: dict[str, list[str]] = {}
    for row in done.rows():
        if row["resourceType"] == "Parameters":
            [header] = row["parameter"]
            block = blocks.setdefault(header["valueReference"]["reference"], [])
        else:
            block.append(f"{row['resourceType']}/{row['id']}")
    assert list(blocks) == ["Patient/p0", "Patient/p1"]
    for name, block in blocks.items():
        assert block[0] == name
        number = int(name[-1])
        wanted = [f"Observation/o{n}" for n in range(11) if n % 4 == number]
        assert sorted(block[1:]) == sorted(["Group/g1", *wanted])
    assert done.manifest["outputOrganizedBy"] == "Patient"
    assert all("type" not in item for item in done.manifest["output"])


REFUSED = {
    "/$export?colour=blue": "BLK-6403",
    "/$export?_type=": "BLK-6404",
    "/$export?_typeFilter=": "BLK-6404",
    "/$export?_elements=,": "BLK-6404",
    "/$export?_elements=Patient.brithDate": "BLK-6404",
    "/$export?_elements=nothing": "BLK-6404",
    "/$export?_since=2026-01-01T00:00:00Z&_since=2025-01-01T00:00:00Z": "BLK-6404",
    "/$export?_outputFormat=ndjson&_outputFormat=application/vnd.apache.parquet": "BLK-6404",
    "/$export?_type=Patient,Horse": "BLK-6404",
    "/$export?_since=yesterday": "BLK-6404",
    "/$export?_outputFormat=text/csv": "BLK-6404",
    "/$export?_typeFilter=Patient%3Fcolour%3Dblue": "REQ-",
    "/$export?_typeFilter=Patient%3F_sort%3Dname": "BLK-6408",
    "/$export?_typeFilter=name%3Dx": "BLK-6404",
    "/$export?_type=Patient&_typeFilter=Observation%3Fstatus%3Dfinal": "BLK-6404",
    "/$export?_elements=Horse.name": "BLK-6404",
    "/$export?includeAssociatedData=_mine": "BLK-6404",
    "/$export?organizeOutputBy=Practitioner": "BLK-6404",
    "/$export?organizeOutputBy=Patient&_typeFilter=Observation%3Fstatus%3Dfinal": "BLK-6409",
    "/$export?allowPartialManifests=maybe": "BLK-6404",
    "/$export?_since=2026-01-02T00:00:00Z&_until=2026-01-01T00:00:00Z": "BLK-6409",
    "/$export?organizeOutputBy=Patient&_type=Practitioner": "BLK-6405",
    "/Patient/$export?_typeFilter=Practitioner%3F_id%3Dd1": "BLK-6404",
    "/$export?_type=Provenance&includeAssociatedData=LatestProvenanceResources": "BLK-6409",
    "/Patient/$export?_type=Practitioner": "BLK-6405",
    "/Patient/$export?patient=Patient/p1": "BLK-6406",
    "/Group/$export": "BLK-6402",
}


@pytest.mark.parametrize("url", REFUSED)
def test_what_is_refused(hospital: Exports, url: str) -> None:
    [issue] = hospital.refused(url)
    assert issue["details"]["coding"][0]["code"].startswith(REFUSED[url])


def test_what_is_expected_is_told_in_the_language_of_the_client(hospital: Exports) -> None:
    given = ("_type=X", "_since=x", "_elements=x", "_typeFilter=x", "_type=Patient&_typeFilter=Group%3F_id%3Dx")
    for one in given:
        for row in hospital.refused(f"/$export?{one}"):
            assert row["details"]["text"].isascii()
        for row in hospital.refused(f"/$export?{one}", language="vi"):
            expected = row["details"]["text"].rpartition(": ")[2]
            assert not expected.isascii()


def test_every_fault_is_named_at_once(hospital: Exports) -> None:
    assert len(hospital.refused("/$export?a=1&_type=X,Y&_since=z")) == 4


def test_refusals_that_look_into_the_store(hospital: Exports) -> None:
    assert hospital.refused("/Group/none/$export")
    assert len(hospital.refused(GROUP, patients("p1", "p2", "none"))) == 2
    assert hospital.refused(SYSTEM, patients("p1"))
    [issue] = hospital.refused("/$export", is_async=False)
    assert issue["details"]["coding"][0]["code"] == "BLK-6401"


@pytest.mark.parametrize(
    "url", ["/$export?colour=blue&_type=Patient,Horse", "/$export?_type=Patient&_elements=Horse.x&x=1"]
)
def test_a_lenient_client_is_told_what_was_ignored(hospital: Exports, url: str) -> None:
    done = hospital.done(url, strict=False)
    assert done.names == ["Patient/p0", "Patient/p1", "Patient/p2", "Patient/p3"]
    told = done.rows("error")
    assert [row["resourceType"] for row in told] == ["OperationOutcome"] * 2
    [item] = done.manifest["error"]
    assert (item["type"], item["count"]) == ("OperationOutcome", 2)


def test_what_was_ignored_is_told_in_the_language_of_the_client_with_its_id(hospital: Exports) -> None:
    done = hospital.done("/$export?colour=blue&_type=Patient", strict=False, language="vi")
    [row] = done.rows("error")
    [issue] = row["issue"]
    assert issue["details"]["coding"][0]["code"] == "BLK-6410"
    assert "message-id" in issue["details"]["coding"][0]["system"]
    assert issue["details"]["text"] == "Đã bỏ qua: $export không có tham số 'colour'."


def test_a_lenient_client_is_told_of_patients_that_are_not_there(hospital: Exports) -> None:
    done = hospital.done(PATIENT, [*patients("p1", "none"), {"name": "_type", "valueString": "Patient"}], strict=False)
    assert done.names == ["Patient/p1"]
    [told] = done.rows("error")
    assert "Patient/none" in told["issue"][0]["details"]["text"]


def test_a_lenient_client_never_gets_more_than_it_asked_for(hospital: Exports) -> None:
    [issue] = hospital.refused("/$export?_type=Horse", strict=False)
    assert "Horse" in issue["details"]["text"]
    assert hospital.refused(SYSTEM, patients("p1"), strict=False)
    assert hospital.refused("/Patient/$export?patient=Patient/p1", strict=False)


def test_a_time_that_cannot_be_read_is_refused_to_lenient_clients_too(hospital: Exports) -> None:
    assert hospital.refused("/$export?_since=yesterday", strict=False)


@pytest.mark.parametrize(
    "name", ["application/fhir%2Bndjson", "application/fhir+ndjson", "application/ndjson", "ndjson"]
)
def test_names_of_the_format(hospital: Exports, name: str) -> None:
    assert hospital.job(hospital.asked(f"/$export?_outputFormat={name}")).request.get("format") is None


def test_files_are_of_one_type_and_limited(hospital: Exports) -> None:
    hospital.size = 700
    done = hospital.done(SYSTEM)
    for item in done.manifest["output"]:
        data = (done.folder / item["url"].rpartition("/")[2]).read_bytes()
        rows = [json.loads(line) for line in data.splitlines()]
        assert {row["resourceType"] for row in rows} == {item["type"]}
        assert len(rows) == item["count"]
        assert hashlib.sha256(data).hexdigest() == item["extension"][SHA256]
    left = {path.name for path in done.folder.iterdir()}
    assert left == {item["url"].rpartition("/")[2] for item in done.manifest["output"]}


def test_a_disk_that_refuses_only_halts_it(hospital: Exports) -> None:
    """What stands in the way goes, and the next worker completes the export."""
    job = hospital.asked(SYSTEM)
    hospital.folder.mkdir(exist_ok=True)
    (hospital.folder / job).write_bytes(b"no folder")
    hospital.fhir.runner.run(hospital.worker().drain())
    assert hospital.job(job).state == "running"
    (hospital.folder / job).unlink()
    hospital.clock.now += 31 * SECOND
    hospital.fhir.runner.run(hospital.worker().drain())
    assert len(hospital.exported(job).names) > 20


def test_an_empty_export(exports: Exports) -> None:
    done = exports.done(SYSTEM)
    assert (done.manifest["output"], done.manifest["error"]) == ([], [])


def test_a_position_is_held_while_it_runs_and_let_go(hospital: Exports) -> None:
    async def held() -> list[str]:
        return [name async for name, _ in hospital.store.records(HOLDS)]

    run = hospital.fhir.runner.run
    job = hospital.asked(SYSTEM)
    lease = run(hospital.board.take({"export"}, "w", hospital.clock(), 1000))
    place = hospital.kind.place
    place.draft = None  # type: ignore[method-assign]
    with pytest.raises(TypeError):
        run(replace(hospital.kind, place=place).run(lease))
    assert run(held()) == [job]
    hospital.clock.now += 10**9
    assert run(hospital.worker().drain()) == 1
    assert run(held()) == []


def test_what_expires_is_removed(hospital: Exports) -> None:
    done = hospital.done(SYSTEM)
    hospital.clock.now += 25 * 3600 * SECOND
    hospital.fhir.runner.run(hospital.worker().sweep())
    assert not done.folder.exists()


def test_a_manifest_before_the_end_is_the_one_afterwards_but_for_its_link(hospital: Exports) -> None:
    hospital.size = 700
    job = hospital.done(f"{SYSTEM}?allowPartialManifests=true&colour=blue", strict=False).job
    outcome = job.outcome
    assert outcome
    for pages in range(outcome["pages"]):
        files = [file for file in outcome["files"] if file["page"] <= pages]
        begun = job.with_(state=State.RUNNING, outcome=None, checkpoint={**outcome, "files": files, "pages": pages})
        assert is_readable(begun) == (pages > 0), "an empty one would change"
        for page in range(1, pages + 1):
            (before, is_complete), (after, _) = manifest(begun, "http://x", page), manifest(job, "http://x", page)
            assert not is_complete, "200 would say that the export has ended"
            assert {**before, "link": 0} == {**after, "link": 0}
            assert [item["type"] for item in before["error"]] == ["OperationOutcome"], "the same on every page"


def test_partial_manifests_never_change(hospital: Exports) -> None:
    hospital.size = 700
    done = hospital.done(f"{SYSTEM}?allowPartialManifests=true")
    files: list[Row] = []
    page = 0
    while True:
        page += 1
        body, is_final = manifest(done.job, "http://x", page)
        assert is_final
        files += body["output"]
        if "link" not in body:
            break
        assert body["link"] == [{"relation": "next", "url": f"http://x?page={page + 1}"}]
    assert page == done.job.outcome["pages"]
    assert sum(item["count"] for item in files) == done.job.done
    with pytest.raises(LookupError):
        manifest(done.job, "http://x", page + 1)
