"""The files that a command names: given ones as they are, of a folder those whose names say that they are NDJSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conformance.errors import NotFound
from fhir_server.bulk.importing import messages
from fhir_server.bulk.importing.order import Input, Origin
from fhir_server.bulk.paths import sources

_NAMES = (".ndjson", ".jsonl")
_PACKED = ("", ".gz", ".zst")


def inputs_of(paths: Sequence[Path], *, deleted: bool = False) -> tuple[Input, ...]:
    """The inputs under these paths, in order, each once. Raises NotFound when there is none.

    ``deleted`` says that they hold nothing but deletions.
    """
    wanted = tuple(f"{name}{packed}" for name in _NAMES for packed in _PACKED)
    found = [source for source in sources(paths) if source.named or source.name.lower().endswith(wanted)]
    if not found:
        raise NotFound.of(messages.NOTHING, paths=", ".join(map(str, paths)))
    return tuple(Input(Origin.PATH, source.name, str(source.path.resolve()), deleted=deleted) for source in found)
