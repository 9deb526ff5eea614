"""StructureDefinitions and ElementDefinitions with what their many invariants ask for.

https://hl7.org/fhir/R4/structuredefinition.html, https://hl7.org/fhir/R4/elementdefinition.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.definitions.model import StructureType
from strategies.valid_values import name

if TYPE_CHECKING:
    from strategies.valid_resources import ValidResources

Value = dict[str, Any]
_CORE = "http://hl7.org/fhir/StructureDefinition/"
#: Shape of the whole -> what it adds; each is a definition that a publisher could write.
_SHAPES: tuple[Value, ...] = (
    {
        "kind": "resource", "abstract": False, "type": "Patient", "derivation": "constraint",
        "baseDefinition": f"{_CORE}Patient",
        "differential": {"element": [
            {"id": "Patient", "path": "Patient", "short": "A", "constraint": [
                {"key": "x-1", "severity": "error", "human": "h", "expression": "name.exists()"}]},
            {"id": "Patient.name", "path": "Patient.name", "min": 1, "max": "2", "mustSupport": True},
            {"id": "Patient.gender", "path": "Patient.gender", "fixedCode": "male"},
        ]},
    },
    {
        "kind": "complex-type", "abstract": False, "type": "Extension", "derivation": "constraint",
        "baseDefinition": f"{_CORE}Extension", "context": [{"type": "element", "expression": "Patient"}],
        "differential": {"element": [
            {"id": "Extension", "path": "Extension", "max": "1"},
            {"id": "Extension.url", "path": "Extension.url", "fixedUri": "https://example.org/x"},
            {"id": "Extension.value[x]", "path": "Extension.value[x]", "type": [{"code": "code"}], "binding": {
                "strength": "required", "valueSet": "http://hl7.org/fhir/ValueSet/administrative-gender"}},
        ]},
    },
    {
        "kind": "logical", "abstract": False, "type": "https://example.org/StructureDefinition/Book",
        "derivation": "specialization", "baseDefinition": f"{_CORE}Element",
        "differential": {"element": [
            {"id": "Book", "path": "Book", "min": 0, "max": "*"},
            {"id": "Book.title", "path": "Book.title", "min": 1, "max": "1", "type": [{"code": "string"}]},
        ]},
    },
    {
        "kind": "resource", "abstract": False, "type": "Observation", "derivation": "constraint",
        "baseDefinition": f"{_CORE}Observation",
        "differential": {"element": [
            {"id": "Observation", "path": "Observation"},
            {"id": "Observation.category", "path": "Observation.category", "slicing": {
                "discriminator": [{"type": "pattern", "path": "$this"}], "rules": "open"}},
            {"id": "Observation.category:lab", "path": "Observation.category", "sliceName": "lab", "min": 1, "max": "1",
             "patternCodeableConcept": {"coding": [{"code": "laboratory"}]}},
            {"id": "Observation.value[x]", "path": "Observation.value[x]", "type": [{"code": "Quantity"}]},
        ]},
    },
)  # fmt: skip
_SHAPED = ("kind", "abstract", "type", "derivation", "baseDefinition", "context", "contextInvariant", "differential",
           "snapshot")  # fmt: skip


def mend_structure_definition(make: ValidResources, structure: StructureType, value: Value) -> None:
    """sdf-1 to sdf-23: everything that the elements are about comes from one of a few shapes."""
    for key in _SHAPED:
        value.pop(key, None)
        value.pop(f"_{key}", None)
    value |= make.random.choice(_SHAPES) | {"url": f"https://example.org/StructureDefinition/{name(make.random)}"}
    value.pop("_url", None)
    value.pop("_name", None)
    for mapping in value.get("mapping", ()):  # sdf-2
        mapping["name"] = "n"
        mapping.pop("_name", None)


def mend_element_definition(make: ValidResources, structure: StructureType, value: Value) -> None:
    """eld-1 to eld-22: an element of a random other definition says little, so it stays with these."""
    kept = ("short", "definition", "comment", "alias", "mustSupport", "isSummary", "label", "mapping", "id")
    for key in [key for key in value if key.lstrip("_") not in kept]:
        del value[key]
    value |= make.random.choice(
        [
            {"path": "A.b", "min": 0, "max": "*"},
            {"path": "A.b[x]", "min": 1, "max": "2", "type": [{"code": "string"}, {"code": "integer"}]},
            {"path": "A.b", "type": [{"code": "code"}], "fixedCode": "c", "sliceName": "s/t", "max": "1"},
            {"path": "A", "isModifier": True, "isModifierReason": "because", "contentReference": "#A"},
            {"path": "A.b", "slicing": {"rules": "open", "description": "d"}, "constraint": [
                {"key": "k-1", "severity": "warning", "human": "h"},
                {"key": "k-2", "severity": "error", "human": "h"}]},
        ]
    )  # fmt: skip
