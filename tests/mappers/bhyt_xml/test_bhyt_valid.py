"""Everything the mapper makes is structurally valid R4."""

from __future__ import annotations

import pytest

from conformance.definitions import load
from conformance.errors import FhirError
from mappers.synthetic import generate
from mappers.units import Unit
from profiles.validation import Validator
from strategies.claim_source import envelope, hoso_xml, inpatient, read
from terminology.membership import ValueSets


@pytest.fixture(scope="module")
def validator() -> Validator:
    try:
        definitions = load()
    except (FhirError, OSError) as error:
        pytest.skip(f"the R4 definitions are not installed: {error}")
    return Validator(definitions, ValueSets(definitions))


def _problems(validator: Validator, units: list[Unit]) -> list[str]:
    return [
        f"{item['resourceType']} {issue.expression}: {issue.text()}"
        for unit in units
        for item in (*unit.resources, *unit.shared)
        for issue in validator.validate(item)
        if issue.is_error
    ]


def test_a_full_claim_is_valid(validator: Validator) -> None:
    assert _problems(validator, read(envelope(hoso_xml(inpatient())))[0]) == []


@pytest.mark.parametrize("defects", [0.0, 0.9])
def test_generated_claims_are_valid(validator: Validator, defects: float) -> None:
    units = [unit for made in generate(21, 150, defects=defects) for unit in read(made.content)[0]]
    assert _problems(validator, units) == []


def test_a_claim_with_hardly_anything_is_valid(validator: Validator) -> None:
    for kept in ({"MA_LK"}, {"MA_LK", "MA_BN"}, {"MA_LK", "NGAY_VAO", "HO_TEN"}):
        row = {name: value for name, value in inpatient()["XML1"][0].items() if name in kept}
        empty = {table: [{"MA_LK": "LK0001"}] for table in ("XML2", "XML3", "XML4", "XML5")}
        units, _ = read(envelope(hoso_xml({"XML1": [row], **empty})))
        assert units[0].resources
        assert _problems(validator, units) == []
