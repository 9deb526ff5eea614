"""read, vread, create, update, delete and history of one resource, without HTTP."""

from __future__ import annotations

import json

import pytest
from fhir_asking import NOW, Asking, codes, entry

from fhir_server.exchange.request import Return

PATIENT = {"resourceType": "Patient", "name": [{"family": "Nguyễn", "given": ["Văn"]}], "gender": "male"}


def test_created_resource_is_read_back(fhir: Asking) -> None:
    response = fhir.ask("POST", "/Patient", PATIENT)
    assert (response.status, response.version_id, response.location) == (201, 1, "Patient/id-1/_history/1")
    stored = json.loads(response.body)
    assert stored == PATIENT | {"id": "id-1", "meta": stored["meta"]}
    assert stored["meta"] == {"versionId": "1", "lastUpdated": "2026-01-02T03:04:05.678Z"}
    read = fhir.ask("GET", "/Patient/id-1")
    assert (read.status, read.version_id, read.last_updated) == (200, 1, NOW)
    assert read.body == response.body


def test_id_of_a_create_is_replaced(fhir: Asking) -> None:
    assert fhir.created(PATIENT | {"id": "mine"})["id"] == "id-1"
    assert fhir.ask("GET", "/Patient/mine").status == 404


def test_number_keeps_its_digits(fhir: Asking) -> None:
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "weight"},
        "valueQuantity": {"value": 0, "unit": "kg"},
    }
    body = json.dumps(observation).replace('"value": 0', '"value": 20.50')
    stored = fhir.created(observation)
    assert stored["valueQuantity"]["value"] == 0
    request_url = f"/Observation/{stored['id']}"
    raw = body.replace("{", '{"id": "' + stored["id"] + '", ', 1)
    assert fhir.ask_raw("PUT", request_url, raw.encode()).status == 200
    assert b"20.50" in fhir.ask("GET", request_url).body


def test_update_makes_versions_and_unchanged_content_makes_none(fhir: Asking) -> None:
    fhir.created(PATIENT)
    changed = PATIENT | {"id": "id-1", "gender": "female"}
    first = fhir.ask("PUT", "/Patient/id-1", changed)
    assert (first.status, first.version_id) == (200, 2)
    again = fhir.ask("PUT", "/Patient/id-1", changed)
    assert (again.status, again.version_id, again.last_updated) == (200, 2, first.last_updated)
    assert fhir.json("GET", "/Patient/id-1/_history/1")["gender"] == "male"
    assert fhir.json("GET", "/Patient/id-1/_history/2")["gender"] == "female"
    assert fhir.ask("GET", "/Patient/id-1/_history/3").status == 404


def test_update_of_what_does_not_exist_creates_it(fhir: Asking) -> None:
    response = fhir.ask("PUT", "/Patient/p-1", PATIENT | {"id": "p-1"})
    assert (response.status, response.location) == (201, "Patient/p-1/_history/1")


@pytest.mark.parametrize(
    ("method", "url", "body", "refusal"),
    [
        ("PUT", "/Patient/p-1", PATIENT, (400, "RST-4203")),
        ("PUT", "/Patient/p-1", PATIENT | {"id": "p-2"}, (400, "RST-4204")),
        ("PUT", "/Observation/p-1", PATIENT | {"id": "p-1"}, (400, "RST-4201")),
        ("POST", "/Observation", PATIENT, (400, "RST-4201")),
        ("POST", "/Patient", {"id": "1"}, (400, "RST-4202")),
        ("POST", "/Patient", None, (400, "RST-4111")),
        ("GET", "/Patient/a_b", None, (400, "RST-4103")),
        ("GET", "/Pacient/1", None, (404, "RST-4102")),
        ("GET", "/Patient/1/_history/2/3", None, (404, "RST-4101")),
        ("PATCH", "/Patient/1", None, (404, "RST-4401")),
        ("PUT", "/Patient", None, (400, "RST-4111")),
        ("GET", "/Patient/1/$nothing", None, (404, "RST-4105")),
        ("GET", "/Observation/1/$everything", None, (404, "RST-4105")),
        ("GET", "/Patient/1?gender=male", None, (400, "RST-4106")),
        ("GET", "/metadata?mode=everything", None, (400, "RST-4107")),
        ("GET", "/Patient/_history?_count=x", None, (400, "RST-4107")),
        ("GET", "/Patient/_history?_since=x", None, (400, "RST-4107")),
    ],
)
def test_refusals(
    fhir: Asking, method: str, url: str, body: dict[str, object] | None, refusal: tuple[int, str]
) -> None:
    response = fhir.ask(method, url, body)
    assert (response.status, *codes(json.loads(response.body))) == refusal


