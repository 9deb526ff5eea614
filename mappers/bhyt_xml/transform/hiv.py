"""Whether a claim tells that its patient lives with HIV; then every resource of the visit is labelled.

Table XML6 is only one of the ways: the entitlement, diagnoses, free text, drugs and laboratory indicators tell it too.
Labelling errs on the side of secrecy. https://hl7.org/fhir/R4/security-labels.html
"""

from __future__ import annotations

import re
from functools import lru_cache

from mappers.bhyt_xml.extract.claim import Claim
from mappers.bhyt_xml.extract.records import Record

_ENTITLEMENT = "1.9"
_DISEASE = re.compile(r"\b(?:B2[0-4]|Z21)(?![0-9])", re.IGNORECASE)
_WORD = re.compile(r"\b(?:HIV|AIDS|SIDA|ARV)\b", re.IGNORECASE)
#: Drugs that are given for HIV (or its prevention) and little else.
_DRUG = re.compile(
    r"dolutegravir|efavirenz|nevirapin|lopinavir|atazanavir|darunavir|raltegravir|abacavir|zidovudin|emtricitabin",
    re.IGNORECASE,
)
_TEXTS = {
    "XML1": ("LY_DO_VV", "LY_DO_VNT", "CHAN_DOAN_VAO", "CHAN_DOAN_RV", "PP_DIEU_TRI", "GHI_CHU"),
    "XML2": ("TEN_THUOC", "LIEU_DUNG", "CACH_DUNG"),
    "XML3": ("TEN_DICH_VU",),
    "XML4": ("TEN_CHI_SO", "MO_TA", "KET_LUAN"),
    "XML5": ("DIEN_BIEN_LS", "GIAI_DOAN_BENH", "HOI_CHAN", "PHAU_THUAT"),
}
_CODES = {"XML1": ("MA_BENH_CHINH", "MA_BENH_KT"), "XML3": ("MA_BENH",)}


def tells_of_hiv(claim: Claim) -> bool:
    """True when anything in the claim is a sign of HIV."""
    if claim.counts.get("XML6") or "XML6" in claim.damaged:
        return True
    return any(_is_sign(record) for records in claim.records.values() for record in records)


def _is_sign(record: Record) -> bool:
    sent = record.sent
    return (
        record.text("MA_DOITUONG_KCB").replace(",", ".") == _ENTITLEMENT
        or any(_names_disease(sent.get(name, "")) for name in _CODES.get(record.table, ()))
        or any(_has_word(sent.get(name, "")) for name in _TEXTS[record.table])
        or (record.table == "XML2" and _names_drug(sent.get("TEN_THUOC", "")))
    )


@lru_cache(maxsize=4096)
def _names_disease(codes: str) -> bool:
    return _DISEASE.search(codes) is not None


@lru_cache(maxsize=4096)
def _has_word(text: str) -> bool:
    return _WORD.search(text) is not None


@lru_cache(maxsize=4096)
def _names_drug(name: str) -> bool:
    return _DRUG.search(name) is not None
