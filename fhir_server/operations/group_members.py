"""Members of a Group: what adding and removing make of them. https://hl7.org/fhir/R4/group.html

What is asked for names an entity and may name more: a period, a provider, a coverage. A member is meant when all that
is named is the same, as https://hl7.org/fhir/R5/operations-for-large-resources.html matches entries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

from fhir_server.search.places import local

Member: TypeAlias = dict[str, Any]
Group: TypeAlias = dict[str, Any]
Entity: TypeAlias = tuple[str, ...]

_ATR = "http://hl7.org/fhir/us/davinci-atr/StructureDefinition"
#: Extensions of a member that are told apart. https://hl7.org/fhir/us/davinci-atr/StructureDefinition-atr-group.html
PROVIDER, COVERAGE = f"{_ATR}/ext-attributedProvider", f"{_ATR}/ext-coverageReference"


class Changed(NamedTuple):
    """The Group afterwards, the members that were added or removed, and those for which there was nothing to do."""

    group: Group
    done: Sequence[Member]
    idle: Sequence[Member]


def entity(member: Member, base_url: str = "") -> Entity:
    """What a member is: its reference as it is indexed, or else system and value of its identifier."""
    found = member.get("entity") or {}
    if "reference" in found:
        return (local(str(found["reference"]), base_url),)
    identifier = found.get("identifier") or {}
    return str(identifier.get("system", "")), str(identifier.get("value", ""))


def name(member: Member) -> str:
    """The entity as messages call it: ``Patient/1``, or ``system|value``."""
    return "|".join(entity(member))


def added(group: Group, asked: Iterable[Member], base_url: str) -> Changed:
    """The Group with these members, each once; one that was inactive is active again. Changes ``group`` itself.

    However a reference below ``base_url`` is written, in ``group`` or in what is ``asked``, it is the same member.
    """
    rows: list[Member] = list(group.get("member", ()))
    held = _by_entity(rows, base_url)
    done, idle = [], []
    for one in asked:
        meant = [row for row in held[entity(one, base_url)] if _is_meant(one, row, base_url)]
        if any(_is_active(row) for row in meant) or (meant and not _is_active(one)):
            idle.append(one)
            continue
        done.append(one)
        if meant:
            del meant[0]["inactive"]
        else:
            rows.append(dict(one))
            held[entity(one, base_url)].append(rows[-1])
    return Changed(_with(group, rows), done, idle)


def removed(group: Group, asked: Iterable[Member], base_url: str) -> Changed:
    """The Group without these members, whether active or not, and however they are written."""
    rows: list[Member] = group.get("member", [])
    held = _by_entity(rows, base_url)
    gone: set[int] = set()
    done: list[Member] = []
    idle: list[Member] = []
    for one in asked:
        meant = {id(row) for row in held[entity(one, base_url)] if _is_meant(one, row, base_url)} - gone
        gone |= meant
        (done if meant else idle).append(one)
    return Changed(_with(group, [row for row in rows if id(row) not in gone]), done, idle)


def _by_entity(rows: Iterable[Member], base_url: str) -> defaultdict[Entity, list[Member]]:
    found: defaultdict[Entity, list[Member]] = defaultdict(list)
    for row in rows:
        found[entity(row, base_url)].append(row)
    return found


def _is_active(row: Member) -> bool:
    return row.get("inactive") is not True


def _is_meant(asked: Member, row: Member, base_url: str) -> bool:
    named = _told_apart(asked, base_url)
    return not named or named.items() <= _told_apart(row, base_url).items()


def _told_apart(member: Member, base_url: str) -> dict[str, object]:
    """What tells members with the same entity apart, comparable."""
    period = member.get("period")
    found: dict[str, object] = {"period": (period.get("start"), period.get("end"))} if isinstance(period, dict) else {}
    for row in member.get("extension", ()):
        if isinstance(row, dict) and row.get("url") in (PROVIDER, COVERAGE):
            found[row["url"]] = local(str((row.get("valueReference") or {}).get("reference")), base_url)
    return found


def _with(group: Group, rows: list[Member]) -> Group:
    """The Group with these rows. Its ``quantity`` stays right where it was the number of its rows."""
    if group.get("quantity") == len(group.get("member", ())):
        group["quantity"] = len(rows)
    if rows:
        group["member"] = rows
    else:
        group.pop("member", None)
    return group
