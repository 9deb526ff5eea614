"""``validate`` over folders, lines and processes, and the forms of its report."""

import json
import os
import re
import signal
import time
from pathlib import Path

import jsonschema
import pytest
from descendants import descendants
from lxml import etree

GOOD = {"resourceType": "Patient", "id": "a", "gender": "female"}
BAD = {"resourceType": "Patient", "id": "a", "gender": "x", "birthDate": "1990-02-30"}


@pytest.fixture
def folder(tmp_path):
    """Files of every kind, and some that are none of ours."""
    made = tmp_path / "in"
    (made / "deep").mkdir(parents=True)
    (made / ".hidden").mkdir()
    (made / "b.json").write_text(json.dumps(BAD, indent=1))
    (made / "deep" / "a.json").write_text(json.dumps(GOOD))
    (made / "c.ndjson").write_text("\n".join([json.dumps(GOOD), "", json.dumps(BAD), "rubbish", json.dumps(GOOD)]))
    (made / "d.xml").write_text('<Patient xmlns="http://hl7.org/fhir">\n  <gender value="q"/>\n</Patient>')
    for name in ("package.json", ".hidden/e.json", "notes.txt"):
        (made / name).write_text("{}")
    return made


def rows_of(text):
    """The table of a report in text: path to resources, errors, warnings and verdict."""
    table = text[re.search(r"^(file|tệp) +", text, re.MULTILINE).start() :].splitlines()[1:]
    cells = (re.split(r" {2,}", line) for line in table)
    return {row[0]: tuple(row[1:]) for row in cells}


def test_a_folder_is_read_in_order_and_told_in_one_table(run, folder):
    done = run("validate", "in")
    assert done.returncode == 1, done.stderr
    assert rows_of(done.stdout) == {
        "in/b.json": ("1", "2", "0", "not valid"),
        "in/c.ndjson": ("4", "3", "0", "not valid"),
        "in/d.xml": ("1", "1", "0", "not valid"),
        "in/deep/a.json": ("1", "0", "0", "valid"),
        "4 files": ("7", "6", "0"),
    }
    assert list(rows_of(done.stdout)) == sorted(rows_of(done.stdout), key=lambda name: (name == "4 files", name))


def test_lines_have_their_numbers(run, folder):
    places = re.findall(r"^(in/\S+?:\d+:\d+): \w+: (\S+):", run("validate", "in").stdout, re.MULTILINE)
    assert places == [
        ("in/b.json:4:2", "Patient.gender"),
        ("in/b.json:5:2", "Patient.birthDate"),
        ("in/c.ndjson:3:40", "Patient.gender"),
        ("in/c.ndjson:3:55", "Patient.birthDate"),
        ("in/c.ndjson:4:1", "Resource"),
        ("in/d.xml:2:3", "Patient.gender"),
    ]


def test_a_file_that_is_named_twice_is_read_once_and_the_order_is_that_of_the_arguments(run, folder):
    done = run("validate", "in/deep/a.json", "in", folder / "b.json")
    assert list(rows_of(done.stdout)) == ["in/deep/a.json", "in/b.json", "in/c.ndjson", "in/d.xml", "4 files"]


@pytest.mark.parametrize("form", ["text", "json", "junit", "sarif"])
def test_several_processes_say_what_one_says(run, folder, form):
    (folder / "long.ndjson").write_text((json.dumps(GOOD | {"language": "x" * 200}) + "\n") * 1500 + "rubbish\n")
    alone = run("validate", "in", "absent.json", "--format", form, "--workers", "1")
    several = run("validate", "in", "absent.json", "--format", form, "--workers", "3")
    assert (alone.returncode, alone.stdout) == (several.returncode, several.stdout)
    assert alone.returncode == 2
    assert "1501" in alone.stdout


def test_vietnamese(run, folder):
    done = run("validate", "in", "absent.json", "--language", "vi")
    rows = rows_of(done.stdout)
    assert rows["in/b.json"][-1] == "không hợp lệ"
    assert rows["absent.json"][-1] == "không đọc được"
    assert "5 tệp" in rows
    assert "không phải ngày" in done.stdout


def test_a_folder_with_nothing_to_check_is_no_success(run, tmp_path):
    (tmp_path / "empty").mkdir()
    done = run("validate", "empty")
    assert done.returncode == 2
    assert "nothing to validate" in done.stderr


def test_a_profile_that_is_not_known_is_an_error(run, folder):
    done = run("validate", "in/deep/a.json", "--profile", "https://example.org/none")
    assert done.returncode == 1
    assert "[VAL-2701]" in done.stdout


# What Jenkins' junit-10.xsd allows of the elements that are used: attributes, then children.
JUNIT = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors", "time", "timestamp", "hostname"}, {"testcase"}),
    "testcase": ({"name", "classname", "time"}, {"failure", "error", "system-out"}),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "system-out": (set(), set()),
}


