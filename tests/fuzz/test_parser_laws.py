"""Law of every parser of outside bytes: it reads, or raises its documented error, and nothing else.

``make soak`` looks at many more documents. Fuzzing of whole requests stands in ``test_http_fuzz``.
"""

from __future__ import annotations

import gzip
import io
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from package_making import manifest, packed, profile, value_set

from conformance import json_codec, xml_codec
from conformance.definitions import Definitions, load
from conformance.definitions.unpacking import unpack
from conformance.errors import BadRequest, FhirError, InvalidContent
from conformance.fhirpath import Environment, FhirPathError, compile  # noqa: A004
from conformance.issues import Issue
from conformance.json_source import positions
from conformance.packages.content import from_archive
from fhir_server.cli.validating.checking import Checker, Plan
from fhir_server.cli.validating.inputs import pieces_of
from fhir_server.exchange.url import query_pairs
from fhir_server.search import Indexer, parse_search
from mappers.bhyt_xml import BHYT_XML
from mappers.synthetic import generate
from mappers.units import MapContext, MapIssue, Raw
from profiles.judge import Judge
from strategies.damage import CLAIM_PIECES, JSON_PIECES, PATH_PIECES, QUERY_PIECES, XML_PIECES, damaged
from strategies.patients import large_patient
from strategies.valid_resources import ValidResources
from terminology.membership import ValueSets

