"""The insurance cards of a visit as Coverage, or the patient as payer. https://hl7.org/fhir/R4/coverage.html"""

from __future__ import annotations

import re

from mappers.bhyt_xml.transform.identity import Card
from mappers.bhyt_xml.transform.shared import facility, insurer
from mappers.bhyt_xml.transform.visit import Visit
from mappers.bhyt_xml.transform.words import Json, coding, concept, national, period, present, reference
from mappers.merge import normal
from terminology.names import HL7_TERMINOLOGY, Community, Hl7

_COVERAGE_CLASS = f"{HL7_TERMINOLOGY}/coverage-class"
_RELATIONSHIP = f"{HL7_TERMINOLOGY}/subscriber-relationship"
_GROUPED = re.compile(r"([A-Z]{2})([1-5])\d{12}")


def coverages(visit: Visit) -> list[Json]:
    """One Coverage for each card, focal first; without cards the self-pay Coverage, so that a Claim can be made."""
    if not visit.cards:
        return [self_pay(visit)]
    ordered = sorted(visit.cards, key=lambda card: card is not focal(visit))
    made = {item["id"]: item for item in reversed([coverage(visit, card) for card in ordered])}
    return list(reversed(made.values()))


def focal(visit: Visit) -> Card:
    """The card that pays: valid on arrival, then the one that began latest."""
    day = visit.summary.text("NGAY_VAO")[:10]

    def rank(card: Card) -> tuple[bool, str, str]:
        valid = (not card.start or card.start[:10] <= day) and (not card.end or card.end[:10] >= day)
        return valid, card.start, card.number

    return max(visit.cards, key=rank)


def coverage(visit: Visit, card: Card) -> Json:
    """The Coverage of one card of this person: key is person, card and GT_THE_TU."""
    valid = period(card.start[:10], card.end[:10])
    return normal(
        {
            "resourceType": "Coverage",
            "id": visit.ids.of("coverage", visit.patient_id, card.number, card.start[:10]),
            "meta": {"profile": [visit.urls.profile["coverage"]]},
            **present(extension=_extensions(visit, card)),
            "identifier": [{"system": Community.BHYT, "value": card.number}],
            "status": "active",
            "type": concept(coding(Hl7.ACT_CODE, "PUBLICPOL", "public healthcare")),
            "subscriberId": card.number,
            "beneficiary": visit.patient,
            "relationship": concept(coding(_RELATIONSHIP, "self")),
            **({"period": {"extension": [visit.as_of], **valid}} if valid else {}),
            "payor": [insurer(visit)],
            **present(**{"class": _classes(card)}),
        }
    )


def self_pay(visit: Visit) -> Json:
    """The Coverage of an uninsured visit: the patient pays."""
    return {
        "resourceType": "Coverage",
        "id": visit.ids.of("coverage", visit.patient_id, "self-pay"),
        "meta": {"profile": [visit.urls.profile["coverage"]]},
        "status": "active",
        "type": concept(coding(Hl7.COVERAGE_TYPE, "pay", "Pay")),
        "beneficiary": visit.patient,
        "payor": [visit.patient],
    }


def _extensions(visit: Visit, card: Card) -> list[Json]:
    found = []
    if grouped := _GROUPED.fullmatch(card.number):
        level = national(visit.urls, "benefit-level", grouped.group(2))
        found.append({"url": visit.urls.extension["benefit-level"], "valueCoding": level})
    if card.facility:
        registered = {"extension": [visit.as_of], **facility(visit, card.facility)}
        found.append({"url": visit.urls.extension["initial-facility"], "valueReference": registered})
    return found


def _classes(card: Card) -> list[Json]:
    """The object group (first two letters) of a 15-character card."""
    grouped = _GROUPED.fullmatch(card.number)
    if grouped is None:
        return []
    return [{"type": concept(coding(_COVERAGE_CLASS, "group")), "value": grouped.group(1)}]


def insurance(held: list[Json]) -> list[Json]:
    """Claim.insurance: exactly one focal, the first of ``held``."""
    return [
        {"sequence": place, "focal": place == 1, "coverage": reference("Coverage", item["id"])}
        for place, item in enumerate(held, 1)
    ]
