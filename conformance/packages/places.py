"""Where packages are found by name: the FHIR package cache, then a registry. https://hl7.org/fhir/R4/packages.html"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from conformance.definitions.fetching import fetch
from conformance.errors import Conflict, FhirError, NotFound
from conformance.json_codec import decode
from conformance.packages import messages
from conformance.packages.content import Content, from_archive, from_path
from conformance.packages.ranges import BUILDS, is_exact, is_version, label_of, newest, satisfies


class Places:
    """The places to ask, in order. ``registry`` is the base address of a FHIR package registry."""

    def __init__(self, registry: str | None = None) -> None:
        self._registry = (registry or "").rstrip("/")

    def find(self, name: str, wanted: str, by: str) -> Content:
        """The package ``name`` in the version that ``wanted`` means, for ``by``. Raises NotFound, which tells all
        places; InvalidContent or Conflict when a place holds something else."""
        tried: list[str] = []
        for found in (self._cached(name, wanted, tried), self._registered(name, wanted, tried)):
            content = next(found, None)
            if content is not None:
                return _expected(content, name, wanted)
        label = label_of(name, wanted)
        raise NotFound.of(messages.MISSING, package=label, by=by, tried="; ".join(tried))

    def _cached(self, name: str, wanted: str, tried: list[str]) -> Iterator[Content]:
        root = Path.home() / ".fhir" / "packages"
        names = [path.name for path in root.iterdir()] if root.is_dir() else []
        versions = [found.removeprefix(f"{name}#") for found in names if found.startswith(f"{name}#")]
        # A build stands under its own name, and no release stands for it.
        suitable = set(versions) & {wanted} if wanted in BUILDS else set(versions) - BUILDS
        version = newest(suitable, wanted)
        if version is None:
            tried.append(str(root))
        else:
            yield from_path(root / f"{name}#{version}")

    def _registered(self, name: str, wanted: str, tried: list[str]) -> Iterator[Content]:
        if not self._registry:
            return
        try:
            url = f"{self._registry}/{name}/{wanted if is_exact(wanted) else self._latest(name, wanted)}"
            archive = fetch(url)
        except FhirError as error:
            tried.append(str(error).rstrip("."))
        else:
            yield from_archive(archive, url)

    def _latest(self, name: str, wanted: str) -> str:
        """The exact version for a range, by the registry's list of versions."""
        listed = decode(fetch(f"{self._registry}/{name}")).get("versions")
        versions = [version for version in listed if is_version(version)] if isinstance(listed, dict) else []
        version = None if wanted in BUILDS else newest(versions, wanted)
        if version is None:
            label = label_of(name, wanted)
            raise NotFound.of(messages.NOT_OFFERED, package=label, place=self._registry)
        return version


def _expected(content: Content, name: str, wanted: str) -> Content:
    if content.manifest.name != name or not satisfies(content.manifest.version, wanted):
        label = label_of(name, wanted)
        raise Conflict.of(messages.IS_ANOTHER, place=content.source, wanted=label, found=content.label)
    return content
