"""Patches of a resource as pure functions: JSON Patch and FHIRPath Patch. https://hl7.org/fhir/R4/http.html#patch"""

from conformance.patch.fhirpath_patch import apply_fhirpath_patch
from conformance.patch.instructions import read_fhirpath_patch
from conformance.patch.json_patch import apply_json_patch, read_json_patch

__all__ = ["apply_fhirpath_patch", "apply_json_patch", "read_fhirpath_patch", "read_json_patch"]
