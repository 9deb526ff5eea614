"""What a profile accepts at once is what it has nothing to say of when it looks at every item."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.definitions import Definitions
from profiles.validation.compiler import Compiler
from profiles.validation.fixed import expecting
from profiles.validation.profiled.items import Item
from profiles.validation.profiled.node import Named, ProfileNode
from profiles.validation.profiled.tells import ByProperty, direct
from profiles.validation.scope import Scope
from profiles.validation.structures import Structures
from terminology.membership import ValueSets

CORE = "http://hl7.org/fhir/StructureDefinition/"
URL = "https://example.org/StructureDefinition/quick"
PROFILE = {
    "resourceType": "StructureDefinition",
    "url": URL,
    "name": "Quick",
    "status": "active",
    "kind": "complex-type",
    "abstract": False,
    "type": "Extension",
    "baseDefinition": f"{CORE}Extension",
    "derivation": "constraint",
    "differential": {
        "element": [
            {"id": "Extension", "path": "Extension"},
            {"id": "Extension.id", "path": "Extension.id", "maxLength": 3},
            {"id": "Extension.extension", "path": "Extension.extension", "max": "2"},
            {"id": "Extension.url", "path": "Extension.url", "fixedUri": URL},
            {
                "id": "Extension.value[x]",
                "path": "Extension.value[x]",
                "min": 1,
                "type": [{"code": "code"}, {"code": "decimal"}, {"code": "Period"}],
                "binding": {"strength": "required", "valueSet": "http://hl7.org/fhir/ValueSet/administrative-gender"},
            },
        ]
    },
}
PERIOD = {
    **PROFILE,
    "url": f"{URL}-period",
    "type": "Period",
    "baseDefinition": f"{CORE}Period",
    "differential": {
        "element": [
            {"id": "Period", "path": "Period"},
            {"id": "Period.start", "path": "Period.start", "min": 1, "patternDateTime": "2026"},
            {"id": "Period.end", "path": "Period.end", "maxValueDateTime": "2027"},
        ]
    },
}

WORDS = st.sampled_from(["male", "x", "2026", "2028", "long enough", URL, "", None, True, 1])
ITEMS = st.one_of(WORDS, st.dictionaries(st.sampled_from(["start", "url"]), WORDS, max_size=2))
VALUES = st.one_of(ITEMS, st.lists(ITEMS, max_size=3))
NAMES = ["id", "_id", "url", "_url", "extension", "valueCode", "valueDecimal", "_valueCode", "valuePeriod", "valueUri"]


@pytest.fixture(scope="module")
def compiler(definitions: Definitions, value_sets: ValueSets) -> Compiler:
    structures = Structures(definitions, {made["url"]: made for made in (PROFILE, PERIOD)})
    return Compiler(structures, value_sets, structure_only=False)


def node(compiler: Compiler, url: str) -> ProfileNode:
    profile = compiler.profiles.profile(url)
    assert profile
    return compiler.profiles.node(profile)


def agree(node: ProfileNode, holder: dict[str, Any]) -> list[str]:
    """Compare each element's quick answer with the long one; the properties that were accepted."""
    scope = Scope({"resourceType": "Basic"})
    accepted = []
    for element in node.parts.elements:
        named = Named.of(element, tuple(holder))
        if named.accepts is not None and named.accepts(holder[named.key]):
            assert element.check(holder, named.sources, scope) is None
            accepted.append(named.key)
    return accepted


@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5))
@example({"url": URL, "valueCode": "x"})
@example({"url": [URL, None], "valueCode": ["male", "male"]})
def test_nothing_is_accepted_that_is_wrong(compiler: Compiler, holder: dict[str, Any]) -> None:
    agree(node(compiler, URL), holder)


@given(st.dictionaries(st.sampled_from(["start", "_start", "end", "id"]), VALUES, max_size=4))
def test_nothing_of_a_data_type_is_accepted_that_is_wrong(compiler: Compiler, holder: dict[str, Any]) -> None:
    agree(node(compiler, f"{URL}-period"), holder)


def test_what_is_right_is_accepted(compiler: Compiler) -> None:
    right = {"id": "a", "url": URL, "valueCode": "male"}
    assert set(agree(node(compiler, URL), right)) == set(right)
    assert agree(node(compiler, f"{URL}-period"), {"start": "2026"}) == ["start"]


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), ITEMS)
@example(["a"], {"url": "a"})
def test_the_slice_by_a_property_is_the_one_that_matches(texts: list[str], value: Any) -> None:
    tests = [(direct([(text, expecting(text, exact=True))], "url"),) for text in texts]
    found = ByProperty.of(tests)
    assert found
    for one in (value, {"url": texts[0]}, {"url": "other"}):
        item = Item(one, "Extension")
        text = item.holder.get(found.name)
        if isinstance(text, str):
            members = [place for place, [test] in enumerate(tests) if test.matches(item, Scope({}))]
            assert list(found.places.get(text, ())) == members


def test_slices_that_are_told_apart_otherwise_are_not_taken_for_such() -> None:
    by_url = (direct([("a", expecting("a", exact=True))], "url"),)
    by_use = (direct([("a", expecting("a", exact=True))], "use"),)
    either = (direct([(text, expecting(text, exact=True)) for text in "ab"], "url"),)
    by_object = (direct([({"code": "a"}, expecting({"code": "a"}, exact=False))], "url"),)
    for other in (by_use, either, by_object, by_url + by_use, None):
        assert ByProperty.of([by_url, other]) is None
    assert ByProperty.of([]) is None
