import json

import pytest

GOOD = '{"resourceType":"Patient","id":"a","gender":"female","birthDate":"1990-02-03"}'
BAD = '{"resourceType":"Patient","id":"a","gender":"x","birthDate":"1990-02-30","unknown":1}'


@pytest.fixture
def files(tmp_path):
    def write(**contents):
        paths = []
        for name, text in contents.items():
            path = tmp_path / f"{name}.json"
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            paths.append(path)
        return paths

    return write


def test_a_valid_file_exits_0(run, files):
    done = run("validate", *files(good=GOOD))
    assert done.returncode == 0
    head, row = done.stdout.splitlines()
    assert head.split() == ["file", "resources", "errors", "warnings", "verdict"]
    assert row.split()[1:] == ["1", "0", "0", "valid"]


def test_an_invalid_file_gives_every_issue_with_its_place(run, files):
    done = run("validate", *files(bad=BAD), "--format", "json")
    assert done.returncode == 1
    outcome = json.loads(done.stdout)
    assert outcome["resourceType"] == "OperationOutcome"
    places = {issue["expression"][0] for issue in outcome["issue"]}
    assert places == {"Patient.gender", "Patient.birthDate", "Patient.unknown"}


def test_several_files_give_a_bundle_in_their_order(run, files):
    done = run("validate", *files(bad=BAD, good=GOOD, worse='{"resourceType":"Nothing"}'), "--format", "json")
    assert done.returncode == 1
    bundle = json.loads(done.stdout)
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
    errors = [sum(issue["severity"] == "error" for issue in entry["resource"]["issue"]) for entry in bundle["entry"]]
    assert errors == [3, 0, 1]


@pytest.mark.parametrize("content", ["[1]", "{", b'{"resourceType":"Patient","id":"\xff"}', "", '{"id":1,"id":2}'])
def test_what_is_no_json_object_is_invalid_and_has_a_place(run, files, content):
    done = run("validate", *files(broken=content), "--format", "json")
    assert done.returncode == 1
    issues = json.loads(done.stdout)["issue"]
    assert issues
    assert all(issue["expression"][0] for issue in issues)


def test_an_unreadable_file_exits_2_and_the_others_are_still_checked(run, files, tmp_path):
    done = run("validate", tmp_path / "absent.json", *files(bad=BAD), "--format", "json")
    assert done.returncode == 2
    first, second = (entry["resource"]["issue"] for entry in json.loads(done.stdout)["entry"])
    assert [issue["severity"] for issue in first] == ["fatal"]
    assert len(second) == 3


def test_text_in_vietnamese(run, files):
    done = run("validate", *files(bad=BAD), "--language", "vi")
    assert "Patient.unknown: Phần tử" in done.stdout


def test_a_profile_of_the_user_is_applied(run, files):
    profile = {
        "resourceType": "StructureDefinition",
        "url": "https://example.vn/StructureDefinition/named",
        "name": "Named",
        "status": "active",
        "kind": "resource",
        "abstract": False,
        "type": "Patient",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
        "derivation": "constraint",
        "snapshot": {
            "element": [
                {"id": "Patient", "path": "Patient", "min": 0, "max": "*"},
                {"id": "Patient.name", "path": "Patient.name", "min": 1, "max": "*", "type": [{"code": "HumanName"}]},
            ]
        },
    }
    (good,) = files(good=GOOD)
    (path,) = files(profile=json.dumps(profile))
    done = run("validate", good, "--definitions", path, "--profile", profile["url"], "--format", "json")
    assert done.returncode == 1
    assert any("name" in str(issue) for issue in json.loads(done.stdout)["issue"])


def test_definitions_without_a_definition_are_a_usage_error(run, files):
    good, other = files(good=GOOD, other=GOOD)
    done = run("validate", good, "--definitions", other)
    assert done.returncode == 2
    assert "holds no conformance resource" in done.stderr
