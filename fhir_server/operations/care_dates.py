"""When the care that a resource tells of was given. https://hl7.org/fhir/R4/patient-operation-everything.html

By the search parameters of its type that tell of care, not of record keeping: from the first such date to the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timezone
from typing import NamedTuple

from conformance.errors import BadRequest
from conformance.issues import Words
from conformance.json_codec import decode
from conformance.temporal import interval
from fhir_server.exchange.messages import BAD_PARAMETER
from fhir_server.exchange.request import Request
from fhir_server.search import Indexer
from fhir_server.store.entries import Entry, Interval, Kind
from fhir_server.store.protocol import Version

_EARLIEST, _LATEST = -(2**62), 2**62

#: Type of a compartment -> the parameters that tell when care was given; types without one are always in scope.
CARE_DATES: Mapping[str, tuple[str, ...]] = {
    "Account": ("period",),
    "AdverseEvent": ("date",),
    "AllergyIntolerance": ("date", "onset", "last-date"),
    "Appointment": ("date",),
    "CarePlan": ("date",),
    "CareTeam": ("date",),
    "ChargeItem": ("occurrence",),
    "Claim": ("created",),
    "ClaimResponse": ("created",),
    "ClinicalImpression": ("date",),
    "Communication": ("sent", "received"),
    "CommunicationRequest": ("occurrence", "authored"),
    "Composition": ("date", "period"),
    "Condition": ("onset-date", "abatement-date", "recorded-date"),
    "Consent": ("date",),
    "DetectedIssue": ("identified",),
    "DeviceRequest": ("event-date", "authored-on"),
    "DiagnosticReport": ("date", "issued"),
    "DocumentReference": ("period", "date"),
    "Encounter": ("date",),
    "EpisodeOfCare": ("date",),
    "ExplanationOfBenefit": ("created",),
    "Flag": ("date",),
    "Goal": ("start-date", "target-date"),
    "ImagingStudy": ("started",),
    "Immunization": ("date",),
    "ImmunizationEvaluation": ("date",),
    "Invoice": ("date",),
    "List": ("date",),
    "MeasureReport": ("period", "date"),
    "Media": ("created",),
    "MedicationAdministration": ("effective-time",),
    "MedicationDispense": ("whenhandedover", "whenprepared"),
    "MedicationRequest": ("authoredon", "date"),
    "MedicationStatement": ("effective",),
    "NutritionOrder": ("datetime",),
    "Observation": ("date",),
    "Procedure": ("date",),
    "Provenance": ("when", "recorded"),
    "QuestionnaireResponse": ("authored",),
    "RequestGroup": ("authored",),
    "RiskAssessment": ("date",),
    "ServiceRequest": ("occurrence", "authored"),
    "Specimen": ("collected",),
    "SupplyRequest": ("date",),
    "VisionPrescription": ("datewritten",),
}


class Span(NamedTuple):
    """Microseconds since 1970 UTC, the end not included."""

    low: int
    high: int


def care_span(request: Request, zone: timezone) -> Span | None:
    """The time that ``start`` and ``end`` name, both included; None without either. Raises BadRequest."""
    start, end = _day(request, "start", zone), _day(request, "end", zone)
    if start is None and end is None:
        return None
    return Span(start[0] if start else _EARLIEST, end[1] if end else _LATEST)


def _day(request: Request, name: str, zone: timezone) -> tuple[int, int] | None:
    text = request.parameter(name)
    if text is None:
        return None
    try:
        return interval(text.replace(" ", "+"), zone)
    except ValueError as error:
        raise BadRequest.of(BAD_PARAMETER, parameter=name, value=text, expected=Words("a date", "ngày")) from error


@dataclass(frozen=True, slots=True)
class CareDates:
    """Compares the care dates of resources with a span, by the entries that a search for them would use."""

    indexer: Indexer
    span: Span

    def meet(self, version: Version) -> bool:
        """True when the care overlaps the span, or when nothing tells of its time."""
        codes = CARE_DATES.get(version.key.type)
        if codes is None:
            return True
        entries = self.indexer.entries(decode(version.body))
        found = [bound for one in entries if one.param in codes for bound in _moments(one)]
        return not found or (min(found) < self.span.high and max(found) > self.span.low)


def _moments(entry: Entry) -> list[int]:
    """Both ends of a date."""
    if entry.kind is not Kind.RANGE or not isinstance(entry.value, Interval):
        return []
    return [bound for bound in entry.value if isinstance(bound, int)]
