"""transaction and batch, without HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir_asking import BASE, Asking, codes, entry

from fhir_server.exchange.request import Return

URN = "urn:uuid:0c3f4a54-5c3e-4e5f-9f9e-0e6b2f6d2b11"
OTHER = "urn:uuid:1c3f4a54-5c3e-4e5f-9f9e-0e6b2f6d2b12"
PATIENT = {"resourceType": "Patient", "identifier": [{"system": "http://example.org", "value": "1"}]}


def observation(subject: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": subject},
    } | more


def statuses(bundle: dict[str, Any]) -> list[str]:
    return [row["response"]["status"] for row in bundle["entry"]]


def test_transaction_resolves_references_among_its_entries(fhir: Asking) -> None:
    nested = {"extension": [{"url": "http://example.org/e", "valueReference": {"reference": URN}}]}
    provenance = {"resourceType": "Provenance", "id": "c", "target": [{"reference": URN}]} | PROVENANCE
    document = {"resourceType": "DocumentReference", "id": "d", "content": [{"attachment": {"url": URN}}]}
    contained = {"contained": [provenance, document | {"status": "current"}]}
    response = fhir.transact(
        entry("POST", "Observation", observation(URN, **nested, **contained), OTHER),
        entry("POST", "Patient", PATIENT, URN),
    )
    assert response.status == 200, response.body
    bundle = json.loads(response.body)
    assert bundle["type"] == "transaction-response"
    assert statuses(bundle) == ["201 Created", "201 Created"]
    assert [row["response"]["etag"] for row in bundle["entry"]] == ['W/"1"', 'W/"1"']
    where, who = (row["response"]["location"].partition("/_history/")[0] for row in bundle["entry"])
    stored = fhir.json("GET", f"/{where}")
    assert stored["subject"]["reference"] == who
    assert stored["extension"][0]["valueReference"]["reference"] == who
    assert stored["contained"][0]["target"][0]["reference"] == who
    assert stored["contained"][1]["content"][0]["attachment"]["url"] == who


PROVENANCE = {"recorded": "2026-01-01T00:00:00Z", "agent": [{"who": {"display": "x"}}]}


def test_identifier_that_looks_like_a_full_url_is_kept(fhir: Asking) -> None:
    patient = {"resourceType": "Patient", "identifier": [{"system": "urn:ietf:rfc:3986", "value": URN}]}
    basic = {"resourceType": "Patient", "implicitRules": URN}
    fhir.transact(entry("POST", "Patient", patient, URN), entry("POST", "Patient", basic, OTHER))
    bundle = fhir.json("GET", f"/Patient?identifier={URN}")
    assert bundle["entry"][0]["resource"]["identifier"][0]["value"] == URN
    named = bundle["entry"][0]["resource"]["id"]
    others = [row["resource"] for row in fhir.json("GET", "/Patient")["entry"]]
    assert f"Patient/{named}" in [row.get("implicitRules") for row in others]


@pytest.mark.parametrize("reference", ["Patient/a", "http://far.org/fhir/Patient/a"])
def test_relative_and_absolute_full_urls(fhir: Asking, reference: str) -> None:
    response = fhir.transact(
        entry("POST", "Patient", PATIENT, "http://far.org/fhir/Patient/a"),
        entry("POST", "Observation", observation(reference), "http://far.org/fhir/Observation/b"),
    )
    who, where = (row["response"]["location"].partition("/_history/")[0] for row in json.loads(response.body)["entry"])
    assert fhir.json("GET", f"/{where}")["subject"]["reference"] == who


def test_update_entries_lead_to_their_own_identity(fhir: Asking) -> None:
    response = fhir.transact(
        entry("PUT", "Patient/p", PATIENT | {"id": "p"}, URN),
        entry("PUT", f"{BASE}/Observation/o", observation(URN) | {"id": "o"}),
    )
    assert statuses(json.loads(response.body)) == ["201 Created", "201 Created"]
    assert fhir.json("GET", "/Observation/o")["subject"]["reference"] == "Patient/p"


def test_entries_are_processed_in_the_order_of_the_specification(fhir: Asking) -> None:
    fhir.ask("PUT", "/Patient/old", PATIENT | {"id": "old"})
    response = fhir.transact(
        entry("GET", "Patient?identifier=1"),
        entry("GET", "Patient/new"),
        entry("PUT", "Patient/new", PATIENT | {"id": "new"}),
        entry("DELETE", "Patient/old"),
        entry("GET", "Patient/old/_history"),
    )
    bundle = json.loads(response.body)
    assert statuses(bundle) == ["200 OK", "200 OK", "201 Created", "204 No Content", "200 OK"]
    found = [row["resource"]["id"] for row in bundle["entry"][0]["resource"]["entry"]]
    assert found == ["new"]
    assert bundle["entry"][1]["resource"]["id"] == "new"
    assert [row["request"]["method"] for row in bundle["entry"][4]["resource"]["entry"]] == ["DELETE", "POST"]


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("Patient/none", 404),
        ("Patient/gone", 410),
        ("Patient/old", 410),
        ("Patient/p/_history/9", 404),
        ("Patient?birthdate=yesterday", 400),
        ("Patient?colour=blue", 400),
    ],
)
def test_a_transaction_whose_read_fails_is_refused_whole(fhir: Asking, url: str, status: int) -> None:
    for name in ("old", "gone", "p"):
        fhir.ask("PUT", f"/Patient/{name}", PATIENT | {"id": name})
    fhir.ask("DELETE", "/Patient/gone")
    told, outcome = refused(fhir, GOOD, entry("DELETE", "Patient/old"), entry("GET", url))
    assert told == status
    assert outcome["issue"][0]["expression"] == ["Bundle.entry[2]"]


def test_links_of_a_narrative_lead_to_the_new_identity(fhir: Asking) -> None:
    said = f"""<p>{URN} <a title='a > b' href='{URN}'>A</a> <img alt="i" src="{URN}"/> <a href="{OTHER}#x">B</a>
        <a href="Patient/a">C</a> <a name="{URN}">D</a></p>"""
    text = {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{said}</div>'}
    response = fhir.transact(
        entry("POST", "Observation", observation(URN, text=text), "http://far.org/fhir/Observation/o"),
        entry("POST", "Patient", PATIENT, URN),
        entry("POST", "Patient", PATIENT, "http://far.org/fhir/Patient/a"),
    )
    assert response.status == 200, response.body
    where, who, other = (
        row["response"]["location"].partition("/_history/")[0] for row in json.loads(response.body)["entry"]
    )
    told = fhir.json("GET", f"/{where}")["text"]["div"]
    changed = said.replace(f"href='{URN}'", f'href="{who}"').replace(f'src="{URN}"', f'src="{who}"')
    assert changed.replace('href="Patient/a"', f'href="{other}"') in told


def test_a_reference_to_a_version_keeps_saying_one(fhir: Asking) -> None:
    provenance = {"resourceType": "Provenance", "target": [{"reference": f"{URN}/_history/7"}]} | PROVENANCE
    response = fhir.transact(entry("POST", "Provenance", provenance), entry("POST", "Patient", PATIENT, URN))
    where, who = (row["response"]["location"] for row in json.loads(response.body)["entry"])
    assert fhir.json("GET", "/" + where)["target"][0]["reference"] == who
    assert who.endswith("/_history/1")


def test_conditional_create_in_a_transaction(fhir: Asking) -> None:
    def send() -> dict[str, Any]:
        response = fhir.transact(
            entry("POST", "Patient", PATIENT, URN, ifNoneExist="identifier=http://example.org|1"),
            entry("POST", "Observation", observation(URN)),
        )
        return json.loads(response.body)

    first, second = send(), send()
    assert statuses(first) == ["201 Created", "201 Created"]
    assert statuses(second) == ["200 OK", "201 Created"]
    assert first["entry"][0]["response"]["location"] == second["entry"][0]["response"]["location"]
    who = first["entry"][0]["response"]["location"].partition("/_history/")[0]
    subjects = {row["resource"]["subject"]["reference"] for row in fhir.json("GET", "/Observation")["entry"]}
    assert subjects == {who}


@pytest.mark.parametrize("before", ["", "?", "Patient?", "/Patient?", f"{BASE}/Patient?"])
def test_criteria_of_a_conditional_create_may_hold_a_question_mark(fhir: Asking, before: str) -> None:
    patient = {"resourceType": "Patient", "identifier": [{"system": "http://example.org/page?id=5", "value": "1"}]}
    criteria = f"{before}identifier=http://example.org/page?id=5|1"
    answers = [fhir.ask("POST", "/Patient", patient, if_none_exist=criteria).status for _ in range(2)]
    assert answers == [201, 200]
    told = json.loads(fhir.transact(entry("POST", "Patient", patient, ifNoneExist=criteria)).body)
    assert statuses(told) == ["200 OK"]


def test_criteria_of_a_conditional_create_are_of_its_type(fhir: Asking) -> None:
    answer = fhir.ask("POST", "/Patient", PATIENT, if_none_exist="Person?identifier=http://example.org|1")
    assert (answer.status, codes(json.loads(answer.body))) == (400, ["RST-4112"])


def refused(fhir: Asking, *entries: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """A transaction that must fail and change nothing."""
    before = fhir.json("GET", "/_history").get("entry", [])
    response = fhir.transact(*entries)
    assert fhir.json("GET", "/_history").get("entry", []) == before
    outcome = json.loads(response.body)
    assert outcome["resourceType"] == "OperationOutcome"
    return response.status, outcome


GOOD = entry("POST", "Patient", PATIENT)


@pytest.mark.parametrize(
    ("bad", "status", "code"),
    [
        (entry("PUT", "Patient/p", PATIENT | {"id": "q"}), 400, "RST-4204"),
        (entry("PUT", "Patient/p", PATIENT | {"id": "p"}, ifMatch='W/"7"'), 412, "RST-4405"),
        (entry("POST", "Patient"), 400, "RST-4303"),
        (entry("PATCH", "Patient/p"), 400, "RST-4303"),
        (entry("POST", "Pacient", PATIENT), 404, "RST-4102"),
        (entry("POST", "http://far.org/fhir/Patient", PATIENT), 400, "RST-4307"),
        (entry("POST", "", PATIENT), 400, "RST-4306"),
        (entry("GET", "Patient/1?x=1"), 400, "RST-4106"),
        (entry("POST", "Observation", observation("urn:uuid:9c3f4a54-5c3e-4e5f-9f9e-0e6b2f6d2b13")), 422, "RST-4211"),
        (entry("POST", "Observation", observation("Patient?identifier=none")), 412, "RST-4243"),
        ({"request": {"method": "POST"}}, 400, "RST-4302"),
        ({"resource": PATIENT}, 400, "RST-4302"),
        (entry("POST", "Patient", PATIENT, ifMatch=3), 400, "RST-4302"),  # type: ignore[arg-type]
    ],
)
def test_failing_transaction_changes_nothing_and_names_the_entry(
    fhir: Asking, bad: dict[str, Any], status: int, code: str
) -> None:
    fhir.ask("PUT", "/Patient/p", PATIENT | {"id": "p"})
    told, outcome = refused(fhir, GOOD, bad)
    assert (told, codes(outcome)) == (status, [code])
    assert outcome["issue"][0]["expression"][0].startswith("Bundle.entry[1]")


def test_findings_are_placed_inside_the_bundle(fhir: Asking) -> None:
    status, outcome = refused(
        fhir,
        entry("POST", "Patient", {"resourceType": "Patient", "gender": "nam"}),
        GOOD,
        entry("POST", "Patient", {"resourceType": "Patient", "birthDate": "x"}),
    )
    assert status == 422
    places = [issue["expression"][0] for issue in outcome["issue"]]
    assert places == ["Bundle.entry[0].resource.gender", "Bundle.entry[2].resource.birthDate"]


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_conditions_of_an_entry_are_those_of_the_headers(fhir: Asking, kind: str) -> None:
    def status(*asked: Any, **conditions: str) -> str:
        response = fhir.transact(entry(*asked, **conditions), kind=kind)
        return statuses(json.loads(response.body))[0][:3] if response.status == 200 else str(response.status)

    changed = PATIENT | {"id": "p"}
    stamp = json.loads(fhir.ask("PUT", "/Patient/p", changed).body)["meta"]["lastUpdated"]
    assert stamp.endswith(".678Z")
    assert status("GET", "Patient/p", ifNoneMatch='W/"1"') == "304"
    assert status("GET", "Patient/p", ifNoneMatch='W/"2"') == "200"
    assert status("GET", "Patient/p", ifModifiedSince=stamp) == "304"
    assert status("GET", "Patient/p", ifModifiedSince=stamp.replace(".678Z", ".677Z")) == "200"
    assert status("GET", "Patient/p", ifModifiedSince="2126-01-02T03:04:05+07:00") == "304"
    assert status("GET", "Patient/p", ifModifiedSince="2006-01-02T03:04:05Z") == "200"
    assert status("PUT", "Patient/p", changed, ifNoneMatch="*") == "412"
    assert status("PUT", "Patient/q", changed | {"id": "q"}, ifNoneMatch="*") == "201"
    assert status("PUT", "Patient/p", changed | {"active": True}, ifMatch='W/"2"') == "412"
    assert status("PUT", "Patient/p", changed | {"active": True}, ifMatch='W/"1"') == "200"
    assert status("DELETE", "Patient/p", ifMatch='W/"1"') == "412"
    assert status("DELETE", "Patient/p", ifMatch='W/"2"') == "204"


def test_same_identity_twice_fails_whole(fhir: Asking) -> None:
    twice = entry("PUT", "Patient/p", PATIENT | {"id": "p"})
    assert codes(refused(fhir, twice, entry("DELETE", "Patient/p"))[1]) == ["RST-4304"]
    condition = entry("POST", "Patient", PATIENT, ifNoneExist="identifier=http://example.org|1")
    assert codes(refused(fhir, condition, condition)[1]) == ["RST-4304"]
    assert codes(refused(fhir, GOOD | {"fullUrl": URN}, GOOD | {"fullUrl": URN})[1]) == ["RST-4305"]


def test_prefer_shapes_the_response_entries(fhir: Asking) -> None:
    minimal = json.loads(fhir.transact(GOOD).body)["entry"][0]
    assert set(minimal) == {"response"}
    whole = json.loads(fhir.transact(GOOD, returns=Return.REPRESENTATION).body)["entry"][0]
    assert whole["resource"]["resourceType"] == "Patient"
    told = json.loads(fhir.transact(GOOD, returns=Return.OUTCOME).body)["entry"][0]
    assert codes(told["response"]["outcome"]) == ["RST-4215"]
    assert "resource" not in told


def test_batch_entries_stand_alone(fhir: Asking) -> None:
    response = fhir.transact(
        GOOD,
        entry("PUT", "Patient/p", PATIENT | {"id": "q"}),
        {"resource": PATIENT},
        entry("GET", "Patient/none"),
        entry("GET", "Patient?identifier=1"),
        kind="batch",
    )
    bundle = json.loads(response.body)
    assert bundle["type"] == "batch-response"
    expected = ["201 Created", "400 Bad Request", "400 Bad Request", "404 Not Found", "200 OK"]
    assert statuses(bundle) == expected
    assert bundle["entry"][1]["response"]["outcome"]["issue"][0]["expression"] == ["Bundle.entry[1].resource.id"]
    assert len(bundle["entry"][4]["resource"]["entry"]) == 1


@pytest.mark.parametrize("body", [PATIENT, {"resourceType": "Bundle"}, {"resourceType": "Bundle", "type": ["batch"]}])
def test_only_bundles_are_posted_to_the_base(fhir: Asking, body: dict[str, Any]) -> None:
    response = fhir.ask("POST", "/", body)
    assert response.status == 400
    assert codes(json.loads(response.body)) == ["RST-4301"]


def test_empty_bundle(fhir: Asking) -> None:
    assert "entry" not in json.loads(fhir.transact().body)
    assert "entry" not in json.loads(fhir.transact(kind="batch").body)
