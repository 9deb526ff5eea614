"""Reads a FHIR package, packed or unpacked, into its resources. https://hl7.org/fhir/R4/packages.html"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from conformance import messages
from conformance.errors import FhirError, InvalidContent
from conformance.json_codec import decode

NAME = "hl7.fhir.r4.core"
VERSION = "4.0.1"

#: A package unpacks to 50 MB; more than this is not one.
_UNPACKED_LIMIT = 400 * 1024 * 1024


@dataclass(frozen=True)
class Package:
    """The resources of one package in the order of their file names; ``digest`` is the sha256 of what was read."""

    digest: str
    resources: tuple[Mapping[str, Any], ...]


def from_archive(content: bytes, place: str) -> Package:
    """The package in the bytes of a ``.tgz``. Raises InvalidContent when it is another one, or none."""
    try:
        files = dict(_members(content))
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise _unreadable(place, str(error)) from error
    return _package(files, hashlib.sha256(content).hexdigest(), place)


def from_directory(directory: Path) -> Package:
    """The package unpacked at ``directory``, which holds the folder ``package``. Raises as ``from_archive``."""
    try:
        files = {path.name: path.read_bytes() for path in sorted((directory / "package").glob("*.json"))}
    except OSError as error:
        raise _unreadable(str(directory), str(error)) from error
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return _package(files, digest.hexdigest(), str(directory))


def _members(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Files straight in ``package/``: a package keeps examples and schemas in folders below it."""
    left = _UNPACKED_LIMIT
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        for member in archive:
            left -= member.size
            if left < 0:
                raise ValueError("it unpacks to more than 400 MB")
            path = PurePosixPath(member.name)
            if path.suffix == ".json" and path.parent.name == "package" and len(path.parts) == 2:
                file = archive.extractfile(member)
                if file is not None:
                    yield path.name, file.read()


def _package(files: Mapping[str, bytes], digest: str, place: str) -> Package:
    if "package.json" not in files:
        raise _unreadable(place, "it has no package/package.json")
    manifest = _read(files["package.json"], "package.json", place)
    found = f"{manifest.get('name')} {manifest.get('version')}"
    if found != f"{NAME} {VERSION}":
        raise InvalidContent.of(messages.PACKAGE_WRONG, place=place, found=found, wanted=f"{NAME} {VERSION}")
    names = sorted(name for name in files if name != "package.json" and not name.startswith("."))
    read = (_read(files[name], name, place) for name in names)
    return Package(digest, tuple(resource for resource in read if {"resourceType", "id"} <= resource.keys()))


def _read(content: bytes, name: str, place: str) -> dict[str, Any]:
    try:
        return decode(content)
    except InvalidContent as error:
        raise _unreadable(place, f"{name}: {error}") from error


def _unreadable(place: str, detail: str) -> FhirError:
    return InvalidContent.of(messages.PACKAGE_UNREADABLE, place=place, detail=detail)
