"""Packs published resources into sections, with the compiled form of each StructureDefinition. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from conformance.definitions.cache import Sections, Span
from conformance.definitions.catalogue import Part, Row
from conformance.definitions.compile import compile_structure
from conformance.definitions.model import StructureType
from conformance.errors import InvalidContent
from conformance.issues import Issue
from conformance.json_codec import encode

#: Resources are packed together up to this many bytes: better packed than one by one, cheap enough to unpack.
BLOCK_BYTES = 128 * 1024

Raw = Mapping[str, Any]


def pack_resources(resources: Iterable[Raw], sections: Sections, report: Callable[[Issue], None]) -> list[Row]:
    """A row for each resource, in the order given; their neighbours are packed together.

    A StructureDefinition whose snapshot cannot be read is kept as published, and ``report`` told.
    """
    rows: list[Row] = []
    texts: list[bytes] = []
    waiting: list[Raw] = []
    for raw in resources:
        content = encode(raw)
        if texts and sum(map(len, texts)) + len(content) > BLOCK_BYTES:
            rows += _block(waiting, texts, sections, report)
            texts, waiting = [], []
        texts.append(content)
        waiting.append(raw)
    return rows + _block(waiting, texts, sections, report)


def _block(resources: list[Raw], texts: list[bytes], sections: Sections, report: Callable[[Issue], None]) -> list[Row]:
    block = sections.add(b"".join(texts))
    rows, start = [], 0
    for raw, text in zip(resources, texts, strict=True):
        rows.append(_row(raw, Part(block, start, len(text)), _compiled(raw, sections, report)))
        start += len(text)
    return rows


def _row(raw: Raw, part: Part, structure: Span | None) -> Row:
    return Row(raw["resourceType"], _text(raw, "id"), _text(raw, "url"), _text(raw, "version"), part, structure)


def _text(raw: Raw, name: str) -> str:
    value = raw.get(name, "")
    return value if isinstance(value, str) else ""


def _compiled(raw: Raw, sections: Sections, report: Callable[[Issue], None]) -> Span | None:
    if raw["resourceType"] != "StructureDefinition" or not raw.get("snapshot"):
        return None
    try:
        packed = _packed(compile_structure(raw))
    except InvalidContent as error:
        for issue in error.issues:
            report(issue)
        return None
    return sections.add(packed) if packed else None


def _packed(structure: StructureType) -> bytes:
    """Empty for a structure that would not come back as it is: a pattern may hold a number that MessagePack cannot."""
    try:
        packed = msgspec.msgpack.encode(structure)
    except OverflowError:
        return b""
    return packed if msgspec.msgpack.decode(packed, type=StructureType) == structure else b""
