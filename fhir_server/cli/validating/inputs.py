"""The files that are to be validated, and the pieces that they are read in.

A file that is named is read whatever it is called; in folders only ``.json``, ``.xml``, ``.ndjson`` and ``.jsonl`` are
looked at, and neither hidden files nor the ``package.json`` of a package. https://hl7.org/fhir/R4/nd-json.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Bytes of NDJSON in one piece: many lines, and little to wait for at the end.
PIECE = 256 * 1024

_LINES = frozenset((".ndjson", ".jsonl"))
_KNOWN = _LINES | {".json", ".xml"}
_NO_RESOURCE = frozenset(("package.json",))


@dataclass(frozen=True, slots=True)
class Piece:
    """A file, or lines of one. ``file`` is its place in the list of files, ``line`` the number of the first line."""

    file: int
    path: Path
    is_lines: bool = False
    offset: int = 0
    size: int = -1
    """Bytes; -1 for all that is there."""
    line: int = 1
    weight: int = 0
    """Bytes, as far as they are known before it is read."""

    def read(self) -> bytes:
        """The bytes of this piece. Raises OSError."""
        with self.path.open("rb") as stream:
            if self.offset:  # a pipe has no places to go to
                stream.seek(self.offset)
            return stream.read(self.size)


def files_under(paths: Iterable[Path]) -> list[Path]:
    """Every file once, in the order of the paths and inside of folders by name; what does not exist stays named."""
    found: dict[Path, Path] = {}
    for path in paths:
        for file in _inside(path) if path.is_dir() else (path,):
            found.setdefault(file.resolve(), file)
    return list(found.values())


def _inside(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder).parts
        is_wanted = path.suffix.lower() in _KNOWN and path.name not in _NO_RESOURCE
        if is_wanted and not any(part.startswith(".") for part in below) and path.is_file():
            yield path


def pieces_of(files: Sequence[Path]) -> Iterator[Piece]:
    """The pieces of all files in order, at least one of each."""
    for number, path in enumerate(files):
        if path.suffix.lower() in _LINES:
            yield from _cut(number, path)
        else:
            yield Piece(number, path, weight=_size(path))


def _cut(number: int, path: Path) -> Iterator[Piece]:
    """Pieces of whole lines."""
    offset, line = 0, 1
    try:
        with path.open("rb") as stream:
            while block := stream.read(PIECE):
                block += stream.readline()
                yield Piece(number, path, True, offset, len(block), line, len(block))
                offset, line = offset + len(block), line + block.count(b"\n")
    except OSError:
        yield Piece(number, path, True, offset, -1, line)  # reading it will tell what is wrong
        return
    if offset == 0:
        yield Piece(number, path, True)


def size_of(files: Iterable[Path]) -> int:
    """Bytes of all files together, as far as they can be told."""
    return sum(map(_size, files))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
