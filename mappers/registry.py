"""The mappers by name, and the choice of one by the first bytes of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import BinaryIO

from mappers.bhyt_xml import BHYT_XML
from mappers.units import MapContext, MapIssue, Mapper, Raw, Unit

#: How many bytes ``detect`` should be given.
HEAD_SIZE = 4096

MAPPERS: Mapping[str, Mapper] = MappingProxyType({mapper.name: mapper for mapper in (BHYT_XML,)})


def detect(head: bytes) -> Mapper | None:
    """The first mapper that knows these first bytes of a file, or None."""
    return next((mapper for mapper in MAPPERS.values() if mapper.sniff(head)), None)


def units(mapper: Mapper, stream: BinaryIO, file: str, context: MapContext) -> Iterator[Unit | MapIssue]:
    """Every unit of one file in order, and the issues about the file as a whole, in this process."""
    for piece in mapper.split(stream, file):
        yield mapper.translate(piece, context) if isinstance(piece, Raw) else piece
