"""What makes one resource into another, as a FHIRPath Patch. https://hl7.org/fhir/R4/fhirpatch.html

Applying the differences to the left resource gives the right one. Identity and what a store stamps (``id``,
``meta.versionId``, ``meta.lastUpdated``) are no differences: a patch cannot change them.
"""

from conformance.differences.comparison import differences

__all__ = ["differences"]
