import json
import os
import signal
import socket
import sqlite3
import time
import urllib.error
import urllib.request
from contextlib import closing

import pytest


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answer(url, process):
    """The JSON at ``url`` as soon as the server is there."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(url) as response:  # noqa: S310 - the server of this test
                return json.load(response)
        except urllib.error.URLError:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
    raise AssertionError("the server did not answer")


@pytest.mark.parametrize("server", ["granian", "uvicorn"])
def test_a_new_store_is_served_and_ctrl_c_ends_it(start, port, server):
    process = start("serve", "--port", port, "--server", server)
    found = answer(f"http://127.0.0.1:{port}/fhir/metadata", process)
    assert found["resourceType"] == "CapabilityStatement"
    process.terminate()
    _, errors = process.communicate(timeout=20)
    assert f"http://127.0.0.1:{port}/fhir" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("server", ["granian", "uvicorn"])
def test_a_store_that_is_refused_is_told_in_a_sentence(run, port, tmp_path, server):
    with closing(sqlite3.connect(tmp_path / "foreign")) as db:
        db.execute("CREATE TABLE theirs (x)")
    done = run("serve", "--port", port, "--server", server, "--workers", 1, "--store", f"sqlite:///{tmp_path}/foreign")
    assert done.returncode != 0
    assert "foreign holds no store" in done.stderr
    assert "Traceback" not in done.stderr


def test_why_the_server_does_not_start_is_told_in_the_language_of_the_user(run, port):
    wrong = {"FHIR_SERVER_VALIDATION_BY_TYPE": "Nix=warn", "LANG": "vi_VN.UTF-8"}
    done = run("serve", "--port", port, "--workers", 1, **wrong)
    assert done.returncode != 0
    assert "máy chủ không khởi động được: Thiết lập kiểm tra nêu Nix, không phải loại tài nguyên." in done.stderr


@pytest.mark.parametrize(("language", "advice"), [("en", "another port with --port"), ("vi", "cổng khác bằng --port")])
def test_a_port_that_another_server_has_is_refused_not_shared(run, language, advice):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        done = run("serve", "--port", other.getsockname()[1], FHIR_SERVER_LANGUAGE=language)
    assert done.returncode == 2
    assert advice in done.stderr
    assert "Traceback" not in done.stderr


def test_what_was_loaded_is_served(run, start, port, tmp_path):
    assert run("generate", "--out", "in", "--visits", "5").returncode == 0
    assert run("load", "in").returncode in (0, 3)
    process = start("serve", "--port", port)
    found = answer(f"http://127.0.0.1:{port}/fhir/Encounter?_summary=count", process)
    assert found["total"] == 5


@pytest.mark.parametrize("store", ["sqlite", "memory"])
def test_what_one_connection_writes_every_other_sees(start, port, store, tmp_path):
    """Though several processes serve, when the store can be shared."""
    url = f"sqlite://{tmp_path}/shared.sqlite" if store == "sqlite" else "memory:"
    process = start("serve", "--port", port, "--store", url, "--workers", 3)
    base = f"http://127.0.0.1:{port}/fhir"
    answer(f"{base}/metadata", process)
    for number in range(20):
        sent = urllib.request.Request(  # noqa: S310 - the server of this test
            f"{base}/Basic/{number}",
            json.dumps({"resourceType": "Basic", "id": str(number), "code": {"text": "x"}}).encode(),
            {"Content-Type": "application/fhir+json"},
            method="PUT",
        )
        with urllib.request.urlopen(sent) as created:  # noqa: S310
            assert created.status == 201
        assert answer(f"{base}/Basic?_summary=count", process)["total"] == number + 1


@pytest.mark.parametrize("delay", [0, 0.1, 0.2, 0.4, 0.8])
def test_ctrl_c_while_the_workers_start_ends_them_all(start, port, delay):
    """A terminal tells every process of the group, some of them before they can hear it."""
    process = start("serve", "--port", port, "--workers", 2)
    assert "Serving" in process.stderr.readline()
    time.sleep(delay)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)  # The pipes are closed when the last process is gone.
    assert process.returncode in (0, 130)
    assert "Traceback" not in errors
