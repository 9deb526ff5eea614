"""The groups of the health book as data: what each is called and which resource types it takes.

QĐ 31/QĐ-BYT (2026), article 2 paragraph 3, known to us from secondary notes only. A visit-bound resource is listed in
the section of its visit, whatever group its type stands in.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """One group of the book. ``code`` is a concept of our ``book-section`` code system."""

    code: str
    vi: str
    en: str
    types: tuple[str, ...]

    def title(self, language: str) -> str:
        """The heading in ``vi`` or ``en``."""
        return self.vi if language == "vi" else self.en


ADMINISTRATIVE = Group(
    "administrative", "Thông tin hành chính", "Administrative", ("Patient", "RelatedPerson", "Coverage")
)
HISTORY = Group(
    "history",
    "Tiền sử: dị ứng, bệnh tật, tiêm chủng",
    "History: allergies, diseases, vaccination",
    ("AllergyIntolerance", "Immunization", "FamilyMemberHistory", "Condition"),
)
VISITS = Group("visits", "Các lần khám bệnh, chữa bệnh", "Visits", ())
SUMMARY = Group(
    "record-summary",
    "Tóm tắt hồ sơ bệnh án",
    "Record summary",
    ("CarePlan", "Appointment", "DocumentReference"),
)

GROUPS = (ADMINISTRATIVE, HISTORY, VISITS, SUMMARY)

#: What a visit shows, in this order.
VISIT_TYPES = (
    "Condition",
    "Observation",
    "DiagnosticReport",
    "Procedure",
    "ServiceRequest",
    "MedicationRequest",
    "MedicationDispense",
    "ClinicalImpression",
    "SupplyDelivery",
    *(resource_type for group in (HISTORY, SUMMARY) for resource_type in group.types if resource_type != "Condition"),
)

#: Types of content that is listed without a visit too.
UNBOUND_TYPES = frozenset((*HISTORY.types, *SUMMARY.types))

#: Elements through which a resource names its visit.
VISIT_ELEMENTS = ("encounter", "context")

#: Elements that name the person whom a resource is about.
PERSON_ELEMENTS = ("subject", "patient", "beneficiary")

#: Types that are included because something in the book refers to them.
SUPPORTING_TYPES = frozenset({"Organization", "Practitioner", "PractitionerRole", "Location", "Medication", "Device"})
