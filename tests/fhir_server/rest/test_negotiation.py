"""Accept, Content-Type and ``_format``, and the content codings of bodies."""

from __future__ import annotations

import contextlib
import gzip
import json

import pytest
import zstandard
from http_edge import FHIR_JSON, Edge
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import InvalidContent, NotAcceptable, TooLarge, UnsupportedMediaType
from fhir_server.exchange.registry import Content
from fhir_server.rest.coding import coding, packed, unpacked
from fhir_server.rest.negotiation import Format, read_as, representation, tolerant

J, X = "application/fhir+json", "application/fhir+xml"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", J),
        ("*/*", J),
        (J, J),
        (X, X),
        ("application/json", "application/json"),
        ("text/xml", "text/xml"),
        ("text/*", "text/json"),
        (f"{J};q=0.5, {X}", X),
        (f"{J};q=0.5, {X};q=0.6, */*;q=0.1", X),
        (f"{X}, {J}", X),
        (f"{J}, {X}", J),
        (f"{J};q=0, */*", X),
        ("application/*;q=0.2, text/json", "text/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", J),
        ("text/html,application/xml;q=0.9,*/*;q=0.8", "application/xml"),
        ("application/fhir+json;fhirVersion=3.0, application/fhir+xml;fhirVersion=4.0", f"{X}; fhirVersion=4.0"),
        ('application/fhir+json; fhirVersion="4.0.1"; charset=UTF-8', f"{J}; fhirVersion=4.0.1"),
        ("application/fhir+json;q=0.0001, application/fhir+xml;q=0.1", X),
        ('text/plain;x="a,b", application/xml', "application/xml"),
    ],
)
def test_what_an_accept_header_brings(accept: str, media_type: str) -> None:
    assert representation(accept, None, None).content_type == f"{media_type}; charset=utf-8"


@pytest.mark.parametrize(
    "accept",
    ["text/html", f"{J};q=0", f"{J};fhirVersion=3.0", f"{J}; charset=utf-16", "image/*", f"{J};q=x", "application"],
)
def test_what_cannot_be_written_is_not_acceptable(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        representation(accept, None, None)
    assert tolerant(accept, None, None).format is Format.JSON
    assert tolerant(accept, "xml", None).format is Format.XML


@pytest.mark.parametrize(
    ("asked", "format"),
    [
        ("json", Format.JSON),
        ("xml", Format.XML),
        ("text/xml", Format.XML),
        ("application/fhir xml", Format.XML),
        ("application/json; charset=utf-8", Format.JSON),
        ("application/fhir+xml; fhirVersion=4.0", Format.XML),
    ],
)
def test_format_goes_before_accept(asked: str, format: Format) -> None:
    assert representation("text/html", asked, None).format is format


@pytest.mark.parametrize("asked", ["", "html", "ttl", "application/fhir+xml; fhirVersion=5.0"])
def test_unknown_format_is_not_acceptable(asked: str) -> None:
    with pytest.raises(NotAcceptable):
        representation(J, asked, None)


@given(st.text(st.characters(max_codepoint=255), max_size=60))
def test_any_header_law(header: str) -> None:
    for ask in (lambda: representation(header, None, None), lambda: read_as(header, Content.RESOURCE)):
        with contextlib.suppress(NotAcceptable, UnsupportedMediaType):
            ask()
    assert coding(header) in ("", "gzip", "zstd")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("gzip, deflate, br", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("*", "gzip"),
        ("gzip;q=0, *", ""),
        ("identity, gzip;q=0.5", ""),
        ("br", ""),
    ],
)
def test_coding_of_an_answer(header: str, name: str) -> None:
    assert coding(header) == name


@given(st.binary(max_size=5000), st.sampled_from(["gzip", "zstd"]))
def test_what_is_packed_is_unpacked_law(body: bytes, name: str) -> None:
    once = packed(body, name)
    assert unpacked(once, name, 5000) == body
    assert unpacked(once + once, name, 10_000) == body * 2
    assert packed(body, name) == once


@pytest.mark.parametrize("name", ["gzip", "zstd", "GZIP", "x-gzip"])
def test_bombs_are_refused_before_they_are_unpacked(name: str) -> None:
    bomb = packed(bytes(200_000_000), "zstd" if name == "zstd" else "gzip")
    with pytest.raises(TooLarge):
        unpacked(bomb, name, 1_000_000)


def test_bomb_of_many_members_is_refused() -> None:
    for name in ("gzip", "zstd"):
        with pytest.raises(InvalidContent):
            unpacked(packed(b"", name) * 2000, name, 1000)


def test_window_beyond_what_http_allows_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=False)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    with pytest.raises(InvalidContent):
        unpacked(packer.compress(b"x" * 100) + packer.flush(), "zstd", 1000)


@pytest.mark.parametrize("name", ["gzip", "zstd"])
@pytest.mark.parametrize("damage", [lambda body: body[:-3], lambda body: body[3:], lambda body: body + b"x"])
def test_damaged_bodies_are_refused(name: str, damage: object) -> None:
    with pytest.raises(InvalidContent):
        unpacked(damage(packed(b'{"resourceType":"Patient"}' * 9, name)), name, 10_000)  # type: ignore[operator]


@pytest.mark.parametrize("name", ["br", "deflate", "gzip, gzip", "aws-chunked"])
def test_other_codings_are_not_read(name: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        unpacked(b"x", name, 10)


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_compressed_both_ways_over_http(edge: Edge, name: str) -> None:
    resource = {"resourceType": "Patient", "id": "z", "name": [{"family": "Nguyễn " * 300}]}
    sent = packed(json.dumps(resource, ensure_ascii=False).encode(), name)
    assert len(sent) < 2000
    refused = edge.send("PUT", "/Patient/z", sent, FHIR_JSON | {"content-encoding": name})
    assert refused.status == 413  # the edge of these tests takes 2000 bytes, also after unpacking
    edge.app._max_body = 100_000
    made = edge.send("PUT", "/Patient/z", sent, FHIR_JSON | {"content-encoding": name, "accept-encoding": name})
    assert (made.status, made.headers["content-encoding"]) == (201, name)
    unpack = (
        gzip.decompress
        if name == "gzip"
        else lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body)
    )
    plain = edge.send("GET", "/Patient/z")
    assert "content-encoding" not in plain.headers
    assert unpack(made.body) == plain.body
    head = edge.send("HEAD", "/Patient/z", headers={"accept-encoding": name})
    assert (head.body, int(head.headers["content-length"])) == (b"", len(made.body))
    assert "accept-encoding" in made.headers["vary"]


def test_refused_coding_names_those_that_are_read(edge: Edge) -> None:
    answer = edge.send("POST", "/Patient", b"x", FHIR_JSON | {"content-encoding": "br"})
    assert (answer.status, answer.headers["accept-encoding"]) == (415, "gzip, zstd")
    assert "br" in answer.json()["issue"][0]["details"]["text"]
    answer = edge.send("POST", "/Patient", b"x", {"content-type": "text/csv"})
    assert (answer.status, "text/csv" in answer.json()["issue"][0]["details"]["text"]) == (415, True)
