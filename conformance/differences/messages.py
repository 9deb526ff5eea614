"""Messages of differences. https://hl7.org/fhir/R4/fhirpatch.html"""

from __future__ import annotations

from conformance.issues import Message, Severity

UNKNOWN_ELEMENT = Message(
    "CNF-2001",
    Severity.ERROR,
    "structure",
    "{path} holds {name!r}, which is no element of {type}, so that it cannot be compared.",
    "{path} có {name!r}, không phải phần tử của {type} nên không thể so sánh.",
)
