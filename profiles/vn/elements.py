"""Rows of a declaration -> ElementDefinitions of a differential. https://hl7.org/fhir/R4/elementdefinition.html

A row is keyed by the element's id below the type (``identifier:cccd.value``) and may say: ``card`` (``1..``), ``type``,
``bind`` (strength and value set), ``slice`` (discriminator), ``ext``, ``profile`` or ``url`` (of an extension slice),
any ``fixed…`` or ``pattern…``, ``src`` (columns that fill it) or ``made`` (how else), texts ``en`` and ``vi``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from profiles.vn.declarations import Json, declared
from terminology.names import HL7, Names

_TRANSLATION = f"{HL7}/StructureDefinition/translation"
_BY_URL = "value:url"
_TYPE = re.compile(r"(\w+)(?:\(([^)]*)\))?")


def bilingual(name: str, en: str, vi: str) -> Json:
    """A text element in English with its Vietnamese translation as extension."""
    parts = [{"url": "lang", "valueCode": "vi"}, {"url": "content", "valueString": vi}]
    return {name: en, f"_{name}": {"extension": [{"url": _TRANSLATION, "extension": parts}]}}


def mappings(row: Mapping[str, Any]) -> list[Json]:
    """Where a row says that its element is filled from, as ElementDefinition.mapping."""
    known = declared("package")["mappings"]
    found = [
        {"identity": identity, "map": token}
        for token in row.get("src", "").split()
        for identity, stated in known.items()
        if stated["match"] and re.fullmatch(stated["match"], token)
    ]
    return [*found, {"identity": "made", "map": row["made"]}] if "made" in row else found


def element_type(text: str) -> Json:
    """``Coding``; ``Reference(Patient|Group)`` with its targets; ``Extension(canonical)`` with its profile."""
    found = _TYPE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    code, inner = found.groups()
    urls = [part if ":" in part else f"{HL7}/StructureDefinition/{part}" for part in inner.split("|")] if inner else []
    if not urls:
        return {"code": code}
    return {"code": code, "targetProfile" if code == "Reference" else "profile": urls}


def path_of(element_id: str) -> str:
    """The path of an element id: without the names of slices."""
    return ".".join(step.partition(":")[0] for step in element_id.split("."))


def differential(root: str, rows: Mapping[str, Json], constraints: Iterable[Json], names: Names) -> list[Json]:
    """The elements of a differential below ``root``, whose own row is keyed by the empty text."""
    by_place: dict[str, list[Json]] = {}
    for stated in constraints:
        by_place.setdefault(stated["on"], []).append(constraint(stated))
    sliced = {key for key, row in rows.items() if "slice" in row}
    made = []
    for key, row in rows.items():
        parent, _, name = key.rpartition(":")
        if name and parent.rpartition(".")[2] == "extension" and parent not in sliced:
            sliced.add(parent)
            made.append(element(root, parent, {"slice": _BY_URL}, names))
        made.append(element(root, key, row, names) | _stated(by_place.pop(key, [])))
        made += _url(root, key, row)
    if by_place:
        raise KeyError(*by_place)
    return made


def _stated(constraints: list[Json]) -> Json:
    return {"constraint": constraints} if constraints else {}


def element(root: str, key: str, row: Mapping[str, Any], names: Names) -> Json:
    """One ElementDefinition."""
    element_id = f"{root}.{key}" if key else root
    last = element_id.rpartition(".")[2]
    stated: Json = {"id": element_id, "path": path_of(element_id)}
    if ":" in last:
        stated["sliceName"] = last.partition(":")[2]
    if "slice" in row:
        stated["slicing"] = _slicing(row["slice"])
    if "en" in row:
        stated |= bilingual("short", row["en"], row["vi"]) | {"definition": f"{row['en']}.\n\n{row['vi']}."}
    stated |= _cardinality(row.get("card", ""))
    if types := list(_types(row, names)):
        stated["type"] = types
    stated |= {name: value for name, value in row.items() if name.startswith(("fixed", "pattern"))}
    if "bind" in row:
        strength, value_set = row["bind"].split()
        stated["binding"] = {"strength": strength, "valueSet": names.value_set(value_set)}
    found = mappings(row)
    return stated | ({"mapping": found} if found else {})


def _slicing(text: str) -> Json:
    kind, _, path = text.partition(":")
    return {"discriminator": [{"type": kind, "path": path}], "ordered": False, "rules": "open"}


def _cardinality(text: str) -> Json:
    least, _, most = text.partition("..")
    return ({"min": int(least)} if least else {}) | ({"max": most} if most else {})


def _types(row: Mapping[str, Any], names: Names) -> Iterator[Json]:
    if "ext" in row:
        yield {"code": "Extension", "profile": [names.extension(row["ext"])]}
    elif "profile" in row:
        yield {"code": "Extension", "profile": [row["profile"]]}
    stated = row.get("type", [])
    yield from map(element_type, [stated] if isinstance(stated, str) else stated)


def _url(root: str, key: str, row: Mapping[str, Any]) -> list[Json]:
    """The url of an extension that others define: fixed here, because their definition may not be at hand."""
    if "url" not in row:
        return []
    element_id = f"{root}.{key}.url"
    return [{"id": element_id, "path": path_of(element_id), "fixedUri": row["url"], "mapping": mappings(row)}]


def constraint(stated: Mapping[str, str]) -> Json:
    """One invariant. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.constraint"""
    return {
        "key": stated["key"],
        "severity": stated["severity"],
        **bilingual("human", stated["en"], stated["vi"]),
        "expression": stated["expression"],
    }
