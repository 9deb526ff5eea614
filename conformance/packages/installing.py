"""Adds and removes packages: reads, pins and compiles them. The I/O of this package that is not mere loading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from conformance.definitions.cache import COMPILER, Header, Sections, write
from conformance.definitions.catalogue import write_catalogue
from conformance.definitions.package import VERSION
from conformance.definitions.packing import pack_resources
from conformance.errors import BadRequest, Conflict, InvalidContent, NotFound, Unavailable
from conformance.issues import Issue
from conformance.packages import messages
from conformance.packages.content import Content, from_path
from conformance.packages.loading import PackageArchive
from conformance.packages.lock import Lock, Pinned, exclusive, read_lock, write_lock
from conformance.packages.places import Places
from conformance.packages.ranges import BASE, parse_label, satisfies
from conformance.packages.resolving import Closure, check_fhir_version

Report = Callable[[Issue], None]


def add(
    sources: Sequence[str | Path],
    *,
    registry: str | None = None,
    dependencies: bool = True,
    report: Report = lambda _: None,
) -> tuple[Pinned, ...]:
    """Installs packages with all that they need, and gives them as they are pinned: all of them, or none.

    A source is a ``.tgz``, a folder, or ``name#version``, which is sought in the FHIR package cache and in
    ``registry``. The sources also serve each other's dependencies. Raises NotFound for what is missing, with what
    needs it; Conflict when the bytes under a name and version are not those that were pinned; NotSupported for
    another FHIR version; InvalidContent for what is no package.
    """
    places = Places(registry)
    with exclusive():
        lock = read_lock()
        given = [content for source in sources if (content := _given(source, lock, places, report))]
        closure = Closure(given, lock, places, report)
        if dependencies:
            closure.complete()
        else:
            closure.tell_missing()
        pinned = [_pin(content, lock) for content in closure.ordered()]
        for content, row in zip(closure.ordered(), pinned, strict=True):
            _compile(content, row, report)
        write_lock(lock.with_packages(pinned))
    return tuple(pinned)


def remove(labels: Sequence[str]) -> tuple[Pinned, ...]:
    """Removes packages, ``name#version`` or ``name`` for all its versions, and gives what was removed.

    Raises NotFound for one that is not installed, Conflict for one that another package needs.
    """
    with exclusive():
        lock = read_lock()
        gone = frozenset(row.label for label in labels for row in _installed(lock, label))
        rest = lock.without(gone)
        for row in rest.packages:
            lost = {needed.name for needed in lock.needed_by(row)} - {needed.name for needed in rest.needed_by(row)}
            if lost:
                raise Conflict.of(messages.STILL_NEEDED, package=", ".join(sorted(lost)), by=row.label)
        write_lock(rest)
        removed = tuple(row for row in lock.packages if row.label in gone)
        for path in (path for row in removed for path in row.compiled()):
            path.unlink(missing_ok=True)
    return removed


def compile_package(content: Content, report: Report) -> tuple[Header, Sections]:
    """The header and sections of the compiled file. Raises InvalidContent for a package without resources."""
    sections = Sections()
    rows = pack_resources(content.resources(), sections, report)
    if not rows and not content.manifest.dependencies:
        raise InvalidContent.of(messages.NOTHING_PUBLISHED, place=content.source)
    catalogue = write_catalogue(rows, sections)
    manifest = content.manifest
    return Header(COMPILER, manifest.name, manifest.version, content.digest, *catalogue), sections


def _given(source: str | Path, lock: Lock, places: Places, report: Report) -> Content | None:
    """What the operator named; None, with a word to ``report``, for what is installed already."""
    content = _read(source, lock, places)
    if content is not None and content.manifest.name != BASE:
        return content
    if content is not None:
        check_fhir_version(content, report)
    report(Issue(messages.ALREADY, params={"package": content.label if content else source}))
    return None


def _read(source: str | Path, lock: Lock, places: Places) -> Content | None:
    path = Path(source)
    if path.exists():
        return from_path(path)
    named = parse_label(str(source))
    if named is None:
        raise BadRequest.of(messages.SOURCE_UNKNOWN, source=source)
    pinned = lock.get(str(source))
    if _is_base(*named) or (pinned and _is_whole(pinned)):
        return None
    return places.find(*named, "package add")


def _is_base(name: str, wanted: str) -> bool:
    return name == BASE and satisfies(VERSION, wanted)


def _pin(content: Content, lock: Lock) -> Pinned:
    manifest = content.manifest
    before = lock.get(content.label)
    if before is not None and before.sha256 != content.digest:
        raise Conflict.of(
            messages.CHANGED, package=before.label, source=content.source, found=content.digest, wanted=before.sha256
        )
    return before or Pinned(
        name=manifest.name,
        version=manifest.version,
        sha256=content.digest,
        source=content.source,
        dependencies=manifest.dependencies,
        title=manifest.title,
    )


def _compile(content: Content, row: Pinned, report: Report) -> None:
    if _is_whole(row):
        report(Issue(messages.ALREADY, params={"package": row.label}))
        return
    params = {"package": row.label, "files": len(content.files), "source": content.source}
    report(Issue(messages.COMPILING, params=params))
    write(row.path, *compile_package(content, report))


def _is_whole(row: Pinned) -> bool:
    try:
        PackageArchive(row.path, whole=True)
    except Unavailable:
        return False
    return True


def _installed(lock: Lock, label: str) -> list[Pinned]:
    found = [row for row in lock.packages if label in (row.label, row.name)]
    if not found:
        raise NotFound.of(messages.NOT_INSTALLED, package=label)
    return found
