"""What a process of an import makes of lines: writes and findings.

A resource keeps its id. One without an id gets one that its content makes, under the key of the installation: the same
content gets the same id, so that repeating an import adds nothing. https://hl7.org/fhir/R4/resource.html#id
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import msgspec

from conformance.errors import FhirError, InvalidContent
from conformance.issues import DEFAULT_LANGUAGE, Issue, operation_outcome
from conformance.json_codec import decode, encode
from conformance.packages import load
from fhir_server.bulk.importing import messages
from fhir_server.bulk.importing.deletions import are_deletions, deletions
from fhir_server.bulk.importing.lines import LONGEST
from fhir_server.bulk.importing.order import Level
from fhir_server.bulk.importing.state import Counts
from fhir_server.exchange.content import require_whole
from fhir_server.exchange.url import is_id
from fhir_server.exchange.validation import Checks
from fhir_server.indexing import Indexing
from fhir_server.repository.prepare import STAMPED, prepare
from fhir_server.settings import Settings
from fhir_server.store.protocol import Key, Write
from fhir_server.write_rules import write_rules
from profiles.vn.validator import national_validator
from terminology.names import Names

_FILE = "http://hl7.org/fhir/StructureDefinition/operationoutcome-file"
_ID_SIZE = 16


@dataclass(frozen=True, slots=True)
class Recipe:
    """What every process of one import does alike. ``key`` makes ids; ``base`` is that of our definitions."""

    settings: Settings
    key: bytes
    base: str
    indexing: Indexing
    validation: Level
    source: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """Lines of one input to check, and how far the input is read with them."""

    input: int
    name: str
    type: str
    mark: str
    line: int
    offset: int
    count: int
    """How many lines."""
    content: bytes | None
    """The lines; None stands for one that is too long."""
    fault: str = ""
    """Why the input cannot be read further."""
    deleted: bool = False
    """True when the input holds nothing but deletions."""
    lane: int = 0
    """The number of the process that checks it."""

    @property
    def lines(self) -> Sequence[bytes | None]:
        """One by one, and perhaps an empty one at the end."""
        return (None,) if self.content is None else self.content.split(b"\n")

    def singly(self) -> Iterator[Task]:
        """A task for each line."""
        for line, content in enumerate(self.lines, self.line):
            yield replace(self, line=line, count=1, content=content)


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a task. ``outcomes`` are lines of JSON."""

    input: int
    mark: str
    line: int
    offset: int
    lane: int = 0
    """The number of the process that checked it."""
    outcomes: bytes = b""
    stored: int = 0
    refused: int = 0
    told: int = 0
    deleted: int = 0
    held: tuple[int, ...] = ()
    """The numbers under which that process holds the writes."""
    writes: bytes = b""
    """They themselves, as ``wire.pack`` makes them, where no process but the main one may write."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A task on which the check itself failed."""

    task: Task
    reason: str


