"""What R4 asks inside the resources that define others: questionnaires, code systems, value sets, test scripts.

Written from the text of the specification. https://hl7.org/fhir/R4/conformance-module.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.definitions.model import StructureType
from strategies.mending import Value, add, at_most, drop, exactly, has
from strategies.valid_values import name

if TYPE_CHECKING:
    from strategies.valid_resources import ValidResources


def capability(make: ValidResources, structure: StructureType, value: Value) -> None:
    """cpb-2, cpb-14 to cpb-16; tcp-2 to tcp-5"""
    wanted = {"instance": ("implementation",), "capability": ("software",)}.get(value["kind"], ("description",))
    drop(structure, value, "implementation", "software")
    for element in wanted:
        add(make, structure, value, element)


def group_or_display(make: ValidResources, structure: StructureType, value: Value) -> None:
    """que-1 to que-13 of an item; enableWhen is mended with the whole form"""
    if value.get("item"):
        value["type"] = make.random.choice(["group", "group", "string", "choice"])
    elif value["type"] == "group":
        value["type"] = "string"
    kind = value["type"]
    if kind == "display":
        drop(structure, value, "code", "required", "repeats", "readOnly", "item")
    if kind in ("group", "display"):
        drop(structure, value, "initial", "answerOption", "answerValueSet", "maxLength")
    if kind not in ("choice", "open-choice", "string", "integer", "date", "time"):
        drop(structure, value, "answerOption", "answerValueSet")
    if kind not in ("boolean", "decimal", "integer", "string", "text", "url", "open-choice"):
        drop(structure, value, "maxLength")
    at_most("answerOption", "answerValueSet")(make, structure, value)
    if has(structure, value, "answerOption"):
        drop(structure, value, "initial")
    if has(structure, value, "initial"):
        value["initial"] = value["initial"][:1]


def form(make: ValidResources, structure: StructureType, value: Value) -> None:
    """que-2; conditions lead to another item, which can be answered"""
    items: list[Value] = []
    waiting = list(value.get("item", ()))
    while waiting:
        items.append(waiting.pop())
        waiting.extend(items[-1].get("item", ()))
    for number, item in enumerate(items):
        item["linkId"] = f"{number}"
        item.pop("_linkId", None)
    first: Value = {"linkId": "first", "type": "boolean"}
    conditions = [one for item in items for one in item.get("enableWhen", ())]
    for condition in conditions:
        condition["question"] = "first"
        condition.pop("_question", None)
        for key in [key for key in condition if key.lstrip("_").startswith("answer")]:
            del condition[key]
        condition["answerBoolean"] = True
    for item in items:
        if len(item.get("enableWhen", ())) > 1:
            item["enableBehavior"] = "all"
    if conditions:
        value["item"] = [first, *value["item"]]


def code_system(make: ValidResources, structure: StructureType, value: Value) -> None:
    """csd-1, the stated count, and properties as they are defined"""
    concepts: list[Value] = []
    waiting = list(value.get("concept", ()))
    while waiting:
        concepts.append(waiting.pop())
        waiting.extend(concepts[-1].get("concept", ()))
    kinds = {"code": "valueCode", "string": "valueString", "integer": "valueInteger", "boolean": "valueBoolean"}
    for number, stated in enumerate(value.get("property", ())):
        stated |= {"code": f"p{number}", "type": make.random.choice(list(kinds))}
        drop(structure.elements["property"].children or structure, stated, "uri")
    for number, concept in enumerate(concepts):
        concept["code"] = f"{make.random.choice('aB')}{number}"
        concept.pop("_code", None)
        concept.pop("property", None)
        if value.get("property") and make.chance(0.5):
            stated = make.random.choice(value["property"])
            held = {"valueCode": "a", "valueString": "b", "valueInteger": 1, "valueBoolean": False}
            key = kinds[stated["type"]]
            concept["property"] = [{"code": stated["code"], key: held[key]}]
    if value["content"] == "not-present" and concepts:
        value["content"] = "fragment"
    if has(structure, value, "count"):
        value["count"] = len(concepts)


def value_set_part(make: ValidResources, structure: StructureType, value: Value) -> None:
    """vsd-1 to vsd-3; the system is one that nobody knows"""
    at_most("concept", "filter")(make, structure, value)
    if has(structure, value, "concept") or has(structure, value, "filter") or not has(structure, value, "valueSet"):
        value["system"] = f"https://example.org/cs/{name(make.random)}"
    value.pop("_system", None)


def contains(make: ValidResources, structure: StructureType, value: Value) -> None:
    """vsd-6, vsd-9, vsd-10"""
    drop(structure, value, "code", "system", "abstract")
    value |= make.random.choice([{"code": "a", "system": "https://example.org/cs"}, {"display": "A", "abstract": True}])


def parameter(make: ValidResources, structure: StructureType, value: Value) -> None:
    """opd-1 to opd-3"""
    exactly("type", "part")(make, structure, value)
    if value.get("type") != "string":
        drop(structure, value, "searchType")
    if value.get("type") not in ("Reference", "canonical"):
        drop(structure, value, "targetProfile")
    value.pop("_type", None)


def trigger(make: ValidResources, structure: StructureType, value: Value) -> None:
    """trd-1 to trd-3"""
    if value["type"] == "named-event":
        add(make, structure, value, "name")
    elif value["type"] == "periodic":
        drop(structure, value, "data", "condition")
        add(make, structure, value, "timing")
    elif value["type"].startswith("data-"):
        drop(structure, value, "timing")
        add(make, structure, value, "data")
    at_most("data", "timing")(make, structure, value)
    if not has(structure, value, "data"):
        drop(structure, value, "condition")


def assertion(make: ValidResources, structure: StructureType, value: Value) -> None:
    """tst-5, tst-6, tst-10 to tst-13"""
    at_most(
        "contentType", "expression", "headerField", "minimumId", "navigationLinks", "path", "requestMethod",
        "resource", "responseCode", "response", "validateProfileId",
    )(make, structure, value)  # fmt: skip
    if has(structure, value, "direction"):
        value["direction"] = "response"
        value.pop("_direction", None)
    drop(structure, value, "compareToSourceId", "compareToSourceExpression", "compareToSourcePath")
    if make.chance(0.3):
        add(make, structure, value, "compareToSourceId")
        add(make, structure, value, "compareToSourcePath")


def operation(make: ValidResources, structure: StructureType, value: Value) -> None:
    """tst-7 to tst-9"""
    drop(structure, value, "sourceId", "targetId", "url", "params")
    add(make, structure, value, make.random.choice(["sourceId", "targetId", "url", "params"]))


def guide(make: ValidResources, structure: StructureType, value: Value) -> None:
    """ig-1, ig-2"""
    definition = value.get("definition", {})
    for resource in definition.get("resource", ()):
        for key in ("groupingId", "_groupingId", "fhirVersion", "_fhirVersion"):
            resource.pop(key, None)
        if definition.get("grouping") and make.chance(0.5):
            definition["grouping"][0]["id"] = "group-1"
            resource["groupingId"] = "group-1"


def naming(make: ValidResources, structure: StructureType, value: Value) -> None:
    """nsd-1, nsd-2"""
    for number, unique in enumerate(value["uniqueId"]):
        unique["preferred"] = number == 0
        if unique["type"] == "uuid":
            unique["type"] = "other"


def single_version(make: ValidResources, structure: StructureType, value: Value) -> None:
    """tcp-1"""
    if "version" in value:
        value["version"] = value["version"][:1]
