"""Reads, versions, history, writes and conditions, on every engine."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.errors import BadRequest, Gone, NotFound
from fhir_server.store.protocol import Expect, Key, Refusal, RefusalReason, Unit
from fhir_server.store.query import Labelled, Not

SECRET = {"security": [{"system": "urn:s", "code": "HIV"}]}
OPEN = Not(Labelled(frozenset({"urn:s|HIV"})))


def test_read_and_vread(records: Any) -> None:
    records.put("Patient", "p", active=True)
    records.put("Patient", "p", active=False)
    read, vread, run = records.repository.read, records.repository.vread, records.run
    assert run(read("Patient", "p")).version_id == 2
    assert run(vread("Patient", "p", "1")).body.endswith(b'"active":true}')
    for version in ("0", "01", "3", "x", "-1", "١", "9" * 30):
        with pytest.raises(NotFound):
            run(vread("Patient", "p", version))
    with pytest.raises(NotFound, match="Patient/q"):
        run(read("Patient", "q"))
    records.delete("Patient", "p")
    with pytest.raises(Gone):
        run(read("Patient", "p"))
    with pytest.raises(Gone):
        run(vread("Patient", "p", "3"))
    assert run(vread("Patient", "p", "2")).version_id == 2


def test_refusals_are_data(records: Any) -> None:
    records.put("Patient", "p", active=True)
    repository = records.repository
    changed = {"resourceType": "Patient", "id": "p", "active": False}
    for expected, reason in ((7, RefusalReason.VERSION), (Expect.ABSENT, RefusalReason.EXISTS)):
        (outcome,) = records.run(repository.transact([Unit((repository.write(changed, expected),))]))
        assert outcome == Refusal(reason, Key("Patient", "p"), 1, 0)


def test_conditions_are_guarded(records: Any) -> None:
    repository, run = records.repository, records.run
    criteria = [("identifier", "urn:i|1")]
    none = run(repository.resolve("Patient", criteria))
    assert none.keys == ()
    identifier = [{"system": "urn:i", "value": "1"}]
    records.put("Patient", "a", identifier=identifier)
    write = repository.write({"resourceType": "Patient", "id": "b", "identifier": identifier})
    (refused,) = run(repository.transact([Unit((write,), (none.guard,))]))
    assert refused == Refusal(RefusalReason.GUARD, Key("Patient", "a"), 0, 0)
    one = run(repository.resolve("Patient", criteria))
    assert one.keys == (Key("Patient", "a"),)
    run(repository.transact([Unit((write,), (one.guard,))]))
    assert len(run(repository.resolve("Patient", criteria)).keys) == 2
    for bad in ([], [("_sort", "name")], [("foo", "1")]):
        with pytest.raises(BadRequest):
            run(repository.resolve("Patient", bad))


def test_history_pages(records: Any) -> None:
    for number in range(5):
        records.put("Patient", "p", multipleBirthInteger=number)
    history, run = records.repository.history, records.run
    first = run(history("Patient", "p", limit=3))
    assert [version.version_id for version in first.versions] == [5, 4, 3]
    records.put("Patient", "p", multipleBirthInteger=9)
    second = run(history("Patient", "p", limit=3, cursor=first.next))
    assert ([version.version_id for version in second.versions], second.next) == ([2, 1], None)
    with pytest.raises(BadRequest):
        run(history("Patient", "q", limit=3, cursor=first.next))
    with pytest.raises(NotFound):
        run(history("Patient", "q", limit=3))
    assert run(history("Observation", None, limit=3)).versions == ()
    latest = run(history(None, None, limit=9)).versions[0]
    assert len(run(history(None, None, limit=9, since=latest.last_updated)).versions) == 1


def test_what_is_not_visible_is_not_there(records: Any) -> None:
    records.put("Patient", "secret", meta=SECRET, name=[{"family": "A"}])
    records.put("Patient", "open", name=[{"family": "A"}], link=[{"other": {"reference": "Patient/secret"}}])
    repository, run = records.repository, records.run
    for ask in (
        repository.read("Patient", "secret", visible=OPEN),
        repository.vread("Patient", "secret", "1", visible=OPEN),
        repository.history("Patient", "secret", limit=5, visible=OPEN),
    ):
        with pytest.raises(NotFound):
            run(ask)
    assert len(run(repository.history(None, None, limit=5, visible=OPEN)).versions) == 1
    both = [Key("Patient", "secret"), Key("Patient", "open")]
    assert [version.key.id for version in run(repository.read_many(both, visible=OPEN))] == ["open"]
    assert [version.key.id for version in run(repository.read_many(both))] == ["secret", "open"]
    asked = records.asked("Patient", ("family", "a"), ("_include", "Patient:link"))
    page = run(repository.search(asked, visible=OPEN))
    assert ([version.key.id for version in page.matches], page.included, page.total) == (["open"], (), 1)
    assert run(repository.count(asked.query, visible=OPEN)) == 1
    assert run(repository.resolve("Patient", [("family", "a")], visible=OPEN)).keys == (Key("Patient", "open"),)
    records.delete("Patient", "open")
    with pytest.raises(NotFound):
        run(repository.read("Patient", "open", visible=OPEN))


def test_counts(records: Any) -> None:
    records.put("Patient", "p")
    records.put("Basic", "b")
    records.delete("Basic", "b")
    assert {name: count for name, count in records.run(records.repository.counts()).items() if count} == {"Patient": 1}
