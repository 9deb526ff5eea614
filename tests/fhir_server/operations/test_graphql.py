"""$graphql over HTTP: what can be asked, what is refused, and what it may cost."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest
from fhir_asking import Asking
from http_edge import FHIR_JSON, Edge
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.errors import FhirError
from fhir_server.operations.graphql import cost
from fhir_server.operations.graphql.document import read_query
from fhir_server.operations.graphql.output import Graph

JSON = {"content-type": "application/json"}


def put(fhir: Asking, type: str, id: str, **content: Any) -> None:
    response = fhir.ask("PUT", f"/{type}/{id}", {"resourceType": type, "id": id, **content})
    assert response.status == 201, response.body


@pytest.fixture
def ward(fhir: Asking) -> Asking:
    birth = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime"}]}
    birth["extension"][0]["valueDateTime"] = "1990-01-01T08:30:00+07:00"
    put(fhir, "Organization", "org", name="Bệnh viện")
    put(
        fhir,
        "Patient",
        "p",
        name=[{"use": "official", "family": "Nguyễn", "given": ["Văn", "An"]}, {"use": "nickname", "text": "Tí"}],
        telecom=[{"system": "phone", "rank": 2, "value": "1"}, {"system": "phone", "rank": 1, "value": "2"}],
        birthDate="1990-01-01",
        _birthDate=birth,
        managingOrganization={"reference": "Organization/org"},
        generalPractitioner=[{"reference": "#doctor"}, {"reference": "Practitioner/lost"}],
        contained=[{"resourceType": "Practitioner", "id": "doctor", "name": [{"text": "BS. Bình"}]}],
    )
    put(fhir, "Patient", "q", name=[{"family": "Trần, Lê"}], active=False)
    for number in range(5):
        put(fhir, "Condition", f"c{number}", subject={"reference": "Patient/p"}, code={"text": str(number)})
    put(fhir, "Condition", "other", subject={"reference": "Patient/q"})
    return fhir


def ask(http: Edge, place: str, query: str) -> Any:
    answer = http.send("GET", f"{place}/$graphql?query={quote(query)}")
    assert answer.status == 200, answer.body
    return answer.json()["data"]


def refused(http: Edge, place: str, query: str, **more: Any) -> tuple[int, str]:
    body = json.dumps({"query": query, **more}).encode()
    answer = http.send("POST", f"{place}/$graphql", body, JSON)
    told = answer.json()
    assert told["data"] is None
    (error,) = told["errors"]
    (issue,) = error["extensions"]["resource"]["issue"]
    assert error["message"] == issue["details"]["text"]
    assert answer.headers["content-type"].startswith("application/json")
    return answer.status, issue["details"]["coding"][0]["code"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{resourceType id __typename}", {"resourceType": "Patient", "id": "p", "__typename": "Patient"}),
        ("{name(use: official) {family}}", {"name": [{"family": "Nguyễn"}]}),
        ("{name(use: [official, nickname]) {text}}", {"name": [{}, {"text": "Tí"}]}),
        ("{telecom(rank: 1) {value}}", {"telecom": [{"value": "2"}]}),
        ("{telecom(_offset: 1, _count: 5) {value}}", {"telecom": [{"value": "2"}]}),
        ("{telecom(system: phone, _count: 1) {value}}", {"telecom": [{"value": "1"}]}),
        ('{phone: telecom(fhirpath: "$index = 1") {number: value}}', {"phone": [{"number": "2"}]}),
        ("{name @first {family} name @first {use}}", {"name": [{"family": "Nguyễn", "use": "official"}]}),
        ("{name {given @first @singleton}}", {"name": [{"given": "Văn"}, {}]}),
        ('{telecom @slice(fhirpath: "rank") {value}}', {"telecom.2": [{"value": "1"}], "telecom.1": [{"value": "2"}]}),
        (
            "{birthDate _birthDate {extension {valueDateTime}}}",
            {
                "birthDate": "1990-01-01",
                "_birthDate": {"extension": [{"valueDateTime": "1990-01-01T08:30:00+07:00"}]},
            },
        ),
        ("{managingOrganization {resource {... on Organization {name}}}}", {
            "managingOrganization": {"resource": {"name": "Bệnh viện"}}
        }),
        ("{generalPractitioner {resource(optional: true) {resourceType id}}}", {
            "generalPractitioner": [{"resource": {"resourceType": "Practitioner", "id": "doctor"}}, {}]
        }),
        ("{contained {__typename ... on Practitioner {name {text}}}}", {
            "contained": [{"__typename": "Practitioner", "name": [{"text": "BS. Bình"}]}]
        }),
        ("{managingOrganization @flatten {resource @flatten {... on Organization {name}}}}", {"name": "Bệnh viện"}),
        ("query A {id} query B {active}", {"id": "p"}),
        ("{...Own} fragment Own on Patient {id ...Names} fragment Names on Patient {name @first {family}}", {
            "id": "p", "name": [{"family": "Nguyễn"}]
        }),
    ],
)  # fmt: skip
def test_fields_of_an_instance(ward: Asking, http: Edge, query: str, expected: Any) -> None:
    body = json.dumps({"query": query, "operationName": "A" if "query A" in query else None}).encode()
    answer = http.send("POST", "/Patient/p/$graphql", body, JSON)
    assert answer.json() == {"data": expected}


def test_references_back_and_on(ward: Asking, http: Edge) -> None:
    query = "{ConditionList(_reference: patient, _sort: _id, _count: 2) {id subject {resource {... on Patient {id}}}}}"
    found = ask(http, "/Patient/p", query)["ConditionList"]
    assert found == [{"id": one, "subject": {"resource": {"id": "p"}}} for one in ("c0", "c1")]
    assert ask(http, "/Patient/q", "{ConditionList(_reference: subject) {id}}")["ConditionList"] == [{"id": "other"}]
    inner = "{PatientList(_id: q) {ConditionList(_reference: patient) {id}}}"
    assert ask(http, "", inner)["PatientList"] == [{"ConditionList": [{"id": "other"}]}]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("_id: [p, q], _sort: _id", ["p", "q"]),
        ('family: "Trần, Lê"', ["q"]),
        ("active: false", ["q"]),
        ("general_practitioner: Practitioner_x", []),
        ('fhirpath: "telecom.exists()"', ["p"]),
        ("name: nobody", []),
    ],
)
def test_lists(ward: Asking, http: Edge, arguments: str, expected: list[str]) -> None:
    for place in ("", "/Patient"):
        found = ask(http, place, f"{{PatientList({arguments}) {{id}}}}")
        assert found == {"PatientList": [{"id": one} for one in expected]}


def test_a_connection_page_by_page(ward: Asking, http: Edge) -> None:
    fields = "{count offset pagesize next first edges {mode resource {id}}}"
    page = ask(http, "", f"{{ConditionConnection(patient: p, _sort: _id, _count: 2) {fields}}}")["ConditionConnection"]
    first, seen = page["first"], []
    while True:
        assert (page["count"], page["offset"], page["pagesize"]) == (5, len(seen), 2)
        seen += [row["resource"]["id"] for row in page["edges"]]
        if "next" not in page:
            break
        ward.ask("DELETE", f"/Condition/{seen[-1]}")
        page = ask(http, "", f'{{ConditionConnection(_cursor: "{page["next"]}") {fields}}}')["ConditionConnection"]
    assert seen == ["c0", "c1", "c2", "c3", "c4"]
    again = ask(http, "", f'{{ConditionConnection(cursor: "{first}") {{edges {{resource {{id}}}}}}}}')
    assert [row["resource"]["id"] for row in again["ConditionConnection"]["edges"]] == ["c0", "c2"]


def test_the_ways_to_send_a_query(ward: Asking, http: Edge) -> None:
    expected = {"data": {"id": "p"}}
    query = "query One($with: Boolean = false) {id active @include(if: $with)}"
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "query", "valueString": query}]}
    place = "/Patient/p/$graphql"
    assert http.send("POST", place, query.encode(), {"content-type": "application/graphql"}).json() == expected
    assert http.send("POST", place, json.dumps({"query": query}).encode(), JSON).json() == expected
    assert http.send("POST", place, json.dumps(parameters).encode(), FHIR_JSON).json() == expected
    assert http.send("GET", f"{place}?query={quote(query)}&operationName=One").json() == expected
    assert http.send("HEAD", f"{place}?query={quote(query)}").body == b""


@pytest.mark.parametrize(
    ("place", "query", "refusal"),
    [
        ("/Patient/p", "{name {given", (400, "RST-4621")),
        ("/Patient/p", "query A {id} query B {id}", (400, "RST-4622")),
        ("/Patient/p", "mutation {id}", (400, "RST-4623")),
        ("/Patient/p", "query ($n: Int!) {telecom(rank: $n) {value}}", (400, "RST-4624")),
        ("/Patient/p", "{telecom(rank: $n) {value}}", (400, "RST-4624")),
        ("/Patient/p", "{...Nobody}", (400, "RST-4625")),
        ("/Patient/p", "{...A} fragment A on Patient {...A}", (400, "RST-4625")),
        ("/Patient/p", "{nickname}", (400, "RST-4626")),
        ("/Patient/p", "{photo {colour}}", (400, "RST-4626")),
        ("/Patient/p", "{deceased}", (400, "RST-4626")),
        ("/Patient/p", "{_name {id}}", (400, "RST-4626")),
        ("/Patient/p", "{managingOrganization {resource {birthDate}}}", (400, "RST-4626")),
        ("/Patient/p", "{__schema {types {name}}}", (400, "RST-4626")),
        ("", "{id}", (400, "RST-4626")),
        ("/Patient", "{ConditionList {id}}", (400, "RST-4626")),
        ("/Patient/p", "{name}", (400, "RST-4627")),
        ("/Patient/p", "{active {value}}", (400, "RST-4627")),
        ("/Patient/p", "{birthDate(_count: 1)}", (400, "RST-4628")),
        ("/Patient/p", "{name(period: x) {text}}", (400, "RST-4628")),
        ("/Patient/p", "{active @include(unless: true)}", (400, "RST-4628")),
        ("/Patient/p", "{ConditionConnection(_reference: patient, _cursor: x) {count}}", (400, "RST-4628")),
        ("", "{PatientList(_include: x) {id}}", (400, "RST-4628")),
        ("", "{Patient(id: p, name: x) {id}}", (400, "RST-4628")),
        ("/Patient/p", "{name(_count: many) {text}}", (400, "RST-4629")),
        ("/Patient/p", "{name(use: {a: 1}) {text}}", (400, "RST-4629")),
        ("/Patient/p", "{name @skip {text}}", (400, "RST-4629")),
        ("/Patient/p", "{name @slice {text}}", (400, "RST-4629")),
        ("/Patient/p", "{ConditionList {id}}", (400, "RST-4629")),
        ("/Patient/p", "{ConditionList(_reference: code) {id}}", (400, "RST-4629")),
        ("", "{Patient {id}}", (400, "RST-4629")),
        ("/Patient/p", "{name @upper {text}}", (400, "RST-4630")),
        ("/Patient/p", "{... on Nothing {id}}", (400, "RST-4631")),
        ("/Patient/p", "{managingOrganization {resource(type: Nothing) {id}}}", (400, "RST-4631")),
        ("/Patient/p", "{generalPractitioner {resource {id}}}", (404, "RST-4632")),
        ("/Patient/p", "{a: id a: birthDate}", (400, "RST-4633")),
        ("/Patient/p", "{name @flatten {given @singleton}}", (400, "RST-4633")),
        ("/Patient/p", "{name @flatten {x: use} telecom @flatten {x: rank}}", (400, "RST-4633")),
        ("/Patient/p", '{name(fhirpath: "use =") {text}}', (400, "CNF-1601")),
        ("/Patient/p", '{name(fhirpath: "true) or (true") {text}}', (400, "CNF-1601")),
        ("", "{PatientList(colour: red) {id}}", (400, "REQ-3001")),
        ("", '{PatientConnection(cursor: "x") {next}}', (400, "REQ-3011")),
        ("", "{Patient(id: none) {id}}", (404, "RST-4401")),
        ("/Patient/none", "{id}", (404, "RST-4401")),
        ("/Patient/p", " ", (400, "RST-4601")),
    ],
)
def test_refusals(ward: Asking, http: Edge, place: str, query: str, refusal: tuple[int, str]) -> None:
    assert refused(http, place, query) == refusal


def test_variables_must_fit(ward: Asking, http: Edge) -> None:
    query = "query ($n: Int, $uses: [String!]) {telecom(rank: $n) {value} name(use: $uses) {text}}"
    good = {"n": 1, "uses": ["nickname"]}
    body = json.dumps({"query": query, "variables": good}).encode()
    found = http.send("POST", "/Patient/p/$graphql", body, JSON).json()["data"]
    assert found == {"telecom": [{"value": "2"}], "name": [{"text": "Tí"}]}
    for bad in ({"n": "1"}, {"n": True}, {"uses": [None]}):
        assert refused(http, "/Patient/p", query, variables=bad) == (400, "RST-4624")


def test_a_body_that_is_no_query(ward: Asking, http: Edge) -> None:
    for body, headers in ((b'{"query": 5}', JSON), (b"{", JSON), (b"\xff", {"content-type": "application/graphql"})):
        answer = http.send("POST", "/Patient/p/$graphql", body, headers)
        assert (answer.status, answer.json()["data"]) == (400, None)


def test_no_entry_of_a_bundle_holds_it(ward: Asking) -> None:
    asked = {"request": {"method": "GET", "url": "Patient/p/$graphql?query={id}"}}
    (entry,) = json.loads(ward.transact(asked, kind="batch").body)["entry"]
    assert entry["response"]["status"].startswith("400")


NESTED = "{id}"
for _ in range(cost.DEPTH.most):
    NESTED = f"{{extension {NESTED}}}"


@pytest.mark.parametrize(
    "query",
    [
        NESTED,
        "{" * 2000,
        "{a{" * 2000,
        "{" + "id " * cost.TOKENS.most + "}",
        "{...A}" + "".join(f"fragment {one} on Patient {{...{two} ...{two}}}" for one, two in zip(
            "ABCDEFGHIJKLMNO", "BCDEFGHIJKLMNOP", strict=True)) + "fragment P on Patient {id}",
        "{" + " ".join(f"a{n}: ConditionList(_reference: patient) {{id}}" for n in range(101)) + "}",
    ],
)  # fmt: skip
def test_a_query_without_end_is_refused(ward: Asking, http: Edge, query: str) -> None:
    status, code = refused(http, "/Patient/p", query)
    assert (status, code) in ((403, "RST-4634"), (400, "RST-4621"))


def test_lists_inside_lists_are_counted(ward: Asking, http: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = "ConditionList(_reference: patient) {subject {resource {... on Patient {%s}}}}"
    deep = "id"
    for _ in range(4):
        deep = inner % deep
    assert refused(http, "/Patient/p", f"{{{deep}}}") == (403, "RST-4634")


@given(st.text(alphabet='{}()[]:$@!.,"\\ abid123\n#', max_size=60))
@settings(max_examples=300)
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(FhirError):
        assert isinstance(read_query(text, "", {}), tuple)


def test_a_graph_keeps_what_it_is_given_in_order() -> None:
    graph = Graph()
    graph.put("b", 1)
    graph.append("a", 2, "integer")
    graph.append("a", 3, "integer")
    graph.begin("c")
    assert list(graph.values.items()) == [("b", 1), ("a", [2, 3]), ("c", [])]
