import json

import pytest

from strategies import claim_files as claims


@pytest.fixture
def patient(run, tmp_path):
    """A patient with a CCCD, in a loaded store."""
    claims.write(tmp_path / "in", visits=20)
    assert run("load", "in").returncode in (0, 3)
    assert run("export", "--out", "out", "--type", "Patient").returncode == 0
    rows = [json.loads(line) for line in (tmp_path / "out" / "Patient.ndjson").read_text().splitlines()]
    return next(row for row in rows if any(part["system"].endswith("/sid/cccd") for part in row["identifier"]))


def test_a_book_by_id_by_number_and_by_system_and_number(run, patient):
    cccd = next(part for part in patient["identifier"] if part["system"].endswith("/sid/cccd"))
    books = []
    for asked in (patient["id"], cccd["value"], f"{cccd['system']}|{cccd['value']}"):
        done = run("book", asked, "--format", "json")
        assert done.returncode == 0, done.stderr
        books.append(json.loads(done.stdout))
    assert all((book["resourceType"], book["type"]) == ("Bundle", "document") for book in books)
    found = [{entry["fullUrl"] for entry in book["entry"][1:]} for book in books]
    assert found[0] == found[1] == found[2]
    assert any(url.endswith(f"Patient/{patient['id']}") for url in found[0])


def test_a_book_as_text_in_both_languages(run, patient):
    assert run("book", patient["id"], "--language", "vi").stdout.startswith("Sổ sức khỏe điện tử\n")
    assert run("book", patient["id"], "--language", "en").stdout.startswith("Electronic health book\n")


def test_nobody_has_this_number(run, patient):
    done = run("book", "000000000000")
    assert done.returncode == 2
    assert "000000000000" in done.stderr
