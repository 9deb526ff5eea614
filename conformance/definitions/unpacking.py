"""Reads the files of a package out of a ``.tgz`` or a folder, whoever made them. https://hl7.org/fhir/R4/packages.html

Nothing is ever written to disk. Refused are: more than fits a package, links, names that lead out of the archive,
names that come twice, and anything behind the end that a reader could take for content.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

#: Bytes of an archive, of all that it unpacks to, and how many files; the largest known packages hold a tenth of it.
PACKED_LIMIT = 512 * 1024 * 1024
UNPACKED_LIMIT = 1024 * 1024 * 1024
FILES_LIMIT = 100_000
#: What small archives may unpack to, and how often larger ones may hold their own size: JSON packs to a tenth.
_SMALL = 16 * 1024 * 1024
_RATIO = 250

Files = dict[str, bytes]


def unpack(content: bytes) -> Files:
    """Path in the archive -> content of each JSON file. ValueError tells why the bytes are not taken."""
    unpacked = io.BytesIO(_gunzip(content))
    try:
        with tarfile.open(fileobj=unpacked, mode="r:") as archive:
            files = dict(_members(archive))
            rest = unpacked.getbuffer()[archive.offset :]
    except (tarfile.TarError, EOFError, OSError, OverflowError) as error:
        raise ValueError(str(error) or "the archive is cut off") from error
    if any(rest):
        raise ValueError("it goes on behind its end")
    return files


def read_file(path: Path) -> bytes:
    """The bytes of a file. ValueError when it is larger than an archive may be, OSError when it cannot be read."""
    with path.open("rb") as file:
        content = file.read(PACKED_LIMIT + 1)
    if len(content) > PACKED_LIMIT:
        raise ValueError(f"it is larger than {PACKED_LIMIT} bytes")
    return content


def read_folder(directory: Path, paths: Iterable[Path]) -> Files:
    """Path below ``directory`` -> content. ValueError when it is more than a package may hold."""
    files: Files = {}
    left = UNPACKED_LIMIT
    for path in sorted(paths):
        content = path.read_bytes()
        left -= len(content)
        files[path.relative_to(directory).as_posix()] = content
        if left < 0 or len(files) > FILES_LIMIT:
            raise ValueError(f"it holds more than {UNPACKED_LIMIT} bytes or {FILES_LIMIT} files")
    return files


def _gunzip(content: bytes) -> bytes:
    limit = min(UNPACKED_LIMIT, max(_SMALL, _RATIO * len(content)))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            unpacked = stream.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(str(error)) from error
    if len(unpacked) > limit:
        raise ValueError(f"{len(content)} bytes unpack to more than {limit}")
    return unpacked


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    seen: set[str] = set()
    for member in archive:
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts or "\\" in member.name:
            raise ValueError(f"the name {member.name} leads out of it")
        if member.isdir():
            continue
        if not member.isreg() or member.issparse():
            raise ValueError(f"{member.name} is not a plain file")
        if str(path) in seen or len(seen) == FILES_LIMIT:
            raise ValueError(f"{member.name} comes twice, or is one of more than {FILES_LIMIT} files")
        seen.add(str(path))
        if path.suffix == ".json":
            yield str(path), _content(archive, member)


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    content = file.read() if file else b""
    if len(content) != member.size:
        raise ValueError(f"{member.name} is cut off")
    return content
