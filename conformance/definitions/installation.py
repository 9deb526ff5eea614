"""Installs the definitions: finds the package, compiles it, puts the compiled file in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from conformance.definitions.cache import COMPILER, Archive, Header, ResourcePlace, Sections, Span, write
from conformance.definitions.compile import compile_structure
from conformance.definitions.loading import installed, path_for
from conformance.definitions.model import StructureType
from conformance.definitions.package import NAME, VERSION, Package
from conformance.definitions.parameters import compartments, search_parameters
from conformance.definitions.sources import find
from conformance.errors import FhirError
from conformance.json_codec import encode

#: Raw resources are packed together up to this many bytes: better packed than one by one, cheap enough to unpack.
_BLOCK_BYTES = 128 * 1024

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
    """The header and sections of a compiled file. Pure."""
    sections = Sections()
    structures = [compile_structure(raw) for raw in _of_type(package, "StructureDefinition") if _is_own_type(raw)]
    types = tuple(sorted(s.name for s in structures if s.kind == "resource" and not s.abstract))
    parameters = search_parameters(_of_type(package, "SearchParameter"), types)
    places, blocks = _pack_resources(package.resources, sections)
    header = Header(
        compiler=COMPILER,
        package=NAME,
        version=VERSION,
        digest=package.digest,
        resource_types=types,
        structures={structure.name: sections.add(_packed(structure)) for structure in structures},
        canonicals={structure.url: structure.name for structure in structures},
        parameters=sections.add(_packed(parameters)),
        compartments=sections.add(_packed(compartments(_of_type(package, "CompartmentDefinition")))),
        resources=sections.add(_packed(places)),
        blocks=blocks,
    )
    return header, sections


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


def _packed(value: StructureType | object) -> bytes:
    return msgspec.msgpack.encode(value)


def _pack_resources(resources: Sequence[Raw], sections: Sections) -> tuple[list[ResourcePlace], tuple[Span, ...]]:
    places: list[ResourcePlace] = []
    blocks: list[Span] = []
    block = bytearray()
    for raw in sorted(resources, key=lambda raw: (raw["resourceType"], raw["id"])):
        content = encode(raw)
        if block and len(block) + len(content) > _BLOCK_BYTES:
            blocks.append(sections.add(bytes(block)))
            block.clear()
        places.append(_place(raw, len(blocks), len(block), len(content)))
        block += content
    blocks.append(sections.add(bytes(block)))
    return places, tuple(blocks)


def _place(raw: Raw, block: int, start: int, length: int) -> ResourcePlace:
    return ResourcePlace(
        raw["resourceType"], raw["id"], raw.get("url", ""), raw.get("version", ""), block, start, length
    )