def test_junit(run, folder):
    claiming = {"resourceType": "Patient", "meta": {"profile": ["https://example.org/none"]}}
    (folder / "odd.json").write_text(json.dumps(claiming | {"gender": "\u0001\u007f]]>"}))
    done = run("validate", "in", "absent.json", "--format", "junit")
    root = etree.fromstring(done.stdout.encode())
    for element in root.iter():
        attributes, children = JUNIT[element.tag]
        assert set(element.attrib) <= attributes
        assert {child.tag for child in element} <= children
    (suite,) = root
    assert (root.tag, suite.attrib["tests"], suite.attrib["failures"], suite.attrib["errors"]) == (
        "testsuites",
        "6",
        "4",
        "1",
    )
    outcomes = {case.attrib["name"]: [child.tag for child in case] for case in suite}
    assert outcomes == {
        "in/b.json": ["failure"],
        "in/c.ndjson": ["failure"],
        "in/d.xml": ["failure"],
        "in/deep/a.json": [],
        "in/odd.json": ["failure", "system-out"],
        "absent.json": ["error"],
    }


def closed(required=(), **properties):
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


TEXT = {"type": "string", "minLength": 1}
INDEX = {"type": "integer", "minimum": 0}
COUNT = {"type": "integer", "minimum": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
URI = {"type": "string", "format": "uri-reference", "pattern": r"^[^ \\]+$"}


def listed(of):
    return {"type": "array", "items": of}


#: What SARIF 2.1.0 asks of the objects that are used.
SARIF = closed(
    ("version", "runs"),
    **{"$schema": URI},
    version={"const": "2.1.0"},
    runs=listed(
        closed(
            ("tool", "results"),
            tool=closed(
                ("driver",),
                driver=closed(
                    ("name",),
                    name=TEXT,
                    version=TEXT,
                    rules=listed(
                        closed(
                            ("id",),
                            id=TEXT,
                            shortDescription=closed(("text",), text=TEXT),
                            defaultConfiguration=closed(level=LEVEL),
                        )
                    ),
                ),
            ),
            language={"type": "string", "pattern": "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$"},
            columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
            invocations=listed(closed(("executionSuccessful",), executionSuccessful={"type": "boolean"})),
            artifacts=listed(closed(location=closed(uri=URI), roles=listed({"const": "analysisTarget"}))),
            results=listed(
                closed(
                    ("message",),
                    ruleId=TEXT,
                    ruleIndex=INDEX,
                    level=LEVEL,
                    message=closed(("text",), text=TEXT),
                    locations=listed(
                        closed(
                            physicalLocation=closed(
                                ("artifactLocation",),
                                artifactLocation=closed(uri=URI, index=INDEX),
                                region=closed(("startLine",), startLine=COUNT, startColumn=COUNT),
                            ),
                            logicalLocations=listed(closed(fullyQualifiedName=TEXT, kind=TEXT)),
                        )
                    ),
                )
            ),
        )
    ),
)


def test_sarif(run, folder):
    (folder / "b.json").rename(folder / "bệnh nhân.json")
    done = run("validate", "in", "absent.json", "--format", "sarif")
    log = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SARIF).validate(log)
    (made,) = log["runs"]
    rules = made["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in made["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert made["artifacts"][place["index"]]["location"]["uri"] == place["uri"]
    assert {artifact["location"]["uri"] for artifact in made["artifacts"]} >= {
        "in/b%E1%BB%87nh%20nh%C3%A2n.json",
        "absent.json",
    }
    assert made["invocations"] == [{"executionSuccessful": False}]
    first = made["results"][0]
    assert first["level"] == "error"


def many(tmp_path, count=60_000):
    path = tmp_path / "many.ndjson"
    path.write_text((json.dumps(BAD) + "\n") * count)
    return path


def workers_of(process):
    """The checking processes, once they are there."""
    while process.poll() is None:
        found = descendants(process.pid)
        if len(found) >= 3:  # one of them is the fork server, another may be its tracker
            return found
        time.sleep(0.02)
    raise AssertionError("it ended before its processes were seen")


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_process_that_dies_is_a_clear_error(start, tmp_path):
    process = start("validate", many(tmp_path), "--workers", "2", "--format", "junit")
    os.kill(workers_of(process)[-1], signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "checking process ended unexpectedly" in errors


def test_kill_9_leaves_no_process_behind(start, tmp_path):
    process = start("validate", many(tmp_path), "--workers", "2", "--format", "junit")
    found = workers_of(process)
    process.kill()
    process.wait()
    for _ in range(200):
        if not any(map(is_running, found)):
            return
        time.sleep(0.05)
    raise AssertionError("processes are left behind")


def test_ctrl_c_ends_it(start, tmp_path):
    process = start("validate", many(tmp_path), "--workers", "2", "--format", "junit")
    workers_of(process)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors, errors
