"""StructureDefinitions of the national profiles and extensions, as differentials.

https://hl7.org/fhir/R4/structuredefinition.html https://hl7.org/fhir/R4/defining-extensions.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from profiles.vn.declarations import Json, declared, filled, profile
from profiles.vn.elements import bilingual, differential
from terminology.names import HL7, Names

_VIETNAM = [{"coding": [{"system": "urn:iso:std:iso:3166", "code": "VN"}]}]


def head(kind: str, id: str, url: str, row: Mapping[str, str]) -> Json:
    """What every definition says of itself; ``row`` has its texts. A NamingSystem has no URL of its own."""
    stated = declared("package")
    name = "Vn" + "".join(part.capitalize() for part in id.split("-"))
    about = "\n\n".join(text for text in (row.get("about_en", row["en"]), row.get("about_vi", row["vi"])) if text)
    made: Json = {"resourceType": kind, "id": id, "url": url, "version": stated["version"], "name": name}
    if kind == "NamingSystem":
        made = {"resourceType": kind, "id": id, "name": name}
    else:
        made |= bilingual("title", row["en"], row["vi"])
    made |= {"status": "draft", "date": stated["date"], "publisher": stated["publisher"]}
    return made | {"description": about, "jurisdiction": _VIETNAM}


def profile_definition(names: Names, name: str) -> Json:
    """The StructureDefinition of one profile. Raises KeyError for a name that is none."""
    stated: Json = filled(profile(name), names)
    root = {"": {"en": stated["en"], "vi": stated["vi"]}}
    elements = differential(stated["type"], root | stated["elements"], stated.get("invariants", ()), names)
    return _structure(names.profile(name), name, stated, stated["type"], elements)


def extension_definition(names: Names, name: str) -> Json:
    """The StructureDefinition of one extension. Raises KeyError for a name that is none."""
    stated: Json = filled(declared("extensions")[name], names)
    url = names.extension(name)
    made = _structure(url, f"ext-{name}", stated, "Extension", differential("Extension", _rows(url, stated), (), names))
    elements = made.pop("differential")
    made["context"] = [{"type": "element", "expression": place} for place in stated["context"]]
    return made | {"differential": elements}


def _rows(url: str, stated: Json) -> dict[str, Json]:
    texts: Json = {"en": stated["en"], "vi": stated["vi"]}
    source = _picked(stated, ("src", "made"))
    rows: dict[str, Json] = {"": texts, "extension": {"card": "..0"}}
    if "parts" in stated:
        rows["extension"] = {"slice": "value:url"}
        for name, part in stated["parts"].items():
            rows |= _part(name, part)
    rows["url"] = {"fixedUri": url}
    if "parts" in stated:
        return rows | {"value[x]": {"card": "..0"}}
    return rows | {"value[x]": {**_valued(stated), **texts, **source}}


def _part(name: str, part: Json) -> dict[str, Json]:
    source = _picked(part, ("src", "made", "en", "vi"))
    place = f"extension:{name}"
    return {
        place: {"card": part["card"], **source},
        f"{place}.extension": {"card": "..0"},
        f"{place}.url": {"fixedUri": name},
        f"{place}.value[x]": {**_valued(part), **source},
    }


def _picked(row: Json, keys: Iterable[str]) -> Json:
    return {key: row[key] for key in keys if key in row}


def _valued(row: Mapping[str, Any]) -> Json:
    bound = {"bind": row["bind"]} if "bind" in row else {}
    return {"card": "1..", "type": row["type"], **bound}


def _structure(url: str, id: str, stated: Json, type_name: str, elements: list[Json]) -> Json:
    mapped = declared("package")["mappings"].items()
    used = {entry["identity"] for element in elements for entry in element.get("mapping", ())}
    return {
        **head("StructureDefinition", id, url, stated),
        "fhirVersion": "4.0.1",
        "mapping": [
            {"identity": identity, **{key: value for key, value in row.items() if key != "match"}}
            for identity, row in mapped
            if identity in used
        ],
        "kind": "complex-type" if type_name == "Extension" else "resource",
        "abstract": False,
        "type": type_name,
        "baseDefinition": f"{HL7}/StructureDefinition/{type_name}",
        "derivation": "constraint",
        "differential": {"element": elements},
    }
