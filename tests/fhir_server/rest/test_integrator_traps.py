"""What integrators send without meaning harm: odd paths, texts typed another way, headers twice, bodies misplaced."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir_asking import codes
from http_edge import FHIR_JSON, Answer, Edge

FORM = {"content-type": "application/x-www-form-urlencoded"}
#: ``Nguyễn`` as one character a letter, and as letters with marks behind them (as macOS types it).
NFC, NFD = "Nguyễn", "Nguyê\u0303n"
NFC_ESCAPED, NFD_ESCAPED = "Nguy%E1%BB%85n", "Nguye%CC%82%CC%83n"


def put(edge: Edge, url: str, resource: dict[str, Any], **headers: str) -> Answer:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return edge.send("PUT", url, json.dumps(resource).encode(), FHIR_JSON | more)


@pytest.fixture
def people(edge: Edge) -> Edge:
    """Patient/composed and Patient/decomposed have the same name, typed in two ways."""
    for name, family in (("composed", NFC), ("decomposed", NFD)):
        patient = {"resourceType": "Patient", "id": name, "name": [{"family": family}], "gender": "male"}
        assert put(edge, f"/Patient/{name}", patient).status == 201
    return edge


def found(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return sorted(row["resource"]["id"] for row in answer.json().get("entry", []))


# Texts


@pytest.mark.parametrize("query", [f"family={NFC_ESCAPED}", f"family={NFD_ESCAPED}", f"family={NFC}", "family=nguyen"])
@pytest.mark.parametrize("modifier", ["", ":contains"])
def test_a_name_is_found_however_it_was_typed(people: Edge, query: str, modifier: str) -> None:
    asked = query.replace("=", f"{modifier}=")
    assert found(people.send("GET", f"/Patient?{asked}")) == ["composed", "decomposed"]
    assert found(people.send("POST", "/Patient/_search", asked.encode(), FORM)) == ["composed", "decomposed"]


@pytest.mark.parametrize("query", [NFC_ESCAPED, NFD_ESCAPED, NFC, NFD])
def test_exact_means_the_same_letters_however_they_were_typed(people: Edge, query: str) -> None:
    assert found(people.send("GET", f"/Patient?family:exact={query}")) == ["composed", "decomposed"]
    assert found(people.send("GET", "/Patient?family:exact=Nguyen")) == []


def test_what_is_stored_stays_as_it_was_typed(people: Edge) -> None:
    assert people.send("GET", "/Patient/decomposed").json()["name"][0]["family"] == NFD


@pytest.mark.parametrize("query", ["family=Nguy%EAn", "family=%ff", "%e9=1"])
def test_escapes_of_another_charset_are_refused(people: Edge, query: str) -> None:
    for answer in (
        people.send("GET", f"/Patient?{query}"),
        people.send("POST", "/Patient/_search", query.encode(), FORM),
    ):
        assert (answer.status, codes(answer.json())) == (400, ["RST-4116"])
    criteria = people.send("POST", "/Patient", b'{"resourceType":"Patient"}', FHIR_JSON | {"if-none-exist": query})
    assert criteria.status == 400


@pytest.mark.parametrize(
    "query", ["_lastUpdated=gt2020-01-01T00:00:00+07:00", "_lastUpdated=ge2020-01-01T00:00:00%2B07:00"]
)
def test_a_zone_whose_plus_was_not_escaped(people: Edge, query: str) -> None:
    page = people.send("GET", f"/Patient?{query}&_count=1")
    link = next(row["url"] for row in page.json()["link"] if row["relation"] == "next")
    assert len(found(page)) == len(found(people.send("GET", link.removeprefix("http://localhost/fhir")))) == 1
    assert len(people.send("GET", "/_history?_since=2020-01-01T00:00:00+07:00").json()["entry"]) == 2


# Paths


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/Patient/composed/", 200),
        ("/Patient/composed///", 200),
        ("/Patient/", 200),
        ("/", 200),
        ("//", 200),
        ("/Patient//composed", 404),
        ("/Patient/../Patient/composed", 404),
        ("/patient/composed", 404),
        ("/Patient;v=1/composed", 404),
        ("/Patient/composed/_history/1/", 200),
        ("/Patient/composed/_history/1/x", 404),
        ("/Patient/composed/_history/1/$nothing", 404),
        ("/Patient/a_b", 400),
        ("/Patient/ấ", 400),
        ("/Patient/" + "a" * 64, 404),
        ("/Patient/" + "a" * 65, 400),
        ("/Patient/composed/_history/" + "1" * 65, 400),
        ("/Patient/composed/_history/" + "1" * 64, 404),
        ("/" + "x/" * 5000, 404),
        ("/Patient?family=" + "x" * 60_000, 200),
        ("/Patient?_id=" + ",".join(map(str, range(5000))), 400),
        ("/Patient?" + "&".join(["family=x"] * 1001), 400),
    ],
)
def test_odd_paths(people: Edge, path: str, status: int) -> None:
    answer = people.send("GET", path)
    assert answer.status == status, answer.body[:300]
    assert answer.json()["resourceType"] == ("OperationOutcome" if status > 200 else answer.json()["resourceType"])


def test_ids_of_64_and_65_characters(edge: Edge) -> None:
    for length, status in ((64, 201), (65, 400)):
        name = "a" * length
        assert put(edge, f"/Patient/{name}", {"resourceType": "Patient", "id": name}).status == status
    assert edge.send("GET", "/Patient/" + "a" * 64).status == 200
    assert found(edge.send("GET", "/Patient?_id=" + "a" * 64)) == ["a" * 64]


# Counts


@pytest.mark.parametrize("count", ["-1", "1.5", "x", "", "%2B5", "1e3", "9" * 30])
@pytest.mark.parametrize("path", ["/Patient", "/Patient/_history", "/_history", "/Patient/composed/_history"])
def test_counts_that_are_none(people: Edge, path: str, count: str) -> None:
    answer = people.send("GET", f"{path}?_count={count}")
    assert (answer.status, answer.json()["issue"][0]["code"]) == (400, "value")


@pytest.mark.parametrize("path", ["/Patient", "/Patient/_history", "/"])
def test_a_count_of_0_only_counts(people: Edge, path: str) -> None:
    page = people.send("GET", f"{path}?_count=0").json()
    assert (page["total"], "entry" in page, [row["relation"] for row in page["link"]]) == (2, False, ["self"])


# Parameters in the URL and in the form


def test_a_search_by_post_takes_both(people: Edge) -> None:
    both = people.send("POST", "/Patient/_search?gender=male&_count=1", b"_id=composed", FORM)
    assert found(both) == ["composed"]
    assert found(people.send("POST", "/Patient/_search?gender=female", b"_id=composed", FORM)) == []
    assert found(people.send("POST", "/Patient/_search?_id=composed", b"", {})) == ["composed"]
    self_link = both.json()["link"][0]["url"]
    assert self_link == "http://localhost/fhir/Patient?gender=male&_count=1&_id=composed"


def test_a_search_of_a_compartment_by_post(people: Edge) -> None:
    observation = {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"}}
    put(people, "/Observation/o", observation | {"subject": {"reference": "Patient/composed"}})
    asked = people.send("POST", "/Patient/composed/Observation/_search", b"status=final", FORM)
    assert found(asked) == found(people.send("GET", "/Patient/composed/Observation?status=final")) == ["o"]
    assert found(people.send("POST", "/Patient/decomposed/*/_search", b"_type=Observation", FORM)) == []
    assert people.send("GET", "/Patient/composed/Observation/_search").headers["allow"] == "POST"
    assert people.send("POST", "/Patient/composed/Nothing/_search", b"", FORM).status == 404


# Headers


def test_conditions_that_say_nothing_are_refused(people: Edge) -> None:
    patient = {"resourceType": "Patient", "id": "composed"}
    for header in ("if_match", "if_none_exist"):
        answer = put(people, "/Patient/composed", patient, **{header: " "})
        assert (answer.status, codes(answer.json())) == (400, ["RST-4112"])
    entry = {"request": {"method": "PUT", "url": "Patient/composed", "ifMatch": ""}, "resource": patient}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    assert people.send("POST", "/", json.dumps(bundle).encode(), FHIR_JSON).status == 400
    assert people.send("GET", "/Patient/composed").headers["etag"] == 'W/"1"'


def test_if_match_of_any_version_needs_one(people: Edge) -> None:
    nobody = {"resourceType": "Patient", "id": "nobody"}
    for method, body in (("PUT", json.dumps(nobody).encode()), ("DELETE", b"")):
        answer = people.send(method, "/Patient/nobody", body, FHIR_JSON | {"if-match": "*"})
        assert (answer.status, codes(answer.json())) == (412, ["RST-4409"])
    changed = put(people, "/Patient/composed", {"resourceType": "Patient", "id": "composed"}, if_match="*")
    assert (changed.status, changed.headers["etag"]) == (200, 'W/"2"')
    assert people.send("DELETE", "/Patient/composed", headers={"if-match": "*"}).status == 204
    again = put(people, "/Patient/composed", {"resourceType": "Patient", "id": "composed"}, if_match="*")
    assert again.status == 412


@pytest.mark.parametrize("family", [NFC, NFD, NFC_ESCAPED])
def test_letters_of_a_conditional_create_may_stand_as_they_are(people: Edge, family: str) -> None:
    sent = f"family={family}&_id=composed".encode().decode("latin-1")
    answer = people.send("POST", "/Patient", b'{"resourceType":"Patient"}', FHIR_JSON | {"if-none-exist": sent})
    assert (answer.status, answer.json()["id"]) == (200, "composed")
    for broken in ("family=Nguy\xean", "family=\xff"):
        headers = FHIR_JSON | {"if-none-exist": broken}
        refused = people.send("POST", "/Patient", b'{"resourceType":"Patient"}', headers)
        assert (refused.status, codes(refused.json())) == (400, ["RST-4116"])


@pytest.mark.parametrize("type", ["application/fhir+json; charset=iso-8859-1", "application/json;charset=windows-1258"])
def test_another_charset_is_not_read(edge: Edge, type: str) -> None:
    assert edge.send("POST", "/Patient", b'{"resourceType":"Patient"}', {"content-type": type}).status == 415


@pytest.mark.parametrize("body", [b"", b" \n\t", b"\xef\xbb\xbf"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/Patient"), ("PUT", "/Patient/p"), ("POST", "/")])
def test_an_empty_body_is_told_so(edge: Edge, method: str, path: str, body: bytes) -> None:
    assert edge.send(method, path, body, FHIR_JSON).status == 400


def test_a_body_of_a_read_or_delete_means_nothing(people: Edge) -> None:
    whole = people.send("GET", "/Patient/composed")
    assert people.send("GET", "/Patient/composed", b"{", FHIR_JSON).body == whole.body
    assert found(people.send("GET", "/Patient?_id=composed", b"_id=decomposed", FORM)) == ["composed"]
    assert people.send("DELETE", "/Patient/composed", b"{", FHIR_JSON).status == 204


# Bundles


def transact(edge: Edge, kind: str, *entries: object) -> Answer:
    bundle = {"resourceType": "Bundle", "type": kind, "entry": list(entries)}
    return edge.send("POST", "/", json.dumps(bundle).encode(), FHIR_JSON)


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_a_bundle_of_no_entries(edge: Edge, kind: str) -> None:
    for body in (
        f'{{"resourceType":"Bundle","type":"{kind}"}}',
        f'{{"resourceType":"Bundle","type":"{kind}","entry":[]}}',
    ):
        answer = edge.send("POST", "/", body.encode(), FHIR_JSON)
        assert (answer.status, answer.json()["type"], answer.json().get("entry")) == (200, f"{kind}-response", None)
    refused = edge.send("POST", "/", f'{{"resourceType":"Bundle","type":"{kind}","entry":{{}}}}'.encode(), FHIR_JSON)
    assert (refused.status, codes(refused.json())) == (400, ["RST-4302"])


def test_bundles_inside_bundles(edge: Edge) -> None:
    inner = {"resourceType": "Bundle", "type": "batch", "entry": [{"request": {"method": "GET", "url": "Patient"}}]}
    nested = transact(edge, "batch", {"resource": inner, "request": {"method": "POST", "url": "/"}})
    assert nested.json()["entry"][0]["response"]["status"].startswith("400")
    kept = transact(edge, "batch", {"resource": inner, "request": {"method": "POST", "url": "Bundle"}})
    assert kept.json()["entry"][0]["response"]["status"].startswith("201")


@pytest.mark.parametrize(
    "full_url", ["", "not a url", "Patient/1", "urn:uuid:no", "http://[", "urn:oid:1.2", "#1", "?"]
)
def test_odd_full_urls_do_no_harm(edge: Edge, full_url: str) -> None:
    patient = {"resourceType": "Patient"}
    made = transact(
        edge, "transaction", {"fullUrl": full_url, "resource": patient, "request": {"method": "POST", "url": "Patient"}}
    )
    assert made.json()["entry"][0]["response"]["status"] == "201 Created"


# Elements


def test_elements_that_are_none_are_refused(people: Edge) -> None:
    for url in ("/Patient/composed", "/Patient", "/", "/Patient/_history", "/_history"):
        answer = people.send("GET", f"{url}?_elements=name,nam")
        assert (answer.status, codes(answer.json())) == (400, ["RST-4107"]), url
        assert people.send("GET", f"{url}?_elements=name,Patient.gender").status == 200, url
    assert people.send("GET", "/Observation?_elements=value[x],effective").status == 200
    assert people.send("GET", "/Patient?_elements=name.family").status == 400
    assert people.send("GET", "/Patient?_elements=status").status == 400
    assert people.send("GET", "/Patient?_elements=status&_revinclude=Observation:subject").status == 200
    for url in ("/Patient/composed", "/Patient", "/Patient/_history"):
        several = people.send("GET", f"{url}?_elements=name&_elements=gender").json()
        resource = several["entry"][0]["resource"] if "entry" in several else several
        assert resource.keys() == {"resourceType", "id", "meta", "name", "gender"}
    lenient = people.send("GET", "/Patient?_elements=nam", headers={"prefer": "handling=lenient"})
    assert lenient.status == 200


def test_meta_of_a_version(people: Edge) -> None:
    patient = {"resourceType": "Patient", "id": "composed", "meta": {"tag": [{"code": "new"}]}}
    put(people, "/Patient/composed", patient)
    answers = [people.send("GET", f"/Patient/composed/_history/{number}/$meta").json() for number in (1, 2)]
    metas = [answer["parameter"][0]["valueMeta"] for answer in answers]
    assert [(meta["versionId"], "tag" in meta) for meta in metas] == [("1", False), ("2", True)]
    assert people.send("GET", "/Patient/composed/_history/9/$meta").status == 404
