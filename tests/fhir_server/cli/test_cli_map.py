import base64
import json
import os
import re

import pytest

from strategies import claim_files as claims

ISSUE_KEYS = ["file", "hoso", "ma_lk", "table", "row", "field", "rule", "severity", "value", "text_vi", "text_en"]


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_same_bytes_whatever_the_number_of_processes_and_the_order_of_files(run, tmp_path):
    first, *others = claims.write(tmp_path / "in", visits=30)
    assert run("map", "in", "-o", "a.ndjson", "--workers", "1").returncode in (0, 3)
    assert run("map", *others, first, "-o", "b.ndjson", "--workers", "2").returncode in (0, 3)
    assert (tmp_path / "a.ndjson").read_bytes() == (tmp_path / "b.ndjson").read_bytes()


def test_each_resource_once_over_a_folder(run, tmp_path):
    claims.write(tmp_path / "in", visits=40)
    assert run("map", "in", "-o", "out.ndjson").returncode in (0, 3)
    keys = [(row["resourceType"], row["id"]) for row in lines(tmp_path / "out.ndjson")]
    assert len(keys) == len(set(keys))
    assert keys == sorted(keys)
    assert {"Patient", "Encounter", "Claim"} <= {type_ for type_, _ in keys}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_every_planted_defect_is_found_in_its_place(run, tmp_path):
    assert run("generate", "--out", "in", "--visits", "60", "--defects", "0.5", "--seed", "3").returncode == 0
    planted = lines(tmp_path / "in-defects.ndjson")
    assert len(planted) > 10
    done = run("map", "in", "-o", "out.ndjson", "--issues", "issues.ndjson")
    assert done.returncode == 3
    issues = lines(tmp_path / "issues.ndjson")
    assert all(list(issue) == ISSUE_KEYS for issue in issues)
    found = {(issue["file"], issue["hoso"], issue["rule"]) for issue in issues}
    found |= {(issue["file"], 0, issue["rule"]) for issue in issues}
    missed = [row for row in planted if (row["file"], row["hoso"] or 0, row["rule"]) not in found]
    assert missed == []


