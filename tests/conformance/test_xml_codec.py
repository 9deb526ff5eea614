"""The XML codec: the shape of what is read, issues and their places, and content that attacks the reader."""

from __future__ import annotations

import itertools
import sys
from typing import Any

import pytest

from conformance import json_codec
from conformance.definitions import Definitions
from conformance.errors import InvalidContent
from conformance.xml_codec import decode, decode_with_issues, encode

FHIR = 'xmlns="http://hl7.org/fhir"'
XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'


def patient(inner: str, attributes: str = FHIR) -> str:
    return f"<Patient {attributes}>{inner}</Patient>"


def found(inner: str, definitions: Definitions) -> list[tuple[str, str]]:
    """Id and expression of each issue of a patient."""
    return [(issue.message.id, issue.expression) for issue in decode_with_issues(patient(inner), definitions)[1]]


def refusal(data: bytes | str, definitions: Definitions) -> tuple[str, int | None, int | None]:
    with pytest.raises(InvalidContent) as caught:
        decode(data, definitions)
    issue = caught.value.issues[0]
    return issue.message.id, issue.line, issue.column


# What is read


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ('<active value="true"/>', {"active": True}),
        ('<multipleBirthInteger value="3"/>', {"multipleBirthInteger": 3}),
        ('<multipleBirthInteger value="3.0"/>', {"multipleBirthInteger": "3.0"}),
        ('<active value="yes"/>', {"active": "yes"}),
        ('<birthDate id="b" value="1970"/>', {"birthDate": "1970", "_birthDate": {"id": "b"}}),
        ("<birthDate/>", {"birthDate": None}),
        ('<birthDate><extension url="u"/></birthDate>', {"_birthDate": {"extension": [{"url": "u"}]}}),
        ('<gender value="a"/><gender value="b"/>', {"gender": ["a", "b"]}),
        (
            '<name id="n"><given value="a"/><given><extension url="u"/></given><given value="b"/></name>',
            {"name": [{"id": "n", "given": ["a", None, "b"], "_given": [None, {"extension": [{"url": "u"}]}, None]}]},
        ),
        (
            '<contained><Group><id value="1"/></Group></contained><contained><Basic/></contained>',
            {"contained": [{"resourceType": "Group", "id": "1"}, {"resourceType": "Basic"}]},
        ),
        ('<tên value="a"/><x><y value="b"/></x><x/>', {"tên": "a", "x": [{"y": "b"}, {}]}),
        ('<photo><size value="1"/></photo><!-- a --><photo/>', {"photo": [{"size": 1}, {}]}),
    ],
)
def test_shapes(inner: str, expected: dict[str, Any], definitions: Definitions) -> None:
    assert decode(patient(inner), definitions) == {"resourceType": "Patient"} | expected


@pytest.mark.parametrize(
    "div",
    [
        f"<div {XHTML}>a &lt; b &#160; <br  /><!-- c --></div>",
        f"<div {XHTML}/>",
        f"<div {XHTML} title='>/>\"' />",
        f'<div\n{XHTML} title="&lt;/div>"><div>\r\n</div ></div\n>',
        f"<div {XHTML}><![CDATA[</div>]]></div>",
    ],
)
def test_the_narrative_keeps_its_characters(div: str, definitions: Definitions) -> None:
    assert decode(patient(f"<text>{div}</text><active value='true'/>"), definitions)["text"] == {"div": div}
    document = encode({"resourceType": "Patient", "text": {"div": div}}, definitions)
    assert f"<text>{div}</text>".encode() in document


def test_a_narrative_takes_the_namespaces_of_the_document_with_it(definitions: Definitions) -> None:
    whole = f'<f:Patient xmlns:f="http://hl7.org/fhir" {XHTML}><f:text><div>x</div></f:text></f:Patient>'
    assert decode(whole, definitions)["text"] == {"div": f"<div {XHTML}>x</div>"}
    attributes = f'{FHIR} xmlns:h="http://www.w3.org/1999/xhtml"'
    prefixed = decode(patient("<text><h:div>x</h:div></text>", attributes), definitions)
    assert prefixed["text"] == {"div": '<h:div xmlns:h="http://www.w3.org/1999/xhtml">x</h:div>'}


