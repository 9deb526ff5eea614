"""Reads the specification's own package, packed or unpacked, into its resources. https://hl7.org/fhir/R4/packages.html"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from conformance import messages
from conformance.definitions.unpacking import Files, read_folder, unpack
from conformance.errors import FhirError, InvalidContent
from conformance.json_codec import decode

NAME = "hl7.fhir.r4.core"
VERSION = "4.0.1"

_MANIFEST = "package.json"


@dataclass(frozen=True)
class Package:
    """The resources of one package in the order of their file names; ``digest`` is the sha256 of what was read."""

    digest: str
    resources: tuple[Mapping[str, Any], ...]


def from_archive(content: bytes, place: str) -> Package:
    """The package in the bytes of a ``.tgz``. Raises InvalidContent when it is another one, or none."""
    try:
        files = in_package(unpack(content))
    except ValueError as error:
        raise _unreadable(place, str(error)) from error
    return _package(files, hashlib.sha256(content).hexdigest(), place)


def from_directory(directory: Path) -> Package:
    """The package unpacked at ``directory``, which holds the folder ``package``. Raises as ``from_archive``."""
    folder = directory / "package"
    try:
        files = read_folder(folder, folder.glob("*.json"))
    except (OSError, ValueError) as error:
        raise _unreadable(str(directory), str(error)) from error
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return _package(files, digest.hexdigest(), str(directory))


def in_package(files: Files) -> Files:
    """File name -> content of what stands straight in ``package/``: examples and schemas stand in folders below it."""
    paths = ((PurePosixPath(name), content) for name, content in files.items())
    return {path.name: content for path, content in paths if path.parts[:-1] == ("package",)}


def _package(files: Files, digest: str, place: str) -> Package:
    if _MANIFEST not in files:
        raise _unreadable(place, f"it has no package/{_MANIFEST}")
    manifest = _read(files[_MANIFEST], _MANIFEST, place)
    found = f"{manifest.get('name')} {manifest.get('version')}"
    if found != f"{NAME} {VERSION}":
        raise InvalidContent.of(messages.PACKAGE_WRONG, place=place, found=found, wanted=f"{NAME} {VERSION}")
    names = sorted(name for name in files if name != _MANIFEST and not name.startswith("."))
    read = (_read(files[name], name, place) for name in names)
    return Package(digest, tuple(resource for resource in read if {"resourceType", "id"} <= resource.keys()))


def _read(content: bytes, name: str, place: str) -> dict[str, Any]:
    try:
        return decode(content)
    except InvalidContent as error:
        raise _unreadable(place, f"{name}: {error}") from error


def _unreadable(place: str, detail: str) -> FhirError:
    return InvalidContent.of(messages.PACKAGE_UNREADABLE, place=place, detail=detail)
