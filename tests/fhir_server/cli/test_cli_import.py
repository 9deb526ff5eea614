"""``fhir-server import`` in processes of its own."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from descendants import descendants


def files(folder: Path, count: int, *bad: str) -> Path:
    folder.mkdir()
    rows = [json.dumps({"resourceType": "Basic", "id": f"b{n}", "code": {"text": "x" * 200}}) for n in range(count)]
    (folder / "a.ndjson").write_text("\n".join([*rows, *bad]))
    return folder


def exported(run, folder: Path) -> list[dict[str, object]]:
    done = run("export", "--out", folder)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for path in folder.iterdir() for line in path.read_text().splitlines()]


def test_refused_lines_are_exit_code_3_and_in_the_error_files(run, tmp_path):
    folder = files(tmp_path / "in", 3, "{", '{"resourceType":"Basic","id":"c"}')
    done = run("import", folder, "--errors", tmp_path / "errors", "--workers", 1)
    assert done.returncode == 3, done.stderr
    assert "3 resources stored, 2 lines refused" in done.stdout
    assert "a.ndjson: 2 lines refused" in done.stderr
    [file] = (tmp_path / "errors").iterdir()
    assert file.name == "0000-a.ndjson.errors.ndjson"
    assert len(file.read_text().splitlines()) == 2
    assert "--errors" not in done.stderr
    again = run("import", folder, "--validation", "off", "--workers", 1)
    assert again.returncode == 3
    assert "again with --errors DIR" in again.stderr
    assert len(exported(run, tmp_path / "out")) == 4


def test_nothing_to_import_is_a_fault_of_the_command(run, tmp_path):
    done = run("import", tmp_path)
    assert done.returncode == 2
    assert "ndjson" in done.stderr


def test_an_interrupted_import_goes_on_when_it_is_asked_for_again(run, start, until_stored, tmp_path):
    folder = files(tmp_path / "in", 40_000)
    running = start("import", folder, "--workers", 1, "--validation", "off")
    until_stored(running, "Basic")
    running.send_signal(signal.SIGINT)
    running.wait(30)
    assert running.returncode == 130
    row = json.loads(run("jobs", "list", "--format", "json").stdout)
    assert row["state"] == "queued"
    assert 0 < row["done"] < 40_000
    server = start("jobs", "work")
    with pytest.raises(subprocess.TimeoutExpired):
        server.wait(3)
    server.terminate()
    server.wait(30)
    assert json.loads(run("jobs", "list", "--format", "json").stdout) == row
    done = run("import", folder, "--workers", 1, "--validation", "off", FHIR_SERVER_LANGUAGE="vi")
    assert done.returncode == 0, done.stderr
    assert f"Đã lưu 40000 tài nguyên, từ chối 0 dòng (công việc {row['id']})" in done.stdout
    rows = exported(run, tmp_path / "out")
    assert len(rows) == 40_000
    assert {dict(row["meta"])["versionId"] for row in rows} == {"1"}


@pytest.mark.parametrize("youngest", [1, 2], ids=["the writer", "a checking process"])
def test_an_import_outlives_each_of_its_processes(run, start, until_stored, tmp_path, youngest):
    folder = files(tmp_path / "in", 20_000)
    running = start("import", folder, "--workers", 1, "--validation", "off")
    until_stored(running, "Basic")
    os.kill(descendants(running.pid)[-youngest], signal.SIGKILL)
    output, errors = running.communicate(timeout=120)
    assert running.returncode == 0, errors
    assert "20000 resources stored" in output
    rows = exported(run, tmp_path / "out")
    assert len(rows) == 20_000
    assert {dict(row["meta"])["versionId"] for row in rows} == {"1"}


def test_an_import_that_another_command_cancels_says_so(run, start, until_stored, tmp_path):
    folder = files(tmp_path / "in", 40_000)
    running = start("import", folder, "--workers", 1, "--validation", "off")
    until_stored(running, "Basic")
    asked = run("jobs", "cancel", json.loads(run("jobs", "list", "--format", "json").stdout)["id"])
    _, errors = running.communicate(timeout=120)
    assert (asked.returncode, running.returncode) == (0, 1), errors
    assert "what was stored by now stays" in errors


def test_a_file_that_is_cut_off_is_told_without_its_error_file(run, tmp_path):
    whole = b"".join(b'{"resourceType":"Basic","id":"b%d","code":{"text":"%b"}}\n' % (n, b"x" * 99) for n in range(9))
    (tmp_path / "a.ndjson.gz").write_bytes(gzip.compress(whole)[:-12])
    done = run("import", "a.ndjson.gz", "--workers", 1)
    assert done.returncode == 3
    found = re.search(r"^(\d) resources stored, 1 lines refused", done.stdout)
    assert found
    assert f"a.ndjson.gz: cannot be read from line {int(found[1]) + 1} on" in done.stderr
    again = run("import", "a.ndjson.gz", "--workers", 1, FHIR_SERVER_LANGUAGE="vi")
    assert f"a.ndjson.gz: không đọc được từ dòng {int(found[1]) + 1} trở đi" in again.stderr