def test_entities_of_html_are_written_as_characters(definitions: Definitions) -> None:
    div = f"<div {XHTML}>a&nbsp;&amp;&eacute;</div>"
    document = encode({"resourceType": "Patient", "text": {"div": div}}, definitions)
    assert decode(document, definitions)["text"]["div"] == f"<div {XHTML}>a\xa0&amp;é</div>"


@pytest.mark.parametrize("name", ["utf-8-sig", "utf-16", "windows-1258", "iso-8859-1"])
def test_encodings(name: str, definitions: Definitions) -> None:
    declared = "utf-8" if name == "utf-8-sig" else name
    text = f'<?xml version="1.0" encoding="{declared}"?>' + patient('<name><text value="é"/></name>')
    resource, issues, _ = decode_with_issues(text.encode(name), definitions)
    assert resource["name"] == [{"text": "é"}]
    assert [issue.message.id for issue in issues] == ([] if declared == "utf-8" else ["CNF-1710"])


# What is told


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ('<gender value="male" x="1"/>', [("CNF-1705", "Patient.gender.`@x`")]),
        ('<name><given value="a"/><given value="b" x="1"/></name>', [("CNF-1705", "Patient.name[0].given[1].`@x`")]),
        ('<id id="1" value="a"/>', []),
        ('<name value="a"/>', [("CNF-1705", "Patient.name[0].`@value`")]),
        ("<name>An</name>", [("CNF-1706", "Patient.name[0].`#text`")]),
        ("a<name/>b", [("CNF-1706", "Patient.`#text`")] * 2),
        ('<name xmlns="urn:x"/>', [("CNF-1707", "Patient.`{urn:x}name`")]),
        ('<gender value="male"/><active value="true"/>', [("CNF-1708", "Patient.active")]),
        ('<name><text value="a"/><use value="usual"/></name>', [("CNF-1708", "Patient.name[0].use")]),
        ("<name/><x/><telecom/>", []),
        ('<deceasedBoolean value="true" x="1"/>', [("CNF-1705", "Patient.deceased.ofType(boolean).`@x`")]),
        ("<contained><Basic>a</Basic></contained>", [("CNF-1706", "Patient.contained[0].`#text`")]),
        ("<?a b?>", [("CNF-1709", "Patient")]),
    ],
)
def test_issues(inner: str, expected: list[tuple[str, str]], definitions: Definitions) -> None:
    assert found(inner, definitions) == expected


def test_what_is_not_known_can_be_written_again(definitions: Definitions) -> None:
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    text = patient('a &lt;<gender value="x" y="1"/><z><zz/></z>', f'{FHIR} {xsi} xsi:schemaLocation="a b"')
    resource = decode(text, definitions)
    assert resource.keys() == {"resourceType", "@xsi:schemaLocation", "#text", "gender", "_gender", "z"}
    assert decode(encode(resource, definitions), definitions) == resource


def test_issues_and_expressions_find_line_and_column(definitions: Definitions) -> None:
    text = patient(
        '\n <contained><Basic><id value="Ư"/>é<code x="1"/></Basic></contained>\n <name/>\n <name>\n  <given/>\n'
        '  <given><extension url="u"/></given>\n </name>\n <deceasedBoolean value="true"/>\n'
    )
    _, issues, lines = decode_with_issues(text, definitions)
    assert [(issue.line, issue.column) for issue in issues] == [(2, 35), (2, 36)]
    places = {
        "Patient": (1, 1),
        "Patient.contained[0]": (2, 2),
        "Patient.contained[0].code": (2, 36),
        "Patient.name[1].given[1]": (6, 3),
        "Patient.name[1].given[1].extension[0].value": (6, 10),
        "Patient.name[1].`@x`": (4, 2),
        "Patient.deceased": (8, 2),
        "Patient.deceased.ofType(boolean)": (8, 2),
        "Patient.deceasedBoolean": (8, 2),
        "": (1, 1),
    }
    assert {expression: lines.position(expression) for expression in places} == places


