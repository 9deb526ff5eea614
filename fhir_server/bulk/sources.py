"""The pieces in each source file.

A named file that no mapper knows is an error; inside a folder it is passed over with a warning, for folders hold
other things too (the list of planted defects, notes).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from conformance.errors import BadRequest
from conformance.issues import Severity
from fhir_server.bulk import messages
from fhir_server.bulk.paths import Source
from mappers.registry import HEAD_SIZE, MAPPERS, detect
from mappers.units import MapIssue, Mapper, Raw

AUTO = "auto"


def named_mapper(name: str) -> Mapper | None:
    """The mapper of ``--source``; None for ``auto``, which asks each file. BadRequest for an unknown name."""
    if name == AUTO:
        return None
    if name not in MAPPERS:
        raise BadRequest.of(messages.UNKNOWN_MAPPER, name=name, known=", ".join((AUTO, *MAPPERS)))
    return MAPPERS[name]


class Reader:
    """Reads files one after the other; ``envelopes`` counts those in which a piece was found."""

    def __init__(self, files: Sequence[Source], mapper: Mapper | None) -> None:
        self._files, self._mapper = files, mapper
        self._stream: BinaryIO | None = None
        self._before = self._found = self.envelopes = 0
        self._bytes = sum(map(_size, files))

    def expected(self) -> int | None:
        """Pieces that there will be in all, guessed from the bytes read so far; None while nothing is known."""
        read = self._before + (self._stream.tell() if self._stream else 0)
        return round(self._found * self._bytes / read) if read and self._found else None

    def __iter__(self) -> Iterator[tuple[Mapper, Raw] | MapIssue]:
        """The pieces of every file with their mapper, and the issues about files as a whole."""
        for source in self._files:
            found = self._found
            try:
                yield from self._pieces(source)
            except OSError as error:
                yield MapIssue.of(messages.UNREADABLE, file=source.name, value=str(error))
            self.envelopes += self._found > found

    def _pieces(self, source: Source) -> Iterator[tuple[Mapper, Raw] | MapIssue]:
        with source.path.open("rb") as stream:
            mapper = self._mapper or detect(_head(stream))
            if mapper is None:
                yield _unknown(source)
                return
            self._stream = stream
            for piece in mapper.split(stream, source.name):
                self._found += isinstance(piece, Raw)
                yield (mapper, piece) if isinstance(piece, Raw) else piece
            self._stream = None
        self._before += _size(source)


def _size(source: Source) -> int:
    """Bytes of the file; 0 when it cannot be told, which reading it will report."""
    try:
        return source.path.stat().st_size
    except OSError:
        return 0


def _head(stream: BinaryIO) -> bytes:
    head = stream.read(HEAD_SIZE)
    stream.seek(0)
    return head


def _unknown(source: Source) -> MapIssue:
    issue = MapIssue.of(messages.UNKNOWN_SOURCE, file=source.name)
    return issue if source.named else replace(issue, severity=str(Severity.WARNING))
