"""Group/$add, $remove, $member-add and $member-remove over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from bulk_client import serving
from fhir_asking import BASE, Asking, codes
from http_edge import FHIR_JSON, Answer, Edge

from fhir_server.operations.group_members import PROVIDER

Row = dict[str, Any]
GROUP: Row = {"resourceType": "Group", "id": "g", "type": "person", "actual": True}
CARD = "http://example.vn/bhyt"


@pytest.fixture
def group(fhir: Asking) -> Asking:
    for number in range(6):
        card = {"system": CARD, "value": f"GD|{number}"}
        fhir.ask("PUT", f"/Patient/p{number}", {"resourceType": "Patient", "id": f"p{number}", "identifier": [card]})
    fhir.ask("PUT", "/Practitioner/d", {"resourceType": "Practitioner", "id": "d", "identifier": [{"value": "77"}]})
    fhir.ask("PUT", "/Group/g", GROUP)
    return fhir


def of(*numbers: int, **more: Any) -> Row:
    return GROUP | {"member": [{"entity": {"reference": f"Patient/p{number}"}, **more} for number in numbers]}


def parameters(*rows: Row) -> Row:
    return {"resourceType": "Parameters", "parameter": list(rows)}


def reference(name: str, to: str) -> Row:
    return {"name": name, "valueReference": {"reference": to}}


def send(http: Edge, operation: str, body: Row, **headers: str) -> Answer:
    return http.send("POST", f"/Group/g/${operation}", json.dumps(body).encode(), FHIR_JSON | headers)


def members(fhir: Asking) -> list[Row]:
    return fhir.json("GET", "/Group/g").get("member", [])


def names(fhir: Asking) -> list[str]:
    return [member["entity"]["reference"] for member in members(fhir)]


def test_members_of_a_group_that_was_sent_with_long_references_are_known(group: Asking, http: Edge) -> None:
    long = [f"{BASE}/Patient/p0", "Patient/p1/_history/1", f"{BASE}/Patient/p2/_history/1"]
    group.ask("PUT", "/Group/g", GROUP | {"member": [{"entity": {"reference": one}} for one in long]})
    assert codes(send(http, "add", of(0, 1, 2, 3)).json()) == ["RST-4641", *["RST-4643"] * 3]
    assert codes(send(http, "remove", of(0, 1, 2)).json()) == ["RST-4642"]
    assert names(group) == ["Patient/p3"]


def test_adding_tells_what_was_added_and_what_was_there(group: Asking, http: Edge) -> None:
    answer = send(http, "add", of(0, 1, 1))
    assert (answer.status, answer.headers["etag"]) == (200, 'W/"2"')
    assert codes(answer.json()) == ["RST-4641", "RST-4643"]
    assert answer.json()["issue"][0]["details"]["text"].startswith("2 members were added to Group/g")
    answer = send(http, "add", of(1, 2))
    assert codes(answer.json()) == ["RST-4641", "RST-4643"]
    assert names(group) == ["Patient/p0", "Patient/p1", "Patient/p2"]
    again = send(http, "add", of(0, 1, 2))
    assert again.headers["etag"] == 'W/"3"'
    assert group.json("GET", "/Group?member=Patient/p2")["total"] == 1


@pytest.mark.parametrize("written", ["http://localhost/fhir/Patient/p1", "Patient/p1/_history/1"])
def test_a_stored_member_is_known_however_it_is_written(group: Asking, http: Edge, written: str) -> None:
    group.ask("PUT", "/Group/g", GROUP | {"member": [{"entity": {"reference": written}}]})
    assert codes(send(http, "add", of(1)).json()) == ["RST-4641", "RST-4643"]
    assert names(group) == [written]
    send(http, "remove", of(1))
    assert members(group) == []


def test_removing_is_no_error_for_what_is_not_there(group: Asking, http: Edge) -> None:
    send(http, "add", of(0, 1, 2))
    answer = send(http, "remove", of(1, 5), **{"accept-language": "vi"})
    assert codes(answer.json()) == ["RST-4642", "RST-4644"]
    assert answer.json()["issue"][1]["severity"] == "warning"
    assert answer.json()["issue"][1]["details"]["text"] == "Patient/p5 không phải thành viên."
    assert names(group) == ["Patient/p0", "Patient/p2"]
    again = send(http, "remove", of(1, 5))
    assert (codes(again.json()), again.headers["etag"]) == (["RST-4642", "RST-4644", "RST-4644"], 'W/"3"')
    send(http, "remove", of(0, 2))
    assert "member" not in group.json("GET", "/Group/g")


def test_what_the_client_prefers_to_hear(group: Asking, http: Edge) -> None:
    whole = send(http, "add", of(0, 1), prefer="return=representation").json()
    assert (whole["resourceType"], whole["meta"]["versionId"], len(whole["member"])) == ("Group", "2", 2)
    same = send(http, "add", of(0), prefer="return=representation").json()
    assert same == whole
    least = send(http, "remove", of(0), prefer="return=minimal")
    assert (least.status, least.body, least.headers["etag"]) == (200, b"", 'W/"3"')


def test_an_inactive_member_is_active_again(group: Asking, http: Edge) -> None:
    group.ask("PUT", "/Group/g", of(0, 1, inactive=True) | {"quantity": 2})
    assert codes(send(http, "add", of(0, inactive=True)).json()) == ["RST-4641", "RST-4643"]
    send(http, "add", of(0, 2))
    assert [member.get("inactive", False) for member in members(group)] == [False, True, False]
    assert group.json("GET", "/Group/g")["quantity"] == 3
    send(http, "remove", of(1))
    assert names(group) == ["Patient/p0", "Patient/p2"]


def test_periods_tell_members_apart(group: Asking, http: Edge) -> None:
    old, new = {"start": "2024-01-01", "end": "2024-12-31"}, {"start": "2026-01-01"}
    send(http, "add", of(0, period=old))
    send(http, "add", of(0, period=new))
    assert codes(send(http, "add", of(0)).json()) == ["RST-4641", "RST-4643"]
    assert [member["period"] for member in members(group)] == [old, new]
    send(http, "remove", of(0, period=old))
    assert [member["period"] for member in members(group)] == [new]
    send(http, "remove", of(0))
    assert members(group) == []


def test_parameters_in_the_words_of_the_attribution_list(group: Asking, http: Edge) -> None:
    period = {"name": "attributionPeriod", "valuePeriod": {"start": "2026-01-01"}}
    card = {"name": "memberId", "valueIdentifier": {"system": CARD, "value": "GD|3"}}
    by_card = parameters(card, {"name": "providerNpi", "valueIdentifier": {"value": "77"}}, period)
    assert codes(send(http, "member-add", by_card).json()) == ["RST-4641"]
    provider = reference("providerReference", "Practitioner/d")
    same = parameters(reference("patientReference", "Patient/p3"), provider, period)
    assert codes(send(http, "member-add", same).json()) == ["RST-4641", "RST-4643"]
    [member] = members(group)
    assert member["entity"] == {"reference": "Patient/p3"}
    assert member["extension"][0]["valueReference"] == {"reference": "Practitioner/d"}
    other = parameters(card, reference("providerReference", "Practitioner/other"))
    assert codes(send(http, "member-remove", other).json()) == ["RST-4642", "RST-4644"]
    assert codes(send(http, "member-remove", parameters(card)).json()) == ["RST-4642"]
    gone = {"name": "memberId", "valueIdentifier": {"system": CARD, "value": "none"}}
    answer = send(http, "member-remove", parameters(gone)).json()
    assert answer["issue"][1]["details"]["text"] == f"{CARD}|none is no member."


def test_parameters_with_a_group_and_with_references(group: Asking, http: Edge) -> None:
    send(http, "add", parameters({"name": "additions", "resource": of(0, 1)}))
    absolute = reference("member", "http://localhost/fhir/Patient/p2/_history/1")
    send(http, "add", parameters(reference("member", "Patient/p0"), absolute))
    assert names(group) == ["Patient/p0", "Patient/p1", "Patient/p2"]
    send(http, "remove", parameters({"name": "removals", "resource": of(2)}, reference("member", "Patient/p0")))
    assert names(group) == ["Patient/p1"]


def test_who_is_not_here_cannot_be_a_member(group: Asking, http: Edge) -> None:
    group.ask("DELETE", "/Patient/p5")
    body = of(0, 5, 9)
    body["member"].append({"entity": {"reference": "Observation/o"}})
    answer = send(http, "add", body)
    assert (answer.status, codes(answer.json())) == (422, ["RST-4648", "RST-4646", "RST-4646"])
    assert names(group) == []


def by_card(value: str) -> Row:
    return {"identifier": {"system": CARD, "value": value}}


def test_who_is_elsewhere_or_has_an_identifier_of_nobody_cannot_be_a_member(group: Asking, http: Edge) -> None:
    strangers = [{"reference": "https://other.example.org/fhir/Patient/p1"}, by_card("x"), {"reference": "urn:uuid:1"}]
    unknown = [f"{one.get('reference', f'{CARD}|x')}" for one in strangers]
    body = GROUP | {"member": [{"entity": one} for one in (*strangers, {"reference": f"{BASE}/Patient/p0"})]}
    for sent in (body, parameters(*({"name": "member", "valueReference": one} for one in strangers))):
        answer = send(http, "add", sent)
        assert (answer.status, codes(answer.json())) == (422, ["RST-4646"] * 3)
        texts = [issue["details"]["text"] for issue in answer.json()["issue"]]
        assert all(text.startswith(one) for text, one in zip(texts, unknown, strict=True)), texts
    assert names(group) == []


def test_an_identifier_of_somebody_here_is_kept_and_found_as_it_was_sent(group: Asking, http: Edge) -> None:
    logical = GROUP | {"member": [{"entity": by_card("GD|1")}]}
    assert codes(send(http, "add", logical).json()) == ["RST-4641"]
    assert members(group) == logical["member"]
    assert codes(send(http, "remove", logical).json()) == ["RST-4642"]
    group.ask("PUT", "/Group/g", GROUP | {"member": [{"entity": by_card("x")}]})
    assert codes(send(http, "remove", GROUP | {"member": [{"entity": by_card("x")}]}).json()) == ["RST-4642"]
    assert members(group) == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (GROUP, 400, "RST-4601"),
        (parameters(), 400, "RST-4601"),
        (GROUP | {"member": [{}]}, 400, "RST-4650"),
        (GROUP | {"member": "x"}, 400, "RST-4650"),
        (of(1, extension=None), 400, "RST-4651"),
        (of(1, extension={"url": PROVIDER, "valueReference": {"reference": "Practitioner/d"}}), 400, "RST-4651"),
        (of(1, extension=[{"url": PROVIDER, "valueReference": "Practitioner/d"}]), 400, "RST-4651"),
        (of(1, period="2026"), 400, "RST-4651"),
        (GROUP | {"member": [{"entity": {"reference": 7}}]}, 400, "RST-4650"),
        (parameters({"name": "colour", "valueString": "blue"}), 400, ""),
        (parameters({"name": "memberId", "valueString": "x"}), 400, ""),
        (parameters({"name": "additions", "resource": {"resourceType": "List"}}), 400, ""),
        (parameters({"name": "memberId", "valueIdentifier": {"system": CARD}}), 400, "RST-4650"),
        (parameters({"name": "memberId", "valueIdentifier": {"value": "none"}}), 422, "RST-4646"),
        (parameters({"name": "memberId", "valueIdentifier": {"value": "twice"}}), 422, "RST-4647"),
        ({"resourceType": "Patient"}, 400, ""),
    ],
)
def test_what_cannot_be_understood(group: Asking, http: Edge, body: Row, status: int, code: str) -> None:
    for one in ("t1", "t2"):
        twice = {"resourceType": "Patient", "id": one, "identifier": [{"value": "twice"}]}
        group.ask("PUT", f"/Patient/{one}", twice)
    answer = send(http, "add", body)
    assert answer.status == status
    assert code in ("", *codes(answer.json()))


def test_a_member_that_is_narrowed_down_unreadably_stays(group: Asking, http: Edge) -> None:
    send(http, "add", of(0, 1))
    meant = of(0, extension={"url": PROVIDER, "valueReference": {"reference": "Practitioner/d"}})
    assert codes(send(http, "remove", meant).json()) == ["RST-4651"]
    assert names(group) == ["Patient/p0", "Patient/p1"]


def test_groups_that_cannot_be_changed(group: Asking, http: Edge) -> None:
    group.ask("PUT", "/Group/g", GROUP | {"actual": False})
    assert codes(send(http, "add", of(0)).json()) == ["RST-4649"]
    body = json.dumps(of(0)).encode()
    assert http.send("POST", "/Group/none/$add", body, FHIR_JSON).status == 404
    group.ask("DELETE", "/Group/g")
    assert http.send("POST", "/Group/g/$add", body, FHIR_JSON).status == 410
    assert http.send("POST", "/Patient/p0/$add", body, FHIR_JSON).status == 404
    assert http.send("GET", "/Group/g/$add").status == 405


def test_if_match_must_hold(group: Asking, http: Edge) -> None:
    assert send(http, "add", of(0), **{"if-match": 'W/"7"'}).status == 412
    assert send(http, "add", of(0), **{"if-match": 'W/"1"'}).status == 200


def test_the_capability_statement_tells_of_them(group: Asking) -> None:
    [rest] = group.json("GET", "/metadata")["rest"]
    [row] = [row for row in rest["resource"] if row["type"] == "Group"]
    assert {"add", "remove", "member-add", "member-remove"} <= {one["name"] for one in row["operation"]}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("groups"), FHIR_SERVER_WORKERS="2") as base:
        yield base


def entries(first: int, count: int) -> Row:
    rows = [{"resourceType": "Patient", "id": f"p{number}"} for number in range(first, first + count)]
    requests = [{"resource": row, "request": {"method": "PUT", "url": f"Patient/{row['id']}"}} for row in rows]
    return {"resourceType": "Bundle", "type": "transaction", "entry": requests}


@pytest.mark.slow
def test_law_of_members_added_and_removed_at_once_none_is_lost(base: str) -> None:
    async def all_at_once() -> set[str]:
        async with httpx.AsyncClient(base_url=base, headers=FHIR_JSON, timeout=120) as http:
            assert (await http.post("", json=entries(0, 60))).status_code == 200
            assert (await http.put("/Group/g", json=GROUP | {"id": "g"})).status_code == 201
            first = await http.post("/Group/g/$add", json=of(*range(20)))
            assert first.status_code == 200, first.text
            adds = [http.post("/Group/g/$add", json=of(number)) for number in range(20, 60)]
            removes = [http.post("/Group/g/$remove", json=of(number)) for number in range(0, 20, 2)]
            for answer in await asyncio.gather(*adds, *removes):
                assert answer.status_code == 200, answer.text
            found = (await http.get("/Group/g")).json()
            assert found["meta"]["versionId"] == str(2 + 40 + 10)
            return {member["entity"]["reference"] for member in found["member"]}

    assert asyncio.run(all_at_once()) == {f"Patient/p{n}" for n in range(60) if n >= 20 or n % 2}


@pytest.mark.slow
def test_a_group_of_ten_thousand(base: str) -> None:
    with httpx.Client(base_url=base, headers=FHIR_JSON, timeout=120) as http:
        for first in range(0, 10_000, 2500):
            assert http.post("", json=entries(first, 2500)).status_code == 200
        assert http.put("/Group/g", json=GROUP).status_code in (200, 201)
        assert http.post("/Group/g/$add", json=of(*range(9_990))).status_code == 200
        for number in range(9_980, 10_000):
            assert http.post("/Group/g/$add", json=of(number)).status_code == 200
        assert http.post("/Group/g/$remove", json=of(*range(5_000))).status_code == 200
        assert len(http.get("/Group/g").json()["member"]) == 5_000
        found = http.get("/Group?member=Patient/p9999&_summary=count").json()
        assert found["total"] == 1