class Checker:
    """Checks lines and makes the writes of those that may be stored."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._definitions = load()
        self._indexer = recipe.indexing.indexer()
        self._checks = None if recipe.validation is Level.OFF else self._checks_of(recipe)

    def _checks_of(self, recipe: Recipe) -> Checks:
        policy = "off" if recipe.validation is Level.STRUCTURE else recipe.validation.value
        names = Names(recipe.base)
        rules = write_rules(replace(recipe.settings, validation=policy), names, self._definitions)
        return Checks(national_validator(names, self._definitions), rules)

    def __call__(self, task: Task) -> tuple[Checked, list[Write]]:
        """What came of the lines, and their writes. Of several with the same id the last counts."""
        writes: dict[Key, Write] = {}
        rows: list[bytes] = []
        counts = Counts()
        for number, line in enumerate(task.lines, task.line + 1):
            if line is not None and not line.strip():
                continue
            try:
                made, issues = self._checked(line, task)
            except FhirError as error:
                counts.refused += 1
                rows.append(self._refusal(error.issues, task.name, number))
            else:
                gone = sum(write.body is None for write in made)
                counts.deleted += gone
                counts.stored += len(made) - gone
                writes.update((write.key, write) for write in made)
                if issues:
                    counts.told += 1
                    rows.append(outcome(issues, task.name, number, self._recipe.language))
        end = task.line + task.count
        told = msgspec.structs.astuple(counts)
        checked = Checked(task.input, task.mark, end, task.offset, task.lane, b"".join(rows), *told)
        return checked, list(writes.values())

    def _checked(self, line: bytes | None, task: Task) -> tuple[list[Write], tuple[Issue, ...]]:
        """What a line comes to: one resource, or the deletions of a Bundle that is none of its own."""
        if line is None:
            raise InvalidContent.of(messages.LINE_TOO_LONG, limit=LONGEST)
        resource = decode(line)
        found = are_deletions(resource)
        if found and (task.deleted or "id" not in resource):
            return deletions(resource, self._definitions), ()
        if task.deleted:
            raise InvalidContent.of(messages.NO_DELETIONS)
        write, issues = self._resource(resource, task.type)
        return [write], (*issues, *_about_bundle(resource, has_deletions=found))

    def _resource(self, resource: dict[str, Any], type: str) -> tuple[Write, tuple[Issue, ...]]:
        name = resource.get("resourceType")
        if not isinstance(name, str) or not self._definitions.is_resource(name):
            raise InvalidContent.of(messages.NO_TYPE, type=name)
        if type and name != type:
            raise InvalidContent.of(messages.OTHER_TYPE, type=name, wanted=type)
        require_whole(resource)
        self._complete(resource)
        issues = self._checks.at_write(resource) if self._checks else ()
        return prepare(resource, self._indexer), issues

    def _complete(self, resource: dict[str, Any]) -> None:
        """Give it an id and a source, where they are missing."""
        if "id" not in resource:
            resource["id"] = made_id(resource, self._recipe.key)
        if not isinstance(resource["id"], str) or not is_id(resource["id"]):
            raise InvalidContent.of(messages.BAD_ID, f"{resource['resourceType']}.id", id=resource["id"])
        meta = resource.setdefault("meta", {}) if self._recipe.source else None
        if isinstance(meta, dict):
            meta.setdefault("source", self._recipe.source)

    def _refusal(self, issues: Sequence[Issue], name: str, line: int) -> bytes:
        return outcome((Issue(messages.REFUSED), *issues), name, line, self._recipe.language)


def _about_bundle(resource: dict[str, Any], *, has_deletions: bool) -> Iterator[Issue]:
    """What is said of a Bundle that asks for something and was stored as it is."""
    kind = resource.get("type") if resource["resourceType"] == "Bundle" else None
    if has_deletions:
        yield Issue(messages.STORED_AS_BUNDLE)
    elif kind in ("transaction", "batch"):
        yield Issue(messages.NOT_CARRIED_OUT, params={"type": kind})


def made_id(resource: dict[str, Any], key: bytes) -> str:
    """The id that the content of a resource makes; what a store stamps has no part in it."""
    meta = resource.get("meta")
    kept = {name: value for name, value in meta.items() if name not in STAMPED} if isinstance(meta, dict) else meta
    content = resource | {"meta": kept} if kept else {name: resource[name] for name in resource if name != "meta"}
    return blake2b(encode(content), key=key, digest_size=_ID_SIZE).hexdigest()


def outcome(issues: Sequence[Issue], name: str, line: int, language: str) -> bytes:
    """A line of an error file: an OperationOutcome whose issues name the input and its line."""
    placed = [replace(issue, line=line, column=issue.column) for issue in issues]
    made = operation_outcome(placed, language or DEFAULT_LANGUAGE)
    for row in made["issue"]:
        row["diagnostics"] = f"{name}:{line}"
        row["extension"].append({"url": _FILE, "valueString": name})
    return encode(made) + b"\n"
