"""What the invariants and texts of R4 ask between the elements of one type, each rule by its keys.

Written from the text of the specification. https://hl7.org/fhir/R4/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.definitions.model import StructureType
from strategies.mending import Mend, Value, add, at_most, drop, has, needs

if TYPE_CHECKING:
    from strategies.valid_resources import ValidResources

UCUM = "http://unitsofmeasure.org"
TERMS = "http://terminology.hl7.org/CodeSystem"


def codes(value: Value, key: str) -> set[Any]:
    return {coding.get("code") for coding in value.get(key, {}).get("coding", ())}


def period(make: ValidResources, structure: StructureType, value: Value) -> None:
    """per-1, for ends of different precision as well."""
    if "start" in value and "end" in value:
        value["start"], value["end"] = make.random.choice(
            [
                ("2020", "2020-05-06"),
                ("2020-05-06T08:00:00+07:00", "2020-05-06"),
                ("1999-12", "2000"),
                ("2020-05-06T08:00:00+07:00", "2020-05-06T02:00:00Z"),
                ("2021-01-01", "2021-01-01"),
            ]
        )


def same_unit(make: ValidResources, structure: StructureType, value: Value) -> None:
    """rng-2: both ends are in one unit, the low one first."""
    if "low" in value and "high" in value:
        low = make.random.randint(-5, 5)
        unit = make.random.choice([{}, {"unit": "mg", "system": UCUM, "code": "mg"}])
        value["low"], value["high"] = {"value": low} | unit, {"value": low + 1} | unit


def percent(make: ValidResources, structure: StructureType, value: Value) -> None:
    """ras-1, ras-2"""
    if "probabilityRange" in value:
        unit = {"system": UCUM, "code": "%"}
        value["probabilityRange"] = {"low": {"value": 1} | unit, "high": {"value": 2} | unit}
    if "probabilityDecimal" in value:
        value["probabilityDecimal"] = make.random.randint(0, 100)


def ucum(*codes: str) -> Mend:
    """age-1, cnt-3, dis-1, drt-1"""

    def mend(make: ValidResources, structure: StructureType, value: Value) -> None:
        drop(structure, value, "value", "system", "code")
        value.update({"value": make.random.randint(1, 99), "system": UCUM, "code": make.random.choice(codes)})

    return mend


def repeat(make: ValidResources, structure: StructureType, value: Value) -> None:
    """tim-1 to tim-10"""
    for stem in ("duration", "period"):
        if has(structure, value, f"{stem}Max"):
            add(make, structure, value, stem)
        if has(structure, value, stem):
            add(make, structure, value, f"{stem}Unit")
            value.pop(f"_{stem}", None)
            value[stem] = make.random.randint(0, 9)
        if f"{stem}Max" in value:
            value[f"{stem}Max"] = 10
    needs("countMax", "count")(make, structure, value)
    if has(structure, value, "offset"):
        value["when"] = [make.random.choice(["MORN", "HS", "AC"])]
        value.pop("_when", None)
    at_most("when", "timeOfDay")(make, structure, value)


def allergy(make: ValidResources, structure: StructureType, value: Value) -> None:
    """ait-1, ait-2"""
    if "entered-in-error" in codes(value, "verificationStatus"):
        drop(structure, value, "clinicalStatus")
    else:
        value["clinicalStatus"] = {"coding": [{"system": f"{TERMS}/allergyintolerance-clinical", "code": "active"}]}


def condition(make: ValidResources, structure: StructureType, value: Value) -> None:
    """con-4, con-5; con-3 is a warning"""
    if "entered-in-error" in codes(value, "verificationStatus"):
        drop(structure, value, "clinicalStatus", "abatement")
    elif has(structure, value, "abatement"):
        value["clinicalStatus"] = {"coding": [{"system": f"{TERMS}/condition-clinical", "code": "resolved"}]}


def appointment(make: ValidResources, structure: StructureType, value: Value) -> None:
    """app-2, app-3, app-4"""
    if value.get("status") in ("proposed", "cancelled", "waitlist") and make.chance(0.5):
        drop(structure, value, "start", "end")
    else:
        value |= {"start": "2024-01-02T08:00:00Z", "end": "2024-01-02T08:00:00.5Z"}


def sequence(make: ValidResources, structure: StructureType, value: Value) -> None:
    """msq-5, msq-6"""
    drop(structure, value, "chromosome", "genomeBuild", "referenceSeqId", "referenceSeqPointer", "referenceSeqString")
    one = make.random.choice(["genomeBuild", "referenceSeqId", "referenceSeqPointer", "referenceSeqString"])
    add(make, structure, value, one)
    if one == "genomeBuild":
        add(make, structure, value, "chromosome")


def in_order(first: str, last: str) -> Mend:
    """mdd-1; inv-1 of Task"""

    def mend(make: ValidResources, structure: StructureType, value: Value) -> None:
        if has(structure, value, first) and has(structure, value, last):
            drop(structure, value, first, last)
            value |= {first: "2024-05-06T08:00:00+07:00", last: "2024-05-06T01:00:00Z"}

    return mend


def not_at_home(element: str) -> Mend:
    """org-2, org-3"""

    def mend(make: ValidResources, structure: StructureType, value: Value) -> None:
        for item in value.get(element, ()):
            if isinstance(item, dict) and item.get("use") == "home":
                item["use"] = "work"

    return mend


def several_items(make: ValidResources, structure: StructureType, value: Value) -> None:
    """lnk-1"""
    while len(value["item"]) < 2:
        value["item"] += make.element(structure.elements["item"], structure.name, 1)["item"]


def component_codes(make: ValidResources, structure: StructureType, value: Value) -> None:
    """obs-6, obs-7; the code is none that asks for a profile of its own"""
    at_most("dataAbsentReason", "value")(make, structure, value)
    for number, holder in enumerate([value, *value.get("component", ())]):
        holder["code"] = {"coding": [{"system": "https://example.org/cs", "code": f"{number}"}], "text": "Mạch"}
    for component in value.get("component", ()):
        if "dataAbsentReason" in component and any(key.startswith("value") for key in component):
            del component["dataAbsentReason"]


def attachment(make: ValidResources, structure: StructureType, value: Value) -> None:
    """att-1; the size is that of the data, the hash is not looked at"""
    if has(structure, value, "data"):
        value |= {"data": "eMO0aQ==", "contentType": "text/plain"}
        if has(structure, value, "size"):
            value["size"] = 4
            value.pop("_size", None)


def identifier(make: ValidResources, structure: StructureType, value: Value) -> None:
    """A value that belongs to its system."""
    if "value" in value and make.chance(0.2):
        value |= {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}


def score(make: ValidResources, structure: StructureType, value: Value) -> None:
    """mrp-1, mrp-2"""
    if value["type"] == "data-collection":
        drop(structure, value, "group")


def plain_focus(make: ValidResources, structure: StructureType, value: Value) -> None:
    """md-1"""
    if "max" in value:
        value["max"] = make.random.choice(["*", "1", "12"])


def sequence_coordinates(make: ValidResources, structure: StructureType, value: Value) -> None:
    """msq-3"""
    value["coordinateSystem"] = make.random.randint(0, 1)
