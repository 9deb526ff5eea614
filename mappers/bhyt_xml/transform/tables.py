"""The decisions of this mapping as tables: kind of visit -> class, cost group -> resource, unit -> UCUM, vital signs.

``mappers.bhyt_xml.document`` prints them; the transforms look them up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

#: MA_LOAI_KCB -> Encounter.class (v3-ActCode); every other kind is AMB.
CLASSES: Mapping[str, str] = MappingProxyType(
    {"03": "IMP", "04": "SS", "09": "SS", "06": "OBSENC", "11": "FLD", "12": "HH", "14": "VR"}
)
CLASS_DISPLAYS: Mapping[str, str] = MappingProxyType(
    {
        "AMB": "ambulatory",
        "EMER": "emergency",
        "FLD": "field",
        "HH": "home health",
        "IMP": "inpatient encounter",
        "OBSENC": "observation encounter",
        "SS": "short stay",
        "VR": "virtual",
    }
)
#: MA_DOITUONG_KCB of an emergency: makes a visit that is not an admission EMER.
EMERGENCY = "2"

#: MA_NHOM of an XML3 row -> the clinical resource it becomes; the others are claim items only.
SERVICE_RESOURCES: Mapping[str, str] = MappingProxyType(
    {
        "1": "ServiceRequest",
        "2": "ServiceRequest",
        "3": "ServiceRequest",
        "8": "Procedure",
        "18": "Procedure",
        "10": "SupplyDelivery",
        "11": "SupplyDelivery",
    }
)
#: MA_NHOM of an XML2 row that is no prescription -> its resource, empty for a claim item only (12 is transport).
NOT_PRESCRIBED: Mapping[str, str] = MappingProxyType({"7": "SupplyDelivery", "17": "SupplyDelivery", "12": ""})
#: A drug code that begins so is the transport of blood, whatever its cost group.
BLOOD_TRANSPORT = "VM."

#: MA_NHOM of the service -> observation-category of its results.
RESULT_CATEGORIES: Mapping[str, str] = MappingProxyType({"1": "laboratory", "2": "imaging", "3": "procedure"})
#: observation-category -> code of v2-0074 for the report.
REPORT_SECTIONS: Mapping[str, str] = MappingProxyType({"laboratory": "LAB", "imaging": "RAD", "procedure": "OTH"})

#: MA_NHOM of an examination.
EXAMINATION = "13"


@dataclass(frozen=True, slots=True)
class Sign:
    """One vital sign: LOINC code, display and Vietnamese name, unit as printed and in UCUM, and R4's profile of it."""

    code: str
    display: str
    name: str
    unit: str
    ucum: str
    profile: str


_R4 = "http://hl7.org/fhir/StructureDefinition"
#: Part of the CSST string -> vital sign; https://hl7.org/fhir/R4/observation-vitalsigns.html
SIGNS: Mapping[str, Sign] = MappingProxyType(
    {
        "M": Sign("8867-4", "Heart rate", "Mạch", "lần/phút", "/min", f"{_R4}/heartrate"),
        "T": Sign("8310-5", "Body temperature", "Nhiệt độ", "°C", "Cel", f"{_R4}/bodytemp"),
        "NT": Sign("9279-1", "Respiratory rate", "Nhịp thở", "lần/phút", "/min", f"{_R4}/resprate"),
        "SP": Sign("2708-6", "Oxygen saturation in Arterial blood", "Độ bão hòa oxy", "%", "%", f"{_R4}/oxygensat"),
    }
)
PRESSURE = Sign("85354-9", "Blood pressure panel with all children optional", "Huyết áp", "", "", f"{_R4}/bp")
SYSTOLIC = Sign("8480-6", "Systolic blood pressure", "Huyết áp tâm thu", "mmHg", "mm[Hg]", "")
DIASTOLIC = Sign("8462-4", "Diastolic blood pressure", "Huyết áp tâm trương", "mmHg", "mm[Hg]", "")
WEIGHT = Sign("29463-7", "Body weight", "Cân nặng", "kg", "kg", f"{_R4}/bodyweight")

#: DON_VI_DO of which the case decides, without spaces -> UCUM: G is giga (10^9 cells), g is gram.
CASED_UCUM: Mapping[str, str] = MappingProxyType({"G/L": "10*9/L", "G/l": "10*9/L"})
#: DON_VI_DO, folded to lower case without spaces -> UCUM. A unit that is not here stays text.
UCUM: Mapping[str, str] = MappingProxyType(
    {
        "%": "%", "g/l": "g/L", "g/dl": "g/dL", "mg/l": "mg/L", "mg/dl": "mg/dL", "mmol/l": "mmol/L",
        "µmol/l": "umol/L", "μmol/l": "umol/L", "umol/l": "umol/L", "nmol/l": "nmol/L", "pmol/l": "pmol/L",
        "ng/ml": "ng/mL", "pg/ml": "pg/mL", "µg/l": "ug/L", "μg/l": "ug/L", "ug/l": "ug/L", "u/l": "U/L",
        "iu/l": "[IU]/L", "iu/ml": "[IU]/mL", "ui/l": "[IU]/L", "miu/l": "m[IU]/L", "miu/ml": "m[IU]/mL",
        "µiu/ml": "u[IU]/mL", "uiu/ml": "u[IU]/mL", "fl": "fL", "pg": "pg", "l/l": "L/L", "mm/h": "mm/h",
        "t/l": "10*12/L", "g/l(bc)": "10*9/L", "10^9/l": "10*9/L", "10^12/l": "10*12/L", "k/ul": "10*3/uL",
        "k/µl": "10*3/uL", "m/ul": "10*6/uL", "giây": "s", "s": "s", "mmhg": "mm[Hg]", "mm": "mm", "cm": "cm",
        "ml": "mL", "meq/l": "meq/L", "ml/phút": "mL/min", "mm3": "mm3",
    }
)  # fmt: skip

#: LOINC of a narrative finding, by observation-category.
FINDINGS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "imaging": ("18782-3", "Radiology Study observation (narrative)"),
        "laboratory": ("59776-5", "Procedure findings Narrative"),
        "procedure": ("59776-5", "Procedure findings Narrative"),
    }
)
