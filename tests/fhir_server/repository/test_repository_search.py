"""Pages, includes and whole compartments, on every engine."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.errors import BadRequest, Gone, NotFound
from fhir_server.repository.cursors import Cursors
from fhir_server.store.protocol import Cursor, Version
from fhir_server.store.query import Labelled, Not

SECRET = {"security": [{"system": "urn:s", "code": "HIV"}]}
OPEN = Not(Labelled(frozenset({"urn:s|HIV"})))


def names(versions: list[Version] | tuple[Version, ...]) -> list[str]:
    return [str(version.key) for version in versions]


def to(target: str) -> dict[str, str]:
    return {"reference": target}


@pytest.fixture
def clinic(records: Any) -> Any:
    """Two patients of two organizations, their visits and observations."""
    records.put("Organization", "main", name="Sở Y tế")
    records.put("Organization", "o", name="Trạm", partOf=to("Organization/main"))
    records.put("Practitioner", "d")
    for name in ("p", "q"):
        records.put("Patient", name, name=[{"family": "Lê"}], managingOrganization=to("Organization/o"))
        records.put(
            "Encounter", f"e-{name}", subject=to(f"Patient/{name}"), participant=[{"individual": to("Practitioner/d")}]
        )
        for number in range(3):
            records.put(
                "Observation",
                f"{name}-{number}",
                subject=to(f"https://here.example/fhir/Patient/{name}"),
                encounter=to(f"Encounter/e-{name}"),
                effectiveDateTime=f"2025-01-0{number + 1}",
            )
    return records


def test_pages_go_on_at_the_position_of_the_first(clinic: Any) -> None:
    search = clinic.repository.search
    pairs = (("patient", "p"), ("_sort", "-date"), ("_count", "2"))
    first = clinic.run(search(clinic.asked("Observation", *pairs)))
    assert (names(first.matches), first.total) == (["Observation/p-2", "Observation/p-1"], None)
    clinic.put("Observation", "new", subject=to("Patient/p"), effectiveDateTime="2024-01-01")
    second = clinic.run(search(clinic.asked("Observation", *pairs, ("_cursor", first.next))))
    assert (names(second.matches), second.next, second.total) == (["Observation/p-0"], None, None)
    counted = clinic.run(search(clinic.asked("Observation", *pairs, ("_total", "accurate"))))
    assert counted.total == 4


def test_a_cursor_belongs_to_its_search(clinic: Any) -> None:
    search = clinic.repository.search
    pairs = (("patient", "p"), ("_count", "2"))
    cursor = clinic.run(search(clinic.asked("Observation", *pairs))).next
    for text in (cursor[:-1], cursor + "A", "", "x", "é", cursor.swapcase()):
        with pytest.raises(BadRequest):
            clinic.run(search(clinic.asked("Observation", *pairs, ("_cursor", text))))
    with pytest.raises(BadRequest):
        clinic.run(search(clinic.asked("Observation", ("patient", "q"), ("_count", "2"), ("_cursor", cursor))))


def test_only_the_number(clinic: Any) -> None:
    for pair in (("_count", "0"), ("_summary", "count")):
        page = clinic.run(clinic.repository.search(clinic.asked("Observation", pair, ("_include", "*"))))
        assert (page.matches, page.included, page.next, page.total) == ((), (), None, 6)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("_include", "Patient:organization")], ["Organization/o"]),
        (
            [("_include", "Patient:organization"), ("_include:iterate", "Organization:partof")],
            ["Organization/o", "Organization/main"],
        ),
        ([("_include", "Patient:organization:Organization"), ("_include", "Patient:link")], ["Organization/o"]),
        ([("_include", "Organization:partof")], []),
        ([("_revinclude", "Encounter:subject")], ["Encounter/e-p"]),
        (
            [("_revinclude", "Encounter:patient:Patient"), ("_include:iterate", "Encounter:participant")],
            ["Encounter/e-p", "Practitioner/d"],
        ),
        (
            [("_revinclude", "Encounter:subject"), ("_revinclude:iterate", "Observation:encounter")],
            ["Encounter/e-p", "Observation/p-0", "Observation/p-1", "Observation/p-2"],
        ),
        ([("_include", "*"), ("_revinclude", "Observation:subject:Group")], ["Organization/o"]),
    ],
)
def test_includes(clinic: Any, pairs: list[tuple[str, str]], expected: list[str]) -> None:
    page = clinic.run(clinic.repository.search(clinic.asked("Patient", ("_id", "p"), *pairs)))
    assert names(page.matches) == ["Patient/p"]
    assert names(page.included) == expected


def test_includes_are_each_there_once(clinic: Any) -> None:
    asked = clinic.asked("Observation", ("_include", "Observation:subject"), ("_include", "Observation:encounter"))
    page = clinic.run(clinic.repository.search(asked))
    assert sorted(names(page.included)) == ["Encounter/e-p", "Encounter/e-q", "Patient/p", "Patient/q"]
    whole = clinic.run(clinic.repository.search(clinic.asked(None, ("_include", "*"))))
    assert whole.included == ()


def everything(records: Any, *focus: str, **limits: Any) -> list[str]:
    async def walk() -> list[str]:
        return [name async for chunk in records.repository.everything(*focus, **limits) for name in names(chunk)]

    found = records.run(walk())
    assert isinstance(found, list)
    assert len(found) == len(set(found))
    return found


def test_everything_of_a_patient(clinic: Any) -> None:
    clinic.put("Observation", "secret", subject=to("Patient/p"), meta=SECRET)
    found = everything(clinic, "Patient", "p")
    assert found[0] == "Patient/p"
    members = {"Encounter/e-p", "Observation/p-0", "Observation/p-1", "Observation/p-2", "Observation/secret"}
    assert set(found) == {"Patient/p", *members, "Organization/o", "Practitioner/d"}
    assert "Observation/secret" not in everything(clinic, "Patient", "p", visible=OPEN)
    assert everything(clinic, "Patient", "p", types=("Encounter", "Practitioner")) == [
        "Encounter/e-p",
        "Practitioner/d",
    ]


def test_everything_since(clinic: Any) -> None:
    written = clinic.put("Observation", "late", subject=to("Patient/p"))
    assert everything(clinic, "Patient", "p", since=written.last_updated) == ["Observation/late"]


def test_everything_of_an_encounter(clinic: Any) -> None:
    found = everything(clinic, "Encounter", "e-q")
    assert set(found) == {
        "Encounter/e-q",
        "Observation/q-0",
        "Observation/q-1",
        "Observation/q-2",
        "Patient/q",
        "Practitioner/d",
    }


def test_everything_of_nothing(clinic: Any) -> None:
    with pytest.raises(NotFound):
        everything(clinic, "Patient", "none")
    clinic.delete("Patient", "p")
    with pytest.raises(Gone):
        everything(clinic, "Patient", "p")


def test_cursor_text_is_sealed() -> None:
    cursor = Cursor(7, ("Nguyễn", 5, None))
    text = Cursors(b"key").encode(cursor, ("search", "a"))
    assert text.isascii()
    assert Cursors(b"key").decode(text, ("search", "a")) == cursor
    for other, purpose in ((Cursors(b"other"), ("search", "a")), (Cursors(b"key"), ("search", "b"))):
        with pytest.raises(BadRequest):
            other.decode(text, purpose)
