"""Refusals of the store as FHIR's errors. https://hl7.org/fhir/R4/http.html#concurrency"""

from __future__ import annotations

from conformance.errors import Conflict, FhirError, PreconditionFailed
from conformance.issues import Message
from fhir_server.repository.messages import CHANGED_MEANWHILE, EXISTS, VERSION_MISMATCH
from fhir_server.store.protocol import Refusal, RefusalReason

_ERRORS: dict[RefusalReason, tuple[type[FhirError], Message]] = {
    RefusalReason.VERSION: (PreconditionFailed, VERSION_MISMATCH),
    RefusalReason.EXISTS: (Conflict, EXISTS),
    RefusalReason.GUARD: (Conflict, CHANGED_MEANWHILE),
}


def refused(refusal: Refusal) -> FhirError:
    """The error that tells why a unit was not applied."""
    category, message = _ERRORS[refusal.reason]
    return category.of(message, key=refusal.key, current=refusal.current)
