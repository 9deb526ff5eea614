"""The one registry of names: identifier systems, extensions, code systems, profiles.

Names are baked into every stored resource, so they are fixed here and nowhere else. Identifier systems and true
extensions of the community guide (``http://fhir.hl7.org.vn/core``, a draft without legal force) and of HL7 are reused
by URL. Everything else is ours and lives under a canonical base that is chosen once, at ``fhir-server init``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

DEFAULT_BASE = "https://w3id.org/vn-ehb"

COMMUNITY = "http://fhir.hl7.org.vn/core"
HL7 = "http://hl7.org/fhir"
HL7_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"


class Community:
    """URLs of the community guide that we reuse: they name the same thing there."""

    CCCD = f"{COMMUNITY}/sid/cccd"
    BHYT = f"{COMMUNITY}/sid/bhyt"
    PASSPORT = f"{COMMUNITY}/sid/passport"
    MA_LK = f"{COMMUNITY}/sid/ma-lk"
    CCHN = f"{COMMUNITY}/sid/cchn"
    ETHNICITY = f"{COMMUNITY}/StructureDefinition/vn-ext-ethnicity"
    OCCUPATION = f"{COMMUNITY}/StructureDefinition/vn-ext-occupation"
    PROVINCE = f"{COMMUNITY}/StructureDefinition/vn-ext-province"
    WARD = f"{COMMUNITY}/StructureDefinition/vn-ext-ward"
    ETHNICITY_CODES = f"{COMMUNITY}/CodeSystem/vn-ethnicity-cs"
    PROVINCE_CODES = f"{COMMUNITY}/CodeSystem/vn-province-cs"
    ICD10_VN = f"{COMMUNITY}/CodeSystem/vn-icd10-cs"


class Hl7:
    """Systems and extensions of HL7 and other international publishers that the mappers write."""

    NATIONALITY = f"{HL7}/StructureDefinition/patient-nationality"
    DATA_ABSENT_REASON = f"{HL7}/StructureDefinition/data-absent-reason"
    ACT_CODE = f"{HL7_TERMINOLOGY}/v3-ActCode"
    CONFIDENTIALITY = f"{HL7_TERMINOLOGY}/v3-Confidentiality"
    DIAGNOSIS_ROLE = f"{HL7_TERMINOLOGY}/diagnosis-role"
    CONDITION_CATEGORY = f"{HL7_TERMINOLOGY}/condition-category"
    CONDITION_VERIFICATION = f"{HL7_TERMINOLOGY}/condition-ver-status"
    OBSERVATION_CATEGORY = f"{HL7_TERMINOLOGY}/observation-category"
    IDENTIFIER_TYPE = f"{HL7_TERMINOLOGY}/v2-0203"
    CLAIM_TYPE = f"{HL7_TERMINOLOGY}/claim-type"
    LIST_EMPTY_REASON = f"{HL7_TERMINOLOGY}/list-empty-reason"
    PROCESS_PRIORITY = f"{HL7_TERMINOLOGY}/processpriority"
    COVERAGE_TYPE = f"{HL7_TERMINOLOGY}/coverage-selfpay"
    PROVENANCE_PARTICIPANT = f"{HL7_TERMINOLOGY}/provenance-participant-type"
    DATA_OPERATION = f"{HL7_TERMINOLOGY}/v3-DataOperation"
    LOINC = "http://loinc.org"
    UCUM = "http://unitsofmeasure.org"
    ICD10 = f"{HL7}/sid/icd-10"
    ICD9CM = f"{HL7}/sid/icd-9-cm"


#: Identifier systems of ours, by what they identify; ``facility`` ones take the 5-character MA_CSKCB as last segment.
IDENTIFIER_SYSTEMS = {
    "cmnd": "old 9-digit identity card",
    "e-id": "e-ID account, the number of a foreigner's electronic identification",
    "bhxh": "10-digit social-insurance number",
    "facility": "MA_CSKCB, 5 characters",
    "gln": "13-digit GLN of a facility",
    "insurer": "social-insurance agency",
    "patient": "MA_BN of one facility (facility code as last segment)",
    "record": "MA_HSBA, medical record number of one facility",
    "visit": "MA_LK of one facility",
    "row": "row of a claim table, keyed by content",
    "document": "health-book document",
}

#: Extensions of ours: name -> what it holds.
EXTENSIONS = {
    "as-of": "when a merged fact was true: time of the visit and day of the file that told it",
    "claim-amount": "one money column of a claim row: column code and Money",
    "column": "one coded or textual column of a claim row that R4 has no element for: column code and value",
    "entitlement": "MA_DOITUONG_KCB",
    "visit-kind": "MA_LOAI_KCB as sent",
    "treatment-outcome": "KET_QUA_DTRI",
    "benefit-level": "benefit digit of an insurance card",
    "initial-facility": "MA_DKBD",
    "continuous-since": "NAM_NAM_LIEN_TUC",
    "copayment-exempt-from": "NGAY_MIEN_CCT",
    "living-area": "MA_KHUVUC",
    "blood-group": "NHOM_MAU",
    "co-requester": "further ordering practitioners of a drug row",
    "identifier-guess": "why an identifier's type was guessed from its shape",
    "withheld": "number of entries left out of a health book by policy",
    "district": "MAHUYEN_CU_TRU (no district level since 1 July 2025)",
    "encounter": "visit of a resource that R4 gives no such element (SupplyDelivery)",
}

#: Code systems of ours: name -> what it lists.
CODE_SYSTEMS = {
    "cost-group": "MA_NHOM",
    "visit-kind": "MA_LOAI_KCB",
    "entitlement": "MA_DOITUONG_KCB",
    "treatment-outcome": "KET_QUA_DTRI",
    "discharge-kind": "MA_LOAI_RV",
    "injury-cause": "MA_TAI_NAN",
    "benefit-level": "third character of an insurance card",
    "card-group": "first two characters of an insurance card",
    "living-area": "MA_KHUVUC",
    "payment-scope": "PHAM_VI",
    "payment-method": "MA_PTTT",
    "drug-payer": "NGUON_CTRA",
    "anaesthesia": "PP_VO_CAM",
    "occupation": "MA_NGHE_NGHIEP",
    "nationality": "MA_QUOCTICH",
    "department": "MA_KHOA",
    "service": "MA_DICH_VU (DMDC)",
    "drug": "MA_THUOC, active ingredient",
    "supply": "MA_VAT_TU",
    "lab-indicator": "MA_CHI_SO",
    "route": "DUONG_DUNG",
    "traditional-disease": "MA_BENH_YHCT",
    "ward": "MAXA_CU_TRU",
    "claim-column": "columns of the claim tables",
    "book-section": "sections of the health book",
    "issue-rule": "rules that a source record may break",
    "label": "access labels",
}

#: Value sets of ours over code systems of others: name -> what it lists. Every code system of ours has one besides.
VALUE_SETS = {
    "ethnicity": "ethnic groups of QĐ 121-TCTK/PPCĐ, with foreigner and unknown",
    "province": "provinces since 1 July 2025 and the 63 before",
}

#: Profiles of ours, by the name that ends their canonical.
PROFILES = (
    "patient",
    "encounter",
    "coverage",
    "condition",
    "observation",
    "medication-request",
    "medication-dispense",
    "procedure",
    "claim",
    "health-book-composition",
    "health-book-bundle",
    "diagnostic-report",
    "service-request",
    "supply-delivery",
    "clinical-impression",
    "provenance",
    "organization",
    "practitioner",
    "location",
)


@dataclass(frozen=True)
class Names:
    """URLs under one canonical base. An unknown name raises KeyError, so that a typing error cannot be stored."""

    base: str = DEFAULT_BASE

    def sid(self, name: str, *segments: str) -> str:
        """URL of an identifier system of ours, narrowed by ``segments`` (a facility code)."""
        _known(name, IDENTIFIER_SYSTEMS)
        return "/".join((self.base, "sid", name, *segments))

    def extension(self, name: str) -> str:
        """Canonical of an extension of ours."""
        _known(name, EXTENSIONS)
        return f"{self.base}/StructureDefinition/ext-{name}"

    def code_system(self, name: str) -> str:
        """Canonical of a code system of ours."""
        _known(name, CODE_SYSTEMS)
        return f"{self.base}/CodeSystem/{name}"

    def value_set(self, name: str) -> str:
        """Canonical of a value set of ours: all codes of a code system of ours, or one of ``VALUE_SETS``."""
        _known(name, CODE_SYSTEMS | VALUE_SETS)
        return f"{self.base}/ValueSet/{name}"

    def profile(self, name: str) -> str:
        """Canonical of a profile of ours."""
        if name not in PROFILES:
            raise KeyError(name)
        return f"{self.base}/StructureDefinition/{name}"

    @cached_property
    def hiv_label(self) -> dict[str, str]:
        """The ``meta.security`` coding of data that tells of HIV."""
        return {"system": Hl7.ACT_CODE, "code": "HIV", "display": "HIV/AIDS information sensitivity"}


def _known(name: str, table: dict[str, str]) -> None:
    if name not in table:
        raise KeyError(name)
