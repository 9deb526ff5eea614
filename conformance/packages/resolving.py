"""Dependencies of packages, resolved recursively. https://hl7.org/fhir/R4/packages.html"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from conformance.definitions.package import VERSION
from conformance.errors import Conflict, NotFound, NotSupported
from conformance.issues import Issue
from conformance.packages import messages
from conformance.packages.content import Content
from conformance.packages.lock import Lock, needed_first
from conformance.packages.places import Places
from conformance.packages.ranges import BASE, label_of, newest

Report = Callable[[Issue], None]

#: Packages that are a version of the specification; the first one ever published went by the second name.
_SPECIFICATION = re.compile(r"hl7\.fhir\.(r\d+b?\.)?core")
#: Every 4.0.x is R4: later ones only corrected errors.
_R4 = re.compile(r"4\.0(\..*)?")


def check_fhir_version(content: Content, report: Report) -> None:
    """Raises NotSupported for a package that is made for another FHIR version; one that states none is reported."""
    stated = content.manifest.fhir_versions
    if not stated:
        report(Issue(messages.FHIR_UNSTATED, params={"package": content.label}))
    elif not any(_R4.fullmatch(version) for version in stated):
        raise NotSupported.of(messages.OTHER_FHIR, package=content.label, found=", ".join(stated))


class Closure:
    """The given packages and all that they need beyond what is installed."""

    def __init__(self, given: Iterable[Content], lock: Lock, places: Places, report: Report) -> None:
        self._contents: dict[str, Content] = {}
        self._lock = lock
        self._places = places
        self._report = report
        for content in given:
            self._add(content)

    def complete(self) -> None:
        """Finds what is needed. Raises NotFound, which names every package that is missing and what needs it."""
        waiting = deque(self._contents.values())
        missing: list[Issue] = []
        while waiting:
            content = waiting.popleft()
            for name, wanted in self._open_needs(content):
                try:
                    found = self._places.find(name, wanted, content.label)
                except NotFound as error:
                    missing += error.issues
                else:
                    self._add(found)
                    waiting.append(found)
        if missing:
            raise NotFound(*missing)

    def tell_missing(self) -> None:
        """Reports what is needed and not there, and leaves it at that."""
        for content in self._contents.values():
            for name, wanted in self._open_needs(content):
                params = {"package": label_of(name, wanted), "by": content.label}
                self._report(Issue(messages.NOT_ADDED, params=params))

    def ordered(self) -> list[Content]:
        """All packages, each behind what it depends on."""
        edges = {label: list(self._edges(content)) for label, content in self._contents.items()}
        return [self._contents[label] for label in needed_first(list(edges), edges)]

    def _add(self, content: Content) -> None:
        check_fhir_version(content, self._report)
        same = self._contents.setdefault(content.label, content)
        if same.digest != content.digest:
            raise Conflict.of(
                messages.IS_ANOTHER, place=content.source, wanted=f"{same.label} ({same.digest})", found=content.digest
            )

    def _open_needs(self, content: Content) -> Iterator[tuple[str, str]]:
        for name, wanted in content.manifest.dependencies.items():
            if _SPECIFICATION.fullmatch(name):
                _check_base(content, name, wanted)
            elif self._chosen(name, wanted) is None and self._lock.best(name, wanted) is None:
                yield name, wanted

    def _edges(self, content: Content) -> Iterator[str]:
        chosen = (self._chosen(name, wanted) for name, wanted in content.manifest.dependencies.items())
        return (label for label in chosen if label)

    def _chosen(self, name: str, wanted: str) -> str | None:
        versions = (row.manifest.version for row in self._contents.values() if row.manifest.name == name)
        version = newest(versions, wanted)
        return None if version is None else label_of(name, version)


def _check_base(content: Content, name: str, wanted: str) -> None:
    """Raises NotSupported when a package needs another version of the specification than the installed base."""
    is_r4 = name in (BASE, "hl7.fhir.core") and (_R4.fullmatch(wanted) or newest([VERSION], wanted))
    if not is_r4:
        raise NotSupported.of(messages.OTHER_FHIR, package=content.label, found=label_of(name, wanted))
