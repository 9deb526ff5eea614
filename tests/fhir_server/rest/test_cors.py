"""Pages of other origins, over a real server. https://fetch.spec.whatwg.org/#http-cors-protocol"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from http_process import Server

from fhir_server.origins import parse_page_origins
from fhir_server.rest.cors import EXPOSED

ORIGIN = "https://app.example.org"
PREFLIGHT = {"origin": ORIGIN, "access-control-request-method": "PUT", "access-control-request-headers": "if-match"}


def _server(tmp_path_factory: pytest.TempPathFactory, origins: str) -> Iterator[httpx.Client]:
    server = Server("uvicorn", tmp_path_factory.mktemp("cors"), cors_origins=origins, job_list="on")
    with httpx.Client(base_url=f"{server.url}/fhir", timeout=30) as client:
        yield client
    server.stop()


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    yield from _server(tmp_path_factory, f"{ORIGIN}, http://localhost:3000")


def test_a_preflight_of_an_allowed_origin(http: httpx.Client) -> None:
    for path in ("/Patient/1", "/", "/Patient/_search", "/_jobs/x", "/Nothing"):
        answer = http.options(path, headers=PREFLIGHT)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "PUT" in answer.headers["access-control-allow-methods"]
        assert "If-Match" in answer.headers["access-control-allow-headers"]
        assert int(answer.headers["access-control-max-age"]) > 0
        assert "origin" in answer.headers["vary"]
        assert "access-control-allow-credentials" not in answer.headers


def test_answers_can_be_read_by_an_allowed_origin(http: httpx.Client) -> None:
    body = {"resourceType": "Patient", "id": "1"}
    made = http.put("/Patient/1", json=body, headers={"origin": ORIGIN})
    refused = http.get("/Patient/none", headers={"origin": "http://localhost:3000"})
    job = http.get("/_jobs/none", headers={"origin": ORIGIN})
    assert (made.status_code, refused.status_code, job.status_code) == (201, 404, 404)
    assert made.headers["access-control-allow-origin"] == job.headers["access-control-allow-origin"] == ORIGIN
    assert refused.headers["access-control-allow-origin"] == "http://localhost:3000"
    for answer in (made, refused, job):
        assert answer.headers["access-control-expose-headers"] == EXPOSED
        assert "origin" in answer.headers["vary"]
    exposed = {name.strip().lower() for name in EXPOSED.split(",")}
    assert {"etag", "location", "content-location", "last-modified", "retry-after", "x-progress"} <= exposed


@pytest.mark.parametrize("origin", ["https://evil.example", f"{ORIGIN}.evil.example", "null", "http://app.example.org"])
def test_other_origins_are_told_nothing(http: httpx.Client, origin: str) -> None:
    preflight = http.options("/Patient/1", headers={**PREFLIGHT, "origin": origin})
    answer = http.get("/metadata", headers={"origin": origin})
    assert (preflight.status_code, answer.status_code) == (405, 200)
    for told in (preflight, answer):
        assert not any(name.startswith("access-control") for name in told.headers)
        assert "origin" in told.headers["vary"], "a cache must not give this answer to an allowed origin"


def test_the_capability_statement_says_so(http: httpx.Client) -> None:
    assert http.get("/metadata").json()["rest"][0]["security"] == {"cors": True}


def test_options_that_are_no_preflight_are_as_ever(http: httpx.Client) -> None:
    assert http.options("/Patient/1").status_code == 405
    assert http.options("/Patient/1", headers={"origin": ORIGIN}).status_code == 405


def test_a_page_is_no_administrator(http: httpx.Client) -> None:
    assert http.get("/_jobs").status_code == 200
    assert http.get("/_jobs", headers={"origin": ORIGIN}).status_code == 404


def test_a_page_whose_name_was_made_to_lead_here_is_no_administrator(http: httpx.Client) -> None:
    assert http.get("/_jobs", headers={"host": "rebound.evil.example"}).status_code == 404
    assert http.get("/_jobs", headers={"host": "localhost:8000"}).status_code == 200


def test_every_origin(tmp_path_factory: pytest.TempPathFactory) -> None:
    for http in _server(tmp_path_factory, "*"):
        preflight = http.options("/Patient", headers={**PREFLIGHT, "origin": "https://any.example"})
        answer = http.get("/metadata", headers={"origin": "https://any.example"})
        for told in (preflight, answer):
            assert told.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-origin" not in http.get("/metadata").headers


def test_by_default_no_origin(tmp_path_factory: pytest.TempPathFactory) -> None:
    for http in _server(tmp_path_factory, ""):
        assert http.options("/Patient", headers=PREFLIGHT).status_code == 405
        answer = http.get("/metadata", headers={"origin": ORIGIN})
        assert "access-control-allow-origin" not in answer.headers
        assert answer.json()["rest"][0]["security"] == {"cors": False}


def test_origins_are_written_as_browsers_write_them() -> None:
    text = "https://A.example.org:443/, http://localhost:3000 http://[::1]:80 *"
    assert parse_page_origins(text) == {"https://a.example.org", "http://localhost:3000", "http://[::1]", "*"}
    for bad in ("app.example.org", "ftp://x", "https://x/path", "https://x?y", "https://u@x", "https://x:port"):
        with pytest.raises(ValueError, match=r"origin|[Pp]ort"):
            parse_page_origins(bad)
