"""Who is an administrator: by address, headers and the name that the server was called."""

from __future__ import annotations

from typing import Any

import pytest
from http_edge import FHIR_JSON, Edge

from fhir_server.rest.local import is_local

BASE = "https://fhir.example.vn/r4"
HERE = {"client": ("127.0.0.1", 5000)}


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:8000", "127.9.9.9", "[::1]", "[::1]:8000"]
)
def test_names_of_this_host(host: str) -> None:
    assert is_local(HERE, {b"host": host.encode()})
    assert is_local(HERE | {"client": ("::1", 5000)}, {b"host": host.encode()})
    assert not is_local(HERE | {"client": ("10.0.0.7", 5000)}, {b"host": host.encode()})


@pytest.mark.parametrize(
    "host",
    [
        "rebound.evil.example",
        "rebound.evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "localhost, evil.example",
        "10.0.0.1",
        "[fe80::1]",
        "[::1",
        "",
        "\xff",
    ],
)
def test_other_names_that_lead_here_are_of_other_sites(host: str) -> None:
    assert not is_local(HERE, {b"host": host.encode("latin-1")})
    assert not is_local(HERE, {b"host": host.encode("latin-1")}, BASE)
    assert not is_local(HERE, {})


def test_the_name_that_the_server_was_given_is_its_own() -> None:
    assert is_local(HERE, {b"host": b"fhir.example.vn"}, BASE)
    assert is_local(HERE, {b"host": b"FHIR.example.vn:443"}, BASE)
    assert not is_local(HERE, {b"host": b"fhir.example.vn"})
    assert not is_local(HERE, {b"host": b"example.vn"}, BASE)


@pytest.mark.parametrize("host", ["rebound.evil.example", "rebound.evil.example:8000"])
def test_expunging_is_refused_to_a_page_whose_name_was_made_to_lead_here(edge: Edge, host: str) -> None:
    edge.client = ("127.0.0.1", 5000)
    headers: dict[str, Any] = {**FHIR_JSON, "host": host}
    url = "/$expunge?expungeDeletedResources=true"
    assert edge.send("POST", url, b"", headers).status == 403
    assert edge.send("POST", url, b"", {**FHIR_JSON, "host": "localhost:8000"}).status == 200
