"""Search parameters and compartments, each cut to the type that it is asked for."""

from __future__ import annotations

import re

import pytest

from conformance.definitions import Definitions
from conformance.definitions.parameters import branch_of


def test_parameters_of_all_resources_stand_in_each_type(definitions: Definitions) -> None:
    for name in definitions.resource_types:
        codes = definitions.search_parameters[name].keys()
        assert {"_id", "_lastUpdated", "_profile", "_security", "_tag", "_source"} <= codes
        assert ("_text" in codes) == (name not in ("Bundle", "Binary", "Parameters"))


def test_an_example_overwrites_no_parameter(definitions: Definitions) -> None:
    urls = {p.url for by_code in definitions.search_parameters.values() for p in by_code.values()}
    assert not [url for url in urls if re.search(r"/example(-|$)", url)]
    assert definitions.search_parameters["Condition"]["subject"].url.endswith("/Condition-subject")
    assert "example" not in definitions.search_parameters["Patient"]["_id"].url


def test_every_expression_starts_at_its_type(definitions: Definitions) -> None:
    for name, parameters in definitions.search_parameters.items():
        for code, parameter in parameters.items():
            assert parameter.expression or code.startswith("_"), (name, code)
            roots = set(re.findall(r"(?:^|\| )\(?([A-Z]\w+)[. ]", parameter.expression))
            assert roots <= {name, "Resource", "DomainResource"}, (name, code)


def test_the_branch_of_a_type_is_cut_out(definitions: Definitions) -> None:
    encounter, observation = (definitions.search_parameters[name] for name in ("Encounter", "Observation"))
    assert encounter["date"].expression == "Encounter.period"
    assert observation["combo-code"].expression == "Observation.code | Observation.component.code"
    assert "Patient" in encounter["patient"].targets


@pytest.mark.parametrize(
    ("expression", "name", "branch"),
    [
        ("A.x | B.y", "B", "B.y"),
        ("(A.x as Quantity) | (A.x as Range) | (B.x as Range)", "A", "(A.x as Quantity) | (A.x as Range)"),
        ("A.x.where(y = 'p|q' or (z | w)) | B.x", "A", "A.x.where(y = 'p|q' or (z | w))"),
        ("AB.x | A.y", "A", "A.y"),
        ("Resource.id", "A", "Resource.id"),
        ("name | alias", "A", "name | alias"),
        ("A.x", "B", ""),
        ("", "A", ""),
    ],
)
def test_unions_are_parted_only_at_the_outermost_level(expression: str, name: str, branch: str) -> None:
    assert branch_of(expression, name) == branch


def test_a_composite_names_its_components(definitions: Definitions) -> None:
    parameter = definitions.search_parameters["Observation"]["code-value-quantity"]
    assert parameter.type == "composite"
    assert [(part.code, part.type, part.expression) for part in parameter.components] == [
        ("code", "token", "code"),
        ("value-quantity", "quantity", "value.as(Quantity)"),
    ]


def test_compartments_lead_by_parameters_that_exist(definitions: Definitions) -> None:
    assert set(definitions.compartments) == {"Device", "Encounter", "Patient", "Practitioner", "RelatedPerson"}
    assert definitions.compartments["Patient"]["Observation"] == ("subject", "performer")
    assert "Organization" not in definitions.compartments["Patient"]
    for by_type in definitions.compartments.values():
        for name, codes in by_type.items():
            assert codes, name
            assert set(codes) <= definitions.search_parameters[name].keys()
