"""What a kick-off asked for, as data: the ``request`` of an export job.

https://hl7.org/fhir/uv/bulkdata/export.html#query-parameters
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from conformance.issues import DEFAULT_LANGUAGE
from fhir_server.jobs.job import Said

#: The kind of export jobs.
EXPORT = "export"

#: Values of ``includeAssociatedData``.
LATEST, RELEVANT = "LatestProvenanceResources", "RelevantProvenanceResources"
NDJSON, PARQUET = "application/fhir+ndjson", "application/vnd.apache.parquet"


class Level(StrEnum):
    """Whose data."""

    SYSTEM = "system"
    PATIENT = "patient"
    GROUP = "group"


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One export. Times are microseconds since 1970 UTC."""

    level: Level = Level.SYSTEM
    url: str = ""
    """Of the kick-off."""
    base_url: str = ""
    now: int = 0
    """When it was asked for."""
    group: str = ""
    """Id of the Group, at that level."""
    types: tuple[str, ...] = ()
    since: int | None = None
    """Only what changed after it."""
    until: int | None = None
    """Only what changed before it."""
    filters: tuple[str, ...] = ()
    """Searches such as ``Observation?code=1``."""
    elements: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()
    """Ids; none means all of the level."""
    associated: tuple[str, ...] = ()
    organized_by: str = ""
    partial: bool = False
    """True when the client reads manifests before the end."""
    format: str = NDJSON
    language: str = DEFAULT_LANGUAGE
    """Of what is told."""
    ignored: tuple[Said, ...] = ()
    """What is told in ``error``: what a lenient client asked for and was not understood, and members of no use."""