def test_refused_method_tells_what_is_allowed(fhir: Asking) -> None:
    assert fhir.ask("POST", "/Patient/1").allowed == "DELETE, GET, HEAD, PATCH, PUT"
    assert fhir.ask("DELETE", "/Patient/1/$everything").allowed == "GET, HEAD, POST"


def test_lenient_client_may_send_unknown_parameters(fhir: Asking) -> None:
    fhir.created(PATIENT)
    assert fhir.ask("GET", "/Patient/id-1?x=1", strict=False).status == 200


def test_missing_resource_is_not_found(fhir: Asking) -> None:
    response = fhir.ask("GET", "/Patient/none")
    assert response.status == 404
    assert json.loads(response.body)["issue"][0]["code"] == "not-found"


def test_deleted_resource_is_gone_with_the_version_that_deleted_it(fhir: Asking) -> None:
    fhir.created(PATIENT)
    deleted = fhir.ask("DELETE", "/Patient/id-1")
    assert (deleted.status, deleted.version_id, deleted.body) == (204, 2, b"")
    gone = fhir.ask("GET", "/Patient/id-1")
    assert (gone.status, gone.version_id) == (410, 2)
    assert json.loads(gone.body)["issue"][0]["code"] == "deleted"
    assert fhir.ask("GET", "/Patient/id-1/_history/2").status == 410
    assert fhir.ask("GET", "/Patient/id-1/_history/1").status == 200
    assert fhir.ask("DELETE", "/Patient/id-1").status == 204
    back = fhir.ask("PUT", "/Patient/id-1", PATIENT | {"id": "id-1"})
    assert (back.status, back.version_id) == (201, 3)


def test_delete_of_nothing_changes_nothing(fhir: Asking) -> None:
    response = fhir.ask("DELETE", "/Patient/none")
    assert (response.status, response.version_id) == (204, 0)
    told = fhir.ask("DELETE", "/Patient/none", returns=Return.OUTCOME)
    assert told.status == 200
    assert codes(json.loads(told.body)) == ["RST-4214"]


def test_if_match(fhir: Asking) -> None:
    fhir.created(PATIENT)
    changed = PATIENT | {"id": "id-1", "gender": "female"}
    assert fhir.ask("PUT", "/Patient/id-1", changed, if_match='W/"1"').version_id == 2
    stale = fhir.ask("PUT", "/Patient/id-1", PATIENT | {"id": "id-1"}, if_match='W/"1"')
    assert stale.status == 412
    assert codes(json.loads(stale.body)) == ["RST-4405"]
    assert fhir.ask("PUT", "/Patient/id-1", changed, if_match="1").status == 400
    assert fhir.ask("DELETE", "/Patient/id-1", if_match='W/"1"').status == 412
    assert fhir.ask("PUT", "/Patient/new", PATIENT | {"id": "new"}, if_match='W/"1"').status == 412
    assert fhir.ask("DELETE", "/Patient/id-1", if_match='W/"2"').status == 204


def test_if_none_match_on_update_only_creates(fhir: Asking) -> None:
    new = PATIENT | {"id": "new"}
    assert fhir.ask("PUT", "/Patient/new", new, if_none_match="*").status == 201
    assert fhir.ask("PUT", "/Patient/new", new | {"active": True}, if_none_match="*").status == 412


