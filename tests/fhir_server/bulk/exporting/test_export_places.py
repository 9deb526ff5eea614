"""Places keep the same promises: a folder, and an object store behind a real server on loopback."""

from __future__ import annotations

import logging
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from export_asking import Exports
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from conformance.errors import Unavailable
from fhir_server.bulk.exporting.opening import open_place
from fhir_server.bulk.exporting.places import BLOCK, Place


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The URL of an S3 server with a bucket ``data``."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    with urllib.request.urlopen(urllib.request.Request(f"{url}/data", method="PUT")):  # noqa: S310 - our own server
        pass
    yield url
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    if request.param == "folder":
        return open_place(str(tmp_path / "files"))
    credentials = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "AWS_REGION": "us-east-1"}
    url = request.getfixturevalue("s3")
    for name, value in (credentials | {"AWS_ENDPOINT_URL": url, "AWS_ALLOW_HTTP": "true"}).items():
        monkeypatch.setenv(name, value)
    return open_place(f"s3://data/{tmp_path.name}")


def put(place: Place, name: str, data: bytes) -> None:
    draft = place.draft(name)
    draft.write(data)
    place.keep(draft, name)


def test_what_is_kept_can_be_read_in_part(place: Place) -> None:
    data = bytes(range(256)) * 3 * (BLOCK // 512)
    put(place, "job/a.ndjson", data)
    assert b"".join(place.read("job/a.ndjson", 0, len(data))) == data
    assert b"".join(place.read("job/a.ndjson", 5, 11)) == data[5:11]
    assert b"".join(place.read("job/a.ndjson", BLOCK - 1, BLOCK + 1)) == data[BLOCK - 1 : BLOCK + 1]
    assert list(place.read("job/a.ndjson", 7, 7)) == []


def test_a_draft_that_is_dropped_was_never_there(place: Place) -> None:
    draft = place.draft("job/a.ndjson")
    draft.write(b"x")
    place.drop(draft, "job/a.ndjson")
    with pytest.raises((OSError, Unavailable)):
        list(place.read("job/a.ndjson", 0, 1))


def test_only_what_is_named_stays(place: Place) -> None:
    for name in ("job/a", "job/b", "other/c"):
        put(place, name, b"1")
    place.retain("job", ["job/b"])
    assert list(place.read("job/b", 0, 1)) == [b"1"]
    place.retain("job", ())
    for name in ("job/a", "job/b"):
        with pytest.raises((OSError, Unavailable)):
            list(place.read(name, 0, 1))
    assert list(place.read("other/c", 0, 1)) == [b"1"]
    place.retain("job", ())


@pytest.mark.parametrize("exports", ["memory"], indirect=True)
def test_an_export_into_it(hospital: Exports, place: Place) -> None:
    hospital.place = place
    job = hospital.asked("/$export")
    assert hospital.fhir.runner.run(hospital.worker().drain()) == 1
    outcome = hospital.job(job).outcome
    assert outcome
    lines = [
        line for file in outcome["files"] for line in b"".join(place.read(file["name"], 0, file["size"])).splitlines()
    ]
    assert len(lines) == outcome_count(outcome) == hospital.job(job).done > 20
    hospital.fhir.runner.run(hospital.kind.clean(hospital.job(job)))
    with pytest.raises((OSError, Unavailable)):
        list(place.read(outcome["files"][0]["name"], 0, 1))


def outcome_count(outcome: dict[str, object]) -> int:
    files = outcome["files"]
    assert isinstance(files, list)
    return sum(file["count"] for file in files)


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "y"), ("ALLOW_HTTP", "true")):
        monkeypatch.setenv(f"AWS_{name}", value)
    with pytest.raises(Unavailable):
        open_place("nothing://data")
