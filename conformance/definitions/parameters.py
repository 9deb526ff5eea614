"""From SearchParameter and CompartmentDefinition resources to the tables that search reads.

https://hl7.org/fhir/R4/searchparameter.html, https://hl7.org/fhir/R4/compartmentdefinition.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from conformance.definitions.model import Component, SearchParameter

_EVERYWHERE = ("Resource", "DomainResource")
_ROOT = re.compile(r"[\s(]*([A-Za-z]+)")
#: Types that are a Resource but no DomainResource.
_PLAIN = frozenset({"Bundle", "Binary", "Parameters"})

Raw = Mapping[str, Any]


def is_example(resource: Raw) -> bool:
    """True for the examples that the package mixes with what is meant."""
    name = str(resource["id"])
    return name == "example" or name.startswith("example-") or name.endswith("-example") or "-example-" in name


def search_parameters(published: Iterable[Raw], types: Sequence[str]) -> dict[str, dict[str, SearchParameter]]:
    """Resource type -> code -> parameter, each with its expression cut to that type."""
    rows = [row for row in published if not is_example(row) and _is_usable(row)]
    by_url = {row["url"]: row for row in rows}
    table: dict[str, dict[str, SearchParameter]] = {name: {} for name in types}
    for row in sorted(rows, key=lambda row: (row["base"][0] not in _EVERYWHERE, row["code"])):
        for name in _types(row["base"], types):
            table[name][row["code"]] = _parameter(row, name, by_url)
    return table


def compartments(published: Iterable[Raw]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Compartment code -> resource type -> parameter codes; types that are not in the compartment are left out.

    That a resource is in its own compartment goes without saying: the ``{def}`` that some definitions say it with is
    no parameter, and dropped.
    """
    return {row["code"]: _members(row) for row in published if not is_example(row)}


def _members(row: Raw) -> dict[str, tuple[str, ...]]:
    codes = {entry["code"]: tuple(p for p in entry.get("param", ()) if p != "{def}") for entry in row["resource"]}
    return {name: params for name, params in codes.items() if params}


def _is_usable(row: Raw) -> bool:
    """False for the parameters on extensions that are published without a base, or without telling what they search."""
    return bool(row.get("base")) and ("expression" in row or row["code"].startswith("_"))


def _types(base: Sequence[str], types: Sequence[str]) -> Iterator[str]:
    if "Resource" in base:
        yield from types
    elif "DomainResource" in base:
        yield from (name for name in types if name not in _PLAIN)
    else:
        yield from (name for name in base if name in types)


def _parameter(row: Raw, name: str, by_url: Mapping[str, Raw]) -> SearchParameter:
    return SearchParameter(
        code=row["code"],
        type=row["type"],
        expression=branch_of(row.get("expression", ""), name),
        url=row["url"],
        targets=tuple(row.get("target", ())),
        components=tuple(_component(part, by_url) for part in row.get("component", ())),
        base=tuple(row["base"]),
    )


def _component(part: Raw, by_url: Mapping[str, Raw]) -> Component:
    definition = by_url[part["definition"]]
    return Component(definition["code"], definition["url"], definition["type"], part["expression"])


def branch_of(expression: str, name: str) -> str:
    """The branches of a union that start at type ``name``, at every resource or at no type, joined again by ``|``."""
    branches = [branch for branch in _branches(expression) if _starts_at(branch, name)]
    return " | ".join(branches)


def _starts_at(branch: str, name: str) -> bool:
    root = _ROOT.match(branch)
    return root is not None and (root.group(1) in (name, *_EVERYWHERE) or root.group(1)[0].islower())


def _branches(expression: str) -> Iterator[str]:
    """The operands of the outermost ``|``: those inside parentheses or strings do not part anything."""
    depth, quoted, start = 0, False, 0
    for place, char in enumerate(expression):
        if char == "'":
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if char == "|" and depth == 0:
                yield expression[start:place].strip()
                start = place + 1
    if expression:
        yield expression[start:].strip()
