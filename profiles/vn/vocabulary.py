"""CodeSystems, ValueSets and NamingSystems of the national profiles.

https://hl7.org/fhir/R4/codesystem.html https://hl7.org/fhir/R4/valueset.html https://hl7.org/fhir/R4/namingsystem.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from profiles.vn.declarations import Json, claim_columns, declared
from profiles.vn.structures import head
from terminology.names import VALUE_SETS, Community, Hl7, Names
from terminology.vietnam import displays, list_names


def code_system(names: Names, name: str) -> Json:
    """The CodeSystem of one list; ``content`` says how much of the list it holds. Raises KeyError."""
    row = declared("systems")[name]
    about = {"about_en": f"{row['en']}. Source: {row['source']}.", "about_vi": f"{row['vi']}."}
    made = head("CodeSystem", name, names.code_system(name), row | about)
    made |= {"caseSensitive": True, "valueSet": names.value_set(name), "content": row["content"]}
    concepts = _concepts(name)
    if not concepts or row["content"] == "not-present":
        return made
    counted = {"count": len(concepts)} if row["content"] == "complete" else {}
    return {**made, "language": "vi", **counted, "concept": concepts}


def _concepts(name: str) -> list[Json]:
    if name == "claim-column":
        return [{"code": row["code"], "definition": row["definition"]} for row in claim_columns()]
    listed = declared("systems")[name].get("concepts") or (displays(name) if name in list_names() else {})
    return [{"code": code, "display": display} for code, display in listed.items()]


def value_set(names: Names, name: str) -> Json:
    """The ValueSet of all codes of a code system of ours, or one of ``VALUE_SETS``. Raises KeyError."""
    if name in VALUE_SETS:
        row, include = _OTHERS[name]
        return head("ValueSet", name, names.value_set(name), row) | {"compose": {"include": [include()]}}
    row = declared("systems")[name]
    made = head("ValueSet", name, names.value_set(name), row)
    return made | {"compose": {"include": [{"system": names.code_system(name)}]}}


def _listed(system: str, *lists: str) -> Json:
    """All codes of some lists; where several have a code, the first one's display stands."""
    codes = {code: display for name in reversed(lists) for code, display in displays(name).items()}
    return {"system": system, "concept": [{"code": code, "display": codes[code]} for code in sorted(codes)]}


_OTHERS: Mapping[str, tuple[Mapping[str, str], Callable[[], Json]]] = MappingProxyType(
    {
        "ethnicity": (
            {"en": "Ethnic group", "vi": "Dân tộc"},
            lambda: _listed(Community.ETHNICITY_CODES, "ethnicity"),
        ),
        "province": (
            {"en": "Province, since and before 1 July 2025", "vi": "Tỉnh, thành phố, từ và trước ngày 01/7/2025"},
            lambda: _listed(Community.PROVINCE_CODES, "province", "province-before-2025-07"),
        ),
    }
)


def naming_system(names: Names, name: str) -> Json:
    """The NamingSystem of one identifier system of ours. Raises KeyError for an unknown one."""
    row = declared("identifiers")[name]
    made = head("NamingSystem", f"sid-{name}", "", row)
    kind = {"coding": [{"system": Hl7.IDENTIFIER_TYPE, "code": row["type"]}]} if "type" in row else None
    usage = {
        "facility": "The 5-character code of the facility follows as last segment of the URI.",
        "either": "With the 5-character code of a facility as last segment: within that facility.",
    }.get(row.get("scope", ""))
    described = {key: made.pop(key) for key in ("description", "jurisdiction")}
    return {
        **made,
        "kind": "identifier",
        **({"type": kind} if kind else {}),
        **described,
        **({"usage": usage} if usage else {}),
        "uniqueId": [{"type": "uri", "value": names.sid(name), "preferred": True}],
    }
