"""What a kick-off of an export of views is refused for, in process: every fault, its place, both languages."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from fhir_asking import Asking, codes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fhir_server.bulk.views.order import VIEW_EXPORT
from fhir_server.jobs import Board

Row = dict[str, Any]
VIEW: Row = {
    "resourceType": "ViewDefinition",
    "name": "patients",
    "resource": "Patient",
    "select": [{"column": [{"name": "id", "path": "id"}]}],
}
PRACTITIONERS = {**VIEW, "name": "practitioners", "resource": "Practitioner"}
BAD_PATH = {**VIEW, "name": "bad", "select": [{"column": [{"name": "a", "path": "id"}, {"name": "b", "path": "no("}]}]}


def resource(view: Any) -> Row:
    return {"name": "viewResource", "resource": view}


def name(text: Any) -> Row:
    return {"name": "name", "valueString": text}


def view(*parts: Any) -> Row:
    return {"name": "view", "part": list(parts)}


def stored(to: Any) -> Row:
    return {"name": "viewReference", "valueReference": {"reference": to}}


GOOD = view(resource(VIEW))


@pytest.fixture
def asked(fhir: Asking) -> Asking:
    data = base64.b64encode(json.dumps(VIEW).encode()).decode()
    binary = {"resourceType": "Binary", "id": "v", "contentType": "application/json", "data": data}
    assert fhir.ask("PUT", "/Binary/v", binary).status == 201
    assert fhir.ask("PUT", "/Binary/text", {**binary, "id": "text", "data": "eA=="}).status == 201
    assert fhir.ask("PUT", "/Binary/gone", {**binary, "id": "gone"}).status == 201
    assert fhir.ask("DELETE", "/Binary/gone").status in (200, 204)
    assert fhir.ask("PUT", "/Patient/p", {"resourceType": "Patient", "id": "p"}).status == 201
    return fhir


def kicked(fhir: Asking, *rows: Any, url: str = "/$viewdefinition-export", **how: Any) -> tuple[int, Row]:
    body = {"resourceType": "Parameters", "parameter": list(rows)}
    response = fhir.ask("POST", url, body, **({"is_async": True} | how))
    return response.status, json.loads(response.body)


CASES: dict[str, tuple[list[Any], int, list[str]]] = {
    "no view": ([], 400, ["BLK-6802"]),
    "a text for a view": ([{"name": "view", "valueString": "x"}], 400, ["BLK-6803"]),
    "a view without parts": ([view()], 400, ["BLK-6803"]),
    "a part that is none": ([view(None)], 400, ["BLK-6803"]),
    "an unknown part": ([view(resource(VIEW), {"name": "colour", "valueString": "x"})], 400, ["BLK-6803"]),
    "a part twice": ([view(resource(VIEW), resource(VIEW))], 400, ["BLK-6803"]),
    "both ways": ([view(resource(VIEW), stored("Binary/v"))], 400, ["BLK-6803"]),
    "a name alone": ([view(name("x"))], 400, ["BLK-6803"]),
    "parts that are no list": ([{"name": "view", "part": {"name": "x"}}], 400, ["BLK-6803"]),
    "a resource for a name": ([view(resource(VIEW), {"name": "name", "resource": VIEW})], 400, ["BLK-6803"]),
    "a text for a resource": ([view({"name": "viewResource", "valueString": "x"})], 400, ["BLK-6803"]),
    "two values": ([view({"name": "viewReference", "valueString": "x", "valueUri": "y"})], 400, ["BLK-6803"]),
    "an empty name": ([view(name(""), resource(VIEW))], 400, ["BLK-6807"]),
    "a name with a line break": ([view(name("a\nb"), resource(VIEW))], 400, ["BLK-6807"]),
    "a long name": ([view(name("a" * 256), resource(VIEW))], 400, ["BLK-6807"]),
    "two of one name": ([GOOD, GOOD], 400, ["BLK-6804"]),
    "a name that another has": ([GOOD, view(name("patients"), resource(PRACTITIONERS))], 400, ["BLK-6804"]),
    "no ViewDefinition": ([view(resource({"resourceType": "Patient"}))], 422, ["BLK-6805", "CNF-2101"]),
    "an empty resource": ([view(resource({}))], 422, ["BLK-6805", "CNF-2102"]),
    "an unknown type": ([view(resource({**VIEW, "resource": "Cat"}))], 422, ["BLK-6805", "CNF-2104"]),
    "a bad path": ([view(resource(BAD_PATH))], 422, ["BLK-6805", "CNF-2110"]),
    "two bad views": (
        [view(resource(BAD_PATH)), GOOD, view(name("x"), resource({**VIEW, "resource": "Cat"}))],
        422,
        ["BLK-6805", "CNF-2110", "BLK-6805", "CNF-2104"],
    ),
    "faults of several kinds": (
        [view(resource(BAD_PATH)), view(stored("Binary/none"))],
        400,
        ["BLK-6805", "CNF-2110", "BLK-6805", "RST-4401"],
    ),
    "a view that is not here": ([view(stored("ViewDefinition/none"))], 404, ["BLK-6805", "RST-4401"]),
    "a view that was deleted": ([view(stored("Binary/gone"))], 410, ["BLK-6805", "RST-4403"]),
    "a Binary of something else": ([view(stored("Binary/text"))], 422, ["BLK-6805", "RST-4802"]),
    "a canonical": ([view(stored("http://example.org/ViewDefinition/v|1"))], 400, ["BLK-6805", "RST-4803"]),
    "a reference to a Patient": ([view(stored("Patient/p"))], 400, ["BLK-6805", "RST-4803"]),
    "a reference that is none": ([view(stored(5))], 400, ["BLK-6803"]),
    "another format": ([GOOD, {"name": "_format", "valueCode": "xlsx"}], 406, ["RST-4805"]),
    "no truth": ([GOOD, {"name": "header", "valueString": "maybe"}], 400, ["RST-4803"]),
    "a header with parts": ([GOOD, {"name": "header", "part": []}], 400, ["RST-4803"]),
    "no moment": ([GOOD, {"name": "_since", "valueString": "yesterday"}], 400, ["RST-4803"]),
    "two formats": ([GOOD, *[{"name": "_format", "valueCode": "csv"}] * 2], 400, ["RST-4803"]),
    "source": ([GOOD, {"name": "source", "valueString": "s3://x"}], 400, ["RST-4804"]),
    "a parameter of $run": ([GOOD, {"name": "_limit", "valueInteger": 5}], 400, ["RST-4804"]),
    "a patient who is not here": (
        [GOOD, {"name": "patient", "valueReference": {"reference": "Patient/nobody"}}],
        404,
        ["RST-4808"],
    ),
    "a patient who is a device": (
        [GOOD, {"name": "patient", "valueReference": {"reference": "Device/d"}}],
        400,
        ["RST-4803"],
    ),
    "a group that is not here": (
        [GOOD, {"name": "group", "valueReference": {"reference": "Group/none"}}],
        404,
        ["RST-4401"],
    ),
    "a type that belongs to nobody": (
        [view(resource(PRACTITIONERS)), {"name": "patient", "valueReference": {"reference": "Patient/p"}}],
        400,
        ["RST-4807"],
    ),
    "a long tracking id": ([GOOD, {"name": "clientTrackingId", "valueString": "x" * 256}], 400, ["RST-4803"]),
    "too many views": ([view(name(f"v{n}"), resource(VIEW)) for n in range(101)], 403, ["RST-4810"]),
    "a definition too large": ([view(resource({**VIEW, "description": "x" * 600_000}))], 403, ["RST-4810"]),
    "definitions too large together": (
        [view(name(text), resource({**VIEW, "description": "x" * 300_000})) for text in "ab"],
        403,
        ["RST-4810"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_refusals(asked: Asking, case: str) -> None:
    rows, status, expected = CASES[case]
    found, body = kicked(asked, *rows)
    assert (found, [code for code in codes(body) if code != "CNF-2109"][: len(expected)]) == (status, expected)
    assert kicked(asked, *rows, strict=False)[0] in (status, 202)
    vietnamese = kicked(asked, *rows, language="vi")[1]
    assert [one["details"]["text"] for one in vietnamese["issue"]] != [one["details"]["text"] for one in body["issue"]]


def test_places_are_those_of_the_request(asked: Asking) -> None:
    _, body = kicked(asked, GOOD, view(name("đơn thuốc"), resource(BAD_PATH)))
    first, second = body["issue"]
    assert first["expression"] == ["Parameters.parameter[1]"]
    assert "'đơn thuốc'" in first["details"]["text"]
    assert second["expression"] == ["Parameters.parameter[1].part[1].resource.select[0].column[1].path"]


def test_an_unknown_parameter_is_left_out_for_a_lenient_client_alone(asked: Asking) -> None:
    other = {"name": "colour", "valueString": "blue"}
    status, body = kicked(asked, GOOD, other)
    assert (status, codes(body)) == (400, ["RST-4804"])
    assert kicked(asked, GOOD, other, strict=False)[0] == 202
    # Data from another place would be other data.
    assert kicked(asked, GOOD, {"name": "source", "valueString": "s3://x"}, strict=False)[0] == 400


def test_it_has_to_be_asynchronous(asked: Asking) -> None:
    status, body = kicked(asked, GOOD, is_async=False)
    assert (status, codes(body)) == (400, ["BLK-6801"])


def test_the_view_of_the_url_and_one_of_the_body_are_too_many(asked: Asking) -> None:
    status, body = kicked(asked, GOOD, url="/ViewDefinition/v/$export")
    assert (status, codes(body)) == (400, ["BLK-6802"])
    assert kicked(asked, url="/ViewDefinition/v/$export")[0] == 202
    assert asked.ask("POST", "/$viewdefinition-export", {"resourceType": "Patient"}, is_async=True).status == 400


def test_what_is_refused_makes_no_job(asked: Asking) -> None:
    async def jobs() -> list[str]:
        return [job.kind async for job in Board(asked.service.repository.store).all()]

    for rows, _, _ in CASES.values():
        kicked(asked, *rows)
    assert asked.runner.run(jobs()) == []
    kicked(asked, GOOD)
    assert asked.runner.run(jobs()) == [VIEW_EXPORT]


def test_without_the_package_of_parquet_it_says_so(asked: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fhir_server.bulk.tables.availability.has_parquet", lambda: False)
    status, body = kicked(asked, GOOD, {"name": "_format", "valueCode": "parquet"})
    assert (status, codes(body)) == (400, ["BLK-6701"])


TEXTS = st.sampled_from(["view", "name", "viewResource", "viewReference", "_format", "header", "patient", "Binary/v"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXTS | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "part", "resource", "valueString", "valueReference"]), inner)
    ),
    max_leaves=12,
)


@given(rows=st.lists(JSON, max_size=3), parts=st.lists(JSON, max_size=3))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_law_whatever_is_sent_is_answered(asked: Asking, rows: list[Any], parts: list[Any]) -> None:
    status, body = kicked(asked, *rows, {"name": "view", "part": parts})
    assert (status, body["resourceType"]) in (
        *((refused, "OperationOutcome") for refused in (400, 404, 410, 422)),
        (202, "Parameters"),
    )
    status, _ = kicked(asked, *rows, {"name": "view", "part": parts}, url="/ViewDefinition/$run")
    assert status in (200, 400, 404, 410, 422)


def test_more_jobs_than_may_be_open_have_to_wait(asked: Asking) -> None:
    limited = Asking(replace(asked.service, job_limit=2), asked.runner, asked.ids)
    assert [kicked(limited, GOOD)[0] for _ in range(3)] == [202, 202, 429]
