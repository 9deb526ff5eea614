"""The manifest of a package, ``package.json``. https://hl7.org/fhir/R4/packages.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from conformance.errors import InvalidContent
from conformance.json_codec import decode
from conformance.packages import messages
from conformance.packages.ranges import is_name, is_version, is_wanted, label_of

#: The two names under which manifests state the FHIR versions.
_FHIR_VERSIONS = ("fhirVersions", "fhir-version-list")
_ALIAS = "npm:"


class Manifest(Struct, frozen=True):
    """What a package says of itself. ``dependencies`` leads from a name to a version or range."""

    name: str
    version: str
    fhir_versions: tuple[str, ...] = ()
    dependencies: dict[str, str] = {}
    title: str = ""

    @property
    def label(self) -> str:
        """``name#version``."""
        return label_of(self.name, self.version)


def read_manifest(content: bytes, place: str) -> Manifest:
    """The manifest in the bytes of ``package.json``. Raises InvalidContent, which names ``place``."""
    try:
        raw = decode(content)
        return Manifest(
            name=_checked(raw.get("name"), is_name(str(raw.get("name"))), "name"),
            version=_checked(raw.get("version"), is_version(str(raw.get("version"))), "version"),
            fhir_versions=_fhir_versions(raw),
            dependencies=dict(_dependencies(raw)),
            title=str(raw.get("title") or raw.get("description") or "").partition("\n")[0][:200],
        )
    except (InvalidContent, ValueError) as error:
        raise InvalidContent.of(messages.MANIFEST_BAD, place=place, detail=error) from error


def _fhir_versions(raw: Mapping[str, Any]) -> tuple[str, ...]:
    stated = next((raw[name] for name in _FHIR_VERSIONS if raw.get(name)), ())
    if not isinstance(stated, list | tuple):
        raise ValueError("fhirVersions")  # noqa: TRY004  # one kind of fault for the caller
    return tuple(map(str, stated))


def _dependencies(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    stated = raw.get("dependencies") or {}
    if not isinstance(stated, dict):
        raise ValueError("dependencies")  # noqa: TRY004  # one kind of fault for the caller
    for key, value in stated.items():
        name, wanted = _without_alias(key, str(value))
        yield (
            _checked(name, is_name(name), f"dependency {key}"),
            _checked(wanted, is_wanted(wanted), f"version {value}"),
        )


def _without_alias(name: str, wanted: str) -> tuple[str, str]:
    """``us.v3@npm:hl7.fhir.us.core`` and ``npm:hl7.fhir.us.core@3.1.1`` give another name to a package."""
    if _ALIAS in name:
        name = name.partition(_ALIAS)[2]
    if wanted.startswith(_ALIAS):
        name, _, wanted = wanted.removeprefix(_ALIAS).rpartition("@")
    return name, wanted


def _checked(value: object, usable: bool, what: str) -> str:
    if not isinstance(value, str) or not usable:
        raise ValueError(what)
    return value
