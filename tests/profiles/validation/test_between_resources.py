"""Rules between resources: entries of a Bundle, references, contained resources, extensions with a definition."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.definitions import Definitions
from conformance.issues import Severity
from profiles.validation import Options, Validator
from terminology.membership import ValueSets

URN = "urn:uuid:c757873d-ec9a-4326-a141-55{:010d}"
HTML = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'


def errors(validator: Validator, resource: dict[str, Any], **options: Any) -> set[tuple[str, str]]:
    issues = validator.validate(resource, options=Options(**options))
    return {(issue.message.id, issue.expression) for issue in issues if issue.is_error}


def bundle(kind: str, *resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    entries = [{"fullUrl": URN.format(place), "resource": item} for place, item in enumerate(resources)]
    return {"resourceType": "Bundle", "type": kind, "entry": entries} | more


def composition(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Composition",
        "status": "final",
        "type": {"text": "a"},
        "date": "2024",
        "title": "a",
        "author": [{"reference": URN.format(1)}],
    } | more


ORGANIZATION = {"resourceType": "Organization", "name": "A"}
DOCUMENT = {"identifier": {"system": "urn:x", "value": "1"}, "timestamp": "2024-05-03T00:00:00Z"}


def test_a_document_hangs_together(validator: Validator) -> None:
    assert errors(validator, bundle("document", composition(), ORGANIZATION, **DOCUMENT)) == set()
    lost = composition(author=[{"reference": URN.format(9)}])
    assert errors(validator, bundle("document", lost, ORGANIZATION, **DOCUMENT)) == {
        ("VAL-2905", "Bundle.entry[0].resource.author[0]"),
        ("VAL-2907", "Bundle.entry[1]"),
    }


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://x.vn/fhir/Patient/1", set()),
        ("https://x.vn/fhir/Patient/2", {("VAL-2904", "Bundle.entry[0].fullUrl")}),
        ("Patient/1", {("VAL-2902", "Bundle.entry[0].fullUrl")}),
        (None, {("VAL-2901", "Bundle.entry[0]")}),
    ],
)
def test_full_urls(validator: Validator, url: str | None, expected: set[tuple[str, str]]) -> None:
    entry = {"fullUrl": url, "resource": {"resourceType": "Patient", "id": "1"}}
    entry = {name: value for name, value in entry.items() if value is not None}
    assert errors(validator, {"resourceType": "Bundle", "type": "collection", "entry": [entry]}) == expected


def test_relative_references_are_meant_beside_the_full_url(validator: Validator) -> None:
    base = "https://x.vn/fhir/"
    visit = {
        "resourceType": "Encounter",
        "id": "2",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": "Patient/1"},
    }
    entries = [
        {"fullUrl": f"{base}Patient/1", "resource": {"resourceType": "Patient", "id": "1"}},
        {"fullUrl": f"{base}Encounter/2", "resource": visit},
    ]
    resource = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    assert errors(validator, resource, require_targets=True) == set()
    visit["subject"] = {"reference": "Patient/9"}
    assert errors(validator, resource, require_targets=True) == {
        ("VAL-2413", "Bundle.entry[1].resource.subject.reference")
    }


def test_results_of_a_search(validator: Validator) -> None:
    entry = {"fullUrl": "urn:oid:1.2", "resource": ORGANIZATION, "search": {"mode": "match"}}
    link = [{"relation": "self", "url": "https://x.vn/fhir/Patient?name=a"}]
    found = errors(validator, {"resourceType": "Bundle", "type": "searchset", "link": link, "entry": [entry]})
    assert found == {("VAL-2909", "Bundle.entry[0].resource"), ("VAL-2910", "Bundle.entry[0].resource")}


@pytest.mark.parametrize(
    ("kind", "relations", "expected"),
    [
        ("collection", ["self", "stylesheet", "stylesheet"], set()),
        ("collection", ["self", "self"], {("VAL-2912", "Bundle.link[1].relation")}),
        ("collection", ["next"], {("VAL-2911", "Bundle.link[0].relation")}),
        ("searchset", ["self", "first", "previous", "next", "last"], set()),
        ("history", ["next", "self", "next"], {("VAL-2912", "Bundle.link[2].relation")}),
    ],
)
def test_links_of_a_bundle(
    validator: Validator, kind: str, relations: list[str], expected: set[tuple[str, str]]
) -> None:
    link = [{"relation": relation, "url": "https://x.vn/fhir/Patient?name=a"} for relation in relations]
    assert errors(validator, {"resourceType": "Bundle", "type": kind, "link": link}) == expected


def test_a_stylesheet_of_a_document_is_in_it(validator: Validator) -> None:
    sheet = {"resourceType": "Binary", "id": "css", "contentType": "text/css", "data": "YWJj"}
    urls = ("Binary/css", "Binary/other", "https://x.vn/other.css")
    link = [{"relation": "stylesheet", "url": url} for url in urls]
    found = errors(validator, bundle("document", composition(), ORGANIZATION, sheet, link=link, **DOCUMENT))
    assert found == {("VAL-2905", "Bundle.link[1].url")}


def test_a_message_holds_its_focus(validator: Validator) -> None:
    header = {"resourceType": "MessageHeader", "eventUri": "https://x.vn/e", "source": {"endpoint": "https://x.vn"}}
    header |= {"focus": [{"reference": URN.format(1)}, {"reference": URN.format(7)}]}
    found = errors(validator, bundle("message", header, ORGANIZATION))
    assert found == {("VAL-2905", "Bundle.entry[0].resource.focus[1]")}


@pytest.mark.parametrize("more", [{"type": "message"}, {"type": "document"} | DOCUMENT])
def test_documents_and_messages_begin_with_a_resource(validator: Validator, more: dict[str, Any]) -> None:
    rule_about_the_first = ("VAL-2220", "Bundle")
    assert errors(validator, {"resourceType": "Bundle"} | more) == {("VAL-2913", "Bundle"), rule_about_the_first}


def test_authors_of_sections_are_in_the_document(validator: Validator) -> None:
    section = [
        {"title": "a", "author": [{"reference": URN.format(9)}], "text": {"status": "empty", "div": HTML.format("a")}}
    ]
    found = errors(validator, bundle("document", composition(section=section), ORGANIZATION, **DOCUMENT))
    assert found == {("VAL-2905", "Bundle.entry[0].resource.section[0].author[0]")}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"birthDate": "2020", "_birthDate": {"id": "a"}}, set()),
        ({"_birthDate": {"id": "a"}}, {("VAL-2007", "Patient.birthDate")}),
        ({"name": [{"given": ["A", None], "_given": [None, {"id": "a"}]}]}, {("VAL-2012", "Patient.name[0].given[1]")}),
    ],
)
def test_a_primitive_is_more_than_an_id(
    validator: Validator, more: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    assert errors(validator, {"resourceType": "Patient"} | more) == expected


@pytest.mark.parametrize(("url", "count"), [("https://x.vn/c", 0), (URN.format(1), 0), ("CodeSystem/c", 1)])
def test_a_definition_is_known_everywhere(validator: Validator, url: str, count: int) -> None:
    resource = {"resourceType": "CodeSystem", "status": "draft", "content": "complete", "url": url}
    assert errors(validator, resource) == {("CNF-1119", "CodeSystem.url")} if count else not errors(validator, resource)
    assert not errors(validator, {"resourceType": "Device", "url": url})


def test_contained_resources_are_used(validator: Validator) -> None:
    inner = {"resourceType": "Organization", "id": "o", "name": "A"}
    resource = {"resourceType": "Patient", "contained": [inner], "managingOrganization": {"reference": "#o"}}
    assert errors(validator, resource) == set()
    del resource["managingOrganization"]
    assert errors(validator, resource) == {("VAL-2412", "Patient.contained[0]")}


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<p>a <b>b</b></p>", set()),
        ('<a href="#here">a</a><p id="here">b</p>', set()),
        ("<script>a</script>", {"VAL-2604", "VAL-2605"}),
        ('<p onclick="a()">a</p>', {"VAL-2604", "VAL-2606"}),
        ('<a href="#nowhere">a</a>', {"VAL-2607"}),
        ('<a href="#top">a</a><a href="#">b</a><a href="#phone">c</a>', set()),
        ('<img src="#nowhere"/>', {"VAL-2607"}),
        ('<svg xmlns="http://www.w3.org/2000/svg"/>a', {"VAL-2604", "VAL-2605"}),
        ("<p>a</p><div><p>b</p></div>", set()),
        ("<p><span><ul><li>a</li></ul></span></p>", {"VAL-2608"}),
        ('<a href="">a</a>', {"VAL-2609"}),
        ('<a href=" JavaScript:a()">a</a>', {"VAL-2609"}),
        ('<a href="urn:oid:1.2.840">a</a>', set()),
        ('<a href="mailto:a@x.vn">a</a><a href="other.html">b</a>', set()),
        (" ", {"VAL-2220"}),
    ],
)
def test_narratives(validator: Validator, inside: str, expected: set[str]) -> None:
    telecom = [{"id": "phone", "system": "phone", "value": "1"}]
    text = {"status": "generated", "div": HTML.format(inside)}
    found = errors(validator, {"resourceType": "Patient", "id": "top", "text": text, "telecom": telecom})
    assert {message for message, _ in found} == expected
    assert {place for _, place in found} <= {"Patient.text.div"}


def test_a_narrative_may_lead_to_another_one_of_its_bundle(validator: Validator) -> None:
    def entry(number: int, inside: str) -> dict[str, Any]:
        text = {"status": "generated", "div": HTML.format(inside)}
        url = f"urn:uuid:c757873d-ec9a-4326-a141-556f4323952{number}"
        return {"fullUrl": url, "resource": {"resourceType": "Patient", "text": text}}

    entries = [entry(1, '<a href="#there">a</a><a href="#nowhere">b</a>'), entry(2, '<a name="there">a</a>')]
    found = errors(validator, {"resourceType": "Bundle", "type": "collection", "entry": entries})
    assert found == {("VAL-2607", "Bundle.entry[0].resource.text.div")}


EXTENSION = "http://hl7.org/fhir/StructureDefinition/"


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ({"_birthDate": {"extension": [{"url": f"{EXTENSION}patient-birthTime", "valueDateTime": "2024"}]}}, set()),
        (
            {"extension": [{"url": f"{EXTENSION}patient-birthTime", "valueDateTime": "2024"}]},
            {("VAL-2510", "Patient.extension[0]")},
        ),
        (
            {"extension": [{"url": f"{EXTENSION}patient-birthPlace", "valueString": "Huế"}]},
            {("VAL-2112", "Patient.extension[0].value.ofType(string)")},
        ),
        (
            {"modifierExtension": [{"url": "https://x.vn/e", "valueString": "a"}]},
            {("VAL-2506", "Patient.modifierExtension[0]")},
        ),
        (
            {
                "extension": [
                    {"url": f"{EXTENSION}patient-nationality", "extension": [{"url": "x", "valueString": "a"}]}
                ]
            },
            {("VAL-2509", "Patient.extension[0].extension[0]")},
        ),
        ({"extension": [{"url": "https://x.vn/e", "valueString": "a"}]}, set()),
    ],
)
def test_extensions_by_their_definition(
    validator: Validator, resource: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    assert errors(validator, {"resourceType": "Patient", "birthDate": "2024-05-03"} | resource) == expected


def test_an_unknown_extension_is_graded_by_policy(validator: Validator) -> None:
    resource = {"resourceType": "Patient", "extension": [{"url": "https://x.vn/e", "valueString": "a"}]}
    assert errors(validator, resource, unknown_extension=Severity.ERROR) == {("VAL-2505", "Patient.extension[0]")}


def test_invariants_of_the_type(validator: Validator) -> None:
    period = {"start": "2024-05-03", "end": "2024-05-01"}
    assert errors(validator, {"resourceType": "Patient", "name": [{"text": "A", "period": period}]}) == {
        ("VAL-2220", "Patient.name[0].period")
    }
    assert errors(validator, {"resourceType": "Patient", "contact": [{"gender": "male"}]}) == {
        ("VAL-2220", "Patient.contact[0]")
    }
    partial = {"start": "2024", "end": "2024-05"}
    assert errors(validator, {"resourceType": "Patient", "name": [{"text": "A", "period": partial}]}) == set()


def test_vital_signs_are_implied(validator: Validator) -> None:
    code = {"coding": [{"system": "http://loinc.org", "code": "8302-2"}]}
    found = errors(validator, {"resourceType": "Observation", "status": "final", "code": code})
    assert {message for message, _ in found} >= {"VAL-2105", "VAL-2107"}


def test_time_is_linear_in_references(definitions: Definitions, value_sets: ValueSets) -> None:
    patient = {"resourceType": "Patient", "active": True}
    notes = [
        {"resourceType": "Basic", "code": {"text": "a"}, "subject": {"reference": URN.format(0)}} for _ in range(2000)
    ]
    resource = bundle("collection", patient, *notes)
    assert errors(Validator(definitions, value_sets), resource) == set()
