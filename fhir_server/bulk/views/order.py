"""What an export of views was asked for, as data: the ``request`` of its job.

https://sql-on-fhir.org/ig/OperationDefinition-ViewDefinitionExport.html
"""

from __future__ import annotations

import msgspec

#: The kind of these jobs.
VIEW_EXPORT = "view-export"


class Named(msgspec.Struct, frozen=True):
    """One view: what its output is called, and the ViewDefinition as JSON, numbers as they were sent."""

    name: str
    definition: str


class Choice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whose resources are meant, by ids; those of everybody when there are none."""

    base_url: str = ""
    patients: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def is_everybody(self) -> bool:
        """True when nothing chooses."""
        return not self.patients and not self.groups


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One export. Times are microseconds since 1970 UTC. The names of the views differ."""

    views: tuple[Named, ...]
    choice: Choice = Choice()
    since: int | None = None
    """Only resources that changed after it."""
    format: str = "ndjson"
    """A name in ``tables.registry.TABLES``."""
    header: bool = True
    """Whether CSV begins with the names of the columns."""
    tracking: str = ""
    """What the client calls this export."""
    now: int = 0
    """When it was asked for, and what the paths of the views take for the present."""
