"""Where published resources come from: compiled packages, and resources that somebody holds in memory.

https://hl7.org/fhir/R4/resource.html#canonical
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import msgspec

from conformance.definitions.cache import Archive, Span
from conformance.definitions.catalogue import Catalogue, Part, Row
from conformance.definitions.model import StructureType
from conformance.definitions.packing import BLOCK_BYTES
from conformance.definitions.versions import agrees, order
from conformance.json_codec import encode

_STRUCTURE = msgspec.msgpack.Decoder(StructureType)
#: Unpacked blocks that a package keeps in memory: half a megabyte.
_KEPT_BLOCKS = 4


class Published(Protocol):
    """One version of a published resource."""

    @property
    def version(self) -> str:
        """Its business version, empty when it states none."""

    def text(self) -> bytes:
        """Its JSON."""

    def structure(self) -> StructureType | None:
        """What was compiled from it beforehand, if anything."""


class Layer(Protocol):
    """One source of published resources."""

    def with_url(self, type_name: str, url: str) -> Sequence[Published]:
        """All versions of a canonical."""

    def with_id(self, type_name: str, id_: str) -> Sequence[Published]:
        """The resources with this id."""

    def urls(self, type_name: str) -> Iterable[str]:
        """The canonicals of all resources of a type, perhaps repeated."""


def latest(layers: Iterable[Layer], type_name: str, url: str, wanted: str) -> Published | None:
    """The version of a canonical that ``wanted`` means (``1.2.0``; the latest of ``1.2``; of all when empty).

    Of two that are equally late the one of the earlier layer.
    """
    versions = [found for layer in layers for found in layer.with_url(type_name, url)]
    exact = (found for found in versions if wanted and found.version == wanted)
    suitable = (found for found in versions if agrees(found.version, wanted))
    return next(exact, None) or max(suitable, key=lambda found: order(found.version), default=None)


class PackedLayer:
    """The resources of a compiled package. Keeps a few unpacked blocks, whatever is asked of it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._catalogue = Catalogue(archive)
        self._block = lru_cache(maxsize=_KEPT_BLOCKS)(archive.section)
        self.label = f"{archive.header.package}#{archive.header.version}"
        """``name#version`` of the package."""

    def with_url(self, type_name: str, url: str) -> list[Published]:
        """See ``Layer``."""
        return [_Packed(row, self) for row in self._catalogue.with_url(type_name, url)]

    def with_id(self, type_name: str, id_: str) -> list[Published]:
        """See ``Layer``."""
        return [_Packed(row, self) for row in self._catalogue.with_id(type_name, id_)]

    def urls(self, type_name: str) -> set[str]:
        """See ``Layer``."""
        return {row.url for row in self._catalogue.rows() if row.type == type_name and row.url}

    def part(self, part: Part) -> bytes:
        """The text that stands there."""
        read = self._archive.section if part.length > BLOCK_BYTES else self._block
        return read(part.block)[part.start : part.start + part.length]

    def compiled(self, span: Span) -> StructureType:
        """The compiled structure that stands there, freshly decoded."""
        return _STRUCTURE.decode(self._archive.section(span))


@dataclass(frozen=True, slots=True)
class _Packed:
    row: Row
    layer: PackedLayer

    @property
    def version(self) -> str:
        return self.row.version

    def text(self) -> bytes:
        return self.layer.part(self.row.text)

    def structure(self) -> StructureType | None:
        return self.layer.compiled(self.row.structure) if self.row.structure else None


class LooseLayer:
    """Resources in memory. They are kept as text, so that nobody changes them for the others."""

    def __init__(self, resources: Iterable[Mapping[str, Any]]) -> None:
        self._found: dict[tuple[str, str], list[_Loose]] = defaultdict(list)
        for raw in resources:
            row = _Loose(str(raw.get("version", "")), encode(raw))
            for name in {str(raw.get("url", "")), str(raw.get("id", ""))} - {""}:
                self._found[str(raw.get("resourceType", "")), name].append(row)

    def with_url(self, type_name: str, url: str) -> Sequence[Published]:
        """See ``Layer``."""
        return self._found.get((type_name, url), ())

    with_id = with_url  # an id holds no colon, and every URL does

    def urls(self, type_name: str) -> Iterable[str]:
        """See ``Layer``."""
        return (name for found, name in self._found if found == type_name and ":" in name)


@dataclass(frozen=True, slots=True)
class _Loose:
    version: str
    content: bytes

    def text(self) -> bytes:
        return self.content

    def structure(self) -> StructureType | None:
        return None