#: Examples for each parser; the profile ``soak`` says more.
FEW = settings(
    max_examples=max(150, settings().max_examples if settings().max_examples > 1000 else 0),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

CORE = load()
_MADE = ValidResources(CORE, ValueSets(CORE), 21, 6)
_PATIENT = large_patient()
RESOURCES = [
    _PATIENT | {"extension": _PATIENT["extension"][:3]},
    *(_MADE.resource(name, 4) for name in CORE.resource_types[::6]),
]
JSON = [json_codec.encode(resource) for resource in RESOURCES]
XML = [xml_codec.encode(resource, CORE) for resource in RESOURCES]
PATHS = sorted(
    {
        rule.expression.encode()
        for name in CORE.resource_types
        for rule in CORE.structure(name).constraints
        if rule.expression
    }
)
QUERIES = [
    b"name=Nguy%E1%BB%85n&birthdate=ge2020-01-01&_sort=-birthdate&_count=5&_total=accurate",
    b"identifier=http://a.vn/sid|1,|2,3&_has:Observation:patient:code=http://loinc.org|718-7",
    b"general-practitioner:Practitioner.name:exact=A%5C,B&_include=Patient:organization&_revinclude:iterate=*",
    b"code-value-quantity=718-7$ge5.4|http://unitsofmeasure.org|g&date:missing=true&_elements=id,status&_summary=count",
]
CLAIMS = [envelope.content for style in ("nested", "base64") for envelope in generate(3, 2, content=style)]
ARCHIVE = packed(
    {
        "package.json": json_codec.encode(manifest("a.b", "1.0.0")),
        "p.json": json_codec.encode(profile("p")),
        "q.json": json_codec.encode(value_set("q")),
    }
)


@FEW
@given(damaged(JSON, JSON_PIECES) | st.binary(max_size=60))
def test_law_json_is_read_or_refused(content: bytes) -> None:
    with suppress(InvalidContent):
        resource = json_codec.decode(content)
        assert json_codec.decode(json_codec.encode(resource)) == resource
        assert positions(content, ["Patient.name[0].given[1]", "Patient"])


@FEW
@given(damaged(XML, XML_PIECES) | st.binary(max_size=60))
def test_law_xml_is_read_or_refused(content: bytes) -> None:
    with suppress(InvalidContent):
        resource, _, lines = xml_codec.decode_with_issues(content, CORE)
        assert json_codec.decode(json_codec.encode(resource)) == resource
        assert lines.position("Patient.name[0]")


@FEW
@given(damaged(PATHS, PATH_PIECES))
def test_law_fhirpath_is_evaluated_or_refused(content: bytes) -> None:
    with suppress(FhirPathError):
        compiled = compile(content.decode(errors="replace"), CORE, "Patient")
        compiled.evaluate(RESOURCES[0], Environment(limit=20_000))


@pytest.fixture(scope="module")
def indexer() -> Indexer:
    return Indexer(CORE, base_url="https://a.vn/fhir")


@FEW
@given(damaged(QUERIES, QUERY_PIECES), st.sampled_from(["Patient", "Observation", "Encounter"]))
def test_law_queries_are_read_or_refused(indexer: Indexer, content: bytes, type_name: str) -> None:
    with suppress(FhirError):
        pairs = query_pairs(content.decode("latin-1"))
        with suppress(BadRequest):
            parse_search(type_name, pairs, indexer.registry, base_url="https://a.vn/fhir", now=0)


@FEW
@given(damaged(CLAIMS, CLAIM_PIECES))
def test_law_claims_are_mapped_or_told_about(content: bytes) -> None:
    context = MapContext(key=b"a key of the tests")
    for piece in BHYT_XML.split(io.BytesIO(content), "claims.xml"):
        if isinstance(piece, Raw):
            unit = BHYT_XML.translate(piece, context)
            assert unit.resources or unit.issues or not piece.complete  # then the split has told it
        else:
            assert isinstance(piece, MapIssue)


@FEW
@given(damaged([ARCHIVE], [b"\x00" * 512, b"../", b"\x1f\x8b"]))
def test_law_packed_packages_are_read_or_refused(content: bytes) -> None:
    with suppress(InvalidContent):
        assert list(from_archive(content, "a.tgz").resources()) is not None


@FEW
@given(damaged([gzip.decompress(ARCHIVE)], [b"\x00" * 512, b"../../", b"package/", b"0000777", b"{", b'"url":5,']))
def test_law_packages_of_any_files_are_read_or_refused(content: bytes) -> None:
    packed_again = gzip.compress(content, 1)
    with suppress(ValueError):
        assert all(".." not in name.split("/") for name in unpack(packed_again))
    with suppress(InvalidContent):
        list(from_archive(packed_again, "a.tgz").resources())


# From bytes to a verdict: whatever comes in, issues come out.


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge.national()


def has_sound_issues(issues: list[Issue]) -> bool:
    return all(issue.text("vi") and issue.text("en") and issue.expression is not None for issue in issues)


@FEW
@given(damaged(JSON, JSON_PIECES) | damaged(XML, XML_PIECES) | st.binary(max_size=60))
def test_law_any_bytes_get_a_verdict(judge: Judge, content: bytes) -> None:
    assert has_sound_issues(list(judge.validate(content)))


@FEW
@given(
    damaged([b"\n".join(JSON[:6]), b"\r\n\r\n".join(JSON[6:9])], [*JSON_PIECES, b"\n", b"\r", b"\x0b", b"\xe2\x80\xa8"])
)
def test_law_lines_of_any_bytes_get_a_verdict(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path: Path = tmp_path_factory.mktemp("lines") / "a.ndjson"
    path.write_bytes(content)
    for piece in pieces_of([path]):
        found = CHECKER(piece)
        assert found.resources == sum(bool(line.strip()) for line in content.split(b"\n"))
        assert has_sound_issues(list(found.issues))


CHECKER = Checker(Plan("https://w3id.org/vn-ehb", (), ()))


def test_the_sound_documents_are_sound(definitions: Definitions, judge: Judge) -> None:
    """Damage starts from documents that are read: else the laws above would say little."""
    for json, xml in zip(JSON, XML, strict=True):
        assert xml_codec.decode(xml, definitions)["resourceType"] == json_codec.decode(json)["resourceType"]
    assert not any(issue.is_error for content in (*JSON, *XML) for issue in judge.validate(content))
    assert [resource["url"] for resource in from_archive(ARCHIVE, "a").resources()]
    assert len(PATHS) > 50
