"""Input made to exhaust the machine: nesting, size, repetition, patterns, expressions, and profiles that go in circles.

Bounds are held by counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance import json_codec, xml_codec
from conformance.definitions import Definitions
from conformance.errors import InvalidContent
from profiles.validation import Validator
from profiles.validation.findings import MOST_ISSUES
from strategies.planted_rules import CORE, PATIENT, XHTML
from terminology.membership import ValueSets

DEEP = 10_000
MANY = 50_000
OURS = "https://example.vn/StructureDefinition/"

Json = dict[str, Any]


def nested(depth: int, around: Callable[[Any], Any], core: Any) -> Any:
    for _ in range(depth):
        core = around(core)
    return core


#: What is nested -> a resource of that depth.
NESTED: dict[str, Callable[[int], Json]] = {
    "extensions": lambda depth: PATIENT | {"extension": [
        nested(depth, lambda inner: {"url": "urn:x:y", "extension": [inner]}, {"url": "b", "valueCode": "a"})]},
    "items": lambda depth: {"resourceType": "Questionnaire", "status": "draft", "item": [
        nested(depth, lambda inner: {"linkId": "1", "type": "group", "item": [inner]}, {"linkId": "2"})]},
    "answers": lambda depth: {"resourceType": "QuestionnaireResponse", "status": "completed", "item": [
        nested(depth, lambda inner: {"linkId": "1", "answer": [{"item": [inner]}]}, {"linkId": "2"})]},
    "contained": lambda depth: nested(
        depth, lambda inner: {"resourceType": "Patient", "id": "a", "contained": [inner]}, PATIENT),
    "Bundles": lambda depth: nested(
        depth, lambda inner: {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": inner}]}, PATIENT),
    "Parameters": lambda depth: nested(
        depth, lambda inner: {"resourceType": "Parameters", "parameter": [{"name": "a", "resource": inner}]}, PATIENT),
    "concepts": lambda depth: {"resourceType": "CodeSystem", "status": "draft", "content": "complete", "concept": [
        nested(depth, lambda inner: {"code": "a", "concept": [inner]}, {"code": "b"})]},
    "sections": lambda depth: {"resourceType": "Bundle", "type": "document", "entry": [{"resource": {
        "resourceType": "Composition", "section": [
            nested(depth, lambda inner: {"section": [inner]}, {"title": "a"})]}}]},
}  # fmt: skip


@pytest.mark.parametrize("what", NESTED)
def test_nesting_without_bound_is_refused_in_one_issue(what: str, validator: Validator) -> None:
    issues = validator.validate(NESTED[what](DEEP))
    assert [issue.message.id for issue in issues] == ["VAL-2005"]


@pytest.mark.parametrize("what", NESTED)
def test_nesting_that_the_codec_lets_in_is_validated(what: str, validator: Validator) -> None:
    """What comes in as bytes is never too deep for the validator."""
    depth = next(count for count in range(60, 0, -1) if _is_read(NESTED[what](count)))
    issues = validator.validate(NESTED[what](depth))
    assert all(issue.message.id != "VAL-2005" for issue in issues)


def _is_read(resource: Json) -> bool:
    try:
        return bool(json_codec.decode(json_codec.encode(resource)))
    except InvalidContent:
        return False


@pytest.mark.parametrize("opening", [b'{"a":', b"[", b'{"contained":[{"resourceType":"Patient","x":'])
def test_bytes_ten_thousand_levels_deep_are_refused(opening: bytes) -> None:
    with pytest.raises(InvalidContent) as caught:
        json_codec.decode(b'{"resourceType":"Patient","b":' + opening * DEEP)
    assert caught.value.issues[0].message.id == "CNF-1005"


def _head(inner: str) -> str:
    return f'<Patient xmlns="http://hl7.org/fhir">{inner}</Patient>'


BOMB = _head('<id value="&a9;"/>')
ENTITIES = "".join('<!ENTITY a{} "{}">'.format(n, f"&a{n - 1};" * 10) for n in range(1, 10))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (f'<!DOCTYPE a [<!ENTITY a0 "x">{ENTITIES}]>{BOMB}', "CNF-1702"),
        (f'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>{_head("&x;")}', "CNF-1702"),
        (f'<!DOCTYPE a SYSTEM "http://example.org/a.dtd">{_head("")}', "CNF-1702"),
        (f'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://example.org/p">%p;]>{_head("")}', "CNF-1702"),
        (_head("<contact>" * DEEP + "</contact>" * DEEP), "CNF-1704"),
        (_head("<extension url='a'>" * DEEP), "CNF-1704"),
    ],
    ids=["entities", "file", "type definition", "parameter entity", "depth", "depth, cut off"],
)
def test_bombs_of_xml_are_refused(document: str, message: str, definitions: Definitions) -> None:
    with pytest.raises(InvalidContent) as caught:
        xml_codec.decode(document.encode(), definitions)
    assert [issue.message.id for issue in caught.value.issues] == [message]


#: Name -> a resource with the same mistake many times over.
REPEATED: dict[str, Callable[[], Json]] = {
    "elements nobody knows": lambda: PATIENT | {f"a{number}": 1 for number in range(MANY)},
    "entries without fullUrl": lambda: {
        "resourceType": "Bundle", "type": "collection", "entry": [{"resource": PATIENT}] * MANY},
    "contained twice": lambda: PATIENT | {"contained": [PATIENT | {"id": "a"}] * MANY},
    "relative systems": lambda: PATIENT | {"identifier": [{"system": "a", "value": "1"}] * MANY},
    "dangling references": lambda: PATIENT | {"generalPractitioner": [{"reference": "#x"}] * MANY},
    "ids": lambda: PATIENT | {"name": [{"id": "a", "text": "b"}] * MANY},
    "nulls": lambda: PATIENT | {"name": [{"given": [None] * 1000}] * (MANY // 1000)},
    "conditions": lambda: {"resourceType": "Questionnaire", "status": "draft", "item": [
        {"linkId": f"{number}", "type": "string", "enableWhen": [
            {"question": "z", "operator": "exists", "answerBoolean": True}]} for number in range(MANY // 2)]},
}  # fmt: skip


@pytest.mark.parametrize("what", REPEATED)
def test_the_list_of_issues_is_bounded(what: str, validator: Validator) -> None:
    issues = validator.validate(REPEATED[what]())
    assert 1 <= len(issues) <= MOST_ISSUES + 1
    assert "VAL-2014" in {issue.message.id for issue in issues}
    assert sum(len(issue.text()) for issue in issues) < 400 * len(issues)


@pytest.mark.parametrize(
    "change",
    [
        {"name": [{"text": "x" * 5_000_000}]},
        {"implicitRules": "http://" + "a" * 5_000_000},
        {"gender": "a " * 2_000_000},
        {"language": "\u00a0" * 2_000_000},
        {"birthDate": "1" * 5_000_000},
        {"id": "-" * 5_000_000},
        {"photo": [{"contentType": "a/b", "data": "=" * 5_000_000}]},
        {"text": {"status": "generated", "div": f"<div {XHTML}>{'<p>' * MANY}a{'</p>' * MANY}</div>"}},
        {"text": {"status": "generated", "div": f"<div {XHTML}>{'<' * 1_000_000}</div>"}},
        {"text": {"status": "generated", "div": f"<div {XHTML}>{'&#' * 1_000_000}</div>"}},
    ],
    ids=["string", "uri", "code", "blanks", "date", "id", "base64", "deep div", "signs", "references"],
)
def test_huge_texts_stay_out_of_issues(change: Json, validator: Validator) -> None:
    issues = validator.validate(PATIENT | change)
    assert len(issues) < 5
    assert all(len(issue.text()) + len(issue.expression) < 1000 for issue in issues)


# Profiles


def structure(name: str, type_name: str, *elements: Json, **more: Any) -> Json:
    return {
        "resourceType": "StructureDefinition", "url": OURS + name, "name": "N", "status": "active", "abstract": False,
        "kind": "resource", "type": type_name, "baseDefinition": f"{CORE}/{type_name}", "derivation": "constraint",
        "differential": {"element": [{"id": at["path"]} | at for at in elements]},
    } | more  # fmt: skip


def told(definitions: Definitions, value_sets: ValueSets, resource: Json, *structures: Json) -> set[str]:
    """Ids of the issues of a resource by the first of some structures."""
    judge = Validator(definitions, value_sets, {one["url"]: one for one in structures})
    return {issue.message.id for issue in judge.validate(resource, [structures[0]["url"]])}


def invariant(expression: str) -> Json:
    rule = {"key": "h-1", "severity": "error", "human": "h", "expression": expression}
    return structure("p", "Patient", {"path": "Patient", "constraint": [rule]})


LARGE = PATIENT | {"name": [{"family": "a" * 100, "given": ["b", "c"]}] * 200}


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 20_000,
        "(" * 20_000 + "true" + ")" * 20_000,
        "name.where(",
        "khongCo()",
        "name.matches('(')",
        "name.family.matches('(?=a)b')",
        "name.family.matches('" + "(a*)*" * 3000 + "')",
        "x" * 100_000,
        "'" + "\\\\" * 50_000 + "'",
    ],
    ids=["open", "parentheses", "cut off", "function", "pattern", "look-ahead", "long pattern", "name", "string"],
)
def test_an_invariant_that_cannot_be_read_is_told_where_it_is_used(
    expression: str, definitions: Definitions, value_sets: ValueSets
) -> None:
    assert told(definitions, value_sets, LARGE, invariant(expression)) <= {"VAL-2221", "VAL-2703", "VAL-2220"}
    assert told(definitions, value_sets, LARGE, invariant(expression))


@pytest.mark.parametrize(
    "expression",
    [
        "%resource.descendants()" + ".select(%resource.descendants())" * 12 + ".exists()",
        "name.repeatAll($this).exists()",
        "(1|2|3|4|5|6|7|8|9).aggregate($total.combine($total).combine($this), 1 | 2).exists()",
        "name.family" + ".replace('a', 'aaaaaaaa')" * 12 + ".exists()",
        "name.all(%resource.name.all(%resource.name.all(%resource.name.all(%resource.name.exists()))))",
    ],
    ids=["descendants", "repeat", "aggregate", "replace", "nested all"],
)
def test_an_invariant_without_end_is_stopped(expression: str, definitions: Definitions, value_sets: ValueSets) -> None:
    assert told(definitions, value_sets, LARGE, invariant(expression)) <= {"VAL-2221"}


def test_user_patterns_run_in_linear_time(definitions: Definitions, value_sets: ValueSets) -> None:
    """(a+)+$ on 50,000 letters would never end in an engine that backtracks."""
    value = PATIENT | {"name": [{"family": "a" * 50_000 + "!"}]}
    assert told(definitions, value_sets, value, invariant("name.family.matches('^(a+)+$')")) == {"VAL-2220"}
    replaced = invariant("name.family.replaceMatches('^(a|aa)+$', 'x') = 'x'")
    assert told(definitions, value_sets, value, replaced) == {"VAL-2220"}


CIRCLES: dict[str, tuple[Json, ...]] = {
    "base of itself": (structure("a", "Patient", baseDefinition=f"{OURS}a"),),
    "bases of each other": (
        structure("a", "Patient", baseDefinition=f"{OURS}b"), structure("b", "Patient", baseDefinition=f"{OURS}a")),
    "type of its own element": (
        structure("a", "Patient", {"path": "Patient.extension", "type": [
            {"code": "Extension", "profile": [f"{OURS}e"]}]}),
        structure("e", "Extension", {"path": "Extension.extension", "type": [
            {"code": "Extension", "profile": [f"{OURS}e"]}]}, {"path": "Extension.url", "fixedUri": f"{OURS}e"},
            kind="complex-type", context=[{"type": "element", "expression": "Element"}])),
    "target of its own reference": (
        structure("a", "Patient", {"path": "Patient.link.other", "type": [
            {"code": "Reference", "targetProfile": [f"{OURS}a"]}]}),),
    "slices by its own profile": (
        structure("a", "Patient", {"path": "Patient.contained", "slicing": {
            "discriminator": [{"type": "profile", "path": "$this"}], "rules": "closed"}},
            {"id": "Patient.contained:x", "path": "Patient.contained", "sliceName": "x", "type": [
                {"code": "Patient", "profile": [f"{OURS}a"]}]}),),
    "discriminator through references": (
        structure("a", "Patient", {"path": "Patient.link", "slicing": {
            "discriminator": [{"type": "profile", "path": "other.resolve()"}], "rules": "closed"}},
            {"id": "Patient.link:x", "path": "Patient.link", "sliceName": "x"},
            {"id": "Patient.link:x.other", "path": "Patient.link.other", "type": [
                {"code": "Reference", "targetProfile": [f"{OURS}a"]}]}),),
    "invariant that asks for its own profile": (
        structure("a", "Patient", {"path": "Patient", "constraint": [
            {"key": "c-1", "severity": "error", "human": "h", "expression": f"conformsTo('{OURS}a')"}]}),),
}  # fmt: skip


@pytest.mark.parametrize("what", CIRCLES)
def test_profiles_in_a_circle_come_to_an_end(what: str, definitions: Definitions, value_sets: ValueSets) -> None:
    resource = PATIENT | {
        "id": "p",
        "extension": [{"url": f"{OURS}e", "extension": [{"url": f"{OURS}e", "valueCode": "a"}]}],
        "contained": [PATIENT | {"id": "q", "link": [{"other": {"reference": "#"}, "type": "refer"}]}],
        "link": [{"other": {"reference": "#q"}, "type": "refer"}, {"other": {"reference": "#"}, "type": "refer"}],
    }
    found = told(definitions, value_sets, resource, *CIRCLES[what])
    assert "VAL-2005" not in found
    if what.startswith("base"):
        assert "VAL-2703" in found
