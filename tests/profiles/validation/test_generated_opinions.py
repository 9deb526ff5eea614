"""Two other readers of FHIR judge generated resources: the JSON schema of R4 and the models of fhir.resources.

The schema is ``openapi/fhir.schema.json`` of the package hl7.fhir.r4.core; FHIR_SCHEMA names the file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from conformance.definitions import Definitions
from conformance.json_codec import encode
from profiles.validation import Validator
from strategies.valid_resources import ValidResources
from terminology.membership import ValueSets

EACH = 20 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 2

#: What the schema refuses although the specification has it; each with its reason.
SCHEMA_ERRATA = (
    "ValueMeta",  # as the next, in StructureMap
    "valueMeta",  # Meta is among the types of Extension.value[x] in its StructureDefinition, the schema left it out
    "('_",  # it has no twins of Resource.id and of canonicals, to which the XML schema gives extensions as to any other
    "None is not of type",  # null holds the place of a value that has only an extension (json.html#primitive)
    "is not one of ['text/cql', 'text/fhirpath', 'application/x-fhir-query']",  # Expression.language is extensible
)
#: Resource types that R4B, of which fhir.resources has the models, changed or does not have any more.
CHANGED = frozenset({
    "Bundle", "Parameters",  # they hold any resource
    "DeviceDefinition", "Evidence", "EvidenceVariable", "EffectEvidenceSynthesis", "RiskEvidenceSynthesis",
    "ManufacturedItemDefinition", "NutritionOrder", "SubscriptionStatus", "ResearchElementDefinition",
})  # fmt: skip
#: What fhir.resources refuses although R4 has it; each with its reason.
MODEL_ERRATA = (
    "UUID version",  # FHIR takes any UUID
    "valueMeta",  # as the schema
    "('_id',)",  # as the schema
)


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    path = Path(os.environ.get("FHIR_SCHEMA", "fhir.schema.json"))
    if not path.is_file():
        pytest.skip("the JSON schema of R4 was not found: set FHIR_SCHEMA to openapi/fhir.schema.json of the package")
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def generated(definitions: Definitions, value_sets: ValueSets, seed: int) -> list[dict[str, Any]]:
    made = ValidResources(definitions, value_sets, seed, 5)
    return [json.loads(encode(made.resource(type_name))) for type_name in definitions.resource_types * EACH]


def leaves(error: jsonschema.ValidationError) -> Iterator[jsonschema.ValidationError]:
    """What is wrong by the alternative that fits best: of all resource types the one that is meant."""
    branches: dict[Any, list[jsonschema.ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    if not branches:
        yield error
        return
    for inner in min(
        branches.values(), key=lambda found: (any("was expected" in one.message for one in found), len(found))
    ):
        yield from leaves(inner)


def test_law_the_schema_accepts_what_is_generated(
    schema: dict[str, Any], definitions: Definitions, value_sets: ValueSets
) -> None:
    @cache
    def judge(type_name: str) -> jsonschema.Draft6Validator:
        return jsonschema.Draft6Validator(schema | {"$ref": f"#/definitions/{type_name}"})

    found = [
        f"{resource['resourceType']}{error.json_path}: {error.message}"
        for resource in generated(definitions, value_sets, 5)
        for whole in judge(resource["resourceType"]).iter_errors(resource)
        for error in leaves(whole)
    ]
    assert [text for text in found if not any(known in text for known in SCHEMA_ERRATA)] == []


def test_law_the_models_accept_what_is_generated(definitions: Definitions, value_sets: ValueSets) -> None:
    judged, found = 0, []
    for resource in generated(definitions, value_sets, 6):
        try:
            model = get_fhir_model_class(resource["resourceType"])
        except ValueError:  # R4B has no such type
            continue
        kinds = {resource["resourceType"], *(inner["resourceType"] for inner in resource.get("contained", ()))}
        if kinds & CHANGED:
            continue
        judged += 1
        try:
            model.model_validate(resource)
        except KeyError:  # it contains a resource of a type that R4B has not
            continue
        except ValidationError as error:
            found += [f"{resource['resourceType']}.{row['loc']}: {row['msg']}" for row in error.errors()]
    assert [text for text in found if not any(known in text for known in MODEL_ERRATA)] == []
    assert judged > 100 * EACH


#: Changes of a valid resource that a schema can see.
BREAKS: dict[str, Any] = {
    "unknown element": lambda resource: resource | {"khongCo": 1},
    "list for text": lambda resource: resource | {"id": ["a"]},
    "number for text": lambda resource: resource | {"implicitRules": 5},
    "object for list": lambda resource: resource | {"extension": {"url": "https://example.org/x"}},
    "bad id": lambda resource: resource | {"id": "a_b"},
    "bad instant": lambda resource: resource | {"meta": {"lastUpdated": "2024-01-02"}},
}


@pytest.mark.parametrize("name", BREAKS)
def test_law_what_the_schema_refuses_is_refused(
    name: str, schema: dict[str, Any], definitions: Definitions, value_sets: ValueSets, validator: Validator
) -> None:
    """Every type, broken in the same way: the schema and the validator both see it."""
    made = ValidResources(definitions, value_sets, 7, 1)
    for type_name in definitions.resource_types:
        if name == "object for list" and "extension" not in definitions.structure(type_name).elements:
            continue
        broken = BREAKS[name](made.resource(type_name, 1))
        plain = json.loads(encode(broken))
        judge = jsonschema.Draft6Validator(schema | {"$ref": f"#/definitions/{type_name}"})
        assert not judge.is_valid(plain), type_name
        assert any(issue.is_error for issue in validator.validate(broken)), type_name


def test_the_digits_of_a_number_are_no_matter_of_opinion(validator: Validator) -> None:
    """A number as text is refused by both, a number with many digits by none."""
    model = get_fhir_model_class("Observation")
    sound = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    exact = sound | {"valueQuantity": {"value": Decimal("1.000000000000000001")}}
    assert not any(issue.is_error for issue in validator.validate(exact))
    assert model.model_validate(exact)
    broken = sound | {"valueQuantity": {"value": "một"}}
    assert any(issue.is_error for issue in validator.validate(broken))
    with pytest.raises(ValidationError):
        model.model_validate(broken)
