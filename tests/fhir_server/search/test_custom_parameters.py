"""SearchParameter resources beside those of the specification. https://hl7.org/fhir/R4/searchparameter.html"""

from __future__ import annotations

from typing import Any

import pytest

from conformance.definitions import Definitions
from conformance.errors import BadRequest, Unprocessable
from fhir_server.repository.prepare import entries_of, prepare
from fhir_server.search import Indexer, SearchRegistry, parse_search
from fhir_server.store.meaning import Subject, holds
from fhir_server.store.protocol import Key, Op, Version

RELIGION = "http://hl7.org/fhir/StructureDefinition/patient-religion"
FAITH = {
    "resourceType": "SearchParameter",
    "url": "http://example.org/faith",
    "status": "active",
    "code": "faith",
    "base": ["Patient"],
    "type": "token",
    "expression": f"Patient.extension('{RELIGION}').value",
}
NICKNAME = {**FAITH, "url": "http://example.org/nick", "code": "nick", "type": "string"}
NICKNAME["expression"] = "Patient.name.where(use='nickname').given | Practitioner.name.where(use='nickname').given"
NICKNAME["base"] = ["Patient", "Practitioner"]
PAIR = {
    **FAITH,
    "url": "http://example.org/pair",
    "code": "name-nick",
    "type": "composite",
    "expression": "Patient",
    "component": [
        {"definition": "http://hl7.org/fhir/SearchParameter/individual-gender", "expression": "gender"},
        {"definition": "http://example.org/nick", "expression": "name.where(use='nickname').given"},
    ],
}
PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "gender": "male",
    "extension": [{"url": RELIGION, "valueCodeableConcept": {"coding": [{"system": "urn:r", "code": "b"}]}}],
    "name": [{"use": "nickname", "given": ["Tí"]}, {"use": "official", "given": ["Sửu"]}],
}


@pytest.fixture(scope="session")
def custom(definitions: Definitions) -> Indexer:
    return Indexer(definitions, registry=SearchRegistry(definitions, extra=[PAIR, FAITH, NICKNAME]))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("faith=urn:r|b", True), ("faith=c", False), ("faith:missing=false", True), ("nick=ti", True),
        ("nick=suu", False), ("nick:contains=i", True), ("name-nick=male$ti", True), ("name-nick=female$ti", False),
        ("name=suu", True), ("_filter=nick eq ti and faith eq b", True),
    ],
)  # fmt: skip
def test_they_are_searched_as_any_other(custom: Indexer, query: str, found: bool) -> None:
    where = parse_search("Patient", [tuple(query.split("=", 1))], custom.registry).query.where
    assert holds(where, Subject("p", 0, custom.entries(PATIENT))) is found


def test_they_stand_in_the_registry(custom: Indexer, indexer: Indexer) -> None:
    assert custom.registry.parameters("Practitioner")["nick"].url == "http://example.org/nick"
    assert "faith" not in custom.registry.parameters("Practitioner")
    assert "faith" in [row.code for row in custom.registry.published("Patient")]
    assert parse_search("Patient", [("_sort", "nick")], custom.registry).query.sort[0].param == "nick"
    with pytest.raises(BadRequest, match="faith"):
        parse_search("Patient", [("faith", "b")], indexer.registry)


def test_a_stored_version_is_indexed_anew(custom: Indexer, indexer: Indexer) -> None:
    write = prepare(PATIENT, indexer)
    assert write.body is not None
    version = Version(Key("Patient", "p"), 1, 1, 1, 0, Op.CREATE, write.body.stamped(1, 0))
    added = set(entries_of(version, custom)) - set(write.entries)
    assert {entry.param for entry in added} == {"faith", "nick", "name-nick"}
    assert entries_of(version._replace(op=Op.DELETE, body=b""), custom) == ()


def test_retired_ones_are_none(definitions: Definitions) -> None:
    registry = SearchRegistry(definitions, extra=[{**FAITH, "status": "retired"}])
    assert "faith" not in registry.parameters("Patient")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"url": ""}, "no url"),
        ({"code": None}, "no code"),
        ({"code": "a b"}, "'a b'"),
        ({"code": "_x"}, "'_x'"),
        ({"type": "special"}, "special"),
        ({"base": []}, "empty"),
        ({"base": ["Foo"]}, "Foo"),
        ({"base": "Patient"}, "empty"),
        ({"expression": None}, "expression"),
        ({"expression": "Encounter.status"}, "Patient"),
        ({"expression": "Patient.name.("}, "cannot be read"),
        ({"expression": "Patient.nosuch()"}, "cannot be read"),
        ({"code": "name"}, "Patient-name"),
        ({"type": "reference", "target": ["Foo"]}, "Foo"),
        ({"type": "composite"}, "two components"),
        ({**PAIR, "component": [{"definition": "x"}, {"definition": "y"}]}, "component x"),
    ],
)
def test_bad_ones_are_refused_with_the_reason(definitions: Definitions, change: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        SearchRegistry(definitions, extra=[{**FAITH, **change}])
    (issue,) = caught.value.issues
    assert issue.message.id == "REQ-3024"
    assert reason in issue.text()
