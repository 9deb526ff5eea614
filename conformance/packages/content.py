"""What a package holds, read from an archive or a folder. https://hl7.org/fhir/R4/packages.html

A package's own resources stand straight in its folder ``package``; examples and schemas stand in folders below it and
are left aside, as is every resource that has no canonical URL (NamingSystem, which R4 gives none, is kept by its id).
A folder without a manifest is taken as it is: all JSON files below it, named by its ImplementationGuide or itself.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance import messages as common
from conformance.definitions.package import in_package
from conformance.definitions.unpacking import Files, read_file, read_folder, unpack
from conformance.errors import InvalidContent
from conformance.issues import Issue
from conformance.json_codec import decode, encode
from conformance.packages import messages
from conformance.packages.manifest import Manifest, read_manifest
from conformance.packages.ranges import is_name, is_version

Resource = dict[str, Any]

_MANIFEST = "package.json"
_NOT_IN_NAMES = re.compile(r"[^a-z0-9.-]+")
_UNVERSIONED = "0.0.0"


@dataclass(frozen=True)
class Content:
    """A package as it was read. ``digest`` is a sha256 over names and bytes of its files, however they are packed."""

    manifest: Manifest
    digest: str
    source: str
    files: Mapping[str, bytes]

    @property
    def label(self) -> str:
        """``name#version``."""
        return self.manifest.label

    def resources(self) -> Iterator[Resource]:
        """Its conformance resources in the order of the file names. Raises InvalidContent, which names the file."""
        return _published(self.files, self.source)


def from_archive(content: bytes, source: str) -> Content:
    """The package in the bytes of a ``.tgz``. Raises InvalidContent."""
    try:
        files = unpack(content)
    except ValueError as error:
        raise _unreadable(source, error) from error
    return _content(in_package(files), source)


def from_path(path: Path) -> Content:
    """The package in a file or folder. Raises InvalidContent."""
    try:
        return _from_folder(path) if path.is_dir() else from_archive(read_file(path), str(path))
    except (OSError, ValueError) as error:
        raise _unreadable(str(path), error) from error


def resources_at(path: Path) -> list[Resource]:
    """The conformance resources in a ``.tgz``, a folder, or a JSON file of one resource or a Bundle of them.

    Raises InvalidContent when the path cannot be read or holds none.
    """
    try:
        files = _loose_files(path)
    except (OSError, ValueError) as error:
        raise _unreadable(str(path), error) from error
    found = list(_published(files, str(path)))
    if not found:
        raise InvalidContent.of(messages.NOTHING_PUBLISHED, place=path)
    return found


def _loose_files(path: Path) -> Files:
    if path.is_dir():
        return _folder_files(path)
    content = read_file(path)
    if content[:2] != b"\x1f\x8b":  # gzip
        return {path.name: content}
    files = unpack(content)
    return in_package(files) or files


def _from_folder(path: Path) -> Content:
    files = _folder_files(path)
    return _content(files if _MANIFEST in files else _with_manifest(files, path), str(path))


def _folder_files(path: Path) -> Files:
    if (path / "package").is_dir():
        path = path / "package"
    deep = not (path / _MANIFEST).exists()
    return read_folder(path, path.rglob("*.json") if deep else path.glob("*.json"))


def _with_manifest(files: Files, path: Path) -> Files:
    """The files of a folder with a manifest made from its ImplementationGuide, else from its name."""
    guides = (row for row in _published(files, str(path)) if row["resourceType"] == "ImplementationGuide")
    guide = next(guides, {})
    name = str(guide.get("packageId") or _NOT_IN_NAMES.sub("-", path.resolve().name.lower()).strip("-."))
    version = str(guide.get("version") or _UNVERSIONED)
    manifest = {
        "name": name if is_name(name) else "folder",
        "version": version if is_version(version) else _UNVERSIONED,
        "fhirVersions": guide.get("fhirVersion", []),
        "dependencies": {
            row["packageId"]: row.get("version", "latest") for row in guide.get("dependsOn", ()) if "packageId" in row
        },
    }
    return {_MANIFEST: encode(manifest)} | files


def _content(files: Files, source: str) -> Content:
    kept = {name: files[name] for name in sorted(files) if not name.rpartition("/")[2].startswith(".")}
    if _MANIFEST not in kept:
        raise _unreadable(source, f"it has no package/{_MANIFEST}")
    manifest = read_manifest(kept[_MANIFEST], source)
    digest = hashlib.sha256()
    for name, content in kept.items():
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return Content(manifest, digest.hexdigest(), source, kept)


def _published(files: Mapping[str, bytes], source: str) -> Iterator[Resource]:
    for name, content in files.items():
        if name == _MANIFEST or name.rpartition("/")[2].startswith("."):
            continue
        try:
            raw = decode(content)
        except InvalidContent as error:
            raise _unreadable(source, f"{name}: {error}") from error
        yield from filter(_is_published, _unbundled(raw))


def _unbundled(raw: Resource) -> Iterator[Any]:
    """The resource, or what a Bundle holds."""
    if raw.get("resourceType") != "Bundle":
        yield raw
    elif isinstance(entries := raw.get("entry"), list):
        yield from (entry.get("resource") for entry in entries if isinstance(entry, dict))


def _is_published(raw: Any) -> bool:
    if not isinstance(raw, dict) or not isinstance(raw.get("resourceType"), str):
        return False
    key = raw.get("id") if raw["resourceType"] == "NamingSystem" else raw.get("url")
    return isinstance(key, str) and key != ""


def _unreadable(place: str, detail: object) -> InvalidContent:
    return InvalidContent(Issue(common.PACKAGE_UNREADABLE, params={"place": place, "detail": detail}))
