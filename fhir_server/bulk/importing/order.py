"""What an import was asked for, as data: the ``request`` of its job.

After the drafts of SMART, https://github.com/smart-on-fhir/bulk-import/blob/master/import-manifest.md
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from fhir_server.jobs import Job

#: The kind of import jobs.
IMPORT = "import"


class Origin(StrEnum):
    """Where an input lies. The texts are stored: never rename."""

    PATH = "path"
    URL = "url"
    UPLOAD = "upload"


class Level(StrEnum):
    """How much is checked of a resource before it is stored."""

    OFF = "off"
    """That it is JSON, of a type of R4, with an id that can be one."""
    STRUCTURE = "structure"
    """As every write over HTTP: what is malformed is refused."""
    WARN = "warn"
    """Everything; what is malformed is refused, the rest is told."""
    ENFORCE = "enforce"
    """Everything; what has errors is refused."""


class Input(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file. ``name`` is what messages call it, ``place`` the path or URL."""

    origin: Origin
    name: str
    place: str = ""
    type: str = ""
    """The only resource type in it; "" for any."""
    deleted: bool = False
    """True when it holds nothing but deletions."""


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One import."""

    inputs: tuple[Input, ...]
    validation: Level | None = None
    """None: as the settings say."""
    source: str = ""
    """``inputSource``: the ``meta.source`` of resources that have none; "" leaves them as they are."""
    url: str = ""
    """Of the kick-off."""
    language: str = ""
    """Of the error files."""
    workers: int = 0
    """Checking processes; 0 means one for each processor."""


def reads_files(job: Job) -> bool:
    """True for an import of files of the host on which it was asked for: only the command that asked can know them."""
    return job.kind == IMPORT and any(one.origin is Origin.PATH for one in order_of(job).inputs)


def order_of(job: Job) -> Order:
    """What an import job was asked for."""
    return msgspec.convert(job.request, Order)
