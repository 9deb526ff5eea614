"""Installs the definitions: finds the package, compiles it, puts the compiled file in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from conformance.definitions.cache import COMPILER, Archive, Header, Sections, write
from conformance.definitions.catalogue import write_catalogue
from conformance.definitions.loading import installed, path_for
from conformance.definitions.package import NAME, VERSION, Package
from conformance.definitions.packing import pack_resources
from conformance.definitions.parameters import compartments, search_parameters
from conformance.definitions.sources import find
from conformance.errors import FhirError, InvalidContent
from conformance.issues import Issue

Raw = Mapping[str, Any]


def install(
    package: Path | None = None, registry: str | None = None, report: Callable[[str], None] = lambda _: None
) -> Path:
    """Finds and compiles the package and gives the compiled file; does nothing when that is there and whole.

    Raises Unavailable when the package is nowhere, InvalidContent when ``package`` is not it.
    """
    if package is None and registry is None:
        for path in installed():
            if _is_whole(path, report):
                report(f"definitions: {NAME} {VERSION} is installed: {path}")
                return path
    found = find(package, registry, report)
    path = path_for(found.digest)
    if path.exists() and _is_whole(path, report):
        path.touch()
    else:
        report(f"definitions: compiling {len(found.resources)} resources")
        header, sections = compile_package(found)
        write(path, header, sections)
    report(f"definitions: {NAME} {VERSION} is installed: {path}")
    return path


def compile_package(package: Package) -> tuple[Header, Sections]:
    """The header and sections of a compiled file. Pure. Raises InvalidContent when a type cannot be compiled."""
    sections = Sections()
    own = {raw["url"]: raw for raw in _of_type(package, "StructureDefinition") if _is_own_type(raw)}
    types = tuple(sorted(raw["type"] for raw in own.values() if raw["kind"] == "resource" and not raw["abstract"]))
    parameters = search_parameters(_of_type(package, "SearchParameter"), types)
    ordered = sorted(package.resources, key=lambda raw: (raw["resourceType"], raw["id"]))
    rows = pack_resources(ordered, sections, _refuse)
    catalogue = write_catalogue(rows, sections)
    header = Header(
        compiler=COMPILER,
        package=NAME,
        version=VERSION,
        digest=package.digest,
        catalogue=catalogue.catalogue,
        rows=catalogue.rows,
        catalogue_sum=catalogue.sum,
        resource_types=types,
        structures={own[row.url]["type"]: row.structure for row in rows if row.structure and row.url in own},
        canonicals={url: raw["type"] for url, raw in own.items()},
        parameters=sections.add(_packed(parameters)),
        compartments=sections.add(_packed(compartments(_of_type(package, "CompartmentDefinition")))),
    )
    return header, sections


def _refuse(issue: Issue) -> None:
    raise InvalidContent(issue)


def _is_whole(path: Path, report: Callable[[str], None]) -> bool:
    try:
        Archive(path)
    except FhirError as error:
        report(f"definitions: {error}")
        return False
    return True


def _of_type(package: Package, name: str) -> list[Raw]:
    return [resource for resource in package.resources if resource["resourceType"] == name]


def _is_own_type(raw: Raw) -> bool:
    """False for profiles and logical models, which are compiled from the raw resource when they are asked for."""
    return raw.get("derivation") != "constraint" and raw["kind"] != "logical"


def _packed(value: object) -> bytes:
    return msgspec.msgpack.encode(value)
