"""The work of a mapping process: one piece of a source file in, checked and encoded resources out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import zstandard

from conformance.issues import Issue, has_errors
from conformance.json_codec import encode
from conformance.packages import load
from fhir_server.bulk import messages, wire
from fhir_server.bulk.spool import Body
from fhir_server.indexing import Indexing
from fhir_server.repository.prepare import prepare
from mappers.registry import MAPPERS
from mappers.units import MapContext, MapIssue, Mapper, Raw, Unit
from profiles.validation import Validator
from profiles.vn.validator import AT_WRITE, national_validator
from terminology.names import Community, Names


@dataclass(frozen=True, slots=True)
class Plan:
    """What every process of one run does alike."""

    context: MapContext
    validate: bool = True


@dataclass(frozen=True, slots=True)
class Job:
    """One piece and the name of the mapper that cut it."""

    mapper: str
    raw: Raw


@dataclass(frozen=True, slots=True)
class Translated:
    """A unit ready for a store (``writes``, ``source``) or a file (``bodies``)."""

    raw: Raw
    """The place of the piece, without its content."""
    key: str
    digest: str
    submitted: str
    shared: tuple[dict[str, Any], ...]
    issues: tuple[MapIssue, ...]
    ma_lk: str
    invalid: int
    """Resources with an error or worse by validation."""
    rows: dict[str, int]
    writes: bytes = b""
    """Own resources as ``wire.pack`` writes them."""
    bodies: tuple[Body, ...] = ()
    source: bytes = b""
    """The raw piece, packed with zstd."""


def failed(job: Job, trace: str) -> MapIssue:
    """The outcome of a piece on which the mapper itself failed: an issue with its place, and the run goes on."""
    place, value = job.raw, trace.strip().rpartition("\n")[2]
    return MapIssue.of(messages.MAPPER_FAILED, file=place.file, hoso=place.hoso, value=value)


class Translator:
    """Translates and validates pieces, then packs the unit for where it goes."""

    def __init__(self, plan: Plan, pack: Callable[[Raw, Unit, list[MapIssue], int], Translated]) -> None:
        self._plan, self._pack = plan, pack
        self._validator = _validator(plan.context.names) if plan.validate else None

    def __call__(self, job: Job) -> Translated:
        """The unit of one piece. Bad data comes out as issues."""
        mapper: Mapper = MAPPERS[job.mapper]
        unit = mapper.translate(job.raw, self._plan.context)
        found, invalid = self._findings(job.raw, unit)
        return self._pack(job.raw, unit, [*unit.issues, *found], invalid)

    def _findings(self, raw: Raw, unit: Unit) -> tuple[list[MapIssue], int]:
        if self._validator is None:
            return [], 0
        found: list[MapIssue] = []
        invalid = 0
        for resource in (*unit.resources, *unit.shared):
            issues = self._validator.validate(resource)
            invalid += has_errors(issues)
            found += [finding(raw, visit_number(unit), resource, issue) for issue in issues]
        return found, invalid


def visit_number(unit: Unit) -> str:
    """MA_LK of the unit's visit, empty when it has none."""
    visits = (resource for resource in unit.resources if resource["resourceType"] == "Encounter")
    identifiers = (identifier for visit in visits for identifier in visit.get("identifier", ()))
    return next((row["value"] for row in identifiers if row.get("system") == Community.MA_LK), "")


def finding(raw: Raw, ma_lk: str, resource: dict[str, Any], issue: Issue) -> MapIssue:
    """What validation says of a mapped resource, as an issue about the piece that it came from."""
    table, row = _origin(resource)
    return MapIssue(
        file=raw.file,
        hoso=raw.hoso,
        ma_lk=ma_lk,
        table=table,
        row=row,
        field=issue.expression,
        rule=issue.message.id,
        severity=str(issue.graded),
        value=f"{resource.get('resourceType')}/{resource.get('id')}",
        text_vi=issue.text("vi"),
        text_en=issue.text("en"),
    )


def _origin(resource: dict[str, Any]) -> tuple[str, int | None]:
    """Table and row that ``meta.source`` names, as far as it does."""
    fragment = str(resource.get("meta", {}).get("source", "")).rpartition("#")[2]
    table, _, row = fragment.partition("/")
    return (table, int(row)) if table.startswith("XML") and row.isdigit() else ("", None)


def for_store(plan: Plan, indexing: Indexing) -> Translator:
    """A translator whose units hold writes with index entries, and the packed raw source."""
    indexer = indexing.indexer()
    packer = zstandard.ZstdCompressor(level=3)

    def pack(raw: Raw, unit: Unit, issues: list[MapIssue], invalid: int) -> Translated:
        writes = wire.pack([prepare(resource, indexer) for resource in unit.resources])
        source = packer.compress(unit.source)
        return replace(_translated(raw, unit, issues, invalid), writes=writes, source=source)

    return Translator(plan, pack)


def for_file(plan: Plan) -> Translator:
    """A translator whose units hold JSON bytes."""

    def pack(raw: Raw, unit: Unit, issues: list[MapIssue], invalid: int) -> Translated:
        bodies = tuple(Body(row["resourceType"], row["id"], encode(row)) for row in unit.resources)
        return replace(_translated(raw, unit, issues, invalid), bodies=bodies)

    return Translator(plan, pack)


def _translated(raw: Raw, unit: Unit, issues: list[MapIssue], invalid: int) -> Translated:
    return Translated(
        raw=replace(raw, content=b""),
        key=unit.key,
        digest=unit.digest,
        submitted=unit.submitted,
        shared=tuple(unit.shared),
        issues=tuple(issues),
        ma_lk=visit_number(unit),
        invalid=invalid,
        rows=unit.rows,
    )


def _validator(names: Names) -> Validator:
    return national_validator(names, load(), options=AT_WRITE)