def cut(content):
    return content[: len(content) * 2 // 3]


def bomb(content):
    entity = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    return re.sub(rb"(<\?xml[^>]*\?>)", rb"\1" + entity, content, count=1).replace(b"<NGAYLAP>", b"<NGAYLAP>&b;")


def external(content):
    entity = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    return re.sub(rb"(<\?xml[^>]*\?>)", rb"\1" + entity, content, count=1).replace(b"<HO_TEN>", b"<HO_TEN>&a;")


def wrong_base64(content):
    return re.sub(
        rb"(<LOAIHOSO>XML2</LOAIHOSO><NOIDUNGFILE>).*?(</NOIDUNGFILE>)", rb"\1@@@@\2", content, flags=re.DOTALL
    )


def no_summary(content):
    return re.sub(rb"<FILEHOSO><LOAIHOSO>XML1</LOAIHOSO>.*?</FILEHOSO>", b"", content, count=1, flags=re.DOTALL)


@pytest.mark.parametrize("spoil", [cut, bomb, external, wrong_base64, no_summary, lambda _: b"<GIAMDINHHS>not xml"])
def test_a_spoilt_file_is_reported_and_the_others_are_mapped(run, tmp_path, spoil):
    first, second, *_ = claims.write(tmp_path / "in", visits=20)
    run("map", second, "-o", "alone.ndjson")
    first.write_bytes(spoil(first.read_bytes()))
    done = run("map", first, second, "-o", "out.ndjson", "--issues", "issues.ndjson")
    assert done.returncode == 3, done.stderr
    grave = [row for row in lines(tmp_path / "issues.ndjson") if row["severity"] in ("error", "fatal")]
    assert {row["file"] for row in grave} == {first.name}
    assert all(row["text_vi"] and row["text_en"] and row["rule"] for row in grave)
    text = (tmp_path / "out.ndjson").read_text()
    alone = {(row["resourceType"], row["id"]) for row in lines(tmp_path / "alone.ndjson")}
    assert alone <= {(row["resourceType"], row["id"]) for row in lines(tmp_path / "out.ndjson")}
    assert "root:" not in text
    assert "aaaaaaaaaaaaaaaaaaaa" not in text


def test_a_file_that_cannot_be_opened_is_not_silently_dropped(run, tmp_path):
    (first, *_) = claims.write(tmp_path / "in", visits=5)
    (tmp_path / "in" / "link.xml").symlink_to(tmp_path / "nowhere")
    done = run("map", "in", "-o", "out.ndjson", "--issues", "issues.ndjson")
    assert done.returncode == 3
    assert ("link.xml", "fatal") in {(row["file"], row["severity"]) for row in lines(tmp_path / "issues.ndjson")}
    assert first.exists()


def test_no_store_is_touched(run, tmp_path):
    claims.write(tmp_path / "in", visits=3)
    assert run("map", "in", "-o", "out.ndjson").returncode in (0, 3)
    assert not (tmp_path / "store").exists()


def test_base64_and_nested_content_give_the_same_resources(run, tmp_path):
    for kind in ("base64", "nested"):
        assert run("generate", "--out", kind, "--visits", "10", "--content", kind).returncode == 0
        assert run("map", kind, "-o", f"{kind}.ndjson").returncode in (0, 3)
    sample = next((tmp_path / "base64").glob("*.xml")).read_text()
    assert base64.b64decode(re.search("<NOIDUNGFILE>(.*?)<", sample)[1])
    one, other = (
        {
            (row["resourceType"], row["id"])
            for row in lines(tmp_path / f"{kind}.ndjson")
            if row["resourceType"] != "Provenance"
        }
        for kind in ("base64", "nested")
    )
    assert one == other


@pytest.mark.parametrize(
    "written", [("-o", "in/one.xml"), ("-o", "o", "--issues", "in/one.xml"), ("-o", "o", "--issues", "o")]
)
def test_nothing_is_written_over_what_is_read_or_written(run, tmp_path, written):
    source = claims.one_visit(tmp_path / "in").rename(tmp_path / "in" / "one.xml")
    before = source.read_bytes()
    done = run("map", source, *written)
    assert (done.returncode, "BLK" in done.stderr or "written over" in done.stderr) == (2, True)
    assert source.read_bytes() == before
    assert run("load", source, "--store", "s.db", "--issues", source).returncode == 2
    assert source.read_bytes() == before


def test_pipes_are_told_of_when_named_and_passed_over_in_a_folder(run, tmp_path):
    claims.write(tmp_path / "in", visits=3)
    os.mkfifo(tmp_path / "in" / "pipe")
    assert run("map", "in", "-o", "out.ndjson").returncode in (0, 3)
    assert lines(tmp_path / "out.ndjson")
    done = run("map", "in/pipe", "-o", "other.ndjson")
    assert done.returncode == 2
    assert "in/pipe is neither a file nor a folder" in done.stderr
    assert not (tmp_path / "other.ndjson").exists()


def test_a_device_is_written_to_and_not_replaced(run, tmp_path):
    claims.write(tmp_path / "in", visits=3)
    (tmp_path / "sink").symlink_to("/dev/null")
    assert run("map", "in", "-o", "sink", "--issues", "sink").returncode in (0, 3)
    assert (tmp_path / "sink").is_symlink()


def test_of_a_visit_sent_twice_on_one_day_the_last_by_name_and_place_counts(run, tmp_path):
    source = claims.one_visit(tmp_path / "x")
    content = source.read_bytes()
    visit = re.search(rb"<HOSO>.*</HOSO>", content, re.DOTALL).group()
    (tmp_path / "in").mkdir()
    for number in range(8):
        reason = b"<LY_DO_VV>ly do %d-0</LY_DO_VV>" % number
        later = b"<LY_DO_VV>ly do %d-1</LY_DO_VV>" % number
        pair = b"".join(re.sub(rb"<LY_DO_VV>.*?</LY_DO_VV>", each, visit) for each in (reason, later))
        (tmp_path / "in" / f"{number}.xml").write_bytes(content.replace(visit, pair))
    files = sorted((tmp_path / "in").iterdir())
    for given in ([*files], [*reversed(files)]):
        assert run("map", *given, "-o", "out.ndjson", "--workers", "1").returncode in (0, 3)
        reasons = [row["reasonCode"] for row in lines(tmp_path / "out.ndjson") if row["resourceType"] == "Encounter"]
        assert [row[0]["text"] for row in reasons] == ["ly do 7-1"]
