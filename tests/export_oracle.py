"""What an export should hold, said from all versions of a store in plain Python, and a hospital that changes.

https://hl7.org/fhir/uv/bulkdata/export.html#query-parameters
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fhir_server.store.protocol import Key, Version

Row = dict[str, Any]
#: What ``_elements`` always leaves: the mandatory and the modifier elements that the rows below have.
LEFT = {
    "Patient": ("active",),
    "Practitioner": (),
    "Encounter": ("status", "class"),
    "Observation": ("status", "code"),
    "Provenance": ("target", "recorded", "agent"),
    "Group": ("type", "actual"),
}


# The hospital


@dataclass(frozen=True)
class Hospital:
    """``size`` resources of all kinds, that refer to each other otherwise with each ``mark``."""

    size: int

    def patient(self, number: int) -> str:
        return f"Patient/r{number % self.size // 10 * 10}"

    def row(self, number: int, mark: int) -> Row:
        """One resource: of ten a Patient, a Practitioner or Provenance, four Encounters, four Observations."""
        kind = number % 10
        row: Row = {"id": f"r{number}", "language": ("en", "vi")[mark % 2]}
        subject = {"reference": self.patient(number + 130 * mark)}
        if kind == 0:
            return {"resourceType": "Patient", **row, "active": mark % 3 > 0, "multipleBirthInteger": mark}
        if kind == 1 and number % 20 == 1:
            return {"resourceType": "Practitioner", **row, "gender": "other"}
        if kind == 1:
            return {"resourceType": "Provenance", **row, **self._provenance(number, mark)}
        if kind % 2:
            made = {"status": ("finished", "in-progress")[mark % 2], "class": {"code": "AMB"}, "subject": subject}
            return {"resourceType": "Encounter", **row, **made}
        code = {"coding": [{"code": str((number + mark) % 3)}]}
        performer = [{"reference": f"Practitioner/r{(number // 20 * 20 + 1 + 20 * mark) % self.size}"}]
        made = {"status": ("final", "amended")[(number + mark) % 2], "code": code, "subject": subject}
        return {"resourceType": "Observation", **row, **made, "performer": performer}

    def _provenance(self, number: int, mark: int) -> Row:
        first = number // 10 * 10
        targets = [f"Observation/r{first + 2}", self.patient(first + 10 * (mark % 7))]
        day = f"2026-01-{1 + (number // 10 + 11 * mark) % 28:02}T00:00:00Z"
        chosen = targets[:1] if mark % 3 else targets
        agent = [{"who": {"display": "x"}}]
        return {"target": [{"reference": one} for one in chosen], "recorded": day, "agent": agent}

    def group(self, mark: int) -> Row:
        """A Group of a third of the Patients, some of them inactive."""
        members = [
            {"entity": {"reference": f"Patient/r{number}"}} | ({"inactive": True} if number % 70 == 0 else {})
            for number in range(0, self.size, 10)
            if (number // 10 + mark) % 3 == 0
        ]
        group = {"resourceType": "Group", "id": "g", "language": "vi", "type": "person", "actual": True}
        return {**group, "member": members}


# The store as it was


def key_of(reference: str) -> Key:
    return Key(*reference.split("/"))


class Past:
    """All versions of a store."""

    def __init__(self, versions: Iterable[Version]) -> None:
        self._by_key: dict[Key, list[Version]] = defaultdict(list)
        for version in versions:
            self._by_key[version.key].append(version)
        for each in self._by_key.values():
            each.sort(key=lambda version: version.vid)
        self._rows: dict[int, Row] = {}

    def row(self, version: Version) -> Row:
        found = self._rows.get(version.vid)
        if found is None:
            found = self._rows[version.vid] = json.loads(version.body)
        return found

    def at(self, moment: int) -> dict[Key, Version]:
        """The newest version of every key at a time, in microseconds."""
        found = {}
        for key, versions in self._by_key.items():
            newest = next((version for version in reversed(versions) if version.last_updated <= moment), None)
            if newest:
                found[key] = newest
        return found

    def before(self, version: Version) -> Version | None:
        found = [one for one in self._by_key[version.key] if one.version_id == version.version_id - 1]
        return found[0] if found else None


# What is asked for


@dataclass(frozen=True)
class Asked:
    """Parameters as the oracle reads them. Times are in microseconds."""

    level: str
    types: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    filters: tuple[Callable[[Row], bool], ...] = ()
    """Each false for rows of its type that it does not choose, true for all others."""
    elements: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()
    associated: str = ""


class Oracle:
    """What an export at a time should hold."""

    def __init__(self, past: Past, asked: Asked, moment: int) -> None:
        self.past, self.asked = past, asked
        self.newest = past.at(moment)
        self.live = {key: version for key, version in self.newest.items() if not version.is_deleted}

    # Patients and compartments

    @cached_property
    def patients(self) -> set[str]:
        """Ids of the Patients that are meant and here."""
        here = {key.id for key in self.live if key.type == "Patient"}
        return {one for one in here if self._is_meant(one)}

    def _is_meant(self, id: str) -> bool:
        listed = not self.asked.patients or id in self.asked.patients
        return listed and (self.asked.level != "group" or id in self._members)

    @cached_property
    def _members(self) -> set[str]:
        """Those of the Group that are not inactive in it."""
        members = self.past.row(self.live[Key("Group", "g")]).get("member", ())
        return {one["entity"]["reference"][8:] for one in members if not one.get("inactive")}

    @staticmethod
    def _own(row: Row) -> Iterator[str]:
        """Ids of the Patients that a row refers to, in the ways that make a compartment."""
        named = [row.get("subject"), *row.get("target", ()), *(one["entity"] for one in row.get("member", ()))]
        for reference in named:
            if reference and reference["reference"].startswith("Patient/"):
                yield reference["reference"][8:]

    def _in_compartment(self, key: Key) -> bool:
        """Without Provenance, which follows its targets."""
        if key.type == "Patient":
            return key.id in self.patients
        row = self.past.row(self.live[key])
        return key.type not in ("Provenance", "Practitioner") and any(one in self.patients for one in self._own(row))

    @cached_property
    def compartments(self) -> set[Key]:
        return {key for key in self.live if self.asked.level == "system" or self._in_compartment(key)}

    # What is chosen

    def is_in_time(self, version: Version) -> bool:
        asked = self.asked
        return (asked.since is None or version.last_updated > asked.since) and (
            asked.until is None or version.last_updated < asked.until
        )

    def _is_chosen(self, key: Key) -> bool:
        return all(chosen(self.past.row(self.live[key])) for chosen in self.asked.filters)

    def _is_wanted(self, key: Key) -> bool:
        return not self.asked.types or key.type in self.asked.types

    @cached_property
    def returned(self) -> set[Key]:
        """By level, type and filter, whatever the time; without Provenance where that follows its targets."""
        follows = self.asked.associated or self.asked.level != "system"
        keys = (key for key in self.compartments if not (follows and key.type == "Provenance"))
        return {key for key in keys if self._is_wanted(key) and self._is_chosen(key)}

    def expected(self) -> list[Version]:
        """Of ``output``."""
        found = {key for key in self.returned if self.is_in_time(self.live[key])}
        found |= self._practitioners() if self.asked.level != "system" and "Practitioner" in self.asked.types else set()
        return [self.live[key] for key in found | self._provenance(found)]

    def _practitioners(self) -> set[Key]:
        """Outside of the compartments: those that the exported resources refer to."""
        named = {
            key_of(one["reference"])
            for key in self.returned
            for one in self.past.row(self.live[key]).get("performer", ())
        }
        return {key for key in named if key in self.live and self.is_in_time(self.live[key])}

    def _provenance(self, found: set[Key]) -> set[Key]:
        if self.asked.associated:
            about = {key: targets & found for key, targets in self._targets.items() if targets & found}
            return set(about) if self.asked.associated.startswith("Relevant") else self._latest(about)
        if self.asked.level == "system" or not self._is_wanted(Key("Provenance", "")):
            return set()
        about = {key: targets & self.compartments for key, targets in self._targets.items()}
        return {key for key, targets in about.items() if targets and self.is_in_time(self.live[key])}

    @cached_property
    def _targets(self) -> dict[Key, set[Key]]:
        rows = {key: self.past.row(version) for key, version in self.live.items() if key.type == "Provenance"}
        return {key: {key_of(one["reference"]) for one in row["target"]} for key, row in rows.items()}

    def _latest(self, about: dict[Key, set[Key]]) -> set[Key]:
        """Of each target that is returned the Provenance recorded last."""
        best: dict[Key, tuple[str, int, Key]] = {}
        for key, targets in about.items():
            version = self.live[key]
            rank = (self.past.row(version)["recorded"], version.vid, key)
            for target in targets:
                best[target] = max(best.get(target, rank), rank)
        return {key for _, _, key in best.values()}

    def deleted(self) -> list[str]:
        """Of ``deleted``, as ``Type/id``."""
        if self.asked.since is None:
            return []
        gone = [version for version in self.newest.values() if version.is_deleted and self.is_in_time(version)]
        return sorted(str(version.key) for version in gone if self._is_told(version.key) and self._was_in(version))

    def _is_told(self, key: Key) -> bool:
        return self._is_wanted(key) or (key.type == "Provenance" and bool(self.asked.associated))

    def _was_in(self, version: Version) -> bool:
        if self.asked.level == "system" or version.key.type in {"Practitioner"}.intersection(self.asked.types):
            return True
        if version.key.type == "Provenance":
            before = self.past.before(version)
            targets = [key_of(one["reference"]) for one in self.past.row(before)["target"]] if before else []
            return any(self._belonged(self.newest[key]) for key in targets if key in self.newest)
        return self._belonged(version)

    def _belonged(self, version: Version) -> bool:
        """By what it says, or last said before it was deleted."""
        if version.key.type == "Patient":
            return self._is_meant(version.key.id)
        last = self.past.before(version) if version.is_deleted else version
        return last is not None and any(map(self._is_meant, self._own(self.past.row(last))))

    # Forms

    def lines(self) -> list[bytes]:
        """The lines of ``output``, sorted."""
        return sorted(self._line(version) for version in self.expected())

    def _line(self, version: Version) -> bytes:
        return cut(self.past.row(version), self.asked.elements) if self.asked.elements else version.body

    def blocks(self) -> dict[str, list[bytes]]:
        """Patient -> the sorted lines of its block; Patients without a line have none."""
        found: dict[str, list[bytes]] = defaultdict(list)
        for key, version in self.live.items():
            if self._is_wanted(key) and self.is_in_time(version):
                owners = (key.id,) if key.type == "Patient" else set(self._own(self.past.row(version)))
                for owner in self.patients.intersection(owners):
                    found[f"Patient/{owner}"].append(self._line(version))
        return {owner: sorted(lines) for owner, lines in found.items()}


def cut(row: Row, elements: Iterable[str]) -> bytes:
    """A row with these elements only, as JSON without blanks."""
    kept = {"resourceType", "id", "meta", *elements, *LEFT[row["resourceType"]]}
    tag = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
    tag["display"] = "subsetted"
    made = {name: value for name, value in row.items() if name in kept}
    made["meta"] = {**row["meta"], "tag": [tag]}
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()