@pytest.mark.parametrize("url", ["/Patient/p", "/Patient?_id=p"])
def test_if_none_match_on_update_refuses_the_version_that_it_names(fhir: Asking, url: str) -> None:
    patient = {"resourceType": "Patient", "id": "p"}
    assert fhir.ask("PUT", "/Patient/p", patient, if_none_match='W/"1"').status == 201
    changed = patient | {"active": True}
    for named in ('W/"1"', '"1"', 'W/"9", W/"1"'):
        refused = fhir.ask("PUT", url, changed, if_none_match=named)
        assert (refused.status, codes(json.loads(refused.body))) == (412, ["RST-4406"])
    assert fhir.ask("PUT", url, changed, if_none_match='W/"7"').status == 200
    assert fhir.ask("PUT", url, patient, if_none_match='W/"1"').status == 200


def test_conditional_read(fhir: Asking) -> None:
    fhir.created(PATIENT)
    known = fhir.ask("GET", "/Patient/id-1", if_none_match='W/"1"')
    assert (known.status, known.body, known.version_id) == (304, b"", 1)
    assert fhir.ask("GET", "/Patient/id-1", if_none_match='W/"2"').status == 200
    assert fhir.ask("GET", "/Patient/id-1", if_modified_since="Fri, 02 Jan 2026 03:04:05 GMT").status == 304
    assert fhir.ask("GET", "/Patient/id-1", if_modified_since="Fri, 02 Jan 2026 03:04:04 GMT").status == 200


def test_conditional_create_makes_one_resource(fhir: Asking) -> None:
    criteria = "identifier=http://example.org|1"
    body = PATIENT | {"identifier": [{"system": "http://example.org", "value": "1"}]}
    first = fhir.ask("POST", "/Patient", body, if_none_exist=criteria)
    second = fhir.ask("POST", "/Patient", body, if_none_exist=criteria)
    assert (first.status, second.status) == (201, 200)
    assert first.location == second.location
    assert json.loads(second.body) == json.loads(first.body)
    fhir.created(body)
    several = fhir.ask("POST", "/Patient", body, if_none_exist=criteria)
    assert several.status == 412
    assert codes(json.loads(several.body)) == ["RST-4205"]
    assert fhir.ask("POST", "/Patient", body, if_none_exist="").status == 201
    assert fhir.ask("POST", "/Patient", body, if_none_exist="Patient?").status == 400


@pytest.mark.parametrize("returns", list(Return))
def test_prefer_return(fhir: Asking, returns: Return) -> None:
    body = fhir.ask("POST", "/Patient", PATIENT, returns=returns).body
    told = json.loads(body)["resourceType"] if body else ""
    expected = {Return.MINIMAL: "", Return.REPRESENTATION: "Patient", Return.OUTCOME: "OperationOutcome"}
    assert told == expected[returns]


def test_invalid_resource_is_refused_with_all_findings(fhir: Asking) -> None:
    wrong = {"resourceType": "Patient", "gender": "nam", "birthDate": "2023-02-30", "colour": "blue"}
    response = fhir.ask("POST", "/Patient", wrong)
    assert response.status == 422
    places = {issue["expression"][0] for issue in json.loads(response.body)["issue"]}
    assert places == {"Patient.gender", "Patient.birthDate", "Patient.colour"}
    assert fhir.json("GET", "/Patient?_summary=count")["total"] == 0


@pytest.mark.parametrize("reference", ["urn:uuid:0c3f4a54-5c3e-4e5f-9f9e-0e6b2f6d2b11", "Patient?identifier=x"])
def test_reference_that_only_a_bundle_could_resolve_is_refused(fhir: Asking, reference: str) -> None:
    response = fhir.ask(
        "POST",
        "/Observation",
        {
            "resourceType": "Observation",
            "status": "final",
            "code": {"text": "x"},
            "performer": [{"reference": reference}],
        },
    )
    assert response.status == 422
    assert json.loads(response.body)["issue"][0]["expression"] == ["Observation.performer[0].reference"]


