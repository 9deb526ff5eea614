import json
import os
import re
import signal
from pathlib import Path

import pytest
from descendants import descendants

from strategies import claim_files as claims

DAY = re.compile(rb"<NGAYLAP>(\d{8})</NGAYLAP>")


@pytest.fixture
def exported(run, tmp_path):
    """``exported()``: every resource of the store by type and id."""

    def read(name="out", *, stamped=False):
        done = run("export", "--out", tmp_path / name)
        assert done.returncode == 0, done.stderr
        rows = [row for path in (tmp_path / name).glob("*.ndjson") for row in lines(path)]
        for row in rows:
            if not stamped:
                row["meta"] = {k: v for k, v in row["meta"].items() if k not in ("versionId", "lastUpdated")}
        return {(row["resourceType"], row["id"]): row for row in rows}

    return read


def figure(text, name):
    return int(re.search(rf"^{name} +(\d+)", text, re.MULTILINE)[1])


def lines(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def redated(path, day, edit=lambda content: content):
    """The same file as if made on another day."""
    content = DAY.sub(b"<NGAYLAP>%d</NGAYLAP>" % day, path.read_bytes())
    path.write_bytes(edit(content))


def test_a_load_and_the_same_load_again(run, exported, tmp_path):
    claims.write(tmp_path / "in", visits=20)
    first = run("load", "in", "--issues", "issues.ndjson")
    assert first.returncode in (0, 3), first.stderr
    assert figure(first.stdout, "visits") >= 20
    before = exported("a", stamped=True)
    assert {"Patient", "Encounter", "Claim", "Provenance"} <= {type_ for type_, _ in before}
    assert figure(first.stdout, "  Encounter") == sum(type_ == "Encounter" for type_, _ in before)
    again = run("load", "in")
    assert again.returncode == 0
    assert "loaded before" in again.stdout
    assert figure(again.stdout, "resources written") == 0
    anew = run("load", "in", "--again")
    assert figure(anew.stdout, "resources written") == 0
    assert exported("b", stamped=True) == before


def test_a_newer_submission_updates_and_removes_what_it_lacks(run, exported, tmp_path):
    path = claims.one_visit(tmp_path / "in")
    assert run("load", path).returncode in (0, 3)
    before = exported("a")
    row = re.compile(rb"<CHI_TIET_DVKT>.*?</CHI_TIET_DVKT>", re.DOTALL)
    redated(path, 20991231, lambda content: row.sub(b"", content, count=1))
    done = run("load", path)
    assert done.returncode in (0, 3), done.stderr
    after = exported("b")
    claim_before, claim_after = (
        next(row for (type_, _), row in rows.items() if type_ == "Claim") for rows in (before, after)
    )
    assert claim_before["id"] == claim_after["id"]
    assert len(claim_after["item"]) == len(claim_before["item"]) - 1
    gone = {key for key in before if key not in after}
    assert all(type_ not in ("Patient", "Encounter", "Provenance", "Organization") for type_, _ in gone)
    assert figure(done.stdout, "deleted") == len(gone) if gone else "deleted" not in done.stdout


def test_an_older_submission_is_kept_raw_and_reported(run, exported, tmp_path):
    path = claims.one_visit(tmp_path / "in")
    redated(path, 20991231)
    assert run("load", path).returncode in (0, 3)
    before = exported("a", stamped=True)
    redated(path, 20250101, lambda content: content.replace(b"<CHI_TIET_DVKT>", b"<CHI_TIET_DVKT>\n"))
    done = run("load", path, "--issues", "issues.ndjson")
    assert done.returncode in (0, 3), done.stderr
    (issue,) = [row for row in lines(tmp_path / "issues.ndjson") if row["rule"] == "BLK-6001"]
    assert (issue["severity"], issue["hoso"], issue["file"]) == ("warning", 1, path.name)
    assert issue["ma_lk"]
    assert exported("b", stamped=True) == before


def test_bad_files_do_not_stop_the_good_ones(run, tmp_path):
    good = claims.write(tmp_path / "in", visits=5)
    (tmp_path / "in" / "notes.txt").write_text("not a claim")
    done = run("load", "in", "--issues", "issues.ndjson")
    assert done.returncode == 0, done.stderr
    unknown = [row for row in lines(tmp_path / "issues.ndjson") if row["rule"] == "BLK-6003"]
    assert [(row["file"], row["severity"]) for row in unknown] == [("notes.txt", "warning")]
    done = run("load", tmp_path / "in" / "notes.txt", good[0])
    assert done.returncode == 3
    assert run("load", "absent").returncode == 2
    assert run("load", "in", "--source", "nothing").returncode == 2


@pytest.fixture
def two_visits(tmp_path):
    """A folder of two files with a visit each; one of them holds a text that is too long for FHIR."""
    folder = tmp_path / "in"
    path = claims.one_visit(folder)
    endless = b"<LY_DO_VV>%s</LY_DO_VV>" % (b"x" * 1_100_000)
    claims.write(folder, visits=1, seed=3)
    path.write_bytes(re.sub(rb"<LY_DO_VV>.*?</LY_DO_VV>", endless, path.read_bytes()))
    return path


def test_enforcing_keeps_an_invalid_visit_raw_only(run, exported, two_visits, tmp_path):
    done = run("load", "in", "--validation", "enforce", "--issues", "issues.ndjson")
    assert done.returncode == 3, done.stderr
    (refused,) = [row for row in lines(tmp_path / "issues.ndjson") if row["rule"] == "BLK-6002"]
    assert (refused["file"], refused["severity"]) == (two_visits.name, "error")
    held = exported("a")
    assert [type_ for type_, _ in held].count("Encounter") == 1
    assert refused["ma_lk"] not in json.dumps(list(held.values()))
    again = run("load", "in", "--validation", "warn", "--issues", "again.ndjson")
    assert again.returncode == 3
    assert any(row["rule"].startswith(("VAL-", "CNF-")) for row in lines(tmp_path / "again.ndjson"))
    stored = exported("b")
    assert [type_ for type_, _ in stored].count("Encounter") == 2
    assert refused["ma_lk"] in json.dumps(list(stored.values()))


def test_without_validation_no_finding_is_told(run, two_visits, tmp_path):
    done = run("load", "in", "--validation", "off", "--issues", "issues.ndjson")
    assert done.returncode in (0, 3)
    assert not [row for row in lines(tmp_path / "issues.ndjson") if row["rule"].startswith(("VAL-", "CNF-"))]


def test_kill_9_in_the_middle_loses_nothing_and_a_second_run_completes(  # noqa: PLR0917
    run, start, until_stored, exported, environment, tmp_path
):
    claims.write(tmp_path / "in", visits=400)  # enough to be in the middle of, on a busy machine too
    process = start("load", "in")
    until_stored(process, "Encounter")
    process.kill()
    process.communicate()
    partial = exported("a")
    assert partial
    done = run("load", "in")
    assert done.returncode in (0, 3), done.stderr
    assert "loaded before" in done.stdout
    completed = exported("b")
    straight = {**environment, "FHIR_SERVER_STORE": f"sqlite://{tmp_path}/straight/fhir.sqlite"}
    assert run("load", "in", **straight).returncode == done.returncode
    assert run("export", "--out", tmp_path / "c", **straight).returncode == 0
    expected = {(row["resourceType"], row["id"]) for path in (tmp_path / "c").glob("*.ndjson") for row in lines(path)}
    assert set(completed) == expected
    assert set(partial) < expected


def test_ctrl_c_ends_cleanly_and_a_second_run_completes(run, start, until_stored, tmp_path):
    claims.write(tmp_path / "in", visits=400)  # enough to be in the middle of, on a busy machine too
    process = start("load", "in")
    until_stored(process, "Encounter")
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "run the same command again" in errors
    assert "Traceback" not in errors, errors
    done = run("load", "in")
    assert done.returncode in (0, 3)
    assert "loaded before" in done.stdout


@pytest.mark.parametrize("youngest", [1, 2], ids=["the writer", "a mapping process"])
def test_a_process_that_dies_is_a_clear_error(run, start, until_stored, tmp_path, youngest):
    claims.write(tmp_path / "in", visits=400)  # enough to be in the middle of, on a busy machine too
    process = start("load", "in", "--workers", "2")
    until_stored(process, "Encounter")
    os.kill(descendants(process.pid)[-youngest], signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "ended unexpectedly" in errors
    assert run("load", "in").returncode in (0, 3)


def test_issues_that_were_not_written_are_told_how_to_be_seen(run, tmp_path):
    (tmp_path / "notes.txt").write_text("no claim")
    for arguments in (("load", "notes.txt"), ("map", "notes.txt", "-o", "out.ndjson")):
        assert "--issues FILE" in run(*arguments).stderr
        assert "hãy thêm --issues TỆP" in run(*arguments, FHIR_SERVER_LANGUAGE="vi").stderr
        assert "--issues FILE" not in run(*arguments, "--issues", "issues.ndjson").stderr
    assert "0 tài nguyên, 0 byte" in run("export", "--out", "out", FHIR_SERVER_LANGUAGE="vi").stdout