# What is refused


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("", ("CNF-1701", 1, 1)),
        ("{}", ("CNF-1701", 1, 1)),
        (f"<Patient {FHIR}>\n<id></Patient>", ("CNF-1701", 2, 7)),
        (patient('<id value="&nbsp;"/>'), ("CNF-1701", 1, 38)),
        (patient("<x:id/>"), ("CNF-1701", 1, 38)),
        ("<Patient/>", ("CNF-1703", 1, 1)),
        ('<Patient xmlns="urn:x"/>', ("CNF-1703", 1, 1)),
        (b'<?xml version="1.0" encoding="koi8-r"?><a/>', ("CNF-1701", None, None)),
        (b'<?xml version="1.0" encoding="hex"?><a/>', ("CNF-1701", None, None)),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + patient('<id value="&b;"/>'), ("CNF-1702", 1, 13)),
    ],
)
def test_refusals(data: bytes | str, expected: tuple[str, int | None, int | None], definitions: Definitions) -> None:
    assert refusal(data, definitions) == expected


@pytest.mark.parametrize("tag", ['extension url="a"', "x", 'x value="1"', "contact"])
def test_nesting_is_bounded_as_in_json(tag: str, definitions: Definitions) -> None:
    name = tag.split(maxsplit=1)[0]

    def nested(levels: int) -> str:
        return patient(f"<{tag}>" * levels + f"</{name}>" * levels)

    assert refusal(nested(60), definitions)[0] == refusal(nested(100_000), definitions)[0] == "CNF-1704"
    resource = decode(nested(45), definitions)
    assert json_codec.decode(json_codec.encode(resource)) == resource


@pytest.mark.parametrize(
    ("resource", "expression"),
    [
        ({}, ""),
        ({"resourceType": "Patient", "contained": [{"id": "1"}]}, "Patient.contained[0]"),
        ({"resourceType": "Patient", "contained": [None]}, "Patient.contained[0]"),
        ({"resourceType": "Patient", "name": [{"a b": 1}]}, "Patient.name[0].`a b`"),
        ({"resourceType": "Patient", "text": {"div": "</text><x/>"}}, "Patient.text.div"),
        ({"resourceType": "Patient", "text": {"div": f"<div {XHTML}/><div/>"}}, "Patient.text.div"),
        ({"resourceType": "Patient", "text": {"div": f"<!DOCTYPE a><div {XHTML}/>"}}, "Patient.text.div"),
        ({"resourceType": "Patient", "gender": "\x00"}, "Patient.gender"),
        ({"resourceType": "Patient", "gender": "\ud800"}, "Patient.gender"),
        ({"resourceType": "Patient", "@xmlns": "urn:x"}, "Patient.`@xmlns`"),
        ({"resourceType": "a b"}, "a b.resourceType"),
    ],
)
def test_what_xml_cannot_hold_is_refused_with_its_place(
    resource: dict[str, Any], expression: str, definitions: Definitions
) -> None:
    with pytest.raises(InvalidContent) as caught:
        encode(resource, definitions)
    assert [issue.expression for issue in caught.value.issues] == [expression]


def test_a_resource_that_contains_itself_is_refused(definitions: Definitions) -> None:
    resource: dict[str, Any] = {"resourceType": "Bundle"}
    resource["entry"] = [{"resource": resource}]
    with pytest.raises(InvalidContent, match="nested deeper"):
        encode(resource, definitions)


@pytest.mark.parametrize(
    "part",
    ["<x/>", '<gender value="a"><extension url="u"/></gender>', "a&#10;<x/>", "line\n", f"<div {XHTML}/>", "<?a b?>"],
)
def test_work_grows_with_the_length(part: str, definitions: Definitions) -> None:
    def calls(count: int) -> int:
        """Calls of Python and C functions while so many parts are read."""
        text, counter = patient(part * count), itertools.count()
        sys.setprofile(lambda *_: next(counter))
        try:
            decode_with_issues(text, definitions)
        finally:
            sys.setprofile(None)
        return next(counter)

    calls(100)
    assert calls(8_000) < 4.2 * calls(2_000) + 1_000
