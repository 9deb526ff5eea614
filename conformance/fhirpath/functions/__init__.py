"""The functions of FHIRPath, as one table. https://hl7.org/fhirpath/N1/#functions, https://hl7.org/fhir/R4/fhirpath.html"""

from __future__ import annotations

from conformance.fhirpath.compiler import Builder
from conformance.fhirpath.functions import (
    boundaries,
    collections,
    conversions,
    definitions,
    encodings,
    filters,
    math,
    questions,
    references,
    strings,
    tree,
)

#: Name -> builder. What is not here is refused by name and place.
FUNCTIONS: dict[str, Builder] = {
    **questions.FUNCTIONS,
    **filters.FUNCTIONS,
    **collections.FUNCTIONS,
    **tree.FUNCTIONS,
    **conversions.FUNCTIONS,
    **strings.FUNCTIONS,
    **encodings.FUNCTIONS,
    **math.FUNCTIONS,
    **boundaries.FUNCTIONS,
    **references.FUNCTIONS,
    **definitions.FUNCTIONS,
}

__all__ = ["FUNCTIONS"]