def test_history_of_an_instance(fhir: Asking) -> None:
    fhir.created(PATIENT)
    fhir.ask("PUT", "/Patient/id-1", PATIENT | {"id": "id-1", "gender": "female"})
    fhir.ask("DELETE", "/Patient/id-1")
    bundle = fhir.json("GET", "/Patient/id-1/_history")
    assert bundle["type"] == "history"
    rows = [(row["request"]["method"], row["request"]["url"], row["response"]["etag"]) for row in bundle["entry"]]
    assert rows == [
        ("DELETE", "Patient/id-1", 'W/"3"'),
        ("PUT", "Patient/id-1", 'W/"2"'),
        ("POST", "Patient", 'W/"1"'),
    ]
    assert ["resource" in row for row in bundle["entry"]] == [False, True, True]
    assert fhir.ask("GET", "/Patient/none/_history").status == 404


def test_history_is_paged_and_limited_by_time(fhir: Asking) -> None:
    for index in range(5):
        fhir.ask("PUT", "/Patient/p", PATIENT | {"id": "p", "active": index % 2 == 0})
    seen, url = [], "/_history?_count=2"
    while url:
        bundle = fhir.json("GET", url)
        seen += [row["resource"]["meta"]["versionId"] for row in bundle["entry"]]
        fhir.created(PATIENT)
        url = next((row["url"] for row in bundle["link"] if row["relation"] == "next"), "")
    assert seen == ["5", "4", "3", "2", "1"]
    late = fhir.json("GET", "/Patient/p/_history?_since=2026-01-02T03:04:08Z")
    assert [row["resource"]["meta"]["versionId"] for row in late["entry"]] == ["5", "4"]
    assert "entry" not in fhir.json("GET", "/Observation/_history")


@pytest.mark.parametrize("url", ["/Patient/id-1", "/Patient?gender=male"])
def test_a_part_of_a_resource_does_not_overwrite_it(fhir: Asking, url: str) -> None:
    fhir.created(PATIENT | {"photo": [{"title": "x"}]})
    part = fhir.json("GET", "/Patient/id-1?_summary=true")
    refused = fhir.ask("PUT", url, part)
    assert (refused.status, codes(json.loads(refused.body))) == (422, ["RST-4249"])
    assert fhir.transact(entry("PUT", url.lstrip("/"), part)).status == 422
    assert "photo" in fhir.json("GET", "/Patient/id-1")
    del part["meta"]
    assert fhir.ask("PUT", url, part).status == 200, "its sender says that it is whole"


def test_subsets_of_a_read(fhir: Asking) -> None:
    fhir.created(PATIENT | {"maritalStatus": {"text": "?"}, "photo": [{"title": "x"}]})
    summary = fhir.json("GET", "/Patient/id-1?_summary=true")
    assert set(summary) == {"resourceType", "id", "meta", "name", "gender"}
    assert summary["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert summary["meta"]["versionId"] == "1"
    elements = fhir.json("GET", "/Patient/id-1?_elements=photo")
    assert set(elements) == {"resourceType", "id", "meta", "photo"}
    assert set(fhir.json("GET", "/Patient/id-1?_summary=text")) == {"resourceType", "id", "meta"}
    assert "photo" in fhir.json("GET", "/Patient/id-1?_summary=data")
    assert "meta" in fhir.json("GET", "/Patient/id-1?_summary=false")
    assert fhir.ask("GET", "/Patient/id-1?_summary=all").status == 400


def test_messages_speak_vietnamese_when_asked(fhir: Asking) -> None:
    text = fhir.json("GET", "/Pacient/1", language="vi")["issue"][0]["details"]["text"]
    assert text == "Pacient không phải loại tài nguyên FHIR R4."
